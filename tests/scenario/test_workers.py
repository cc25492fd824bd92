#!/usr/bin/python3
"""queue.workers and queue.batch_size change under traffic: other processes, and nothing lost."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import check, differs, run, unless, wait_for, world


def handlers(tds):
    return sorted(name for name, pid in tds.pids().items() if name.startswith("handler:product") and pid)


def reloaded(tds, workers, **more):
    tds.configure(queue={"workers_product": workers, **more})
    return tds.ask("reload"), wait_for(lambda: len(handlers(tds)) == workers and tds.readyz(), 30)


def under_traffic():
    sim, tds = world(sim={"items": 400, "active-items": 400})
    tds.bulk("products")
    first, listener = tds.process.pid, tds.rows("SELECT count(*) FROM products")
    check("there is one worker at first", differs(handlers(tds), ["handler:product#0"]) or differs(listener, [(400,)]))
    sim.control("POST", "change?entity=product&count=1500&seed=3&webhook=true&rate=150")
    for workers, batch in ((3, 100), (2, 7), (1, 50)):
        reply, there = reloaded(tds, workers, batch_size=batch)
        check(f"a reload makes {workers} of them", unless(reply.get("ok") and there, (reply, handlers(tds), tds.log()[-1500:])))
        run_id = tds.bulk_start("products", batch_size=10)
        check("a run goes on over it, or starts after it", unless(run_id, run_id))
    check("webhooks were delivered meanwhile", unless(sim.delivered(60), sim.counts()))
    check("it is the same process all the time", differs((tds.process.poll(), tds.process.pid, tds.ask("status").get("pid", first)), (None, first, first)))
    check("everything settles", tds.quiet(60))
    ended = tds.rows("SELECT DISTINCT status::text FROM tds_sync_queue")
    check("every event ended well", differs(ended, [("completed",)]))
    check("no webhook was refused a connection or an answer", differs(sim.counts().get("failed", 0), 0))
    check("and every row is what Zoho holds", checker.differences(sim, tds, entities=("product",)))
    status = [r[0] for r in tds.rows("SELECT DISTINCT status FROM tds_sync_runs")]
    check("no run was lost", differs(status, ["completed"]))


if __name__ == "__main__":
    run(under_traffic)
