#!/usr/bin/python3
"""What always holds, where no other scenario would notice that it doesn't: commits that fail, work that nobody was told of, old
versions in pages, a broken entity, health while nothing moves, the lanes to Zoho, counters."""
import os
import signal
import sys
import threading
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import ORGANIZATION, SLOW, accepted, check, differs, in_parallel, numbers, run, soon, unless, wait_for, world, wrap

FULL_DISK = """CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'no space left on device' USING ERRCODE = '53100'; END $$;
    CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON {0} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_disk()"""


def product(sim, number, **fields):
    return wrap("product", {**numbers(sim.record("product", number)["record"]), **fields})


def counter(tds, name):
    """Its sum over all actors."""
    return sum(a["counters"].get(name, 0) for a in tds.status()["actors"])


def failed_commit():
    """Every statement goes well, then the commit doesn't: as when the disk is full."""
    sim, tds = world()
    ids = sim.ids("product")[:12]
    tds.rows(FULL_DISK.format("tds_inbox_events"))
    replies = in_parallel(lambda n: tds.webhook("products", product(sim, n)), ids)
    check("a webhook whose commit fails is a 503", differs({r.status for r in replies}, {503}))
    check("and counted as no event", differs(counter(tds, "events"), 0))
    check("and isn't there", differs(tds.value("SELECT count(*) FROM tds_inbox_events"), 0))
    tds.rows("DROP TRIGGER full_disk ON tds_inbox_events")
    tds.rows(FULL_DISK.format("products"))
    events = in_parallel(lambda n: accepted(tds.webhook("products", product(sim, n))), ids)
    check("a batch whose commit fails is tried again", unless(wait_for(lambda: counter(tds, "sql_failed") >= 2), tds.actor("handler:product")))
    check("nothing is counted that isn't committed", differs([counter(tds, c) for c in ("processed", "created", "succeeded")], [0, 0, 0]))
    tds.rows("DROP TRIGGER full_disk ON products")
    check("when there is room again all of it is done", tds.quiet(20) or [tds.outcome(e) for e in events if tds.outcome(e)[0] != "completed"])
    check("and counted once", differs([counter(tds, c) for c in ("created", "succeeded", "failed")], [12, 12, 0]))


def counted():
    """What is counted is what the tables hold."""
    sim, tds = world()
    ids = sim.ids("product")[:20]
    for n in ids + ids[:5]:
        tds.webhook("products", product(sim, n, **({"rate": "many"} if n == ids[7] else {})))
    tds.finished(accepted(tds.webhook("products", product(sim, ids[0], last_modified_time="2001-01-01T00:00:00+0300"))))
    tds.quiet(20)
    for name, statement in (("events", "SELECT count(*) FROM tds_inbox_events"), ("duplicates", "SELECT sum(duplicate_count) FROM tds_inbox_events"),
                            ("created", "SELECT count(*) FROM products"), ("failed", "SELECT count(*) FROM tds_dead_letter_queue"),
                            ("stale", "SELECT count(*) FROM tds_sync_queue WHERE processing_result->>'outcome' = 'stale'")):
        rows = int(tds.value(statement))
        check(f"the counter \"{name}\" says what PostgreSQL holds", unless(rows and counter(tds, name) == rows, (counter(tds, name), rows)))


def nobody_told():
    """Rows of which no hint came, or whose worker is gone, are found all the same."""
    _, tds = world()
    for i, (what, status, more) in enumerate((("an event of which no hint came", "pending", {}),
                                              ("an attempt that is due again", "retry", {"next_retry_at": "now() - interval '1 s'"}),
                                              ("an event whose worker is gone", "processing", {"lock_expires_at": "now() - interval '1 s'"}))):
        row, number = str(uuid.uuid4()), str(9000 + i)
        tds.rows(f"INSERT INTO tds_sync_queue (id, organization_id, entity_type, source_entity_id, status, validated_payload"
                 f"{''.join(', ' + c for c in more)}) VALUES (%s, %s, 'product', %s, %s, %s{''.join(', ' + v for v in more.values())})",
                 row, ORGANIZATION, number, status, f'{{"item_id":"{number}","name":"found"}}')
        check(f"{what} is done", differs(wait_for(lambda: tds.row("product", number, "name"), 8), "found"))


def future():
    """A version that lies in the future is nobody's: of an event it isn't believed, and where it stands already a fetch overrules it."""
    sim, tds = world()
    tds.bulk("products", active_only=False)
    tds.quiet(30)
    number, other, third = sim.ids("product")[:3]
    true = {n: sim.record("product", n)["record"] for n in (number, other, third)}
    event = accepted(tds.webhook("products", product(sim, number, name="from the future", last_modified_time="2036-01-01T00:00:00+0300")))
    check("an event with such a version is settled by asking Zoho", differs(tds.finished(event)[0], "completed"))
    tds.quiet(20)
    check("and the row is what Zoho says", differs(tds.row("product", number, "name"), true[number]["name"]))
    for n in (other, third):
        tds.rows("UPDATE tds_entity_state SET last_modified = '2036-01-01' WHERE source_entity_id = %s", n)
        tds.rows("UPDATE products SET name = 'from the future', zoho_last_modified = '2036-01-01' WHERE zoho_item_id = %s", n)
    event = accepted(tds.webhook("products", product(sim, third, name="an event", last_modified_time=soon())))
    tds.finished(event)
    tds.quiet(20)
    check("where it stands already, an event that is older is settled by asking Zoho", differs(tds.row("product", third, "name"), true[third]["name"]))
    tds.bulk("products", active_only=False)
    check("and a page overrules it", differs(tds.row("product", other, "name"), true[other]["name"]))
    check("after that all is as in Zoho", tds.quiet(20) or checker.differences(sim, tds, entities=("product",)))


def old_pages():
    """A page that is older than what a webhook brought."""
    sim, tds = world()
    number, other = sim.ids("product")[:2]
    tds.finished(accepted(tds.webhook("products", product(sim, number, name="newest", last_modified_time=soon()))))
    tds.finished(accepted(tds.webhook("products", product(sim, other, name="older", last_modified_time="2001-01-01T00:00:00+0300"))))
    reply = tds.bulk("products", active_only=False)
    check("a page overwrites nothing newer", differs(tds.row("product", number, "name"), "newest"))
    check("but what is older than it", differs(tds.row("product", other, "name"), sim.record("product", other)["record"]["name"]))
    check("the sync says so", unless(reply.json["stats"]["skipped"] == 1 and reply.json["stats"]["updated"] == 1, reply))


def broken_entity():
    """PostgreSQL refuses everything of one entity."""
    sim, tds = world()
    tds.rows("ALTER TABLE vendors RENAME TO away")  # no other entity refers to it
    events = in_parallel(lambda n: accepted(tds.webhook("vendors", wrap("vendor", numbers(sim.record("vendor", n)["record"])))), sim.ids("vendor"))
    alert = wait_for(lambda: tds.value("SELECT title FROM tds_alerts WHERE alert_type = 'entity_parked' AND is_active"))
    check("an entity that PostgreSQL refuses altogether is parked, and an alert says so", unless(alert, tds.log()[-1500:]))
    order = accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", sim.ids("order")[0])["record"]))))
    check("other entities go on", differs(tds.finished(order, 8)[0], "completed"))
    check("its events wait, none is given up", differs({tds.outcome(e)[0] in ("completed", "dead_letter") for e in events}, {False}))
    tds.rows("ALTER TABLE away RENAME TO vendors")
    tds.post("/api/bff/tds/entities/vendor/resume")
    check("once it is mended and resumed all of them are done", tds.quiet(8) or differs({tds.outcome(e)[0] for e in events}, {"completed"}))


def health():
    """It is healthy while all is well, and only then."""
    sim, tds = world()
    ids = sim.ids("product")

    def says(word):
        return wait_for(lambda: tds.get("/api/bff/tds/health").json["status"] == word, 8) or tds.get("/api/bff/tds/health").json
    check("while nothing waits it is healthy", differs(says("healthy"), True))
    tds.post("/api/bff/tds/entities/product/pause")
    event = accepted(tds.webhook("products", product(sim, ids[0])))
    tds.rows("UPDATE tds_sync_queue SET created_at = now() - interval '2 minutes'")

    def stalled():
        reply = tds.get("/api/bff/tds/health").json
        return reply["status"] == "degraded" and "queue_stalled" in [i["type"] for i in reply["issues"]]
    check("events that have waited for minutes are not healthy", unless(wait_for(stalled, 8), tds.get("/api/bff/tds/health").json))
    tds.rows("UPDATE tds_sync_queue SET created_at = now() - interval '1 hour'")
    check("an hour without progress is critical", differs(says("critical"), True))
    check("and it says what stands still", unless("queue_stalled" in str(tds.get("/api/bff/tds/health/complete").json), tds.get("/api/bff/tds/health/complete")))
    tds.post("/api/bff/tds/entities/product/resume")
    tds.finished(event)
    check("when it is done all is well again", differs(says("healthy"), True))
    tds.finished(accepted(tds.webhook("products", product(sim, ids[1], rate="many"))))
    reply = tds.get("/api/bff/tds/health")
    check("a dead letter is not healthy", unless(reply.json["status"] in ("degraded", "critical"), reply))


def actor_down():
    """A handler that crashes again and again is left alone for a while."""
    _, tds = world(supervisor={"deaths_max": 1, "cooldown": "60s"})

    def crash():
        return tds.actor("handler:vendor#0")["state"] == "cooldown" or not tds.kill("handler:vendor#0", signal.SIGSEGV)
    check("a handler cools down after crashes", unless(wait_for(crash, pause=0.3), tds.actor("handler:vendor#0")))
    reply = tds.get("/api/bff/tds/health")
    check("an actor that is down is not healthy", unless(reply.json["status"] == "degraded" and b"handler:vendor" in reply.body, reply))


def realtime_first():
    """A webhook that needs Zoho passes a bulk sync that would keep it busy for long."""
    sim, tds = world(sim={"items": 3000, "active-items": 3000, "latency_ms": 200})
    number = sim.ids("order")[0]
    running = threading.Thread(target=lambda: tds.bulk("products", batch_size=20))
    running.start()
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages") >= 10)
    event = accepted(tds.webhook("orders", wrap("order", {"salesorder_id": number})))
    seconds = tds.finished(event, 20) and tds.value("SELECT extract(epoch FROM completed_at - created_at)::float FROM tds_sync_queue "
                                                    "WHERE inbox_event_id = %s", event)
    check("a bulk sync keeps no webhook waiting", unless(seconds and seconds < 1.5 * SLOW, seconds))
    check("which is still going on then", differs(tds.value("SELECT status FROM tds_sync_runs"), "running"))
    tds.post(f"/api/bff/tds/runs/{tds.value('SELECT id::text FROM tds_sync_runs')}/cancel")
    running.join()


if __name__ == "__main__":
    run(failed_commit, counted, nobody_told, future, old_pages, broken_entity, health, actor_down, realtime_first)
