#!/usr/bin/python3
"""Zoho's clock knows seconds, and webhooks come late: whenever two contents of one version were seen, in whatever order they were
received and worked through, Zoho is asked and its answer stays. And while Zoho can't be asked, nobody is given up for it."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import accepted, check, differs, numbers, run, unless, wait_for, world, wrap

NAMES = {"product": "products", "customer": "customers", "invoice": "invoices", "order": "orders"}
FIELD = {"product": ("description", "description"), "customer": ("phone", "phone"), "invoice": ("notes", "notes"), "order": ("notes", "notes")}


def truth_and_past(sim, entity, number):
    """The record as Zoho holds it, and other content of the same version."""
    now = numbers(sim.record(entity, number)["record"])
    past = {**now, FIELD[entity][0]: "an older content of the same second"}
    if "line_items" in past:
        past["line_items"] = [{**past["line_items"][0], "quantity": 77}]
    return now, past


def deliver(tds, entity, record):
    return accepted(tds.webhook(NAMES[entity], wrap(entity, record)))


def pause(tds, entity, on=True):
    reply = tds.post(f"/api/bff/tds/entities/{entity}/{'pause' if on else 'resume'}")
    if reply.status != 200:
        raise RuntimeError(repr(reply))


def right(sim, tds, sentence, *records):
    check(sentence, tds.quiet(30) or checker.differences(sim, tds, scanned=False, present=records))


def one_by_one():
    sim, tds = world(sync={"details": False})
    for entity in NAMES:
        number = sim.ids(entity)[0]
        now, past = truth_and_past(sim, entity, number)
        tds.finished(deliver(tds, entity, now))
        tds.finished(deliver(tds, entity, past))
        right(sim, tds, f"{entity}: older content that comes later doesn't stay", (entity, number))
    counters = tds.actor("zoho-io")["counters"]
    check("each was asked for once", unless(counters["zoho_calls"] == len(NAMES), ({k: n for k, n in counters.items() if n}, sim.calls(), tds.log()[-2000:])))


def both_waiting():
    """The later received supersedes the earlier without looking at it."""
    sim, tds = world(sync={"details": False})
    for entity in NAMES:
        number = sim.ids(entity)[0]
        now, past = truth_and_past(sim, entity, number)
        pause(tds, entity)
        first, last = deliver(tds, entity, now), deliver(tds, entity, past)
        pause(tds, entity, on=False)
        tds.finished(last)
        check(f"{entity}: of two that wait one supersedes the other", differs(tds.finished(first)[:2], ("completed", "superseded")))
        right(sim, tds, f"{entity}: and Zoho's content stays", (entity, number))


def put_back(tds, event, when):
    tds.rows("UPDATE tds_sync_queue SET status = 'retry', next_retry_at = now() + %s::interval WHERE inbox_event_id = %s", when, event)


def late_loser():
    """Received first and worked through last: it loses, and what it knew isn't lost."""
    sim, tds = world(sync={"details": False})
    for entity in NAMES:
        number = sim.ids(entity)[0]
        now, past = truth_and_past(sim, entity, number)
        pause(tds, entity)
        loser = deliver(tds, entity, now)
        put_back(tds, loser, "1 hour")
        old = tds.kill("dispatcher")
        tds.replaced("dispatcher", old)
        last = deliver(tds, entity, {**past, "is_inventory_item": True})
        tds.rows("UPDATE tds_sync_queue SET is_full = false WHERE inbox_event_id = %s", last)
        pause(tds, entity, on=False)
        tds.finished(last)
        put_back(tds, loser, "0")
        check(f"{entity}: it ends", unless(tds.finished(loser, 40)[0] == "completed", tds.outcome(loser)))
        right(sim, tds, f"{entity}: and Zoho's content stays", (entity, number))


def delete_overtaken():
    """A delete, and behind it a late delivery of what the record was before."""
    sim, tds = world()
    tds.bulk("sync-all", active_only=False)
    tds.quiet(60)
    for entity, gone in (("product", True), ("invoice", True), ("customer", False)):
        number = sim.ids(entity)[2]
        before, _ = truth_and_past(sim, entity, number)
        if gone:
            sim.delete(entity, number)
        key = {"product": "item_id", "invoice": "invoice_id", "customer": "contact_id"}[entity]
        pause(tds, entity)
        delete = accepted(tds.webhook(NAMES[entity] + "?event=deleted", json.dumps({key: number, "contact_type": "customer"})))
        late = deliver(tds, entity, {**before, FIELD[entity][0]: "sent before the delete"})
        pause(tds, entity, on=False)
        outcomes = tds.finished(delete), tds.finished(late)
        check(f"{entity}: both end", unless(all(o[0] == "completed" for o in outcomes), outcomes))
        tds.quiet(30)
        state = wait_for(lambda: tds.row(entity, number, "deleted_at IS NOT NULL") == gone, 15)
        check(f"{entity}: {'deleted stays deleted' if gone else 'what Zoho still has is not deleted'}", unless(state, tds.row(entity, number, "deleted_at")))


def lost_with_the_dispatcher():
    sim, tds = world(sync={"details": False})
    number = sim.ids("order")[1]
    now, past = truth_and_past(sim, "order", number)
    tds.finished(deliver(tds, "order", now))
    sim.pause()
    tds.finished(deliver(tds, "order", past))
    old = tds.kill("dispatcher")
    tds.replaced("dispatcher", old)
    old = tds.kill("zoho-io")
    tds.replaced("zoho-io", old)
    check("the older content is there for the time being", differs(tds.row("order", number, "notes"), past["notes"]))
    check("and marked", differs(tds.details_wanted(), 1))
    sim.start()
    right(sim, tds, "what had to be asked is asked by the successors of who knew it", ("order", number))


def zoho_away():
    """No webhook is given up because Zoho can't be asked, and none that carries its record waits for it."""
    sim, tds = world(zoho={"attempts_max": 2, "backoff_min": "20ms", "backoff_max": "50ms"}, queue={"attempts_max": 2, "backoff_max": "200ms"},
                     breaker={"timeout": "500ms"})
    number, other = sim.ids("order")[0], sim.ids("product")[0]
    now, _ = truth_and_past(sim, "order", number)
    sim.pause()
    thin = [accepted(tds.webhook("orders", json.dumps({"salesorder": {"salesorder_id": number}}))),
            accepted(tds.webhook("products", json.dumps({"item": {"item_id": other}})))]
    failed = wait_for(lambda: tds.actor("zoho-io")["counters"].get("zoho_calls_failed", 0) >= 8, 30)
    check("Zoho is asked for in vain", unless(failed, tds.actor("zoho-io")["counters"]))
    check("what waits for it waits", differs([tds.outcome(e)[0] for e in thin], ["pending", "pending"]))
    check("no attempt is counted", differs(tds.value("SELECT max(attempt_count) FROM tds_sync_queue"), 0))
    whole = deliver(tds, "order", now)
    check("a whole record of the same order doesn't wait", differs(tds.finished(whole, 5)[:2], ("completed", "applied")))
    check("and makes the waiting one superfluous", differs(tds.finished(thin[0], 5)[:2], ("completed", "superseded")))
    sim.start()
    check("when Zoho is back, the other comes by itself", differs(tds.finished(thin[1])[0], "completed"))
    right(sim, tds, "and everything is right", ("order", number), ("product", other))
    check("nothing became a dead letter", tds.value("SELECT count(*) FROM tds_dead_letter_queue"))


def only_this_record():
    """A record that Zoho answers with 500 while others go well is given up, with the reason."""
    sim, tds = world(zoho={"attempts_max": 2, "backoff_min": "20ms", "backoff_max": "50ms"}, queue={"attempts_max": 2, "backoff_max": "200ms"},
                     breaker={"failures": 1000})
    bad, *good = sim.ids("order")
    sim.fault(kind="500", path=f"salesorders/{bad}", rate=1)
    event = accepted(tds.webhook("orders", json.dumps({"salesorder": {"salesorder_id": bad}})))

    def ended():
        if good:
            tds.finished(accepted(tds.webhook("orders", json.dumps({"salesorder": {"salesorder_id": good.pop()}}))))
        return tds.outcome(event)[0] == "dead_letter"
    check("it ends as a dead letter", unless(wait_for(ended, 30, 0.2), tds.outcome(event)))
    check("that says why", unless("500" in (tds.outcome(event)[2] or ""), tds.outcome(event)))


if __name__ == "__main__":
    run(one_by_one, both_waiting, late_loser, delete_overtaken, lost_with_the_dispatcher, zoho_away, only_this_record)
