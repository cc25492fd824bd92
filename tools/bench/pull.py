#!/usr/bin/python3
"""How long a complete pull of products and of customers takes and how many calls it costs, with Zoho 300 ms away and
with no delay, next to the barest loop that fetches the same pages with as many calls at once in the same run."""
import concurrent.futures
import http.client
import json
import threading
import time
import urllib.parse
import bench
from lists import token

AT_ONCE, DELAY_MS, RUNS = 5, 300, 5
PULLS = {  # pages, records, path, filter, seconds known / first / without delay
    "products": (7, 1312, "/inventory/v1/items", {"filter_by": "Status.Active"}, 0.75, 1.0, 0.15),
    "customers": (13, 2503, "/books/v3/contacts", {"contact_type": "customer", "filter_by": "Status.All"}, 1.1, 1.6, 0.25),
}


def bare_loop(sim, path, filter_by, pages, bearer):
    """The pages, whose number is known, by AT_ONCE threads with a connection each; parsed, but written nowhere."""
    here, rows = threading.local(), []

    def fetch(page):
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
        query = urllib.parse.urlencode({"organization_id": bench.ORGANIZATION, "page": page, "per_page": 200, **filter_by})
        here.connection.request("GET", f"{path}?{query}", headers={"Authorization": "Zoho-oauthtoken " + bearer})
        body = json.loads(here.connection.getresponse().read())
        rows.append(sum(len(v) for v in body.values() if isinstance(v, list)))
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(fetch, range(1, pages + 1)))
    return time.monotonic() - begin, sum(rows)


def pull(tds, sim, name, records, settle=0.0):
    sim.reset()
    took, reply = tds.bulk(name)
    time.sleep(settle)  # pages guessed beyond the last one are calls, too: the simulator counts a call at its end
    calls = sim.calls()
    made = sum(n for path, n in calls["by_path"].items() if "oauth" not in path and "_sim" not in path)
    if reply["stats"]["total_processed"] != records:
        raise SystemExit(f"{name}: {reply['stats']} instead of {records}")
    return took, made, calls["max_concurrent"], sum(calls["by_429_code"].values())


def forget_scans(database):
    """The next pull is the first one: nobody knows how many pages there are."""
    with database.cursor() as c:
        c.execute("DELETE FROM tds_sync_runs")


def with_delay():
    sim = bench.Sim("--latency-ms", DELAY_MS, "--concurrent", AT_ONCE)
    tds = bench.Tds(sim, at_once=AT_ONCE)
    database, bearer = tds.database(), token(sim)
    tds.bulk("vendors")  # the token is fetched, connections to Zoho are open
    for name, (pages, records, path, filter_by, known_max, first_max, _) in PULLS.items():
        first, known, peer = [], [], []
        for _run in range(RUNS):
            forget_scans(database)
            first.append(pull(tds, sim, name, records, 0.4))
            known.append(pull(tds, sim, name, records, 0.4))
            took, rows = bare_loop(sim, path, filter_by, pages, bearer)
            peer.append(took)
            if rows < records:
                raise SystemExit(f"the bare loop saw {rows} {name} instead of {records}")
        bare = bench.median(peer)
        for words, got, limit, calls_max in (("known", known, known_max, pages + 1), ("first", first, first_max, pages + AT_ONCE - 1)):
            bench.figure(f"pull of {records} {name}, 300 ms a call, {words}", bench.median([g[0] for g in got]), "s", limit,
                         ratios=[("a bare parallel loop", bare)])
            bench.figure(f"  calls of it, most of {RUNS} runs", max(g[1] for g in got), "calls", calls_max)
            bench.figure("  refused by Zoho", sum(g[3] for g in got), "calls", 0)
            bench.figure("  calls at once", max(g[2] for g in got), "calls", AT_ONCE)


def without_delay():
    sim = bench.Sim("--concurrent", AT_ONCE)
    tds = bench.Tds(sim, at_once=AT_ONCE)
    bearer = token(sim)
    for name, (pages, records, path, filter_by, _, _, limit) in PULLS.items():
        tds.bulk(name)
        database = tds.database()
        table = {"products": "products", "customers": "customers"}[name]
        fresh, changed, unchanged, peer = [], [], [], []
        for _run in range(RUNS):
            unchanged.append(pull(tds, sim, name, records)[0])
            with database.cursor() as c:  # every record differs from what is stored
                c.execute(f"UPDATE tds_entity_state SET list_hash = 0, last_modified = last_modified - interval '1 day';"
                          f"UPDATE {table} SET zoho_last_modified = zoho_last_modified - interval '1 day'")
            changed.append(pull(tds, sim, name, records)[0])
            with database.cursor() as c:
                c.execute(f"TRUNCATE tds_entity_state, {table} CASCADE")
            fresh.append(pull(tds, sim, name, records)[0])
            peer.append(bare_loop(sim, path, filter_by, pages, bearer)[0])
        for words, got in (("new to the database", fresh), ("all changed", changed), ("unchanged", unchanged)):
            bench.figure(f"pull of {records} {name}, no delay, {words}", bench.median(got), "s", limit,
                         ratios=[("a bare parallel loop that writes nothing", bench.median(peer))])


def within_the_minute():
    """More work than the minute allows: the budget is used up, never exceeded."""
    allowed = 40
    sim = bench.Sim("--calls-per-minute", allowed, "--concurrent", AT_ONCE)
    tds = bench.Tds(sim, at_once=AT_ONCE, calls_per_minute=allowed)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for name in ("customers", "products", "vendors", "invoices", "orders"):
            pool.submit(lambda n=name: bench.ask(tds.port, "POST", f"/api/zoho/bulk-sync/{n}?wait=false", "{}", 8))
    for name in ("customers", "products"):
        try:
            bench.ask(tds.port, "POST", f"/api/zoho/bulk-sync/{name}", "{}", 3)
        except OSError:
            pass
    calls = sim.calls()
    bench.figure(f"calls in the busiest minute of {allowed} allowed", calls["max_per_minute"], "calls", allowed)
    bench.figure("  refused by Zoho", sum(calls["by_429_code"].values()), "calls", 0)


def measure():
    with_delay()
    bench.clean()
    without_delay()
    bench.clean()
    within_the_minute()


if __name__ == "__main__":
    bench.main(measure)
