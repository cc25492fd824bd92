#!/usr/bin/python3
"""Pausing an entity: what comes of it is accepted and waits, nothing is fetched or written, it is told everywhere, and resuming
loses nothing."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BUILD, accepted, check, differs, numbers, run, unless, wait_for, world, wrap

BFF = "/api/bff/tds/"


def ctl(tds, *words):
    r = subprocess.run([os.path.join(BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), *words], capture_output=True, text=True,
                       timeout=60, check=False)
    return r.returncode, r.stdout + r.stderr


def issues(tds):
    return [i["type"] for i in tds.get(BFF + "health/complete").json["issues"]]


def paused():
    sim, tds = world()
    tds.bulk("orders", active_only=False)
    tds.quiet(60)
    order, thin, product = sim.ids("order")[3], sim.ids("order")[4], sim.ids("product")[3]
    code, said = ctl(tds, "pause", "orders")
    check("pausing takes the name of the sync, too", unless(code == 0, said))
    sim.change("order", order, {"notes": "while paused"})
    calls = tds.actor("zoho-io")["counters"]["zoho_calls"]
    events = [accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", order)["record"])))),
              accepted(tds.webhook("orders", wrap("order", {"salesorder_id": thin})))]
    other = accepted(tds.webhook("products", wrap("product", numbers(sim.record("product", product)["record"]))))
    check("another entity goes on", differs(tds.finished(other)[0], "completed"))
    check("health says so", unless(wait_for(lambda: "paused" in issues(tds), 15), issues(tds)))
    code, said = ctl(tds, "queue")
    check("so does tdsctl queue", unless(code == 0 and "order is paused" in said, said))
    check("its events wait", differs([tds.outcome(e)[0] for e in events], ["pending", "pending"]))
    check("and nothing is asked for", differs(tds.actor("zoho-io")["counters"]["zoho_calls"], calls))
    reply = tds.bulk("orders")
    check("its sync is refused and says what to do", unless(reply.status == 409 and "tdsctl resume order" in reply.json["detail"], reply))
    check("a sync of everything leaves it out", unless(tds.bulk("sync-all", active_only=False).json["success"], tds.log()[-1500:]))
    check("nothing of it was written", differs(tds.row("order", order, "notes") == "while paused", False))
    tds.replaced("dispatcher", tds.kill("dispatcher"))
    check("a pause outlives the dispatcher", differs([tds.outcome(e)[0] for e in events], ["pending", "pending"]))
    code, said = ctl(tds, "resume", "order")
    check("resuming it", unless(code == 0, said))
    check("brings what waited", differs([tds.finished(e)[0] for e in events], ["completed", "completed"]))
    tds.quiet()
    check("and every row is right", checker.differences(sim, tds, entities=("order",)))
    check("health is what it was", unless(wait_for(lambda: "paused" not in issues(tds), 15), issues(tds)))
    check("both stand in the audit trail", differs(tds.rows(
        "SELECT operation FROM tds_audit_trail WHERE operation IN ('pause', 'resume') ORDER BY changed_at"), [("pause",), ("resume",)]))
    code, said = ctl(tds, "pause", "zork")
    check("an unknown one is refused with the names that there are", unless(code == 1 and "product" in said and "order" in said, said))
    check("it ends cleanly", tds.stop())


def known_late():
    """A dispatcher that begins while PostgreSQL can't tell yet what is paused: nothing is sent before, and who resumes meanwhile is heard."""
    sim, tds = world(sync={"details": False})
    for name in ("order", "product"):
        check(f"{name} is paused", differs(ctl(tds, "pause", name)[0], 0))
    with tds.connect() as theirs, theirs.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE tds_configuration IN ACCESS EXCLUSIVE MODE")
        tds.replaced("dispatcher", tds.kill("dispatcher"))
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tds:dispatcher' AND wait_event_type = 'Lock'"
        check("it asks what is paused", unless(wait_for(lambda: tds.value(asked), 10), tds.log()[-800:]))
        events = {name: accepted(tds.webhook(name + "s", wrap(name, numbers(sim.record(name, sim.ids(name)[0])["record"])))) for name in ("order", "product")}
        check("order is resumed meanwhile", differs(tds.post(BFF + "entities/order/resume").status, 200))
        check("nothing is applied yet", differs([tds.outcome(e)[0] for e in events.values()], ["pending", "pending"]))
        cursor.execute("ROLLBACK")
    check("order goes on", differs(tds.finished(events["order"])[0], "completed"))
    later = accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", sim.ids("order")[1])["record"]))))
    check("and stays so", differs(tds.finished(later)[0], "completed"))
    check("product waits still", differs(tds.outcome(events["product"])[0], "pending"))
    check("until it is resumed", differs((ctl(tds, "resume", "product")[0], tds.finished(events["product"])[0]), (0, "completed")))
    check("it ends cleanly", tds.stop())


run(paused, known_late)
