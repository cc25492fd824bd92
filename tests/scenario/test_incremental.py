#!/usr/bin/python3
"""Incremental syncs: each entity by what its list really supports, the cursor by Zoho's clock and only over what was read, and a run
that is killed anywhere goes on without losing what changed meanwhile."""
import os
import random
import sys
import time
from datetime import datetime, timedelta

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BULK, ENTITIES, check, differs, run, unless, wait_for, world

# What Zoho documents (zoho.md, "Lists"): a filter by time, sorting by it, or neither.
FILTERED = ("invoice", "order", "bill", "credit_note")
SORTED = ("customer", "vendor")
LIST = {"product": "items", "customer": "contacts", "vendor": "contacts", "invoice": "invoices", "order": "salesorders", "bill": "bills",
        "credit_note": "creditnotes", "payment": "customerpayments", "return": "salesreturns", "stock_adjustment": "inventoryadjustments",
        "price_list": "pricebooks", "branch": "locations", "user": "users"}
CHANGE = {"product": {"description": "changed"}, "customer": {"company_name": "changed"}, "vendor": {"company_name": "changed"},
          "return": {"refund_status": "refunded"}, "stock_adjustment": {"description": "changed"}, "price_list": {"description": "changed"},
          "branch": {"phone": "changed"}, "user": {"name": "changed"}}
OVERLAP = 2


def cursor(tds, entity):
    value = tds.value("SELECT cursor_value FROM tds_sync_cursors WHERE entity_type = %s", entity)
    return value and datetime.fromisoformat(value)


def zoho_now(sim):
    return datetime.strptime(sim.control("GET", "clock")["now"], "%Y-%m-%dT%H:%M:%S%z")


def asked(sim, entity):
    """What the list was asked for since the counters were reset: the queries, as dicts."""
    queries = [dict(pair.split("=", 1) for pair in call["query"].split("&")) for call in sim.calls()["calls"] if call["path"].endswith("/" + LIST[entity])]
    return [q for q in queries if entity not in SORTED or q.get("contact_type") == entity]


def message(reply):
    return reply.json.get("message", "")


def each_list():
    """13 lists: how each is asked for what changed, and that it is found."""
    sim, tds = world(sim={"items": 250, "active-items": 200, "customers": 250, "vendors": 45, "invoices": 250, "orders": 90},
                     sync={"overlap": f"{OVERLAP}s", "details": False})
    reply = tds.bulk("sync-all", incremental=True, active_only=False)
    check("sync-all without cursors says that it pulls all", unless("13" in message(reply) and "full pull" in message(reply), message(reply)))
    check("and so does each part of it", unless(all("full pull" in r["message"] for r in reply.json["results"].values()), reply))
    tds.quiet(60, details=False)
    time.sleep(OVERLAP + 1.1)
    before = {entity: cursor(tds, entity) for entity in ENTITIES}
    for entity in ENTITIES:
        number = sim.ids(entity)[2]
        sim.change(entity, number, CHANGE.get(entity, {"reference_number": "changed"}))
        sim.control("POST", "reset-counters")
        reply = tds.bulk(BULK[entity], incremental=True, active_only=False, batch_size=20)
        stats, queries = reply.json["stats"], asked(sim, entity)
        check(f"{entity}: the one that changed is found", unless(stats["updated"] == 1 and stats["created"] == 0, reply))
        since = {q.get("last_modified_time") for q in queries}
        if entity in FILTERED:
            want = before[entity].strftime("%Y-%m-%dT%H:%M:%S+0000")
            check(f"{entity}: asked by last_modified_time, from the cursor on, in a form that Zoho takes", differs(since, {want}))
            check(f"{entity}: in one page", unless(stats["total_processed"] <= 2, reply))
        else:
            check(f"{entity}: no filter that Zoho would ignore", differs(since, {None}))
        if entity in SORTED:
            check(f"{entity}: sorted by time, newest first", differs({(q.get("sort_column"), q.get("sort_order")) for q in queries}, {("last_modified_time", "D")}))
            check(f"{entity}: ended where nothing newer can come", unless(stats["total_processed"] <= 20, reply))
        if entity not in FILTERED + SORTED:
            check(f"{entity}: the whole list, compared row by row, and said so", unless(
                stats["total_processed"] == len(sim.ids(entity)) and "only as a whole" in message(reply), reply))
    check("every row is what Zoho holds", checker.differences(sim, tds, details=False))
    check("it ends cleanly", tds.stop())


def without_cursor():
    sim, tds = world(sync={"details": False})
    reply = tds.bulk("invoices", incremental=True)
    check("incremental without a cursor says that it is a full pull", unless("full pull" in message(reply), message(reply)))
    check("and is one", differs(reply.json["stats"]["total_processed"], len(sim.ids("invoice"))))
    check("the run has it, too", differs(tds.value("SELECT configuration_snapshot->>'full_pull' FROM tds_sync_runs WHERE id = %s", reply.json["run_id"]), "true"))
    reply = tds.bulk("invoices", incremental=True)
    check("the next one is none, and doesn't say so", unless("full pull" not in message(reply), message(reply)))
    reply = tds.post("/api/zoho/bulk-sync/orders?wait=false", {"incremental": True})
    check("who doesn't wait is told as well", unless(reply.status == 202 and "full pull" in message(reply), reply))
    tds.run_done(reply.json["run_id"])
    reply = tds.bulk("products", incremental=True)
    check("a pull of active items only sets no cursor", differs(cursor(tds, "product"), None))


def cursor_moves():
    """Zoho's Date less the overlap, in the transaction that closes the run; never over what wasn't read."""
    sim, tds = world(sim={"clock-skew": -500}, sync={"overlap": "10s", "details": False})
    first = zoho_now(sim)
    tds.bulk("invoices")
    at = cursor(tds, "invoice")
    check("the cursor is Zoho's Date less the overlap, whatever our clock says",
          unless(first <= at + timedelta(seconds=10) <= zoho_now(sim), (first, at)))
    check("it moved in the transaction that closed the run", differs(tds.rows(
        "SELECT c.xmin::text = r.xmin::text FROM tds_sync_cursors c, tds_sync_runs r WHERE r.status = 'completed'"), [(True,)]))
    old, new = sim.ids("invoice")[:2]
    time.sleep(1.1)
    sim.change("invoice", old, {"reference_number": "between"})
    time.sleep(1.1)
    later = zoho_now(sim).isoformat()
    sim.change("invoice", new, {"reference_number": "later"})
    reply = tds.bulk("invoices", modified_since=later)
    check("modified_since reads from then on", differs((reply.json["stats"]["updated"], tds.row("invoice", new, "reference_number")), (1, "later")))
    check("and leaves the cursor where it was: what came before wasn't read", differs(cursor(tds, "invoice"), at))
    tds.bulk("invoices", incremental=True)
    check("so the next incremental run finds it", differs(tds.row("invoice", old, "reference_number"), "between"))
    moved = cursor(tds, "invoice")
    check("and moves the cursor", unless(moved > at, (at, moved)))
    tds.bulk("invoices", modified_since="2020-01-01")
    check("a run from before the cursor on moves it, too", unless(cursor(tds, "invoice") >= moved, moved))
    reply = tds.bulk("bills", modified_since="2026-01-01")
    check("where there is no cursor, modified_since makes none", differs((reply.json["success"], cursor(tds, "bill")), (True, None)))
    for day, status in (("2026-02-29", 422), ("2024-02-29", 200), ("2026-04-31", 422), ("2026-13-01", 422), ("2026-12-31", 200)):
        check(f"{day} as modified_since is {status}", differs(tds.bulk("vendors", modified_since=day).status, status))
    sim.fault(kind="unauthorized", path="creditnotes")
    tds.bulk("credit-notes", modified_since="2026-01-01")
    tds.bulk("credit-notes")
    check("a failed run makes none either", differs(cursor(tds, "credit_note"), None))
    sim.no_faults()
    reply = tds.bulk("orders", dry_run=True)
    check("nor does a dry run", differs((reply.json["success"], cursor(tds, "order")), (True, None)))


def undated():
    """Without Zoho's Date nobody knows what its clock said: the cursor stays."""
    sim, tds = world(sim={"clock-skew": -500}, sync={"overlap": "1s", "details": False})
    tds.bulk("invoices")
    at = cursor(tds, "invoice")
    sim.quirk("undated")
    time.sleep(1.1)
    sim.change("invoice", sim.ids("invoice")[0], {"reference_number": "undated"})
    tds.bulk("invoices", incremental=True)
    check("replies without Date don't move the cursor", differs((cursor(tds, "invoice"), tds.row("invoice", sim.ids("invoice")[0], "reference_number")), (at, "undated")))


def taken_over():
    """A run that a new dispatcher goes on with: its cursor is the start of the first, not of the second."""
    for skew in (300, -300):
        sim, tds = world(sim={"clock-skew": skew, "invoices": 140, "latency-ms": 300}, sync={"overlap": "1s", "details": False}, zoho={"concurrent_calls_max": 1})
        tds.bulk("invoices")
        for number in sim.ids("invoice"):
            sim.change("invoice", number, {"reference_number": "first"})
        run_id = tds.bulk_start("invoices", incremental=True, batch_size=10)
        wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) >= 3, 20)
        number = tds.value("SELECT ids[1] FROM tds_run_pages WHERE run_id = %s AND page = 1", run_id)
        sim.change("invoice", number, {"reference_number": "behind its back"})
        changed = zoho_now(sim)
        time.sleep(2.5)  # more than the overlap
        tds.replaced("dispatcher", tds.kill("dispatcher"))
        check(f"a run is killed in the middle (Zoho's clock {skew:+} s)", differs(tds.run_done(run_id, 60), "completed"))
        check("its cursor is not behind what it may have missed", unless(cursor(tds, "invoice") <= changed, (cursor(tds, "invoice"), changed)))
        tds.bulk("invoices", incremental=True)
        check("so the next run finds it", differs(tds.row("invoice", number, "reference_number"), "behind its back"))
        check("every row is what Zoho holds", checker.differences(sim, tds, entities=("invoice",), details=False))
        tds.remove()
        sim.stop()


def patiently(what, seconds=30):
    """What it gives as soon as nobody who is needed is dead."""
    def attempt():
        try:
            return what()
        except (OSError, RuntimeError, psycopg2.Error):
            return None
    return wait_for(attempt, seconds, 0.1)


def killed_anywhere():
    """kill -9 at random points of incremental runs, while records change; then one run without a kill."""
    dice = random.Random(int(os.environ.get("TDS_SEED", "5")))
    sim, tds = world(sim={"latency-ms": 20, "invoices": 150, "customers": 120, "orders": 100}, sync={"overlap": "1s", "details": False},
                     supervisor={"deaths_max": 1000}, webhooks={"loss_rate": 1})
    tds.bulk("sync-all", active_only=False)
    deaths = 0
    for turn in range(6):
        for entity in ("invoice", "customer", "order", "product", "payment"):
            sim.control("POST", f"change?entity={entity}&count=15&seed={100 * turn + 1}")
            sim.control("POST", f"records/{entity}", {})
        run_id = patiently(lambda: tds.bulk_start("sync-all", incremental=True, active_only=False, batch_size=10))
        for _ in range(3):
            time.sleep(dice.uniform(0, 0.25))
            who = dice.choice(("dispatcher", "zoho-io", "handler:invoice", "handler:customer", "handler:product", "postgres", "healer"))
            sim.control("POST", f"change?entity=invoice&count=3&seed={dice.randrange(1 << 30)}")
            deaths += bool(tds.kill(who))
        if turn % 3 == 2:
            tds.kill_supervisor()
            tds.start()
        status = patiently(lambda: tds.run_done(run_id, 1), 60)
        if status != "completed":
            check(f"incremental run {turn} ends well", f"{status}: {tds.rows('SELECT entity_type, status, error_summary FROM tds_sync_runs WHERE parent_run_id = %s', run_id)}")
    time.sleep(1.1)
    patiently(lambda: tds.waiting() == 0)
    reply = tds.bulk("sync-all", incremental=True, active_only=False)
    check("a last incremental run goes through", unless(reply.json["success"], reply))
    tds.heal()
    check(f"after {deaths} deaths in 6 incremental runs every row is what Zoho holds", checker.differences(sim, tds, details=False))
    check("no page counted twice", tds.rows("SELECT r.id FROM tds_sync_runs r JOIN tds_run_pages p ON p.run_id = r.id GROUP BY r.id "
                                            "HAVING r.total_events <> sum(p.rows) OR count(*) <> count(DISTINCT p.page)"))
    check("it ends cleanly", tds.stop())


if __name__ == "__main__":
    run(each_list, without_cursor, cursor_moves, undated, taken_over, killed_anywhere)
