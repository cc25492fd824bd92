#!/usr/bin/python3
"""What TDS takes in memory while it works (proportional, without PostgreSQL): while pages of a megabyte are applied, and while
100,000 items are pulled, which must cost no more at their end than at their beginning, and be given back afterwards."""
import json
import threading
import time
import bench
import lists
from idle import memory_mb, rings_mb

ITEMS, EVERY_S = 100000, 0.1
LARGE, LARGE_BYTES, RUNS = 200, 5200, 3  # a page of so many items, each with a description of so many bytes: a megabyte
GROWTH, IDLE_MB, AFTER_S, STILL = 1.05, 60, 30, 20  # second half to first half; what the tree holds when all is done, and how soon
HANDLER = "handler:product#0"


class Watch:
    """Samples of the whole tree and of the product's handler, taken while something is done: (rows applied by then, MB, MB)."""

    def __init__(self, tds):
        self.tds, self.pids, self.samples, self.over = tds, tds.pids(), [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def sample(self):
        rows = sum(a["counters"]["processed"] for a in self.tds.control("status")["actors"])
        return rows, memory_mb(self.pids.values()), memory_mb([self.pids[HANDLER]]), rings_mb(self.pids["supervisor"])

    def run(self):
        while not self.over.wait(EVERY_S):
            self.samples.append(self.sample())

    def __enter__(self):
        self.before = self.sample()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def peak(self, which, first=0, last=float("inf")):
        return max(s[which] for s in self.samples if first <= s[0] - self.before[0] <= last)


def at_rest(tds):
    """MB of the tree and of its rings once they don't fall any more (an idle actor gives its rings back with its next beat)."""
    end, seen = time.monotonic() + AFTER_S, []
    while len(seen) < STILL or seen[-1][0] < seen[-STILL][0] * 0.99 and time.monotonic() < end:
        time.sleep(EVERY_S)
        pids = tds.pids()
        seen.append((memory_mb(pids.values()), rings_mb(pids["supervisor"])))
    return seen[-1]


def pull(tds, records):
    took, reply = tds.bulk("products", json.dumps({"active_only": False}))
    if reply["stats"]["total_processed"] != records or reply["stats"]["failed"]:
        raise SystemExit(f"products: {reply['stats']} instead of {records}")
    return took


def hundred_thousand():
    sim = bench.Sim("--items", ITEMS, "--active-items", ITEMS, "--customers", 1, "--price-lists", 1, "--locations", 1)
    tds = bench.Tds(sim)
    tds.bulk("vendors")
    for words in ("new", "unchanged"):
        with Watch(tds) as watch:
            took = pull(tds, ITEMS)
        first, second = watch.peak(1, 0, ITEMS / 2), watch.peak(1, ITEMS / 2)
        bench.figure(f"{ITEMS} items pulled, no delay, {words}", ITEMS / took, "rows/s", note=f"{took:.1f} s, {len(watch.samples)} samples")
        bench.figure("  memory of all processes at most, second half", second, "MB", ratios=[("the first half", first)])
        bench.figure("  growth from the first half to the second", second / first, "", GROWTH)
        bench.figure("  the handler at most", watch.peak(2), "MB", ratios=[("it before", watch.before[2])])
        bench.figure("  rings and slots at most", watch.peak(3), "MB", ratios=[("they before", watch.before[3])])
        tree, rings = at_rest(tds)
        bench.figure("  all processes afterwards", tree, "MB", IDLE_MB, ratios=[("they before", watch.before[1])])
        bench.figure("  rings and slots afterwards", rings, "MB")


def make_large(sim):
    """Every item gets a long description; how many bytes the page of them is."""
    text = bench.ask(sim.port, "GET", f"/_sim/records/product?limit={LARGE}")[1]
    for number, record in enumerate(json.loads(text)["records"]):
        body = {"description": (f"Item {number}: " + "long words, " * (LARGE_BYTES // 12 + 1))[:LARGE_BYTES]}
        status, why = bench.ask(sim.port, "POST", f"/_sim/records/product/{record['id']}", json.dumps(body))
        if status != 200:
            raise SystemExit(f"the simulator doesn't take a description: {status} {why[:200]}")
    headers = {"Authorization": "Zoho-oauthtoken " + lists.token(sim)}
    return len(bench.ask(sim.port, "GET", lists.page(lists.OF["product"], 1), headers=headers)[1].encode())


def large_pages():
    sim = bench.Sim("--items", LARGE, "--active-items", LARGE)
    tds, size = bench.Tds(sim), make_large(sim)
    tds.bulk("vendors")
    peaks = []
    with tds.database().cursor() as cursor:
        for _run in range(RUNS):
            cursor.execute("TRUNCATE products CASCADE; TRUNCATE tds_entity_state")
            with Watch(tds) as watch:
                # held at the lock, so that it is looked at with the page in hand
                cursor.execute("BEGIN; LOCK TABLE tds_entity_state IN EXCLUSIVE MODE")
                sync = threading.Thread(target=pull, args=(tds, LARGE))
                sync.start()
                seen = len(watch.samples)
                bench.wait_for(lambda: len(watch.samples) >= seen + 10, 20, "samples")
                cursor.execute("COMMIT")
                sync.join()
            peaks.append((watch.peak(1), watch.peak(2), watch.before[1], watch.before[2]))
    tree, handler, tree_before, handler_before = (bench.median([p[i] for p in peaks]) for i in range(4))
    megabytes = size / 2**20
    bench.figure(f"memory of all processes while a page of {megabytes:.2f} MB is applied", tree, "MB", IDLE_MB + 10 * megabytes,
                 ratios=[("they before", tree_before)])
    bench.figure("  the handler", handler, "MB", ratios=[("it before", handler_before)],
                 note=f"{(handler - handler_before) / megabytes:.1f} times the page more")
    bench.figure("  all processes afterwards", at_rest(tds)[0], "MB", IDLE_MB)


def measure():
    large_pages()
    bench.clean()
    hundred_thousand()


if __name__ == "__main__":
    bench.main(measure)
