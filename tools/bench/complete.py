#!/usr/bin/python3
"""How long a complete sync of all thirteen entities takes at the simulator's default sizes with Zoho 300 ms away, next to the time
that the calls it must make take at the budget's calls at once: lists alone, lists and details, and with a minute's budget that
binds. A bare parallel loop over the same pages shows what can be had on this machine while it runs."""
import json
import math
import time
import bench
import lists

AT_ONCE, DELAY_S, RUNS = 5, 0.3, 3
DETAILS_AT_ONCE = 10  # what Zoho allows who pays; of these the budget leaves one free for webhooks
OVER = 1.1  # of what the budget imposes
MINUTE, WINDOW_S, KEPT = 300, 62, 0.1  # calls a minute; how long TDS counts a minute; share kept for webhooks
IN_THE_MINUTE = {"items": 400, "active-items": 400, "customers": 40, "vendors": 20, "orders": 120, "invoices": 120, "bills": 20, "payments": 40,
                 "returns": 10, "adjustments": 10, "credit-notes": 10}
EVERYTHING = json.dumps({"active_only": False})
PAGES = [lists.page(of, number) for of in lists.OF.values() for number in range(1, of.pages() + 1)]
DETAILS = sum(of.detail_calls() for of in lists.OF.values())


def sync_all(tds, sim, records):
    """Seconds, calls and refusals of one complete pull of all lists."""
    sim.reset()
    took, reply = tds.bulk("sync-all", EVERYTHING)
    if reply["totals"]["items"] != records or reply["totals"]["failed"]:
        raise SystemExit(f"sync-all: {reply['totals']} instead of {records}")
    return took, *lists.calls_made(sim)


def lists_alone():
    """The pages of all lists, at so many at once as a person's sync may use."""
    sim = bench.Sim("--latency-ms", int(DELAY_S * 1000), "--concurrent", AT_ONCE)
    tds = bench.Tds(sim, at_once=AT_ONCE)
    database, bearer, records = tds.database(), lists.token(sim), sum(of.records for of in lists.OF.values())
    tds.bulk("vendors")  # the token is fetched, connections to Zoho are open
    first, known, peer = [], [], []
    for _run in range(RUNS):
        with database.cursor() as cursor:
            cursor.execute("DELETE FROM tds_sync_runs")  # nobody knows how many pages there are
        first.append(sync_all(tds, sim, records))
        known.append(sync_all(tds, sim, records))
        peer.append(lists.bare_loop(sim, PAGES, AT_ONCE, bearer))
    bound = math.ceil(len(PAGES) / AT_ONCE) * DELAY_S
    for words, got, limit in (("known", known, OVER), ("first", first, None)):
        took = bench.median([g[0] for g in got])
        bench.figure(f"all lists, {len(PAGES)} pages, {words}", took, "s", ratios=[("a bare parallel loop", bench.median(peer))],
                     note=f"{AT_ONCE} at once, {DELAY_S:g} s a call; runs " + ", ".join(f"{g[0]:.2f}" for g in got))
        bench.figure("  of what the budget imposes", took / bound, "", limit, note=f"{bound:.3g} s")
        bench.figure(f"  calls of it, most of {RUNS} runs", max(g[1] for g in got), "calls", len(PAGES) if limit else None)
        bench.figure("  refused by Zoho", sum(g[3] for g in got), "calls", 0)
        bench.figure("  calls at once", max(g[2] for g in got), "calls", AT_ONCE)


def until_whole(tds, seconds):
    """Seconds from the request of a sync of everything until no detail is wanted and no run is open."""
    database, begin = tds.database(), time.monotonic()
    bench.ask(tds.port, "POST", "/api/zoho/bulk-sync/sync-all?wait=false", EVERYTHING)

    def whole():
        with database.cursor() as cursor:
            cursor.execute("SELECT NOT EXISTS (SELECT FROM tds_entity_state WHERE detail_wanted) AND NOT EXISTS "
                           "(SELECT FROM tds_sync_runs WHERE status = 'running') AND EXISTS (SELECT FROM tds_entity_state)")
            return cursor.fetchone()[0]
    bench.wait_for(whole, seconds, "every detail")
    took = time.monotonic() - begin
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tds_dead_letter_queue")
        if cursor.fetchone()[0]:
            raise SystemExit("there are dead letters")
    return took


def with_details(at_once):
    """Lists, then the detail of every record that has one; background calls leave one of those at once free."""
    sim = bench.Sim("--latency-ms", int(DELAY_S * 1000), "--concurrent", at_once)
    tds = bench.Tds(sim, at_once=at_once, details=True)
    tds.bulk("branches")
    sim.reset()
    bound = (math.ceil(len(PAGES) / at_once) + math.ceil(DETAILS / (at_once - 1))) * DELAY_S
    took = until_whole(tds, bound * 5)
    made, most, refused = lists.calls_made(sim)
    bench.figure(f"all lists and {DETAILS} details, known to be whole", took, "s", note=f"{at_once} at once, {at_once - 1} for details")
    bench.figure("  of what the budget imposes", took / bound, "", OVER, note=f"{bound:.3g} s")
    bench.figure("  calls of it", made, "calls", len(PAGES) + DETAILS + at_once * len(lists.OF),
                 note=f"{len(PAGES)} pages and {DETAILS} details there are")
    bench.figure("  refused by Zoho", refused, "calls", 0)
    bench.figure("  calls at once", most, "calls", at_once)


def within_the_minute():
    """More calls than a minute has: the time is that of the window, and Zoho refuses none."""
    sim = bench.Sim("--calls-per-minute", MINUTE, "--concurrent", AT_ONCE, *(w for k, n in IN_THE_MINUTE.items() for w in (f"--{k}", n)))
    tds = bench.Tds(sim, at_once=AT_ONCE, calls_per_minute=MINUTE, details=True)
    took = until_whole(tds, WINDOW_S * 4)
    made, _, refused = lists.calls_made(sim)
    minute_full = int(MINUTE * (1 - KEPT))
    bound = (made - 1) // minute_full * WINDOW_S
    bench.figure(f"{made} calls of which a minute has {MINUTE}", took, "s",
                 note=f"of these {KEPT:.0%} are kept for webhooks, and a minute is counted as {WINDOW_S} s")
    bench.figure("  of what the budget imposes", took / bound if bound else float("inf"), "", OVER, note=f"{bound} s")
    bench.figure("  calls in the busiest minute", sim.calls()["max_per_minute"], "calls", MINUTE)
    bench.figure("  refused by Zoho", refused, "calls", 0)


def measure():
    lists_alone()
    bench.clean()
    within_the_minute()
    bench.clean()
    with_details(DETAILS_AT_ONCE)


if __name__ == "__main__":
    bench.main(measure, seconds=600)  # the details alone take 225 s by what the budget imposes
