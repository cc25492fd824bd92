#!/usr/bin/python3
"""Deaths and outages: nothing acknowledged is lost, nothing is done twice, and only what is broken stands still."""
import contextlib
import os
import signal
import sys
import threading
import time

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import SLOW, accepted, alive, check, differs, in_parallel, numbers, run, soon, unless, wait_for, world, wrap


def deliver_all(sim, tds, entity, name, ids, **fields):
    def one(number):
        return accepted(tds.webhook(name, wrap(entity, {**numbers(sim.record(entity, number)["record"]), **fields})))
    return in_parallel(one, ids)


def acknowledged_is_durable():
    """Everybody dies the moment after the 202."""
    sim, tds = world()
    ids = sim.ids("order")
    for number in ids[:20]:
        sim.fire("order", number)
    tds.status()
    family = [pid for pid in tds.seen if pid]
    postgres = children_of(tds.postgres())
    sim.fire("order", ids[20])
    for pid in postgres + [tds.process.pid] + family:  # PostgreSQL first: nobody of it shall still write what he holds
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    tds.process.wait()
    tds.start()
    check("after the death of everybody, work goes on", tds.quiet(30))
    check("nothing acknowledged is lost", checker.differences(sim, tds, scanned=False) or differs(len(sim.acknowledged()), 21))


def everybody_dies_in_turn():
    """Each actor is killed while webhooks pour in."""
    sim, tds = world(webhooks={"duplicate_rate": 0.05})
    pouring = threading.Thread(target=lambda: [in_parallel(
        lambda e: sim.control("POST", f"change?entity={e}&count=150&seed=3&webhook=true&rate=50"), ("product", "invoice", "order"), 3)])
    pouring.start()
    for name in ("http-ingest#0", "dispatcher", "handler:order#0", "handler:product#0", "zoho-io", "healer", "metrics"):
        old = tds.kill(name)
        begin = time.monotonic()
        there = old and tds.replaced(name, old, 10)
        took = time.monotonic() - begin
        check(f"{name} is back in no time", not there and f"state {tds.actor(name)['state']}" or took > 2 * SLOW and f"{took:.1f} s")
    pouring.join()
    check("every webhook was delivered in the end", unless(sim.delivered(60), sim.counts()))
    check("everything is worked through, whoever died", tds.quiet(60) or tds.heal())
    check("nothing is lost and nothing is old, whoever died", checker.differences(sim, tds, scanned=False))
    check("it ends cleanly", tds.stop())


def killed_in_a_batch():
    """A handler killed again and again with batches in hand; each batch twice at most, for a record in hand at three is given up."""
    def done():
        return tds.value("SELECT count(*) FROM tds_sync_queue WHERE status = 'completed'")

    sim, tds = world(sim={"items": 1500, "active-items": 1500}, queue={"batch_size": 50})
    ids = sim.ids("product")[:600]
    feeding = threading.Thread(target=lambda: deliver_all(sim, tds, "product", "products", ids))
    feeding.start()
    kills = 0
    end = time.monotonic() + 15
    while kills < 6 and time.monotonic() < end:
        actor = tds.actor("handler:product#0")
        if actor["pid"] and actor.get("in_hand"):
            kills += bool(tds.kill("handler:product#0"))
            before = done()
            if kills % 2 == 0:
                wait_for(lambda: done() > before, 10)
    feeding.join()
    check("it was killed with a batch in hand", not kills and "never seen with a batch")
    check("the batches are done all the same", tds.quiet(40))
    found = tds.rows("SELECT status::text, processing_result->>'outcome', count(*) FROM tds_sync_queue GROUP BY 1, 2")
    check("each event was applied once", unless(len(found) == 1 and found[0][:2] == ("completed", "applied") and found[0][2] == 600, found))
    check("no innocent record was given up", tds.value("SELECT count(*) FROM tds_dead_letter_queue"))


def poison():
    """A record that kills whoever takes it."""
    sim, tds = world(start=False)
    ids = sim.ids("product")
    tds.environment["TDS_POISON"] = ids[5]
    tds.start()
    events = dict(zip(ids, deliver_all(sim, tds, "product", "products", ids)))
    others = deliver_all(sim, tds, "order", "orders", sim.ids("order")[:10])
    outcome = tds.finished(events[ids[5]], 40)
    check("a record that kills its handler becomes a dead letter", unless(outcome[0] == "dead_letter", (outcome, tds.log()[-1500:])))
    letter = tds.rows("SELECT failure_reason, last_stack_trace, last_payload IS NOT NULL FROM tds_dead_letter_queue WHERE source_entity_id = %s", ids[5])
    check("with the obituary of the actor that died on it", unless(letter and letter[0][1] and "ABRT" in (letter[0][1] + letter[0][0]).upper(), letter))
    check("everybody else's work is done", tds.quiet(20) or [i for i in ids if i != ids[5] and tds.outcome(events[i])[0] != "completed"] or
          [e for e in others if tds.outcome(e)[0] != "completed"])
    check("its handler is well", differs(tds.actor("handler:product#0")["state"], "ready"))
    check("the others never died", [a["name"] for a in tds.status()["actors"] if a["restarts"] and not a["name"].startswith("handler:product")])
    run_id = tds.bulk_start("products", active_only=False)
    check("the same poison in a page stops only itself", differs((tds.run_done(run_id, 20), tds.value(
        "SELECT processed_events FROM tds_sync_runs WHERE id = %s", run_id)), ("completed", 59)))


def poison_ahead():
    """A record that kills its handler, in a page that is begun while the one before it is in hand: nobody else is blamed."""
    sim, tds = world(start=False, sync={"details": False})
    deadly = sim.ids("product")[35]
    tds.environment["TDS_POISON"] = deadly
    tds.start()
    run_id = tds.bulk_start("products", batch_size=10, active_only=False)
    check("the run ends", differs(tds.run_done(run_id, 40), "completed"))
    check("all others are written", differs(tds.value("SELECT count(*) FROM products"), 59))
    check("each page is done once", differs(tds.rows("SELECT count(*), count(DISTINCT page) FROM tds_run_pages WHERE run_id = %s", run_id), [(6, 6)]))
    check("and the run says that one failed", differs(tds.value("SELECT failed_events FROM tds_sync_runs WHERE id = %s", run_id), 1))
    letters = tds.rows("SELECT source_entity_id, last_stack_trace FROM tds_dead_letter_queue WHERE NOT resolved")
    check("that one is a dead letter, with the obituary", unless(len(letters) == 1 and letters[0][0] == deadly and "ABRT" in letters[0][1], letters))
    check("its handler is well", differs(tds.actor("handler:product#0")["state"], "ready"))
    check("it ends cleanly", tds.stop())


def postgres_away():
    """PostgreSQL dies: 503 with Retry-After, no false promise, and on it goes."""
    sim, tds = world()
    ids = sim.ids("product")
    tds.finished(sim_event(sim, ids[0]))
    pids = tds.pids()
    pid = tds.postgres()
    backends = children_of(pid)
    signal_all(backends, signal.SIGSTOP)  # first it only hangs
    body = wrap("product", numbers(sim.record("product", ids[1])["record"]))
    slow = []
    asking = threading.Thread(target=lambda: slow.append(attempt(tds, body)))
    asking.start()
    time.sleep(1)
    check("nothing is promised while PostgreSQL hangs", slow)
    signal_all(backends, signal.SIGCONT)
    asking.join()
    check("the answer comes when it goes on", differs(slow, [202]))
    answers = []
    for _ in range(10):  # an outage of milliseconds may pass between two requests
        tds.kill("postgres")
        answers += in_parallel(lambda _: ask(tds, body), range(8), 8)
        wait_for(tds.readyz, 20)
        if any(status == 503 for status, _ in answers):
            break
    check("an outage is answered with 503 and Retry-After, or with a 202 that holds", unless(
        any(status == 503 and after for status, after in answers) and all(status in (202, 503, 0) for status, _ in answers), answers))
    check("PostgreSQL is back", unless(wait_for(tds.readyz, 20), tds.status().get("database")))
    check("no actor died of it", differs(tds.pids(), pids))
    for number in ids[:30]:
        sim.fire("product", number)
    check("and work goes on", tds.quiet(20) or checker.differences(sim, tds, entities=("product",), scanned=False))


def lost_with_postgres():
    """PostgreSQL dies before what a handler wrote is on disk. The event is, and waits again: what is lost is done once more."""
    sim, tds = world(sync={"details": False})
    record = numbers(sim.record("product", sim.ids("product")[0])["record"])
    done = "SELECT completed_at FROM tds_sync_queue WHERE inbox_event_id = %s"
    for attempt_number in range(5):  # somebody else's commit may have brought it to the disk
        writer = tds.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
        os.kill(writer, signal.SIGSTOP)
        name = f"written {attempt_number}"
        event = accepted(tds.webhook("products", wrap("product", {**record, "name": name, "last_modified_time": soon(60 * attempt_number)})))
        check("an event is applied", differs(tds.finished(event)[:2], ("completed", "applied")))
        before, postmaster = tds.value(done, event), tds.postgres()
        os.kill(postmaster, signal.SIGSTOP)
        signal_all(children_of(postmaster), signal.SIGKILL)
        time.sleep(4)  # so long that the dispatcher looks for nothing as old any more
        os.kill(postmaster, signal.SIGCONT)
        check("PostgreSQL is back", unless(wait_for(tds.readyz, 20), tds.status().get("database")))
        again = tds.finished(event, 40)
        lost = tds.value(done, event) != before
        check("what was applied stays, or is applied again", differs((again[:2], tds.row("product", record["item_id"], "name")), (("completed", "applied"), name)))
        if lost:
            break
    check("it was lost with PostgreSQL, and came again", unless(lost, "it was on disk each time"))
    check("nobody else's row came of it", differs(tds.value("SELECT count(*) FROM tds_sync_queue"), attempt_number + 1))
    check("it ends cleanly", tds.stop())


def commit_that_hangs():
    """A commit that somebody holds up holds up nobody but those in it."""
    sim, tds = world(sync={"details": False}, database={"lock_timeout": "20s"})
    first, *others = [wrap("product", numbers(sim.record("product", number)["record"])) for number in sim.ids("product")[:10]]
    tds.finished(accepted(tds.webhook("products", first)))
    answers = []
    with contextlib.closing(tds.connect()) as theirs, theirs.cursor() as cursor:
        cursor.execute("BEGIN; DELETE FROM tds_inbox_events")  # whether the same event is new waits for how this ends
        asking = threading.Thread(target=lambda: answers.append(attempt(tds, first)))
        asking.start()
        hangs = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tds:http-ingest%%' AND wait_event_type = 'Lock'"
        check("a commit waits for somebody", unless(wait_for(lambda: tds.value(hangs), 10), "it doesn't"))
        check("others are accepted meanwhile", differs([attempt(tds, body) for body in others], [202] * len(others)))
        check("and it waits still", answers)
        cursor.execute("ROLLBACK")
    asking.join()
    check("it goes on when that is over", differs(answers, [202]))
    check("it ends cleanly", tds.stop())


def ready_means_ready():
    """Of those without whom nothing is applied each needs PostgreSQL for itself: one connection that is up isn't enough."""
    _, tds = world()
    where, name = tds.ask("where")["database"], tds.value("SELECT quote_ident(current_database())")
    with contextlib.closing(psycopg2.connect(where, dbname="postgres")) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tds:dispatcher'")
        check("not ready while the dispatcher is without PostgreSQL", unless(wait_for(lambda: not tds.readyz(), 10), tds.get("/readyz?verbose")))
        check("nor does it promise syncs", differs(tds.bulk("vendors").status, 503))
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    check("ready when it has it again", unless(wait_for(tds.readyz, 20), tds.get("/readyz?verbose")))
    check("and syncs are done", differs(tds.bulk("vendors").status, 200))
    check("it ends cleanly", tds.stop())


def signal_all(pids, number):
    """A worker of autovacuum may end in between."""
    for pid in filter(alive, pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def sim_event(sim, number):
    return __import__("json").loads(sim.fire("product", number)["reply"])["event_id"]


def attempt(tds, body):
    try:
        return tds.webhook("products", body, timeout=30).status
    except OSError:
        return 0


def ask(tds, body):
    try:
        reply = tds.webhook("products", body, timeout=5)
        return reply.status, reply.headers.get("Retry-After")
    except OSError:
        return 0, None


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def zoho_away():
    """Zoho can't be reached: webhooks don't mind, what needs it waits and comes through."""
    sim, tds = world(breaker={"timeout": "1s"})
    record = numbers(sim.record("product", sim.ids("product")[0])["record"])
    number = sim.ids("order")[0]
    sim.pause()
    event = accepted(tds.webhook("products", wrap("product", record)))
    check("webhooks are applied while Zoho is away", differs(tds.finished(event)[0], "completed"))
    thin = accepted(tds.webhook("orders", wrap("order", {"salesorder_id": number})))
    reply = tds.bulk("vendors", timeout=60)
    check("a bulk sync that reached nobody is a 502", unless(reply.status in (502, 503), reply))
    check("what needs Zoho is waiting or given up with a reason", tds.outcome(thin)[0] == "completed")
    sim.start()
    outcome = tds.finished(thin, 60)
    check("and is fetched when Zoho is back", unless(outcome[0] == "completed", (outcome, tds.get("/api/bff/tds/circuit-breakers"))))


def owners():
    """A dead actor costs its own routes a 503 and nobody else anything."""
    sim, tds = world(supervisor={"deaths_max": 1, "cooldown": "4s"})

    def crash(name):
        for _ in range(4):
            if tds.actor(name)["state"] == "cooldown":
                return True
            tds.replaced(name, tds.kill(name, signal.SIGSEGV), 3)
        return wait_for(lambda: tds.actor(name)["state"] == "cooldown", 5)
    check("metrics cools down after crashes", unless(crash("metrics"), tds.actor("metrics")))
    reply = tds.get("/api/bff/tds/runs")
    check("its routes are 503 with Retry-After", unless(reply.status == 503 and reply.headers.get("Retry-After"), reply))
    check("others' routes answer", differs((tds.get("/livez").status, tds.get("/readyz").status, tds.get("/api/bff/tds/circuit-breakers").status), (200,) * 3))
    event = accepted(tds.webhook("products", wrap("product", numbers(sim.record("product", sim.ids("product")[0])["record"]))))
    check("webhooks are worked through", differs(tds.finished(event)[0], "completed"))
    check("one handler cools down after crashes", unless(crash("handler:vendor#0"), tds.actor("handler:vendor#0")))
    vendor = accepted(tds.webhook("vendors", wrap("vendor", numbers(sim.record("vendor", sim.ids("vendor")[0])["record"]))))
    event = accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", sim.ids("order")[0])["record"]))))
    check("other entities go on", differs(tds.finished(event)[0], "completed"))
    check("its own events wait and are done when it is back", differs(tds.finished(vendor, 20)[0], "completed"))


def theirs():
    """A trigger of the ERP's that refuses a record, or leaves it out: that record alone waits, or is a dead letter; nobody else is held up."""
    sim, tds = world(queue={"attempts_max": 4, "backoff_min": "3s", "backoff_max": "4s"})
    tds.rows("""CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.sku = 'refused' THEN RAISE 'we want no such thing'; ELSIF NEW.sku = 'left out' THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER theirs BEFORE INSERT OR UPDATE ON products FOR EACH ROW EXECUTE FUNCTION theirs()""")
    bad, out, good = sim.ids("product")[:3]
    check("a counter is there before it counts", unless('\ntds_retried_total{actor="handler:product#0"} 0\n' in tds.get("/metrics").body.decode(), tds.get("/metrics").body))

    def deliver(number, sku):
        return accepted(tds.webhook("products", wrap("product", {**numbers(sim.record("product", number)["record"]), "sku": sku, "last_modified_time": soon()})))
    tds.post("/api/bff/tds/entities/product/pause")  # so that they come in one batch
    wrong = accepted(tds.webhook("products", wrap("product", {**numbers(sim.record("product", sim.ids("product")[5])["record"]), "rate": "much", "last_modified_time": soon()})))
    events = [deliver(bad, "refused"), deliver(out, "left out"), wrong]
    tds.post("/api/bff/tds/entities/product/resume")
    event = deliver(good, "fine")
    check("others go on at once", differs((tds.finished(event, 5)[0], tds.row("product", good, "sku")), ("completed", "fine")))
    check("the record that a trigger refuses is tried as often as others, then a dead letter",
          differs((tds.finished(events[0], 40)[0], tds.value("SELECT attempt_count FROM tds_sync_queue WHERE inbox_event_id = %s", events[0])), ("dead_letter", 4)))
    check("so is one that it leaves out", differs(tds.finished(events[1])[0], "dead_letter"))
    tries = [at for at, in tds.rows("SELECT timestamp FROM tds_sync_logs WHERE source_entity_id = %s ORDER BY timestamp", bad)]
    waits = [(b - a).total_seconds() for a, b in zip(tries, tries[1:])]
    check("each attempt comes when it is due, not with the next look at everything", unless(len(waits) == 3 and all(0.05 <= w < 15 for w in waits), waits))
    letters = dict(tds.rows("SELECT source_entity_id, failure_reason || coalesce(last_error_message, '') FROM tds_dead_letter_queue"))
    tds.finished(wrong)
    letters.update(tds.rows("SELECT source_entity_id, failure_reason FROM tds_dead_letter_queue WHERE source_entity_id = %s", sim.ids("product")[5]))
    check("each says what happened to it", unless("we want no such thing" in letters[bad] and "left the row" in letters[out] and
                                                  "rate" in letters[sim.ids("product")[5]], letters))
    counted = {a["name"]: a["counters"] for a in tds.ask("status")["actors"]}
    retried = sum(counts.get("retried", 0) for name, counts in counted.items() if name.startswith("handler:product#"))
    check("attempts are counted where they are made again", differs((retried, counted["dispatcher"].get("failed")), (3, 1)))
    tds.heal()
    check("and nothing is called parked", differs(tds.value("SELECT count(*) FROM tds_alerts WHERE alert_type = 'entity_parked'"), 0))
    sim.change("product", bad, {"sku": "refused"})
    reply = tds.bulk("products", active_only=False)
    check("of a page it is that record, too", unless(reply.json["stats"]["failed"] == 1 and tds.value("SELECT count(*) FROM products") == 59, reply))


def alone_on_its_page():
    """The only record of a page is refused by a trigger: the sync goes on, and the record is a dead letter."""
    sim, tds = world(sim={"invoices": 11})
    tds.rows("""CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.zoho_invoice_id = '%s' THEN RAISE 'we want no such thing'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER theirs BEFORE INSERT OR UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION theirs()""" % sim.ids("invoice")[-1])
    reply = tds.bulk("invoices", batch_size=10)
    check("a page of one that is refused fails that one", unless(reply.json["stats"]["failed"] == 1 and reply.json["stats"]["created"] == 10, reply))
    tds.rows("""CREATE FUNCTION no_lines() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.line_number = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$;
        CREATE TRIGGER no_lines BEFORE INSERT ON invoice_line_items FOR EACH ROW EXECUTE FUNCTION no_lines()""")
    number = sim.ids("invoice")[3]
    event = accepted(tds.webhook("invoices", wrap("invoice", {**numbers(sim.record("invoice", number)["record"]), "last_modified_time": soon()})))
    check("a line that a trigger leaves out is its record's dead letter", unless(tds.finished(event)[0] == "dead_letter" and "a line of it" in tds.finished(event)[2],
                                                                                tds.finished(event)))
    tds.rows("DROP TRIGGER no_lines ON invoice_line_items")
    tds.rows("CREATE OR REPLACE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed for today'; END $$")
    tds.rows("CREATE TRIGGER theirs BEFORE INSERT OR UPDATE ON bills FOR EACH ROW EXECUTE FUNCTION theirs()")
    reply = tds.bulk("bills")
    check("a table that refuses all of them fails the sync, and no record", unless(
        "closed for today" in (reply.json["error"] or "") and tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE entity_type = 'bill'") == 0, reply))


def whole_or_not_at_all():
    """A record with its lines: never one without the other."""
    sim, tds = world()
    number = sim.ids("invoice")[3]
    record = numbers(sim.record("invoice", number)["record"])
    tds.finished(accepted(tds.webhook("invoices", wrap("invoice", record))))
    before = tds.rows("SELECT line_number, name, quantity FROM invoice_line_items WHERE zoho_invoice_id = %s ORDER BY 1", number)
    broken = {**record, "last_modified_time": soon(), "notes": "second", "line_items": record["line_items"] + [
        {**record["line_items"][0], "line_item_id": "77", "quantity": "a few"}]}
    event = accepted(tds.webhook("invoices", wrap("invoice", broken)))
    check("a record with one bad line is a dead letter", differs(tds.finished(event)[0], "dead_letter"))
    check("of which nothing was written", differs(tds.rows("SELECT line_number, name, quantity FROM invoice_line_items WHERE zoho_invoice_id = %s ORDER BY 1", number), before) or
          tds.row("invoice", number, "notes") == "second" and "notes were")
    torn = []
    stop = threading.Event()

    def watch():
        connection = tds.connect()
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("SELECT i.notes, count(l.id), i.zoho_data->>'notes' FROM invoices i LEFT JOIN invoice_line_items l ON l.invoice_id = i.id "
                               "WHERE i.zoho_invoice_id = %s GROUP BY 1, 3", (number,))
                row = cursor.fetchone()
                if row[0] and row[0].startswith("lines ") and (int(row[0][6:]) != row[1] or row[0] != row[2]):
                    torn.append(row)
        connection.close()
    watcher = threading.Thread(target=watch)
    watcher.start()
    line = record["line_items"][0]
    for i in range(1, 61):
        lines = [{**line, "line_item_id": str(1000 * i + n)} for n in range(i % 9 + 1)]
        accepted(tds.webhook("invoices", wrap("invoice", {**record, "line_items": lines, "notes": f"lines {len(lines)}",
                                                          "last_modified_time": soon(60 * i)})))
        if i % 20 == 10:
            tds.kill("handler:invoice#0")
    tds.quiet(30)
    stop.set()
    watcher.join()
    check("nobody ever saw a record with lines of another version", torn[:3])
    check("the last version is there with its lines", differs(tds.rows(
        "SELECT i.notes, (SELECT count(*) FROM invoice_line_items l WHERE l.invoice_id = i.id) FROM invoices i WHERE zoho_invoice_id = %s", number), [("lines 7", 7)]))


if __name__ == "__main__":
    run(acknowledged_is_durable, everybody_dies_in_turn, killed_in_a_batch, poison, poison_ahead, postgres_away, lost_with_postgres, commit_that_hangs, ready_means_ready, zoho_away, owners, theirs, alone_on_its_page, whole_or_not_at_all)
