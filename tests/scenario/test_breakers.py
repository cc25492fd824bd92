#!/usr/bin/python3
"""Circuit breakers per product of Zoho's and lane, and the grant: what is down is left alone, and nobody else notices."""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import BUILD, Sim, accepted, check, differs, run, unless, wait_for, world, Tds, wrap

BFF = "/api/bff/tds/"
NAMES = {f"zoho-{product}{lane}" for product in ("books", "inventory") for lane in ("", "-bulk", "-scheduled", "-details", "-drift")} | {"zoho-auth"}
QUICK = {"attempts_max": 2, "backoff_min": "10ms", "backoff_max": "50ms", "connect_timeout": "500ms", "timeout": "500ms"}


def thin(tds, number, entity="invoice", name="invoices", key="invoice_id"):
    return accepted(tds.webhook(name, wrap(entity, {key: number})))


def breakers(tds):
    return tds.get(BFF + "circuit-breakers").json


def state(tds, name):
    return breakers(tds)["circuit_breakers"][name]["state"]


def calls(sim, path):
    return [c for c in sim.calls()["calls"] if path in c["path"]]


def ctl(tds, *words):
    done = subprocess.run([os.path.join(BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), *words], capture_output=True, text=True,
                          timeout=20)
    return done.stdout + done.stderr


def opened(tds, sim):
    """The breaker of people's syncs from Books is open: /contacts fails, the rest of Books doesn't."""
    sim.fault(kind="500", path="/contacts")
    wait_for(lambda: tds.bulk("customers").status and state(tds, "zoho-books-bulk") == "open", 10)


def form():
    """What the route, the command and the metrics say."""
    sim, tds = world(breaker={"timeout": "1s"}, zoho=QUICK)
    reply = breakers(tds)
    check("there is one per product and lane, and one for the accounts host", differs(set(reply["circuit_breakers"]), NAMES))
    one = reply["circuit_breakers"]["zoho-books"]
    check("each in the contract's form", differs((set(one), set(one["statistics"]), one["configuration"]), (
        {"name", "state", "failure_count", "success_count", "half_open_calls", "statistics", "configuration", "success_rate"},
        {"total_calls", "successful_calls", "failed_calls", "rejected_calls", "state_changes", "last_failure", "last_success"},
        {"failure_threshold": 5, "success_threshold": 2, "timeout_seconds": 1, "half_open_max_calls": 3})))
    check("all are closed", differs((reply["open_count"], reply["open_breakers"], reply["total_breakers"]), (0, [], len(NAMES))))
    opened(tds, sim)
    reply = breakers(tds)
    check("an open one is listed", differs((reply["open_count"], reply["open_breakers"]), (1, ["zoho-books-bulk"])))
    check("in tdsctl", unless("zoho-books-bulk" in ctl(tds, "breaker", "list") and "open" in ctl(tds, "breaker", "list"), ctl(tds, "breaker", "list")))
    text = tds.get("/metrics").body.decode()
    check("in /metrics", unless('tds_circuit_breaker_state{breaker="zoho-books-bulk",state="open"} 1' in text and
                                'tds_circuit_breaker_state{breaker="zoho-books",state="closed"} 1' in text, text[:2000]))
    health = tds.get(BFF + "health").json
    check("and in health", unless(health["status"] == "degraded" and "zoho-books-bulk" in str(health["issues"]), health))
    sim.no_faults()
    before = tds.get(BFF + "auto-healing/stats").json["circuit_breakers_reset"]
    said = ctl(tds, "breaker", "reset", "zoho-books-bulk")
    check("a person closes it", unless("CLOSED" in said and state(tds, "zoho-books-bulk") == "closed", said))
    check("which is in the audit trail", differs(wait_for(
        lambda: tds.value("SELECT context->>'breaker' FROM tds_audit_trail WHERE operation = 'breaker reset'"), 5), "zoho-books-bulk"))
    check("and counted, in the database", unless(wait_for(lambda: tds.get(BFF + "auto-healing/stats").json["circuit_breakers_reset"] == before + 1, 5),
                                                 tds.get(BFF + "auto-healing/stats").json))
    check("it works at once", unless(tds.bulk("customers").json["success"], "no"))
    opened(tds, sim)
    sim.no_faults()
    time.sleep(1)
    result = [tds.bulk("customers").json["success"] for _ in range(2)]
    check("without a person it is tried after its time, and two successes close it", differs((result, state(tds, "zoho-books-bulk")), ([True, True], "closed")))


def lanes():
    """What stops one lane stops no other, and no other product; a death doesn't forget it."""
    sim, tds = world(breaker={"timeout": "30s"}, zoho=QUICK)
    invoices, orders = sim.ids("invoice"), sim.ids("order")
    opened(tds, sim)
    event = thin(tds, invoices[0])
    check("a webhook passes the breaker of bulk", differs(tds.finished(event, 3)[0], "completed"))
    check("other products of Zoho's are asked", unless(tds.bulk("products").json["success"], "failed"))
    made = len(calls(sim, "/contacts"))
    started = time.monotonic()
    reply = tds.bulk("customers")
    check("a person is told at once which breaker is open", unless(b"zoho-books-bulk" in reply.body and time.monotonic() - started < 1, reply))
    tds.replaced("zoho-io", tds.kill("zoho-io"))
    check("after a death it is open still", differs(state(tds, "zoho-books-bulk"), "open"))
    tds.bulk("customers")
    check("and a Zoho that is down is not asked again", differs(len(calls(sim, "/contacts")), made))
    sim.fault(kind="503", path="/invoices/")
    events = [thin(tds, n) for n in invoices[1:9]]
    check("the lane of webhooks has its own", unless(wait_for(lambda: state(tds, "zoho-books") == "open", 5), breakers(tds)))
    other = accepted(tds.webhook("products", wrap("product", {"item_id": sim.ids("product")[0]})))
    check("webhooks of another product of Zoho's are fetched all the same", differs(tds.finished(other, 3)[0], "completed"))
    made = len(calls(sim, "/invoices/"))
    time.sleep(1)
    check("what is down is left alone", differs(len(calls(sim, "/invoices/")), made))
    check("what waits for it is not given up", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue"), 0))
    check("nor was an attempt counted", differs(tds.value("SELECT coalesce(max(attempt_count), 0) FROM tds_sync_queue WHERE status = 'pending'"), 0))
    sim.no_faults()
    for name in ("zoho-books", "zoho-books-bulk"):
        tds.post(f"{BFF}circuit-breakers/{name}/reset")
    check("all of it is done when Zoho is back", differs({tds.finished(e, 10)[0] for e in events}, {"completed"}))


def causes():
    """What opens one, and what doesn't."""
    sim, tds = world(breaker={"timeout": "30s"}, zoho={**QUICK, "attempts_max": 6})
    tds.bulk("customers")
    for fault, what in (({"kind": "503"}, "an outage"), ({"kind": "hang"}, "timeouts"), ({"kind": "html", "status": 403}, "HTML"),
                        ({"kind": "truncate"}, "bodies cut short"), ({"kind": "gzip_cut"}, "compressed bodies cut short"),
                        ({"kind": "reset"}, "connections reset")):
        sim.fault(path="/contacts", **fault)
        tds.bulk("customers")
        check(f"it is opened by {what}", differs(state(tds, "zoho-books-bulk"), "open"))
        sim.no_faults()
        tds.post(BFF + "circuit-breakers/zoho-books-bulk/reset")
    sim.pause()
    tds.bulk("customers")
    check("it is opened by a Zoho that isn't there", differs(state(tds, "zoho-books-bulk"), "open"))
    sim.start()
    tds.post(BFF + "circuit-breakers/zoho-books-bulk/reset")
    tds.post(BFF + "circuit-breakers/zoho-auth/reset")
    events = [thin(tds, f"99999999999{i:02}") for i in range(8)]
    for event in events:
        tds.finished(event)
    check("it isn't opened by records that don't exist", differs((state(tds, "zoho-books"), breakers(tds)["circuit_breakers"]["zoho-books"]["failure_count"]), ("closed", 0)))
    check("which end as dead letters", differs({tds.outcome(e)[0] for e in events}, {"dead_letter"}))
    refusals = (({"kind": "html", "status": 400, "body": json.dumps({"code": 2, "message": "Invalid value"})}, "nor by a record's own 4xx"),
                ({"kind": "html", "status": 200, "body": json.dumps({"code": 0, "message": "success"})}, "nor by replies without their record"),
                ({"kind": "429", "code": 1070, "count": 8}, "nor by refusals for a limit"))
    for i, (fault, what) in enumerate(refusals):
        sim.fault(path="/invoices/", **fault)
        for n in sim.ids("invoice")[8 * i:8 * i + 8]:
            thin(tds, n)
        tds.quiet(12, details=False)
        check(what, differs((state(tds, "zoho-books"), breakers(tds)["circuit_breakers"]["zoho-books"]["failure_count"]), ("closed", 0)))
        sim.no_faults()


def refused(tds):
    return tds.rows("SELECT severity::text, is_active, occurrences, message FROM tds_alerts WHERE alert_type = 'zoho_refused'")


def grant():
    """A refresh token that was revoked is one alert and a stopped lane, over deaths and restarts, until there is another."""
    sim = Sim()
    tds = Tds(sim, zoho={"refresh_token": "revoked"})
    event = thin(tds, sim.ids("invoice")[0])
    token = lambda: sim.calls()["by_path"].get("/oauth/v2/token", 0)
    check("a refused grant is an alert", unless(wait_for(lambda: refused(tds)), refused(tds)))
    check("that says what to do", unless("zoho.refresh_token" in refused(tds)[0][3], refused(tds)))
    check("health isn't green", unless(tds.get(BFF + "health").json["status"] == "degraded" and "refuses the refresh token" in str(tds.get(BFF + "health").json["issues"]), tds.get(BFF + "health").json))
    check("a sync is answered with it", differs(tds.bulk("products").status, 503))
    for _ in range(3):
        tds.replaced("zoho-io", tds.kill("zoho-io"))
    check("a death is no reason to ask once more", unless(token() == 1, token()))
    stopped = tds.stop()
    tds.start()
    time.sleep(0.5)
    check("nor is a restart", stopped or differs(token(), 1))
    check("nothing is asked without a token", differs(calls(sim, "/v"), calls(sim, "/oauth/v")))
    check("the alert is one", differs([a[:2] for a in refused(tds)], [("critical", True)]))
    check("the webhook waits", differs(tds.outcome(event)[0], "pending"))
    tds.configure(zoho={"refresh_token": "sim-refresh"})
    tds.ask("reload")
    check("with another refresh token it goes on by itself", differs(tds.finished(event, 10)[0], "completed"))
    check("and the alert ends", unless(wait_for(lambda: refused(tds)[0][1] is False, 5), refused(tds)))
    check("health is green again", differs(wait_for(lambda: tds.get(BFF + "health").json["status"] == "healthy", 5), True))
    check("one token was asked for", differs(token(), 2))


if __name__ == "__main__":
    run(form, lanes, causes, grant)
