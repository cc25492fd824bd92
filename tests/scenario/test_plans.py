#!/usr/bin/python3
"""What PostgreSQL's planner makes of the largest batches and pages: nowhere is each row compared with each, which five hundred at once
would pay for with a quarter of a million comparisons. PostgreSQL itself says what it did (auto_explain), so no clock is asked."""
import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import accepted, check, numbers, run, unless, world, wrap

RECORDS, BATCH = 1500, 500
ROWS_MAX = 20 * BATCH  # that one step of a statement may look at
PAGE, STORED = 200, 2000  # records of a page, and of its entity in the tables
ONE_SHARD = {"workers": 1}  # and so one connection for events, whose plans are looked at
EXPLAIN = {"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0", "auto_explain.log_analyze": "on",
           "auto_explain.log_timing": "off"}


def explain(tds, *handlers):
    """From the next connections on PostgreSQL writes down how it did each statement."""
    cursor = tds.connect().cursor()
    cursor.execute("LOAD 'auto_explain'")
    for key, value in EXPLAIN.items():
        cursor.execute(f"ALTER SYSTEM SET {key} = '{value}'")
    cursor.execute("SELECT pg_reload_conf()")
    for handler in handlers:
        check(f"{handler} begins anew", unless(tds.replaced(handler, tds.kill(handler, signal.SIGTERM)), tds.log()[-800:]))


def plans_of(tds):
    """What PostgreSQL did for statements of TDS, which begin with WITH."""
    with open(os.path.join(tds.data, "postgres", "log"), errors="replace") as log:
        return [plan for plan in re.split(r"LOG:  duration: ", log.read()) if "Query Text: WITH " in plan[:4000]]


def vain(plans):
    """The largest number of rows that a step of a statement gave or refused in all its rounds, with the statement's beginning; how
    many statements."""
    worst = (0, "")
    for plan in plans:
        statement, loops = plan.partition("Query Text: ")[2][:60], 1
        for line in plan.splitlines():
            step, refused = re.search(r"actual rows=(\d+) loops=(\d+)\)", line), re.search(r"Rows Removed by .*Filter: (\d+)", line)
            loops = int(step[2]) if step else loops
            worst = max(worst, (int((step or refused or [0, 0])[1]) * loops, statement))
    return worst, len(plans)


def batches():
    sim, tds = world(sim={"items": RECORDS, "active-items": RECORDS, "customers": 1, "orders": 1, "invoices": 1},
                     queue={"batch_size": BATCH, "batch_size_max": BATCH, **ONE_SHARD}, sync={"details": False})
    explain(tds, "dispatcher", "handler:product")
    records = [numbers(r["record"]) for r in sim.truth("product")]
    for year in ("2030", "2031", "2032"):  # new, then each twice, so that one of the two is superseded
        tds.post("/api/bff/tds/entities/product/pause")
        for when in ("01", "02") if year != "2030" else ("01",):
            for at in range(0, RECORDS, 100):
                events = [{"event_type": "updated", "entity_type": "product", "entity_id": r["item_id"],
                           "data": {**r, "last_modified_time": f"{year}-01-{when}T00:00:00+0300"}} for r in records[at:at + 100]]
                tds.webhook("products", json.dumps({"events": events}))
        tds.post("/api/bff/tds/entities/product/resume")
        check(f"{RECORDS} records of {year} are written", tds.quiet(40))
    done = tds.value("SELECT count(*) FROM tds_sync_queue WHERE status = 'completed'")
    check("every event is done with", unless(done == 5 * RECORDS, done))
    (worst, statement), plans = vain(plans_of(tds))
    check("PostgreSQL wrote down what it did", unless(plans >= 5 * RECORDS // BATCH, plans))
    check("no join compares each row with each", unless(worst <= ROWS_MAX, (worst, statement)))
    check("it ends cleanly", tds.stop())


def plans_kept():
    """Planning costs more than applying an event: after a few, PostgreSQL must have a plan that it keeps ($1 stands in it)."""
    sim, tds = world(sim={"items": 60}, sync={"details": False}, queue=ONE_SHARD)
    explain(tds, "handler:product")
    for number in sim.ids("product")[:20]:
        accepted(tds.webhook("products", wrap("product", numbers(sim.record("product", number)["record"]))))
        tds.quiet(20, details=False)
    for what, begin in (("applies", "WITH rec AS"), ("closes", "WITH o AS")):
        plans = [plan.partition("\n\t")[2].partition("cost=")[2] for plan in plans_of(tds) if "Query Text: " + begin in plan[:300]]
        check(f"twenty events one by one: the statement that {what} them", unless(len(plans) >= 20, len(plans)))
        check("is not planned for each", unless(len(plans) >= 20 and all("= $1" in plan for plan in plans[10:]), plans[-1:]))
    check("it ends cleanly", tds.stop())


def pages():
    names = {"product": "products", "customer": "customers", "invoice": "invoices"}
    sim, tds = world(sim={"items": 600, "active-items": 600, "customers": 600, "orders": 1, "invoices": 600}, sync={"details": False}, queue=ONE_SHARD)
    explain(tds, "dispatcher", *(f"handler:{entity}" for entity in names))
    for state in ("new", "changed", "unchanged"):
        for entity, name in names.items():
            if state == "changed":
                sim.control("POST", f"change?entity={entity}&count=600&seed=5")
                sim.control("POST", f"records/{entity}", {})
            reply = tds.bulk(name, active_only=False)
            check(f"600 {name}, {state}", unless(reply.status == 200 and reply.json["stats"]["successful"] >= 600, reply))
    (worst, statement), plans = vain(plans_of(tds))
    check("PostgreSQL wrote down what it did", unless(plans >= 27, plans))
    check("of no page and of no list each row is compared with each", unless(worst <= ROWS_MAX, (worst, statement)))
    check("it ends cleanly", tds.stop())


def large_tables():
    """A page costs what is on it, however many records, images and links the tables hold: each row is found by its key."""
    names = {"product": "products", "customer": "customers", "return": "returns"}
    sim, tds = world(sim={"items": STORED, "active-items": STORED, "customers": STORED, "returns": STORED, "orders": 1, "invoices": 1},
                     sync={"details": False}, queue=ONE_SHARD)
    for name in names.values():
        tds.bulk(name)
    explain(tds, *(f"handler:{entity}" for entity in names))
    for entity, name in names.items():
        sim.control("POST", f"change?entity={entity}&count={STORED}&seed=5")
        table, key, _ = checker.TABLES[entity]
        tds.rows(f"DELETE FROM {table} WHERE {key} LIKE '%7'")  # so that each page brings rows that others may wait for
        tds.rows("DELETE FROM tds_entity_state WHERE source_entity_id LIKE '%7'")
        reply = tds.bulk(name, active_only=False)
        check(f"{name} change", unless(reply.status == 200 and reply.json["stats"]["successful"] - reply.json["stats"]["unchanged"] >= STORED // 2, reply))
    (worst, statement), plans = vain([plan for plan in plans_of(tds) if re.search("Query Text: WITH (rec|ids) AS", plan[:4000])])
    check("PostgreSQL wrote down what it did with each page", unless(plans >= 2 * 3 * STORED // PAGE, plans))
    check("nowhere does a page read more than itself", unless(worst <= 2 * PAGE, (worst, statement)))
    check("it ends cleanly", tds.stop())


run(batches, plans_kept, pages, large_tables)
