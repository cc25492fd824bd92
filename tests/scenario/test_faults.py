#!/usr/bin/python3
"""Campaigns against a Zoho at its hardest: records that come, change and go while lists are read, faults by schedule, webhooks
twice, late, lost and out of date. Afterwards every row of every table is
what Zoho holds. What its lists can't tell is said where it is: records that were skipped because others were deleted while
they were being listed (offset paging; nothing in a page tells of it) are found by the next whole list, and records that
vanished stay as they are until somebody has proof.
"""
import os
import re
import sys
import time

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from hard import PAGED, SIZES, VANISHED, but_for, every_difference, pull
from tds import ENTITIES, KEYS, ORGANIZATION, check, differs, run, unless, wait_for, world


PLAIN = {"product": "description", "customer": "company_name", "vendor": "company_name", "return": "reason", "price_list": "description",
         "branch": "phone", "user": "name"}  # a field for anything


def drifting():
    """Records are entered and edited by Zoho's people while every list is being read."""
    sim, tds = world(sim=SIZES, sync={"overlap": "5s"})
    for entity in PAGED:
        for page in (1, 2, 3):
            sim.drift(entity, after=page, do="change", count=4, which="any", times=1)
            sim.drift(entity, after=page, do="create", count=2, times=1)
    pull(tds, False, batch_size=10)
    check("records were changed and entered while their lists were read", unless(len(sim.drifted()) >= len(PAGED) * 3 * 5, len(sim.drifted())))
    sim.no_drift()
    time.sleep(1.1)
    check("details come", pull(tds, True, batch_size=10))
    check("after a full pull with drift and an incremental one every row is what Zoho holds", checker.differences(sim, tds))
    for entity in PAGED:
        sim.drift(entity, after=0, do="change", count=2, which="any", times=4)
        sim.control("POST", f"change?entity={entity}&count=20&seed=3")
    pull(tds, True, batch_size=10)
    sim.no_drift()
    time.sleep(1.1)
    check("details come", pull(tds, True))
    check("and after drift in incremental ones", checker.differences(sim, tds))
    check("it ends cleanly", tds.stop())


def deleted_meanwhile():
    """The one thing that offset paging hides. Skipped records are few, missing and never wrong; the next whole list has them."""
    sim, tds = world(sim=SIZES, zoho={"concurrent_calls_max": 1})
    for entity in PAGED:
        sim.drift(entity, after=2, do="delete", count=2, which="shown")
    pull(tds, False, batch_size=10)
    gone = set(sim.drifted())
    check("records were deleted while their lists were read", unless(len(gone) == 2 * len(PAGED), gone))
    sim.no_drift()
    pull(tds, True)
    found = every_difference(sim, tds)
    missing = re.findall(r"^#   (\S+) \d+ is missing$", found, re.M)
    vanished = "|".join(gone)
    check("what is different is missing, or was deleted; nothing is wrong", but_for(found, " is missing$", f"({vanished}) {VANISHED}", "_id: None, the row of that"))
    check("no more are missing than were deleted", unless(len(missing) <= len(gone), missing))
    pull(tds, False)
    check("the next whole list has what was skipped", but_for(every_difference(sim, tds), f"({vanished}) {VANISHED}"))
    check("and nobody is deleted for having been skipped", tds.value("SELECT count(*) FROM tds_entity_state WHERE deleted_at IS NOT NULL AND "
                                                                      "source_entity_id <> ALL (%s)", list(gone)))


def unstable():
    """Rows that sort alike come in another order with every page: one may be skipped, none is wrong, the next whole list has it."""
    sim, tds = world(sim={**SIZES, "quirk": ["unstable_order"]}, sync={"details": False})
    pull(tds, False, details=False, batch_size=10)
    found = every_difference(sim, tds, details=False)
    check("what is different is missing; nothing is wrong", but_for(found, " is missing$", "_id: None, the row of that"))
    sim.no_quirks()
    pull(tds, False, details=False, batch_size=10)
    check("the next whole list has what was skipped", checker.differences(sim, tds, details=False))


def schedule():
    """Zoho fails by plan while pulls and webhooks go on; some webhooks come twice, late, out of date, or never."""
    sim, tds = world(sim={**SIZES, "latency-ms": 10}, zoho={"timeout": "2s", "connect_timeout": "1s", "attempts_max": 8}, breaker={"failures": 100}, sync={"overlap": "5s"},
                     webhooks={"duplicate_rate": 0.2, "reorder_rate": 0.2, "loss_rate": 0.2, "stale_rate": 0.2})
    sim.control("POST", "faults", [
        {"kind": "503", "at_seconds": 0.1, "for": 5, "rate": 0.2, "count": 6}, {"kind": "429", "code": 1070, "at_seconds": 0.2, "count": 3, "rate": 0.2},
        {"kind": "reset", "after_calls": 30, "count": 5}, {"kind": "token_revoked", "after_calls": 60, "count": 1},
        {"kind": "truncate", "after_calls": 40, "count": 5}, {"kind": "gzip_cut", "path": "/books/*/contacts", "count": 2},
        {"kind": "html", "status": 200, "path": "*/invoices", "after": 1, "count": 2}, {"kind": "hang", "delay_ms": 3000, "after_calls": 80, "count": 1},
        {"kind": "slow", "delay_ms": 300, "path": "*/salesorders", "count": 2}, {"kind": "500", "path": "*/itemdetails", "count": 2}])
    pull(tds, False, times=5, batch_size=40)
    for turn in range(4):
        time.sleep(1.1)  # two contents of one second, of which the right one is lost, look alike in a list
        for entity in ENTITIES:
            for number in sim.ids(entity)[:5]:
                sim.change(entity, number, {PLAIN.get(entity, "reference_number"): f"turn {turn}"}, webhook=True)
    check("webhooks are delivered", unless(sim.delivered(60), sim.counts()))
    counts = sim.counts()
    check("some of them twice, late, out of date, or never",
          unless(all(counts[k] for k in ("duplicated", "held_back", "stale", "lost")), counts))
    struck = {(f["kind"], f["path"]): f["struck"] for f in sim.control("GET", "faults")["faults"]}
    check("every fault of the plan struck", unless(all(struck.values()), struck))
    sim.no_faults()
    check("everything is worked through", tds.quiet(90))
    time.sleep(1.1)
    check("details come", pull(tds, True))
    check("after all that every row is what Zoho holds", checker.differences(sim, tds))
    check("it ends cleanly", tds.stop())


def beyond_the_last():
    """Pages are asked for on a guess: one behind the last, with rows that repeat, is applied while the last still waits. The run
    is over when all pages up to the last are in the tables, not when as many are."""
    sim, tds = world(sync={"details": False}, zoho={"backoff_min": "300ms"})

    def rows(*numbers):
        return [{"item_id": str(n), "name": f"item {n}", "last_modified_time": "2026-06-09T10:00:00+0300"} for n in numbers]

    def page(number, more, *numbers, **how):
        sim.reply("/inventory/v1/items", {"code": 0, "items": rows(*numbers), "page_context": {"page": number, "per_page": 10, "has_more_page": more}},
                  page=number, **how)
    page(1, True, *range(1, 11))
    sim.reply("/inventory/v1/items", {"code": 1000, "message": "Internal Error"}, page=2, status=500, count=1)
    page(2, False, *range(10, 20))
    page(3, False, 19, 20)
    with tds.connect() as theirs, theirs.cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO tds_entity_state (organization_id, entity_type, source_entity_id, observed_at) "
                       "VALUES (%s, 'product', '15', now())", (ORGANIZATION,))  # page 2 has to wait for us
        run_id = tds.bulk_start("products", active_only=False, batch_size=10)
        applied = wait_for(lambda: tds.value("SELECT count(*) FROM tds_run_pages WHERE run_id = %s", run_id) >= 2, 10)
        check("the first page and the one behind the last are applied", unless(applied, tds.rows("SELECT page, rows FROM tds_run_pages")))
        time.sleep(1)
        cursor.execute("ROLLBACK")
    check("the run ends well", differs(tds.run_done(run_id, 20), "completed"))
    check("with the page that waited", differs(tds.value("SELECT array_agg(page ORDER BY page) FROM tds_run_pages WHERE page <= 2"), [1, 2]))
    check("and every row", differs(tds.value("SELECT count(*) FROM products WHERE zoho_item_id::int <= 19"), 19))
    check("its counters say so", unless(tds.value("SELECT total_events FROM tds_sync_runs") in (20, 22), tds.rows("SELECT total_events FROM tds_sync_runs")))


def linked_at_once():
    """Records that refer to each other arrive at the same moment, in several handlers: every own id is set, by whoever comes last."""
    sim, tds = world(sim=SIZES, sync={"details": False})
    tables = ", ".join({t for t, _ in KEYS.values()} | {"tds_entity_state", "tds_sync_cursors"})

    def emptied():
        try:
            return tds.rows(f"TRUNCATE {tables} CASCADE") == []
        except psycopg2.errors.DeadlockDetected:  # with what handlers still do behind their commits
            return False
    for turn in range(8):
        wait_for(emptied, 10, 0.2)
        tds.bulk("sync-all", active_only=False, batch_size=20)
        wait_for(lambda: not checker.differences(sim, tds, details=False), 5, 0.3)
        problem = checker.differences(sim, tds, details=False)
        if problem:
            check(f"turn {turn}: every row is what Zoho holds, own ids of others and all", problem)
            return
    check("every row is what Zoho holds, own ids of others and all", None)


if __name__ == "__main__":
    run(linked_at_once, drifting, deleted_meanwhile, beyond_the_last, unstable, schedule)
