#!/usr/bin/python3
"""Bulk syncs: every entity, details behind them, incremental, joined, interrupted anywhere, and told the truth about."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BUILD, BULK, ENTITIES, SLOW, check, differs, in_parallel, numbers, run, soon, unless, wait_for, world

ACTORS = {"dispatcher": "dispatcher", "zoho-io": "zoho-io", "handler": "handler:product"}


def stats(reply):
    return reply.json["stats"] if reply.status == 200 and "stats" in reply.json else {}


def besides_images(sim):
    """Calls, but for those of products' images, which come when nothing else is to be done."""
    return sum(n for path, n in sim.calls()["by_path"].items() if not path.endswith("/image"))


def every_entity():
    sim, tds = world()
    for entity in ENTITIES:
        reply, live = tds.bulk(BULK[entity], active_only=False), len(sim.ids(entity))
        check(f"a bulk sync of {BULK[entity]} creates every record of Zoho",
              unless(reply.status == 200 and reply.json["success"] and stats(reply)["created"] == live == stats(reply)["total_processed"], reply))
        check(f"lists alone make every {entity} right", checker.differences(sim, tds, entities=(entity,), details=False))
    check("lines are fetched in the background", tds.quiet(60))
    check("then every row is what Zoho holds, lines and all", checker.differences(sim, tds))
    for entity in ENTITIES:
        reply = tds.bulk(BULK[entity], active_only=False)
        check(f"a second sync of {BULK[entity]} finds nothing to change",
              unless(stats(reply).get("unchanged") == len(sim.ids(entity)), reply))
    calls = besides_images(sim)
    tds.quiet(20)
    check("and fetches no detail again", unless(besides_images(sim) <= calls + 5, (calls, sim.calls()["by_path"])))
    changed_behind_the_back(sim, tds)
    deleted(sim, tds)
    check("it ends cleanly", tds.stop())


def changed_behind_the_back(sim, tds):
    for entity in ENTITIES:
        sim.control("POST", f"change?entity={entity}&count=15&seed=5")
        sim.control("POST", f"records/{entity}", {})
    reply = tds.bulk("sync-all", active_only=False)
    check("sync-all takes over what changed without a webhook", unless(reply.status == 200 and reply.json["success"], reply))
    check("details of what changed are fetched anew", tds.quiet(60))
    check("every row is what Zoho holds after changes", checker.differences(sim, tds))


def deleted(sim, tds):
    hidden = sim.ids("order")[3]
    sim.control("POST", f"records/order/{hidden}?listed=false&touch=false", {})
    tds.bulk("orders")
    check("a record that merely vanished from a list is left as it is: absence is no proof", differs(tds.row("order", hidden, "deleted_at, is_active"), (None, True)))


def details_together():
    """Stock by location stands only in details: those of items are fetched by the hundred."""
    sim, tds = world(sim={"items": 450, "active-items": 300})
    tds.bulk("products", active_only=False)
    check("the details of 450 items come", tds.quiet(60))
    calls = sim.calls()["by_path"]
    check("with five calls", differs(calls.get("/inventory/v1/itemdetails"), 5) or differs(calls.get("/inventory/v1/items/{id}"), None))
    check("stock by location is what Zoho holds", checker.differences(sim, tds, entities=("product",)))
    moved = next(n for n in sim.ids("product") if sim.record("product", n)["record"].get("locations"))
    sim.change("product", moved, {"stock_on_hand": 4711}, touch=False)
    tds.bulk("products", active_only=False)
    check("stock that moves without a new version wants its detail again", tds.quiet(60))
    check("that one alone", differs(sum(n for path, n in sim.calls()["by_path"].items() if "item" in path and path != "/inventory/v1/items" and not path.endswith("/image")), 6))
    check("and ends as Zoho has it", checker.differences(sim, tds, entities=("product",)))
    bad, gone = sim.ids("product")[20], sim.ids("product")[21]
    for number in (bad, gone):
        sim.change("product", number, {"purchase_rate": 5})
    tds.rows("UPDATE tds_entity_state SET detail_wanted = true WHERE source_entity_id IN (%s, %s)", bad, gone)
    sim.delete("product", gone)
    sim.change("product", bad, {"brand": "x" * 10, "reorder_level": "many"})
    check("a bad record among them and one that is gone are not asked for for ever", tds.quiet(60))


def incremental():
    sim, tds = world(sim={"items": 250, "active-items": 250, "invoices": 250})
    for name in ("products", "invoices"):
        tds.bulk(name, active_only=False)
    tds.quiet(60)
    for entity, name in (("product", "products"), ("invoice", "invoices")):
        number = sim.ids(entity)[7]
        sim.change(entity, number, {"name": "renamed"} if entity == "product" else {"reference_number": "changed"})
        reply = tds.bulk(name, incremental=True, active_only=False)
        check(f"an incremental sync of {name} finds the change", unless(stats(reply).get("updated") == 1, reply))
        if entity == "invoice":  # items have no filter by time: there it is a scan
            check(f"and reads a part of the list of {name} only", unless(stats(reply).get("total_processed", 999) <= 150, reply))
    tds.quiet(30)
    check("every row is what Zoho holds after incremental syncs", checker.differences(sim, tds, entities=("product", "invoice")))
    cursor = tds.value("SELECT cursor_value FROM tds_sync_cursors WHERE entity_type = 'invoice'")
    check("the cursor stands", unless(cursor, cursor))


def options():
    sim, tds = world()
    reply = tds.bulk("products", dry_run=True, active_only=False)
    check("a dry run says what it would do", unless(stats(reply).get("created") == 60, reply))
    check("and writes nothing", tds.value("SELECT count(*) FROM products"))
    reply = tds.bulk("products")
    check("active_only is the default and leaves inactive items alone", differs(tds.value("SELECT count(*) FROM products"), 50) or differs(stats(reply).get("created"), 50))
    check("bad options are 422 with the field's name", unless(tds.bulk("products", batch_size=5).status == 422 and
                                                            b"batch_size" in tds.bulk("products", batch_size=5).body, tds.bulk("products", batch_size=5)))
    for options, name in (({"dryrun": True}, "dryrun"), ({"dry_run": 1}, "dry_run"), ({"incremental": True, "Verify": True}, "Verify")):
        reply = tds.bulk("products", **options)
        check(f"{options} is a 422 that names {name}", unless(reply.status == 422 and reply.json["detail"][0]["loc"] == ["body", name], reply))
    for query in ("dryrun=true", "dry_run=2", "modified_since=2026-13-01", "batch_size=" + "9" * 100):
        reply = tds.post(f"/api/zoho/bulk-sync/products?{query}")
        check(f"?{query[:30]} is one, too", unless(reply.status == 422 and reply.json["detail"][0]["loc"] == ["query", query.split("=")[0]], reply))
    check("nothing of that was begun", differs(tds.value("SELECT count(*) FROM tds_sync_runs"), 2))
    check("an unknown sync is 404", differs(tds.bulk("everything").status, 404))
    reply = tds.bulk("customers", batch_size=10)
    pages = tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", reply.json["run_id"])
    check("batch_size is the size of the pages", unless(pages == 4 or pages == 5, pages))
    other = sim.control("GET", "calls")["by_path"]
    check("Zoho was asked for that many pages", unless(any(path.endswith("contacts") and count >= 4 for path, count in other.items()), other))


def joined():
    sim, tds = world(sim={"latency_ms": 150, "items": 300, "active-items": 300})
    replies = in_parallel(lambda _: tds.bulk("products", batch_size=50), range(3), 3)
    runs = {r.json.get("run_id") for r in replies if r.status == 200}
    check("a second sync of an entity joins the running one", unless(len(runs) == 1, replies))
    check("and every caller gets the same counts", unless(len({str(stats(r)) for r in replies}) == 1, replies))
    check("one run is on the books", differs(tds.value("SELECT count(*) FROM tds_sync_runs"), 1))
    run_id = tds.bulk_start("products", batch_size=50)
    check("?wait=false answers at once and the run goes on", differs(tds.run_done(run_id, 30), "completed"))
    for query, status in (("entity_type=planet", 422), ("status=done", 422), ("entity_type=products", 200), ("entity_type=product&status=completed", 200)):
        check(f"runs?{query} is {status}", differs(tds.get(f"/api/bff/tds/runs?{query}").status, status))
    reply = tds.get(f"/api/bff/tds/runs/{run_id}")
    check("the run can be looked up", unless(reply.status == 200 and reply.json["processed"] == 300, reply))
    for options in ({"dry_run": True}, {"active_only": False}, {"verify": True, "active_only": True}):
        run_id = tds.bulk_start("products", batch_size=10)
        reply = tds.bulk("products", **options)
        check(f"{options} isn't what the running sync does: 409, which names it", unless(reply.status == 409 and run_id in reply.json["detail"], reply))
        tds.run_done(run_id, 30)
    run_id = tds.bulk_start("products", batch_size=10, active_only=False)
    since = tds.bulk("products", modified_since="2026-01-01")
    check("a request for less than the running one does joins it", unless(since.status == 200 and since.json["run_id"] == run_id, since))
    run_id = tds.bulk_start("products", batch_size=10)
    reply = tds.bulk("sync-all", active_only=False)
    check("a part of sync-all for which the running one does too little goes behind it",
          unless(reply.json["success"] and reply.json["results"]["products"]["stats"]["total_processed"] == 300, reply))
    kinds = tds.rows("SELECT run_type, count(*) FROM tds_sync_runs WHERE parent_run_id = %s GROUP BY 1", reply.json["run_id"])
    check("each of its parts is a run of its own", unless(len(kinds) == len(ENTITIES) and {n for _, n in kinds} == {1}, kinds))


def parts_of_two():
    """Two runs of runs at once, each with a part about products: both are done, and each answers for its own."""
    sim, tds = world(sim={"latency_ms": 100, "items": 120, "active-items": 120}, sync={"details": False, "images": False})
    everything, both = in_parallel(lambda name: tds.bulk(name, active_only=False), ("sync-all", "items-with-stock"), 2)
    for reply in (everything, both):
        part = (reply.json.get("results") or {}).get("products") or {}
        check(f"{reply.json['message']}: it has its part of products", unless(part.get("success") and part["stats"]["total_processed"] == 120, reply))
    check("the stock is there", checker.differences(sim, tds, entities=("product",)))


def parts_left():
    """The dispatcher dies while a part of sync-all waits for another run: its successor does that part, too."""
    sim, tds = world(sim={"latency_ms": 100, "items": 300, "active-items": 300}, sync={"details": False, "images": False})
    tds.bulk("sync-all", active_only=False)
    first = tds.bulk_start("products", batch_size=10, dry_run=True)
    everything = tds.bulk_start("sync-all", active_only=False, incremental=True)
    others = wait_for(lambda: tds.value("SELECT count(*) FROM tds_sync_runs WHERE parent_run_id = %s", everything) == len(ENTITIES) - 1, 20)
    tds.replaced("dispatcher", tds.kill("dispatcher"))
    check("a part waits when the dispatcher dies", unless(others, others))
    check("both runs end", differs((tds.run_done(first, 60), tds.run_done(everything, 60)), ("completed", "completed")))
    parts = tds.rows("SELECT run_type, status, configuration_snapshot->>'incremental' FROM tds_sync_runs WHERE parent_run_id = %s", everything)
    check("no part is left out", unless(len(parts) == len(ENTITIES) and {s for _, s, _ in parts} == {"completed"}, parts))
    check("each is done as it was asked for", differs({i for _, _, i in parts}, {"true"}))
    check("every row is there", checker.differences(sim, tds, details=False))


def promoted():
    """Who joins a drift scan isn't left to wait in its lane."""
    sim, tds = world(sim={"latency_ms": 200, "items": 300, "active-items": 300}, sync={"details": False, "images": False, "schedule": [], "page_size": 10,
                                                                                      "certificate_age_max": "60s"}, zoho={"concurrent_calls_max": 2})
    tds.rows("UPDATE tds_schema_version SET applied_at = now() - interval '1 hour'")
    scan = wait_for(lambda: tds.value("SELECT id::text FROM tds_sync_runs WHERE requested_by = 'drift' AND entity_type = 'product' AND status = 'running'"), 60)
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", scan), 20)
    reply = tds.bulk("products", active_only=False, verify=True)
    check("a person's request joins the scan", unless(reply.status == 200 and reply.json["run_id"] == scan and reply.json["stats"]["total_processed"] == 300, reply))
    lanes = [re.search(r"lane=(\S+)", line)[1] for line in tds.log().splitlines() if "msg=call" in line and "entity=product" in line]
    check("which then goes on in the lane of people's syncs", unless(lanes[0] == "drift" and lanes[-1] == "user" and lanes.count("user") > 10, lanes))
    check("every row is there", differs(tds.value("SELECT count(*) FROM products"), 300))


def grown():
    """A list that is longer than it was, and somebody joins the scan, or zoho-io dies, behind the page that was expected to be the last."""
    sim, tds = world(sim={"customers": 60}, sync={"page_size": 10, "details": False, "schedule": []})
    ids = sim.ids("customer")
    for number in ids[-25:]:
        sim.control("POST", f"records/customer/{number}?listed=false&touch=false", {})
    tds.bulk("customers", batch_size=10)
    for number in ids[-25:]:
        sim.control("POST", f"records/customer/{number}?touch=false", {})
    sim.fault(kind="slow", path="/contacts", delay_ms=3000, after=4)
    run_id = tds.bulk_start("customers", batch_size=10)
    check("the pages that were expected are there", unless(wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) == 4, 20), run_id))
    tds.replaced("zoho-io", tds.kill("zoho-io"))
    sim.no_faults()
    check("and the others come, though zoho-io died", differs(tds.run_done(run_id, 60), "completed"))
    check("all of them", differs(tds.value("SELECT total_events FROM tds_sync_runs WHERE id = %s", run_id), 60) and
          (tds.rows("SELECT page, rows, array_length(ids, 1) FROM tds_run_pages WHERE run_id = %s ORDER BY 1", run_id), len(sim.ids("customer"))))


def resumed():
    """A run survives the death of everybody who works on it. Details of one run would fill the tables emptied for the next."""
    sim, tds = world(sim={"latency_ms": 30, "items": 900, "active-items": 900}, sync={"details": False})
    for who in ("dispatcher", "zoho-io", "handler", "supervisor"):
        for table in ("product_stock", "products", "tds_entity_state", "tds_run_pages", "tds_sync_runs"):
            tds.rows(f"DELETE FROM {table}")  # TRUNCATE's locks meet those of whoever reads several of them
        run_id = tds.bulk_start("products", batch_size=10)
        seen = wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s AND state = 'applied'", run_id) >= 10, 30)
        running = tds.value("SELECT status FROM tds_sync_runs WHERE id = %s", run_id)
        if who == "supervisor":
            tds.kill_supervisor()
            tds.start()
        else:
            tds.replaced(ACTORS[who], tds.kill(ACTORS[who]))
        check(f"the {who} is killed in the middle of a run", unless(seen and running == "running", (seen, running)))
        check(f"a run goes on after the death of the {who}", differs(tds.run_done(run_id, 60), "completed"))
        check(f"and has every row once, {who} or no {who}", checker.differences(sim, tds, entities=("product",), details=False))
        counted = tds.rows("SELECT total_events, created_count, unchanged_count, failed_events FROM tds_sync_runs WHERE id = %s", run_id)
        check(f"its counters tell what PostgreSQL confirmed, {who} or no {who}", differs(counted, [(900, 900, 0, 0)]))


def bad_zoho():
    """Everything that Zoho does wrong at times, in one sync."""
    sim, tds = world(sim={"items": 400, "active-items": 400})
    for spec in ({"kind": "500", "count": 2}, {"kind": "429", "code": 1070, "count": 1}, {"kind": "html", "count": 1}, {"kind": "truncate", "count": 1},
                 {"kind": "reset", "count": 1}, {"kind": "token_revoked", "count": 1}):
        sim.no_faults()
        sim.fault(path="/items", **spec)
        reply = tds.bulk("products", batch_size=40, active_only=False)
        check(f"a sync gets over {spec['kind']}", unless(reply.status == 200 and reply.json["success"] and stats(reply)["total_processed"] == 400, reply))
    sim.no_faults()
    check("details come after all that", tds.quiet(60))
    check("every row is what Zoho holds after all that", checker.differences(sim, tds, entities=("product",)))


def bad_record():
    """One bad record of a page becomes a dead letter, alone."""
    sim, tds = world()
    bad, good = sim.ids("product")[10], sim.ids("product")[11]
    sim.change("product", bad, {"rate": "twelve"})
    reply = tds.bulk("products", active_only=False)
    check("the others of the page are written", differs(tds.value("SELECT count(*) FROM products"), 59))
    check("the sync says that one failed", unless(stats(reply).get("failed") == 1 and stats(reply).get("successful") == 59, reply))
    check("which is no success, with status 200", unless(reply.status == 200 and reply.json["success"] is False and "1 of 60 failed" in reply.json["error"], reply))
    reply = tds.bulk("sync-all", active_only=False)
    check("of sync-all neither", unless(reply.status == 200 and reply.json["success"] is False and reply.json["results"]["products"]["success"] is False and
                                       reply.json["results"]["customers"]["success"] and reply.json["totals"]["failed"] == 1, reply))
    check("the runs are done all the same", differs(tds.rows("SELECT DISTINCT status FROM tds_sync_runs"), [("completed",)]))
    told = subprocess.run([os.path.join(BUILD, "tdsctl"), "-c", tds.config, "sync", "products", "--all-items"], capture_output=True, text=True, timeout=60, check=False)
    check("tdsctl exits with 1 and says why", unless(told.returncode == 1 and "1 of 60 failed" in told.stdout, told))
    letters = tds.rows("SELECT source_entity_id, failure_reason, error_field, last_payload IS NOT NULL FROM tds_dead_letter_queue WHERE NOT resolved")
    check("the bad one is a dead letter with the field's name and its payload",
          unless(len(letters) == 1 and letters[0][0] == bad and letters[0][2] in ("price", "rate") and letters[0][3] and letters[0][1], letters))
    tds.bulk("products", active_only=False)
    letters = tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved")
    check("a second sync doesn't pile up dead letters", differs(letters, 1))
    check("and counts each record once", differs(tds.rows(
        "SELECT rows, created + updated, unchanged, stale, failed FROM tds_run_pages ORDER BY applied_at DESC LIMIT 1"), [(60, 0, 59, 0, 1)]))
    sim.change("product", bad, {"rate": 12})
    reply = tds.bulk("products", active_only=False, dry_run=True)
    check("a dry run leaves the dead letter", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved"), 1))
    tds.bulk("products", active_only=False)
    check("mended in Zoho it is written", differs(int(tds.row("product", bad, "price") or 0), 12))
    check("and its dead letter is dealt with", tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved"))
    number = sim.ids("invoice")[0]
    lines = numbers(sim.record("invoice", number)["record"])["line_items"]
    for k, quantity in enumerate(("many", 3)):
        sim.change("invoice", number, {"line_items": [{**lines[0], "quantity": quantity}, *lines[1:]], "last_modified_time": soon(k)}, touch=False)
        tds.bulk("invoices")
        tds.quiet(30)
        check(f"of a detail with a quantity of {quantity!r}", differs(tds.value(
            "SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved AND entity_type = 'invoice' AND source_entity_id = %s", number), 1 - k))
    sim.change("product", bad, {"rate": 12})
    sim.change("product", good, {"rate": 13})
    tds.bulk("products", active_only=False)
    check("once Zoho has it right, it is written", differs(float(tds.row("product", bad, "price") or 0), 12.0))


def side_by_side():
    """While a page is written the one behind it is, too. Whatever is wrong with either, and whoever dies: each is done once."""
    def writers():
        return tds.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tds:handler:product#0'")

    def ledger(run_id):
        return tds.rows("SELECT count(*), count(DISTINCT page), sum(rows), sum(created + updated), sum(unchanged), sum(failed) FROM tds_run_pages WHERE run_id = %s", run_id)[0]

    sim, tds = world(sim={"items": 300, "active-items": 300})
    check("before the first page there is one connection", differs(writers(), 1))
    first = tds.bulk_start("products", batch_size=10, active_only=False)
    tds.run_done(first)
    check("pages are written on two", differs(writers(), 2))
    check("each page once", differs(ledger(first), (30, 30, 300, 300, 0, 0)))
    check("when there are no more, the second is given back", unless(tds.quiet(60) is None and wait_for(lambda: writers() == 1, 30), writers()))
    bad = sim.ids("product")[5:300:60]
    for round_number, harm in enumerate(("a bad record in some", "a connection that is lost", "a handler that dies")):
        sim.control("POST", "change?entity=product&count=1000&seed=7")
        for number in bad:
            sim.change("product", number, {"rate": f"bad {round_number}"})
        run_id = tds.bulk_start("products", batch_size=10, active_only=False)
        wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) > 3, 20)
        if harm == "a connection that is lost":
            tds.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tds:handler:product#0' ORDER BY backend_start DESC LIMIT 1")
        elif harm == "a handler that dies":
            tds.kill("handler:product#0")
        check(f"{harm}: the run ends", differs(tds.run_done(run_id, 60), "completed"))
        pages, different, rows, _, _, failed = ledger(run_id)
        check(f"{harm}: each page is done once", differs((pages, different, rows, failed), (30, 30, 300, len(bad))))
        check(f"{harm}: each bad record is one dead letter", differs(sorted(n for n, in tds.rows(
            "SELECT source_entity_id FROM tds_dead_letter_queue WHERE NOT resolved")), sorted(bad)))
    for number in bad:
        sim.change("product", number, {"rate": 12})
    tds.bulk("products", batch_size=10, active_only=False)
    check("and every row is what Zoho holds", tds.quiet(60) or checker.differences(sim, tds, entities=("product",)))
    tds.configure(sync={"pages_at_once": 1})
    old = tds.actor("handler:product#0")["pid"]
    check("a reload takes over that pages are written one by one", unless(tds.ask("reload").get("ok") and tds.replaced("handler:product#0", old), tds.log()[-800:]))
    tds.bulk("products", batch_size=10, active_only=False)
    check("and there is one connection again", differs(writers(), 1))
    check("it ends cleanly", tds.stop())


def deferred_constraint():
    """What the ERP's own constraints leave for the commit is found all the same, record by record."""
    sim, tds = world()
    first, second = sim.ids("product")[10:12]
    tds.rows("ALTER TABLE products ADD CONSTRAINT own_sku UNIQUE (sku) DEFERRABLE INITIALLY DEFERRED")
    sim.change("product", first, {"sku": "TWICE"})
    sim.change("product", second, {"sku": "TWICE"})
    reply = tds.bulk("products", active_only=False)
    check("of two that exclude each other one is written", unless(stats(reply).get("failed") == 1 and stats(reply).get("successful") == 59, reply))
    check("with all others", differs(tds.rows("SELECT count(*), count(*) FILTER (WHERE sku = 'TWICE') FROM products"), [(59, 1)]))
    letters = tds.rows("SELECT source_entity_id IN (%s, %s), failure_reason || last_error_message FROM tds_dead_letter_queue WHERE NOT resolved",
                       first, second)
    check("the other is a dead letter that names the constraint", unless(len(letters) == 1 and letters[0][0] and "own_sku" in letters[0][1], letters))
    check("it ends cleanly", tds.stop())


def linked_later():
    """Somebody works on an invoice while its customer arrives: the customer is written and counted, the link follows."""
    sim, tds = world(database={"lock_timeout": "500ms"})
    tds.bulk("invoices", active_only=False)
    with tds.connect() as theirs, theirs.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE invoices SET notes = notes")
        reply = tds.bulk("customers", active_only=False)
        check("customers are written and counted", differs((stats(reply)["successful"], stats(reply)["failed"]), (tds.value("SELECT count(*) FROM customers"), 0)))
        check("nobody calls it a failure of theirs", wait_for(lambda: "own ids of related records are not set yet" in tds.log(), 20) is not True)
        begin = time.monotonic()
        done = wait_for(lambda: tds.value("SELECT count(*) FROM tds_entity_state WHERE detail_wanted AND entity_type = 'customer'") == 0, 60)
        check("nor waits for it with every record", unless(done and time.monotonic() - begin < 15 * SLOW, (done, time.monotonic() - begin)))
        check("nothing is linked yet", differs(tds.value("SELECT count(*) FROM invoices WHERE customer_id IS NOT NULL"), 0))
        cursor.execute("ROLLBACK")
    check("a healing run goes through", tds.heal())
    check("and links them", checker.differences(sim, tds, entities=("customer", "invoice"), scanned=False))
    check("it ends cleanly", tds.stop())


if __name__ == "__main__":
    run(every_entity, details_together, incremental, options, joined, parts_of_two, parts_left, promoted, grown, resumed, bad_zoho, bad_record, side_by_side, deferred_constraint, linked_later)
