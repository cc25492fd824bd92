#!/usr/bin/python3
"""Webhooks: every shape, every order of arrival, repeated, partial, thin, deleting, bad; what the tables hold afterwards."""
import copy
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import ENTITIES, ID_KEY, WEBHOOK, accepted, check, differs, in_parallel, numbers, run, soon, unless, wait_for, world, wrap



def shapes():
    """Zoho's own shapes, as the simulator sends them; then every row must be right without any bulk sync."""
    sim, tds = world()
    for shape in (1, 2, 3, 4, 6, 7, 5):
        sim.webhooks(shape=shape)
        for entity in ENTITIES:
            if shape == 5 and entity in ("invoice", "order"):
                continue  # a flat form can't carry lines
            for number in sim.ids(entity)[shape::8][:4]:
                reply = sim.fire(entity, number)
                if reply["status"] != 202:
                    check(f"shape {shape} of {entity} is accepted", reply)
        check(f"webhooks of shape {shape} are worked through", tds.quiet(20))
        check(f"what came in shape {shape} is what Zoho holds", checker.differences(sim, tds, scanned=False, flat=shape == 5))
    seconds = tds.value("SELECT max(extract(epoch FROM completed_at - created_at)) FROM tds_sync_queue WHERE status = 'completed'")
    check("no event waited long", unless(float(seconds) <= 5, seconds))
    aliases(sim, tds)


def aliases(sim, tds):
    record = sim.record("product", sim.ids("product")[0])["record"]
    for path in ("/api/zoho/webhooks/products", "/api/zoho/sync-products", "/api/webhooks/zoho", "/api/bff/tds/zoho/webhooks"):
        body = json.dumps({"event_type": "item.updated", "entity_type": "product", "entity_id": record["item_id"], "data": numbers(record)})
        reply = tds.post(path, body)
        check(f"{path} takes webhooks as well", unless(reply.status == 202, reply))
    check("nothing is left to be done", tds.quiet(20))


def bare():
    """Zoho's bare records on a URL that names no entity: the id that comes first says what they are."""
    sim, tds = world()
    for entity in ENTITIES:
        number = sim.ids(entity)[0]
        record = numbers(sim.record(entity, number)["record"])
        body = {ID_KEY[entity]: record[ID_KEY[entity]], **({"contact": {"first_name": "x"}} if entity == "invoice" else {}), **record}
        reply = tds.post("/api/webhooks/zoho", body)
        check(f"a bare {entity}", unless(reply.status == 202 and tds.finished(reply.json["event_id"])[0] == "completed", reply))
    tds.quiet(30)
    tds.heal()
    check("each is written as what it is", checker.differences(sim, tds, scanned=False, present=[(e, sim.ids(e)[0]) for e in ENTITIES]))


def versions():
    """Whatever order they arrive in, the newest stays."""
    sim, tds = world()
    for entity in ENTITIES:
        name, (field, column) = WEBHOOK[entity], {"customer": ("company_name", "company_name"), "vendor": ("company_name", "company_name"),
                                                  "return": ("reason", "reason"), "branch": ("location_name", "name"), **{
                                                      e: ("name", "name") for e in ("product", "price_list", "user")}}.get(entity, ("reference_number",) * 2)
        number = sim.ids(entity)[0]
        record = numbers(sim.record(entity, number)["record"])

        def deliver(value, modified, **more):
            return accepted(tds.webhook(name, wrap(entity, {**record, field: value, "last_modified_time": modified, **more})))
        tds.finished(deliver("A", "2026-01-01T10:00:00+0300"))
        tds.finished(deliver("B", "2026-01-01T10:00:05+0300"))
        last = deliver("A", "2026-01-01T10:00:09+0300")
        check(f"{entity}: A, B, A ends as A", differs((tds.finished(last)[0], tds.row(entity, number, column)), ("completed", "A")))
        newest = deliver("newest", "2026-01-01T11:00:00+0300")
        tds.finished(newest)
        old = deliver("older", "2026-01-01T10:30:00+0300")
        check(f"{entity}: an older version is stale", differs(tds.finished(old)[:2], ("completed", "stale")))
        check(f"{entity}: and overwrites nothing", differs(tds.row(entity, number, column), "newest"))
        values = [(f"v{i:03}", f"2026-02-01T10:{i // 60:02}:{i % 60:02}+0300") for i in range(120)]
        random.Random(7).shuffle(values)
        in_parallel(lambda v: deliver(*v), values)
        tds.quiet(30)
        check(f"{entity}: of 120 versions at once in any order the newest stays", differs(tds.row(entity, number, column), "v119"))
        if entity in checker.LINES:
            lines = checker.LINES[entity]
            check(f"{entity}: with its lines once", differs(tds.value(f"SELECT count(*) FROM {lines.table} WHERE {lines.parent_key} = %s", number),
                                                            len(lines.wanted(record))))
    check("every event has ended", tds.quiet(10))


def same_delivery():
    sim, tds = world()
    record = numbers(sim.record("order", sim.ids("order")[0])["record"])
    body = wrap("order", record)
    first = tds.webhook("orders", body)
    again = [tds.webhook("orders", body) for _ in range(3)]
    check("the same delivery again is a 202 that says so", unless(all(r.status == 202 and r.json["queued"] is False and
                                                                   r.json["event_id"] == first.json["event_id"] for r in again), again))
    at_once = in_parallel(lambda _: tds.webhook("orders", wrap("order", {**record, "notes": "at once"})), range(8))
    check("the same delivery eight times at once is one event", unless(len({r.json["event_id"] for r in at_once}) == 1, at_once))
    tds.quiet(20)
    check("each was applied once", differs(tds.rows("SELECT status::text, processing_result->>'outcome' FROM tds_sync_queue ORDER BY seq"),
                                           [("completed", "applied")] * 2))
    check("and counted", differs(tds.value("SELECT sum(duplicate_count) FROM tds_inbox_events"), 10))
    newest = {**record, "notes": "at once"}
    with_spaces = tds.webhook("orders", json.dumps({"salesorder": dict(reversed(newest.items()))}, indent=3))
    check("other spaces and another order of keys are the same delivery", unless(with_spaces.status == 202 and with_spaces.json["queued"] is False, with_spaces))


def same_content():
    """Without a version the same content isn't the same delivery, where a page or a fetch has written the record meanwhile."""
    sim, tds = world()
    tds.bulk("sync-all", active_only=False)
    tds.quiet(60)
    number = sim.ids("price_list")[0]
    record = numbers(sim.record("price_list", number)["record"])
    body, items, other = wrap("price_list", record), record["pricebook_items"], copy.deepcopy(record["pricebook_items"])
    other[0]["pricebook_rate"] = 77777
    dear = "SELECT count(*) FROM product_prices WHERE price = 77777"
    tds.finished(accepted(tds.webhook("prices", body)))
    tds.quiet(20)
    again = tds.webhook("prices", body)
    check("a price list again is a duplicate, though it was fetched to confirm it", unless(again.json["queued"] is False, again))
    sim.change("price_list", number, {"pricebook_items": other})
    tds.bulk("pricelists")
    tds.quiet(20)
    check("a sync brings other prices", differs(tds.value(dear), 1))
    sim.change("price_list", number, {"pricebook_items": items})
    back = tds.webhook("prices", body)
    check("the former content is an event of its own then", unless(back.json["queued"] is True, back))
    tds.quiet(20)
    check("and is applied", differs(tds.value(dear), 0))
    number = sim.ids("product")[0]
    body = json.dumps({"event_type": "item.deleted", "entity_id": number})
    tds.finished(accepted(tds.webhook("products", body)))
    again = tds.webhook("products", body)
    check("a delete again is a duplicate", unless(again.json["queued"] is False, again))
    tds.bulk("products", active_only=False)
    check("a sync brings the product back", differs(tds.row("product", number, "is_active, deleted_at"), (True, None)))
    sim.delete("product", number)
    back = tds.webhook("products", body)
    check("a second delete is an event of its own then", unless(back.json["queued"] is True, back))
    tds.quiet(20)
    tds.bulk("pricelists")  # their webhooks and details say no version
    check("and is believed", checker.differences(sim, tds))


def partial():
    """A field that a payload doesn't carry stays as it is."""
    sim, tds = world()
    tds.bulk("sync-all", active_only=False)
    tds.quiet(60)
    for entity, fields in (("product", {"rate": 77.25}), ("customer", {"phone": "+964 1"}), ("vendor", {"email": "x@example.com"}),
                           ("invoice", {"notes": "half"}), ("order", {"notes": "half"}),
                           ("bill", {"notes": "half"}), ("credit_note", {"reference_number": "half"}), ("payment", {"description": "half"}),
                           ("return", {"reason": "half"}), ("stock_adjustment", {"description": "half"}), ("price_list", {"description": "half"})):
        number = sim.ids(entity)[3]
        sim.change(entity, number, fields)
        modified = sim.record(entity, number)["last_modified_time"]
        body = {ID_KEY[entity]: number, "last_modified_time": modified, **fields}
        if entity in ("customer", "vendor"):
            body["contact_type"] = entity
        event = accepted(tds.webhook(WEBHOOK[entity], wrap(entity, body)))
        check(f"a part of a {entity} is applied", differs(tds.finished(event)[0], "completed"))
    tds.quiet(30)
    check("a part changes what it carries and leaves the rest", checker.differences(sim, tds))
    for entity, told, untold in (("customer", {"contact_name": "Told"}, {"billing_address": {"city": "untold"}, "credit_limit": 7}),
                                 ("vendor", {"company_name": "Told"}, {"billing_address": {"city": "untold"}}),
                                 ("product", {"name": "Told"}, {"brand": "untold"}),
                                 ("invoice", {"line_items": []}, {"notes": "untold"}), ("bill", {"line_items": []}, {"notes": "untold"})):
        number = sim.ids(entity)[5]
        sim.change(entity, number, {**(told if "name" in str(told) else {}), **untold})
        now = sim.record(entity, number)
        told = {key: now["record"][key] for key in told}
        kind = {"contact_type": entity} if entity in ("customer", "vendor") else {}
        event = accepted(tds.webhook(WEBHOOK[entity], wrap(entity, numbers({ID_KEY[entity]: number, "last_modified_time": now["last_modified_time"], **kind, **told}))))
        check(f"a part of a {entity} with its version is applied", differs(tds.finished(event)[0], "completed"))
    tds.quiet(30)
    check("a part with a version is no whole record: what it doesn't carry is fetched", checker.differences(sim, tds))
    for entity, wrong in (("order", {"notes": "wrong", "line_items": []}), ("customer", {"company_name": "wrong"})):
        number = sim.ids(entity)[7]
        event = accepted(tds.webhook(WEBHOOK[entity], wrap(entity, {ID_KEY[entity]: number, **({"contact_type": entity} if entity == "customer" else {}), **wrong})))
        check(f"an {entity} without a version is applied", differs(tds.finished(event)[0], "completed"))
    tds.quiet(30)
    check("and confirmed by a fetch, which knows better", checker.differences(sim, tds))
    number = sim.ids("product")[6]
    event = accepted(tds.webhook("products", wrap("product", {"item_id": number, "description": "", "last_modified_time": soon()})))
    tds.finished(event)
    check("an empty field is unset, which is something else than absent",
          differs(tds.row("product", number, "description, name IS NOT NULL AND sku IS NOT NULL"), (None, True)))
    for day, status, active in (("02", "inactive", False), ("03", None, False), ("04", "", False), ("05", "active", True), ("06", None, True),
                                ("07", {}, True), ("08", [], True)):
        event = accepted(tds.webhook("products", wrap("product", {"item_id": number, "status": status,
                                                                  "last_modified_time": soon(int(day))})))
        check(f"a status of {status!r} leaves the product {'' if active else 'in'}active",
              differs((tds.finished(event)[0], tds.row("product", number, "is_active")), ("completed", active)))


def thin():
    """Only an id: it is fetched; what Zoho doesn't have is a dead letter, never a delete."""
    sim, tds = world()
    for entity in ENTITIES:
        number = sim.ids(entity)[2]
        body = {ID_KEY[entity]: number}
        if entity in ("customer", "vendor"):
            body["contact_type"] = entity
        event = accepted(tds.webhook(WEBHOOK[entity], wrap(entity, body)))
        check(f"a {entity} of which only the id came is fetched", differs(tds.finished(event)[0], "completed"))
        check(f"and written whole: {entity}", unless(tds.row(entity, number, "id::text"), tds.outcome(event)))
    number = sim.ids("invoice")[2]
    for i, what in enumerate(("the same once more", "and again")):
        sim.change("invoice", number, {"notes": what})
        event = accepted(tds.webhook("invoices", wrap("invoice", {"invoice_id": number})))
        tds.finished(event)
        check(f"{what}: it is fetched anew, for the record may have changed", differs(tds.row("invoice", number, "notes"), what))
    tds.bulk("products", active_only=False)
    number = next(n for n in sim.ids("product")[4:] if sim.record("product", n)["record"]["status"] == "active")
    sim.delete("product", number)
    event = accepted(tds.webhook("products", wrap("product", {"item_id": number})))
    outcome = tds.finished(event)
    check("a 404 makes a dead letter", unless(outcome[0] == "dead_letter", outcome))
    reason = tds.value("SELECT failure_reason FROM tds_dead_letter_queue d JOIN tds_sync_queue q ON q.id = d.sync_queue_id WHERE q.inbox_event_id = %s", event)
    check("with its reason", unless(reason, reason))
    check("and deletes nothing", differs(tds.row("product", number, "is_active, deleted_at"), (True, None)))
    asked, other = sim.ids("order")[5:7]
    tds.configure(queue={"attempts_max": 2})
    tds.ask("reload")
    sim.reply(f"/books/v3/salesorders/{asked}", {"code": 0, "salesorder": numbers(sim.record("order", other)["record"])})
    event = accepted(tds.webhook("orders", wrap("order", {"salesorder_id": asked})))
    check("another record than was asked for is none", differs(tds.finished(event)[0], "dead_letter"))
    check("which is said", unless("another record, " + other in str(tds.outcome(event)), tds.outcome(event)))
    check("and isn't written", differs((tds.row("order", asked, "1"), tds.row("order", other, "1")), (None, None)))


def deletes():
    sim, tds = world()
    tds.bulk("sync-all", active_only=False)
    tds.quiet(60)
    for entity in ENTITIES:
        number = sim.ids(entity)[1]
        sim.delete(entity, number, webhook=True)
    sim.delivered()
    tds.quiet(20)
    for entity in ENTITIES:
        gone = [r["id"] for r in sim.truth(entity) if r["deleted"]][0]
        check(f"a delete event marks the {entity} and keeps its row", differs(tds.row(entity, gone, "is_active, deleted_at IS NOT NULL"), (False, True)))
    check("everything else is untouched", checker.differences(sim, tds))
    gone = [r["id"] for r in sim.truth("branch") if r["deleted"]][0]
    branch = {key: value for key, value in numbers(sim.record("branch", gone)["record"]).items() if key != "status"}
    sim.reply("/books/v3/locations", json.dumps({"code": 0, "message": "success", "locations": [branch]}))
    tds.bulk("branches")
    sim.no_replies()
    check("a deleted branch that is there again is active, also where nothing says its status", differs(tds.row("branch", gone, "is_active, deleted_at"), (True, None)))
    number = sim.ids("product")[3]
    late = numbers(sim.record("product", number)["record"])
    tds.finished(accepted(tds.webhook("products", json.dumps({"event_type": "item.deleted", "entity_id": number, "data": {"item_id": number}}))))
    check("a delete event without fields deletes", differs(tds.row("product", number, "deleted_at IS NOT NULL"), True))
    tds.finished(accepted(tds.webhook("products", wrap("product", {**late, "description": "sent before, came after"}))))
    tds.quiet(20)
    back = wait_for(lambda: tds.row("product", number, "deleted_at IS NULL"), 10)
    check("Zoho is asked who is right when an update follows a delete, and it has the record", differs(back, True))


def bad_ones():
    """One bad record stops only itself."""
    sim, tds = world()
    ids = sim.ids("product")
    records = [numbers(sim.record("product", number)["record"]) for number in ids[:30]]
    records[7]["rate"] = "many"
    records[19]["stock_on_hand"] = {"a": 1}
    events = in_parallel(lambda r: accepted(tds.webhook("products", wrap("product", r))), records)
    tds.quiet(20)
    states = [tds.outcome(event)[0] for event in events]
    check("bad records end as dead letters, the others are written", differs([i for i, s in enumerate(states) if s != "completed"], [7, 19]))
    reasons = tds.rows("SELECT source_entity_id, error_field, failure_reason FROM tds_dead_letter_queue ORDER BY source_entity_id")
    check("each names its field", unless(all(("rate" if r[0] == ids[7] else "stock_on_hand") in (r[1] or "") + r[2] for r in reasons), reasons))
    check("at their first attempt", differs(tds.value("SELECT max(attempt_count) FROM tds_sync_queue WHERE status = 'dead_letter'"), 1))
    check("the rest is right", checker.differences(sim, tds, scanned=False, present=[("product", n) for i, n in enumerate(ids[:30]) if i not in (7, 19)]) or
          differs(tds.value("SELECT count(*) FROM products"), 28))
    tds.finished(accepted(tds.webhook("products", wrap("product", {**records[7], "rate": 9, "last_modified_time": soon()}))))
    check("a later version of the bad one is written", differs(int(tds.row("product", ids[7], "price") or 0), 9))
    check("and its dead letter is dealt with", tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE source_entity_id = %s AND NOT resolved", ids[7]))
    for what, body in (("a NUL character", '{"item":{"item_id":"%s","name":"a\\u0000b"}}'), ("half a surrogate pair", '{"item":{"item_id":"%s","name":"\\ud800"}}'),
                       ("a number beyond all bounds", '{"item":{"item_id":"%s","rate":1e999999}}')):
        body %= ids[40]
        reply = tds.webhook("products", body)
        check(f"{what} is accepted", unless(reply.status == 202, reply))
        check(f"{what} ends as a dead letter", differs(tds.finished(reply.json.get("event_id"))[0], "dead_letter"))
        kept = tds.value("SELECT raw_body FROM tds_inbox_events WHERE id = %s", reply.json.get("event_id"))
        check(f"{what} is kept byte for byte", differs(bytes(kept or b""), body.encode()))


def refused():
    sim, tds = world()
    for what, status, reply in (
            ("no JSON", 400, tds.webhook("products", "{nope")),
            ("no id", 422, tds.webhook("products", '{"item":{"name":"x"}}')),
            ("an id that is none", 422, tds.webhook("products", '{"item":{"item_id":"abc"}}')),
            ("another organisation", 403, tds.webhook("products", '{"organization_id":"1","item":{"item_id":"12"}}')),
            ("an unknown entity", 404, tds.webhook("unicorns", '{"item":{"item_id":"12"}}')),
            ("a GET", 405, tds.get("/api/tds/webhooks/products")),
            ("too much", 413, tds.webhook("products", '{"item":{"item_id":"12","x":"' + "y" * (1 << 20) + '"}}'))):
        check(f"{what} is {status}", unless(reply.status == status, reply))
        check(f"{what} says what is wrong", unless("detail" in reply.json if reply.body[:1] == b"{" else {}, reply))
    check("nothing of it was stored", tds.value("SELECT count(*) FROM tds_inbox_events"))
    contact = numbers(sim.record("vendor", sim.ids("vendor")[0])["record"])
    event = accepted(tds.webhook("customers", wrap("vendor", contact)))
    tds.finished(event)
    check("a vendor that came to the customers' URL is a vendor", differs((tds.value("SELECT count(*) FROM customers"), tds.value("SELECT count(*) FROM vendors")), (0, 1)))


def storm():
    """Changes with duplicates, reordering and all shapes at once, in bulk syncs' company."""
    sim, tds = world(webhooks={"duplicate_rate": 0.2, "reorder_rate": 0.3})
    tds.bulk("sync-all", active_only=False)
    in_parallel(lambda e: sim.control("POST", f"change?entity={e}&count=120&seed=11&webhook=true&rate=100"), ENTITIES, 5)
    reply = tds.bulk("sync-all", active_only=False)
    check("a sync in the midst of it ends well", unless(reply.status == 200 and reply.json["success"] and len(reply.json["results"]) == len(ENTITIES), reply))
    check("every webhook was delivered", unless(sim.delivered(60), sim.counts()))
    check("none was refused for good", sim.counts()["failed"])
    check("everything is worked through", tds.quiet(60))
    check("every row is what Zoho holds, every acknowledged webhook has ended", checker.differences(sim, tds))
    check("it ends cleanly", tds.stop())


if __name__ == "__main__":
    run(shapes, bare, versions, same_delivery, same_content, partial, thin, deletes, bad_ones, refused, storm)
