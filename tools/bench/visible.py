#!/usr/bin/python3
"""How long it takes from the sending of a webhook until others see its row, at 200 webhooks a second."""
import bench

RATE, SECONDS, SAMPLE, RUNS = 200, 6, 5, 5


def measure():
    tds = bench.Tds()
    words = ("visible", "127.0.0.1", tds.port, tds.url, RATE)
    bench.c_bench(*words, 2, SAMPLE, bench.ORGANIZATION)  # plans are made, caches are warm
    with tds.database().cursor() as c:
        c.execute("DELETE FROM tds_entity_state; DELETE FROM products; DELETE FROM tds_inbox_events; DELETE FROM tds_sync_queue")
    runs = []
    for _ in range(RUNS):
        runs += bench.c_bench(*words, SECONDS, SAMPLE, bench.ORGANIZATION)
        with tds.database().cursor() as c:  # the same records again, as new ones
            c.execute("DELETE FROM tds_entity_state; DELETE FROM products")
    if any(r["accepted"] < r["sent"] - RATE / 10 or r["lost"] for r in runs):
        raise SystemExit(f"webhooks were lost: {runs}")
    for name, key, limit in (("p50", "p50", 5), ("p99", "p99", 25)):
        bench.figure(f"webhook sent to row visible at {RATE}/s, {name}", bench.median([r[key] for r in runs]), "ms", limit,
                     note=f"runs {', '.join('%.1f' % r[key] for r in runs)}; {sum(r['samples'] for r in runs)} samples")
    bench.figure("  answered (2xx), p50", bench.median([r["answered_p50"] for r in runs]), "ms")
    bench.figure("  answered (2xx), p99", bench.median([r["answered_p99"] for r in runs]), "ms")


bench.main(measure)
