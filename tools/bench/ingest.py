#!/usr/bin/python3
"""How many webhooks a second are accepted durably (2xx after commit), with the load generator and PostgreSQL on the same
cores, next to a bare loop that writes the same rows into the same tables."""
import bench

RUNS, SECONDS, BODY = 3, 3, 1024
LOADS = {128: ("p99", 10000, 30), 32: ("p99", 8000, 10), 1: ("p50", None, 0.7)}


def empty(tds):
    """The handlers work on while webhooks come in (they need not keep up); before the next load all is as at first."""
    import psycopg2.errors  # pylint: disable=import-outside-toplevel
    with tds.database().cursor() as c:
        while True:
            try:
                c.execute("TRUNCATE tds_inbox_events, tds_sync_queue, tds_entity_state, products, tds_sync_logs CASCADE")
                break
            except psycopg2.errors.DeadlockDetected:  # a batch under way holds some of them
                pass
        c.execute("CHECKPOINT")


def measure():
    tds = bench.Tds()
    loads, peers = {c: [] for c in LOADS}, {8: [], 32: [], 128: []}
    bench.c_bench("ingest_load", "127.0.0.1", tds.port, 32, 1, BODY)
    for _ in range(RUNS):
        for connections, got in loads.items():
            empty(tds)
            got += bench.c_bench("ingest_load", "127.0.0.1", tds.port, connections, SECONDS, BODY)
        for batch, got in peers.items():
            empty(tds)
            got += bench.c_bench("ingest_peer", tds.url, batch, 2, bench.ORGANIZATION)
    ratios = [(f"bare inserts, {batch} a commit", bench.median([g["rows_per_second"] for g in got])) for batch, got in peers.items()]
    for connections, (which, rate, limit) in LOADS.items():
        got = loads[connections]
        if any(g["refused"] or g["failed"] for g in got):
            print(f"refused or failed: {[(g['refused'], g['failed']) for g in got]}")
        bench.figure(f"durable webhooks at {connections} connections", bench.median([g["requests_per_second"] for g in got]), "/s",
                     rate, lower=False, ratios=ratios, note="runs " + ", ".join(f"{g['requests_per_second']:.0f}" for g in got))
        bench.figure(f"  {which}", bench.median([g[which + "_ms"] for g in got]), "ms", limit)


bench.main(measure)
