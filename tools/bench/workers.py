#!/usr/bin/python3
"""What queue.workers and queue.batch_size buy: a backlog of webhooks of one entity and a bulk pull of it, with one shard of its handler
and with two, in batches of 20, 100 and 500 (batch_size_max the same, else batches grow with the backlog). Every setting has a TDS of
its own and they take turns, so that what else the machine does hits all alike. Prints the rows of README's table at the end."""
import json
import bench
import backlog

EVENTS, RUNS = 6000, 3
WORKERS, BATCHES, USUAL = (1, 2), (20, 100, 500), (1, 100)
backlog.EVENTS, backlog.ENTITIES = EVENTS, {"product": ("products", 1.0)}


def start(sim, workers, batch):
    return bench.Tds(sim, f"queue : {{ workers = {workers}; batch_size = {batch}; batch_size_max = {batch}; }};")


def drain(tds, posts):
    """Events a second of a backlog that waits in the queue when the time begins."""
    backlog.switch(tds, "pause")
    with tds.database().cursor() as cursor:
        cursor.execute(backlog.EMPTY)
        backlog.accept(tds, posts)
        cursor.execute("CHECKPOINT")
    return EVENTS / backlog.through_tds(tds, tds.database())


def pull(tds):
    """Rows a second of a bulk pull of rows that are all new."""
    with tds.database().cursor() as cursor:
        cursor.execute(backlog.EMPTY)
        cursor.execute("CHECKPOINT")
    took, reply = tds.bulk("products", json.dumps({"active_only": False}))
    if reply["stats"]["created"] != EVENTS:
        raise SystemExit(f"products: {reply['stats']} instead of {EVENTS} created")
    return EVENTS / took


def measure():
    sim = bench.Sim("--items", EVENTS, "--active-items", EVENTS, "--customers", 1, "--locations", 1, "--price-lists", 1)
    posts, served = backlog.bodies(sim), {(w, b): start(sim, w, b) for w in WORKERS for b in BATCHES}
    drained, pulled = {setting: [] for setting in served}, {setting: [] for setting in served if setting[1] == USUAL[1]}
    for run in range(RUNS + 1):
        for setting, tds in served.items():
            rates = drain(tds, posts), pull(tds) if setting in pulled else 0
            if run:  # the first warms caches and plans
                drained[setting].append(rates[0])
                if setting in pulled:
                    pulled[setting].append(rates[1])
    events, rows = ({setting: bench.median(rates) for setting, rates in of.items()} for of in (drained, pulled))
    for setting, rate in events.items():
        bench.figure(f"backlog of {EVENTS} events of one entity, workers {setting[0]}, batches of {setting[1]}", rate, "/s",
                     ratios=[("workers 1, batches of 100", events[USUAL])] if setting != USUAL else ())
    for setting, rate in rows.items():
        bench.figure(f"bulk pull of {EVENTS} new rows, workers {setting[0]}", rate, "rows/s",
                     ratios=[("workers 1", rows[USUAL])] if setting != USUAL else ())
    print("\n| `queue.workers` | backlog, `queue.batch_size` " + " | ".join(map(str, BATCHES)) + " | bulk pull |\n|" + "---|" * (len(BATCHES) + 2))
    for w in WORKERS:
        print(f"| {w} | " + " | ".join(f"{events[w, b]:.0f} /s" for b in BATCHES) + f" | {rows[w, USUAL[1]]:.0f} rows/s |")


if __name__ == "__main__":
    bench.main(measure, seconds=240)  # six settings that take turns
