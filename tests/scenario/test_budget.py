#!/usr/bin/python3
"""The budget of calls against zoho-sim's limits: a day at ten times the usual load, and each kind of 429.

Zoho's minute and day are short here, in the simulator (--minute-seconds, --day-seconds) and in zoho-io (TDS_MINUTE_MS,
TDS_DAY_MS); the unit test zoho_day has one of real length in simulated time.
"""
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import SLOW, Sim, Tds, accepted, check, differs, run, unless, wait_for, wrap

MINUTE, DAY = 3, 15  # seconds
SHORT = {"TDS_MINUTE_MS": str(MINUTE * 1000), "TDS_DAY_MS": str(DAY * 1000)}
STATUS = "/api/zoho/bulk-sync/status"
LANES = ("realtime", "user", "scheduled", "detail", "drift")


def thin(tds, sim, number, entity="order", name="orders", key="salesorder_id"):
    return accepted(tds.webhook(name, wrap(entity, {key: number})))


def counters(tds):
    return tds.actor("zoho-io")["counters"]


def by_lane(tds):
    return {lane: counters(tds).get(f"zoho_calls_{lane}", 0) for lane in LANES}


def calls(sim):
    """What was asked of the API, tokens left out."""
    return [c for c in sim.calls()["calls"] if "/oauth/" not in c["path"]]


def refusals(sim):
    return {code: n for code, n in sim.calls()["by_429_code"].items() if n}


def waits(tds, lane):
    """How long each call of the lane waited to be sent, in ms, by zoho-io's own log."""
    return [float(ms) for ms in re.findall(rf"msg=call .*lane={lane} .*waited=([\d.]+)", tds.log())]


def alerts(tds, kind):
    return tds.rows("SELECT severity::text, is_active, occurrences, message FROM tds_alerts WHERE alert_type = %s", kind)


def health(tds):
    return tds.get("/api/bff/tds/health").json


def every(seconds, over, what):
    def go():
        while not over.is_set():
            what()
            over.wait(seconds)
    thread = threading.Thread(target=go)
    thread.start()
    return thread


def day():
    """More than the day has, by all lanes at once and by another program, over midnight."""
    sim = Sim(latency_ms=40, minute_seconds=MINUTE, day_seconds=DAY, calls_per_minute=60, calls_per_day=250, concurrent=5, orders=300)
    tds = Tds(sim, environment=SHORT, zoho={"calls_per_minute_max": 60}, sync={"schedule": [{"name": "vendors", "every": "2s"}]})
    orders, over, events = sim.ids("order"), threading.Event(), []

    def people():
        for name in ("products", "customers", "invoices"):
            tds.post(f"/api/zoho/bulk-sync/{name}?wait=false", {"batch_size": 10})

    threads = [every(MINUTE, over, people), every(1, over, lambda: sim.control("POST", "limits?spend=1")),
               every(0.4, over, lambda: events.append(thin(tds, sim, orders[len(events)])))]
    time.sleep(DAY - 1)
    first = by_lane(tds)
    time.sleep(7)
    over.set()
    for thread in threads:
        thread.join()
    fetched = wait_for(lambda: len(waits(tds, "realtime")) >= len(events), 3)
    waited, both, asked = waits(tds, "realtime"), by_lane(tds), sim.calls()
    print(f"# {len(events)} thin webhooks, the longest waited {max(waited, default=-1):.0f} ms; calls of the day {first}, with the next one's "
          f"beginning {both}; at most {asked['max_per_minute']} of 60 in a minute, {asked['max_concurrent']} of 5 at once", flush=True)
    refused = sum(refusals(sim).values())
    check("a day at ten times the usual load: Zoho refuses nothing after the first", unless(refused <= 1, refusals(sim)))
    check("every webhook is fetched", unless(fetched, (len(waited), len(events))))
    # after that one, which is of the minute that another program spends as well, everybody waits for its end
    check("none waits behind bulk", unless(max(waited) < (MINUTE * 1000 * bool(refused) + 400) * SLOW, max(waited)))
    check("people, the schedule and details have their share", unless(min(first["user"], first["scheduled"], first["detail"]) > 0, first))
    check("but no more than leaves the webhooks theirs", unless(sum(first.values()) < 230, first))
    check("the next day goes on by itself", unless(both["user"] > first["user"] and both["realtime"] > first["realtime"], (first, both)))
    check("what was called stands in /metrics by lane", unless(f'zoho_calls_user_total{{actor="zoho-io"}} {both["user"]}'.encode() in
                                                                tds.get("/metrics").body, both))


def used_up():
    """Code 45: everybody stops, webhooks included, until Zoho's day is over; it is said, and a death forgets nothing."""
    sim = Sim(day_seconds=9, calls_per_day=1000)
    tds = Tds(sim, environment=SHORT)
    orders = sim.ids("order")
    tds.finished(thin(tds, sim, orders[0]))
    sim.fault(kind="429", code=45, count=1)
    event = thin(tds, sim, orders[1])
    check("a used-up day is an alert", unless(wait_for(lambda: alerts(tds, "zoho_day_used_up")), alerts(tds, "zoho_day_used_up")))
    before = len(calls(sim))
    check("health says so", unless("used up" in str(health(tds)["issues"]), health(tds)))
    check("so does the status of syncs", unless(tds.get(STATUS).json["status"] == "degraded", tds.get(STATUS)))
    tds.replaced("zoho-io", tds.kill("zoho-io"))
    events = [event] + [thin(tds, sim, n) for n in orders[2:5]]
    time.sleep(1)
    check("until the day is over there is no call, by nobody, not even after a death", differs(len(calls(sim)), before))
    check("what waits isn't given up", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue"), 0))
    check("with the new day it goes on by itself", differs({tds.finished(e, 15)[0] for e in events}, {"completed"}))
    check("and the alert ends", unless(wait_for(lambda: alerts(tds, "zoho_day_used_up")[0][1] is False, 5), alerts(tds, "zoho_day_used_up")))
    check("it was refused once", differs(refusals(sim), {"45": 1}))


def minute():
    """Code 44: the window is fuller than we know; all wait for it, and others are left what they take."""
    sim = Sim(minute_seconds=MINUTE, calls_per_minute=30, latency_ms=20)
    tds = Tds(sim, environment=SHORT, zoho={"calls_per_minute_max": 60})
    sim.control("POST", "limits?spend=10")
    tds.bulk_start("products", batch_size=10)
    run_id = tds.bulk_start("customers", batch_size=10)
    tds.bulk_start("invoices", batch_size=10)
    tds.bulk_start("orders", batch_size=10)
    wait_for(lambda: refusals(sim), 5)
    time.sleep(0.3)
    refused = [c["time_ms"] for c in calls(sim) if c["code"] == 44]
    events = [thin(tds, sim, n) for n in sim.ids("order")[:3]]
    check("a full minute ends a bulk sync for nobody", differs(tds.run_done(run_id, 20), "completed"))
    check("webhooks that came meanwhile are done", differs({tds.finished(e, 10)[0] for e in events}, {"completed"}))
    gap = min((c["time_ms"] for c in calls(sim) if c["time_ms"] > max(refused)), default=0) - max(refused)
    check("after a 44 nobody calls for a minute, webhooks neither", unless(gap > MINUTE * 1000 - 300, (gap, refused)))
    crowds = len(refused)
    over = time.monotonic() + 2 * MINUTE
    while time.monotonic() < over:
        tds.bulk("orders", batch_size=10)
    check("the same load is not refused again", differs(refusals(sim), {"44": crowds}))


def at_once():
    """Code 1070: fewer at once for a while, then more again."""
    sim = Sim(latency_ms=100, concurrent=2)
    tds = Tds(sim, environment=SHORT)
    tds.bulk("products", batch_size=10)
    check("too many at once cost time, not rows", differs(tds.bulk("customers", batch_size=10).json["stats"]["successful"], 40))
    first = refusals(sim).get("1070", 0)
    check("Zoho said so", unless(first and set(refusals(sim)) == {"1070"}, refusals(sim)))
    tds.bulk("products", batch_size=10)
    check("fewer at once: no refusals", differs(refusals(sim), {"1070": first}))
    sim.control("POST", "limits?concurrent=5")
    sim.control("POST", "reset-counters")

    def grown():
        tds.bulk("products", batch_size=10)
        return sim.calls()["max_concurrent"] == 5
    check("when Zoho gives more again, more are used again", unless(wait_for(grown, 15, 0.3), sim.calls()["max_concurrent"]))
    check("without a refusal", differs(refusals(sim), {}))


def burst():
    """Code 43: details of that product rest; nothing else does."""
    sim = Sim(latency_ms=10)
    tds = Tds(sim, environment=SHORT)
    sim.fault(kind="429", code=43, path="/invoices/")
    tds.bulk("invoices")
    wait_for(lambda: refusals(sim), 10)
    begun, refused = counters(tds).get("zoho_calls_detail", 0), refusals(sim)["43"]
    check("a webhook passes a burst of details", differs(tds.finished(thin(tds, sim, sim.ids("order")[0]), 1)[0], "completed"))
    check("so does a person", unless(tds.bulk("customers").json["success"], "failed"))
    check("while details rest", unless(counters(tds).get("zoho_calls_detail", 0) <= begun + 4, (begun, counters(tds))))
    time.sleep(MINUTE)
    check("and are tried ever less often", unless(refusals(sim)["43"] <= refused + 8, (refused, refusals(sim))))
    sim.no_faults()
    check("they go on when Zoho lets them", tds.quiet(30))
    before = refusals(sim)["43"]
    sim.fault(kind="429", code=43, count=2, path="/items")
    reply = tds.bulk("products")
    check("too many calls in a burst cost a person's sync time, not rows", unless(reply.status == 200 and reply.json["success"] and
                                                                               reply.json["stats"]["successful"] == len([r for r in sim.truth("product") if r["record"]["status"] == "active"]), reply))
    check("and both were refused", differs(refusals(sim)["43"] - before, 2))


if __name__ == "__main__":
    run(day, used_up, minute, at_once, burst)
