#!/usr/bin/python3
"""Whether the tables are what Zoho holds: deletes by proof, drift scans and their certificate, dry runs, the audit trail, explain."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BUILD, BULK, ENTITIES, WRAPPER, accepted, check, differs, numbers, run, soon, unless, wait_for, world

SMALL = {"customers": 60, "vendors": 40}


def stats(reply):
    return reply.json["stats"] if reply.status == 200 and "stats" in reply.json else {}


def tdsctl(tds, *words):
    return subprocess.run([os.path.join(BUILD, "tdsctl"), "-c", tds.config, *words], capture_output=True, text=True, timeout=90, check=False)


def body(record):
    return json.dumps({WRAPPER["invoice"]: record}, default=str)


def drift(tds, entity):
    return tds.get("/api/bff/tds/data-validation/drift").json["entities"][entity]


def proved():
    """What vanished is deleted once Zoho says 404 to it, and not before."""
    sim, tds = world()
    for entity in ENTITIES:
        tds.bulk(BULK[entity], active_only=False)
    check("everything is there", tds.quiet(60))
    for entity in ("product", "customer", "vendor", "invoice", "order", "bill", "credit_note", "payment", "return", "stock_adjustment", "price_list", "user"):
        gone, hidden = sim.ids(entity)[2:4]
        sim.delete(entity, gone)
        reply = tds.bulk(BULK[entity], confirm_deletes=True)
        check(f"a {entity} that vanished, and is 404, is deleted", unless(stats(reply).get("deleted") == 1 == stats(reply).get("missing"), reply))
        check(f"the row of the {entity} is kept and marked", differs(tds.row(entity, gone, "is_active, deleted_at IS NOT NULL"), (False, True)))
        sim.control("POST", f"records/{entity}/{hidden}?listed=false&touch=false", {})
        reply = tds.bulk(BULK[entity], confirm_deletes=True)
        check(f"a {entity} that only no list has is left as it is: absence is no proof",
              unless(stats(reply).get("deleted") == 0 and stats(reply).get("missing") == 1 and tds.row(entity, hidden, "deleted_at IS NULL"), reply))
        sim.control("POST", f"records/{entity}/{hidden}?touch=false", {})
    gone = sim.ids("branch")[1]
    sim.delete("branch", gone)
    reply = tds.bulk("branches", confirm_deletes=True)
    check("a branch, of which Zoho has no detail, is left as it is", unless(stats(reply).get("missing") == 1 and stats(reply)["deleted"] == 0 and
                                                                          tds.row("branch", gone, "deleted_at IS NULL"), reply))
    check("no dead letter comes of all that", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue"), 0))


def share():
    """Too many at once take a person's word; less than everything proves nothing."""
    sim, tds = world(sim=SMALL)
    tds.bulk("vendors")
    tds.bulk("products", active_only=False)
    gone = sim.ids("vendor")[:3]
    for number in gone:
        sim.delete("vendor", number)
    deleted = "SELECT count(*) FROM vendors WHERE deleted_at IS NOT NULL"
    reply = tds.bulk("vendors", modified_since="2020-01-01")
    item = sim.ids("product")[5]
    sim.delete("product", item)
    filtered = tds.bulk("products")
    check("neither an incremental nor a filtered list proves a delete", unless(stats(reply).get("missing") == 0 == stats(filtered).get("missing") and
                                                                             tds.value(deleted) == 0, (reply, filtered)))
    reply = tds.bulk("vendors")
    tds.quiet(30)
    check("more than the share of the table stay, and the answer says so", unless(stats(reply).get("missing") == 3 and stats(reply)["deleted"] == 0 and
                                                                              tds.value(deleted) == 0, reply))
    tds.heal()
    alert = tds.rows("SELECT title, message FROM tds_alerts WHERE alert_type = 'deletes_held' AND is_active")
    check("an alert names them and what to do", unless(len(alert) == 1 and "3 of vendor" in alert[0][0] and "--confirm-deletes" in alert[0][1], alert))
    reply = tdsctl(tds, "sync", "vendors", "--confirm-deletes")
    check("a person's word deletes them", unless(reply.returncode == 0 and tds.value(deleted) == 3, (reply, tds.value(deleted))))
    tds.bulk("vendors")
    tds.heal()
    check("and the alert ends", differs(tds.value("SELECT count(*) FROM tds_alerts WHERE alert_type = 'deletes_held' AND is_active"), 0))
    two = sim.ids("vendor")[:2]
    for number in two:
        sim.delete("vendor", number)
    reply = tds.bulk("vendors")
    check("as many as the share allows, rounded up, need none", differs(stats(reply).get("deleted"), 2))


def strangers():
    """Rows that the table alone has: made by somebody else, or deleted and set active again."""
    sim, tds = world(sim=SMALL)
    tds.bulk("customers")
    own, again, made_up = sim.ids("customer")[0], sim.ids("customer")[1], "4711"
    sim.delete("customer", again)
    tds.bulk("customers")
    tds.rows("UPDATE customers SET is_active = true, deleted_at = NULL WHERE zoho_contact_id = %s", again)
    tds.rows("DELETE FROM tds_entity_state WHERE source_entity_id = %s", own)
    tds.rows("INSERT INTO customers (organization_id, zoho_contact_id, contact_name, is_active) SELECT organization_id, %s, 'Nobody', true FROM customers LIMIT 1", made_up)
    tds.rows("INSERT INTO customers (organization_id, zoho_contact_id, contact_name, is_active) SELECT organization_id, 'ours-1', 'Our own', true FROM customers LIMIT 1")
    reply = tds.bulk("customers", dry_run=True)
    check("a dry run tells of both", unless((stats(reply).get("missing"), stats(reply).get("deleted")) == (2, 2), reply))
    reply = tds.bulk("customers", verify=True)
    check("a scan finds both, and Zoho says that they are gone", unless((stats(reply).get("missing"), stats(reply).get("deleted")) == (2, 2), reply))
    rows = dict(tds.rows("SELECT zoho_contact_id, is_active FROM customers WHERE zoho_contact_id IN (%s, %s, %s, 'ours-1')", own, again, made_up))
    check("they are marked, and nothing else is", differs(rows, {own: True, again: False, made_up: False, "ours-1": True}))
    found = {d["entity_id"]: d["action"] for d in drift(tds, "customer")["differences"] if d["kind"] == "missing_there"}
    check("and told of", differs(found, {again: "deleted", made_up: "deleted"}))
    said = tds.get(f"/api/bff/tds/explain/customer/{again}").json
    check("explain says what the delete stands on", unless("404" in said["written_by"]["from"] and said["written_by"]["run_id"] == reply.json["run_id"] and
                                                          said["differences"][0]["action"] == "deleted", said))
    check("a second scan finds nothing", differs(stats(tds.bulk("customers", verify=True)).get("missing"), 0))
    wrong = sim.ids("customer")[5]
    record = sim.record("customer", wrong)["record"]
    event = accepted(tds.webhook("customers", json.dumps({WRAPPER["customer"]: {**record, "credit_limit": "much", "last_modified_time": soon()}}, default=str)))
    tds.finished(event)
    said = tds.get(f"/api/bff/tds/explain/customer/{wrong}").json
    check("an event that was given up is not what wrote the row", unless(said["written_by"].get("event_id") != event and
                                                                        [h["what"] for h in said["history"] if h.get("event_id") == event] == ["dead_letter"], said))
    for number in sim.ids("customer")[:30]:
        sim.delete("customer", number)
    reply = tds.bulk("customers", dry_run=True)
    check("a dry run knows that too many stay", unless((stats(reply).get("missing"), stats(reply).get("deleted")) == (30, 0), reply))
    shown = tdsctl(tds, "sync", "customers", "--dry-run")
    check("tdsctl says so, too", unless("lacks 30, of which 0" in shown.stdout and "--confirm-deletes" in shown.stdout, shown))
    sim.change("customer", sim.ids("customer")[3], {"outstanding_receivable_amount": "much"})
    before = drift(tds, "customer")
    reply = tds.bulk("customers", verify=True)
    after = drift(tds, "customer")
    check("a scan of which a record failed is no certificate", unless(stats(reply).get("failed") == 1 and after["failed"] == 1 and
                                                                     after["complete_as_of"] == before["complete_as_of"] != after["compared_at"], after))


def given_up():
    """A proof that Zoho refused is a dead letter; once that is dealt with, the next scan asks again."""
    sim, tds = world(sim=SMALL)
    tds.bulk("vendors")
    number = sim.ids("vendor")[3]
    sim.delete("vendor", number)
    sim.fault(kind="html", status=400, path=f"/contacts/{number}", body='{"code":2,"message":"Invalid value"}')
    tds.bulk("vendors", verify=True)
    check("what Zoho refuses to say is a dead letter", unless(wait_for(lambda: tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved") == 1, 30),
                                                             tds.rows("SELECT * FROM tds_sync_queue")))
    sim.no_faults()
    reply = tds.bulk("vendors", verify=True)
    check("nobody asks as long as it is open", unless(stats(reply).get("deleted") == 0 and tds.row("vendor", number, "deleted_at IS NULL"), reply))
    tds.rows("UPDATE tds_dead_letter_queue SET resolved = true")
    reply = tds.bulk("vendors", verify=True)
    check("then it is asked again", unless(stats(reply).get("deleted") == 1 and tds.row("vendor", number, "deleted_at IS NOT NULL"), reply))


def other_type():
    """A customer that became a vendor: gone from the one table, there in the other."""
    sim, tds = world(sim=SMALL)
    tds.bulk("customers")
    tds.bulk("vendors")
    number = sim.ids("customer")[4]
    sim.change("customer", number, {"contact_type": "vendor"})
    tds.bulk("customers", verify=True)
    check("the customer is gone", unless(wait_for(lambda: tds.row("customer", number, "is_active") is False, 20), tds.row("customer", number, "is_active")))
    check("the vendor is there", unless(wait_for(lambda: tds.row("vendor", number, "is_active"), 20), tds.rows("SELECT * FROM tds_sync_queue")))
    check("no dead letter comes of that", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue"), 0))
    again, fresh = sim.ids("customer")[6:8]
    tds.rows("DELETE FROM customers WHERE zoho_contact_id = %s", fresh)
    tds.rows("DELETE FROM tds_entity_state WHERE source_entity_id = %s", fresh)
    for known, number_ in ((True, again), (False, fresh)):
        sim.change("customer", number_, {"contact_type": "vendor"})
        event = accepted(tds.webhook("customers", json.dumps({"contact": {"contact_id": number_}})))
        words = "known" if known else "unknown"
        tds.finished(event)
        tds.quiet(20)
        check(f"a thin webhook of an {words} one is done with", unless(wait_for(lambda: tds.row("vendor", number_, "deleted_at IS NULL"), 20) and
              {s for s, in tds.rows("SELECT status::text FROM tds_sync_queue WHERE inbox_event_id = %s", event)} == {"completed"}, tds.rows("SELECT * FROM tds_sync_queue WHERE inbox_event_id = %s", event)))
        check(f"as a customer it is gone ({words})", unless(wait_for(lambda: not tds.row("customer", number_, "is_active"), 10), number_))
    check("none of these is a dead letter", differs(tds.value("SELECT count(*) FROM tds_dead_letter_queue"), 0))
    for url, number_ in zip(("vendors", "customers"), sim.ids("customer")[9:11]):
        sim.change("customer", number_, {"contact_type": "vendor"})
        body = numbers(sim.record("customer", number_)["record"])
        tds.finished(accepted(tds.webhook(url, json.dumps({"contact": body}))))
        check(f"a whole webhook on the {url}' URL makes it a vendor", unless(wait_for(lambda: tds.row("vendor", number_, "deleted_at IS NULL"), 10), number_))
        check("and it is gone as a customer", unless(wait_for(lambda: tds.row("customer", number_, "is_active") is False, 10), number_))
    number_ = sim.ids("vendor")[3]
    sim.delete("vendor", number_)
    tds.finished(accepted(tds.post("/api/webhooks/zoho", {"event_type": "contact.deleted", "entity_id": number_})))
    check("a delete of a contact that doesn't say which deletes the vendor", unless(wait_for(lambda: tds.row("vendor", number_, "is_active") is False, 10), number_))
    check("and the scan says so", differs([(d["entity_id"], d["action"]) for d in drift(tds, "customer")["differences"]], [(number, "deleted")]))


def killed():
    """Everybody who works on a proof dies meanwhile."""
    sim, tds = world(sim={"customers": 200, "latency_ms": 40}, sync={"deletes_share_max": 0.5})
    tds.bulk("customers")
    before = set(sim.ids("customer"))
    for who in ("dispatcher", "zoho-io", "handler:customer"):
        for number in sim.ids("customer")[:12]:
            sim.delete("customer", number)
        run_id = tds.bulk_start("customers")
        seen = wait_for(lambda: tds.value("SELECT count(*) FROM tds_sync_queue WHERE sync_run_id = %s", run_id), 20)
        tds.replaced(who, tds.kill(who))
        check(f"the {who} dies among proofs", unless(seen == 12, seen))
        check("the run ends well all the same", differs(tds.run_done(run_id, 60), "completed"))
        tds.quiet(60)
        gone = {row[0] for row in tds.rows("SELECT zoho_contact_id FROM customers WHERE deleted_at IS NOT NULL")}
        check("and what is gone, and only that, is marked", differs(gone, before - set(sim.ids("customer"))))
    sim.fault(kind="500", path="/contacts/")
    lost, more = sim.ids("customer")[:2]
    sim.delete("customer", lost)
    run_id = tds.bulk_start("customers")
    check("a proof that Zoho's failures keep away", unless(wait_for(lambda: tds.value("SELECT count(*) FROM tds_sync_queue WHERE sync_run_id = %s", run_id), 20), run_id))
    sim.no_faults()
    check("comes later", unless(wait_for(lambda: tds.row("customer", lost, "deleted_at IS NOT NULL"), 60), tds.log()[-1500:]))
    check("and nobody else is deleted", differs(tds.row("customer", more, "deleted_at"), None))


def scan():
    """Somebody changes the tables by hand: the scan finds it, repairs it and says so."""
    sim, tds = world()
    check("before any scan there is no certificate", [e for e in ENTITIES if drift(tds, e)["complete_as_of"]])
    for entity in ENTITIES:
        tds.bulk(BULK[entity], active_only=False)
    tds.quiet(60)
    for entity in ENTITIES:
        tds.bulk(BULK[entity], active_only=False)
    item, other, lost, order = *sim.ids("product")[:3], sim.ids("order")[0]
    tds.rows("UPDATE products SET name = 'by hand', price = price + 1 WHERE zoho_item_id = %s", item)
    tds.rows("UPDATE products SET is_active = NOT is_active WHERE zoho_item_id = %s", other)
    tds.rows("DELETE FROM products WHERE zoho_item_id = %s", lost)
    tds.rows("DELETE FROM sales_orders WHERE zoho_salesorder_id = %s", order)
    again = sim.ids("order")[1]
    tds.rows("DELETE FROM sales_orders WHERE zoho_salesorder_id = %s", again)
    sim.change("order", again, {"notes": "changed"})
    tds.bulk("orders")
    check("a row that had gone and changed in Zoho comes back with its lines", tds.quiet(60) or
          differs(tds.value("SELECT count(*) > 0 FROM sales_items WHERE zoho_salesorder_id = %s", again), True))
    check("a sync that believes its hashes sees nothing", differs(stats(tds.bulk("products", active_only=False)).get("unchanged"), 60))
    reply = tds.bulk("products", verify=True)
    check("a scan repairs what differs", unless(stats(reply).get("updated") == 2 and stats(reply)["created"] == 1 and stats(reply)["unchanged"] == 57, reply))
    tds.bulk("orders", verify=True)
    check("lines of a row that had gone come back, too", tds.quiet(60))
    check("and every row is what Zoho holds again", checker.differences(sim, tds))
    found = drift(tds, "product")
    check("it says what it found and did", differs((found["found"], found["done"]), ({"missing_here": 1, "differs": 2, "missing_there": 0}, {"written": 3})))
    fields = {d["entity_id"]: d["fields"] for d in found["differences"]}
    check("field by field", unless(fields[item]["name"][0] == "by hand" and fields[item]["name"][1] == tds.row("product", item, "name") and
                                   set(fields[item]) == {"name", "price"} and list(fields[other]) == ["is_active"], fields))
    check("and the certificate says as of when", unless(found["complete_as_of"] and found["age_seconds"] < 60 and found["rows"] == 60, found))
    text = tds.get("/metrics").body.decode()
    check("which is a metric", unless('tds_certificate_age_seconds{entity="product"} ' in text and 'tds_certificate_age_seconds{entity="user"} ' not in text and
                                      'tds_drift_differing{entity="product"} 2' in text, text[-3000:]))
    shown = tdsctl(tds, "drift")
    check("tdsctl drift shows it", unless(shown.returncode == 0 and "complete as of" in shown.stdout and "product" in shown.stdout, shown))
    reply = tds.bulk("products", verify=True)
    check("a second scan finds nothing", differs((stats(reply).get("unchanged"), drift(tds, "product")["done"]), (60, {})))
    tds.rows("UPDATE product_stock SET stock_on_hand = 4711 WHERE zoho_item_id = (SELECT min(zoho_item_id) FROM product_stock)")
    tds.rows("DELETE FROM product_stock WHERE zoho_item_id = (SELECT max(zoho_item_id) FROM product_stock)")
    tds.rows("UPDATE product_prices SET price = 4711 WHERE zoho_item_id = (SELECT min(zoho_item_id) FROM product_prices)")
    tds.bulk("products", verify=True, active_only=False)
    tds.bulk("pricelists", verify=True)
    lanes = [line.split("lane=")[1].split()[0] for line in tds.log().splitlines() if "msg=call" in line and "correlation_id=details" in line]
    check("which is less urgent than what webhooks tell of", differs("realtime" in lanes[-1:], False))
    check("stock by location and prices are compared, too, in the background", tds.quiet(60) or tds.heal() or
          checker.differences(sim, tds, entities=("product", "price_list")) or
          differs(tds.value("SELECT count(*) FROM product_stock WHERE stock_on_hand = 4711") + tds.value("SELECT count(*) FROM product_prices WHERE price = 4711"), 0))
    check("what goes together with a whole list only", differs(tds.bulk("products", verify=True, incremental=True).status, 422))
    check("it wakes nothing that was settled", tds.quiet(5))


def by_itself():
    """Without a schedule each entity's certificate is renewed before it is too old."""
    sim, tds = world(sync={"certificate_age_max": "12s", "schedule": []}, healer={"every": "1s"})
    tds.rows("UPDATE tds_schema_version SET applied_at = now() - interval '1 hour'")
    tds.heal()
    alerts = "SELECT count(*) FROM tds_alerts WHERE alert_type = 'certificate_old' AND is_active"
    check("an entity that wasn't compared for too long is an alert", unless(tds.value(alerts), tds.rows("SELECT alert_type FROM tds_alerts")))
    complete = wait_for(lambda: all(drift(tds, e)["complete_as_of"] for e in ENTITIES), 60)
    check("each entity is scanned as a whole by itself", unless(complete, [e for e in ENTITIES if not drift(tds, e)["complete_as_of"]]))
    lanes = tds.rows("SELECT DISTINCT requested_by, verify, scan_complete FROM tds_sync_runs WHERE status = 'completed'")
    check("by complete scans that compare every row", differs(lanes, [("drift", True, True)]))
    first = drift(tds, "product")["complete_as_of"]
    check("and again before it is too old", unless(wait_for(lambda: drift(tds, "product")["complete_as_of"] > first, 40), first))
    tds.configure(sync={"certificate_age_max": "1d"})  # else there is always a scan under way
    tds.ask("reload")
    check("the rows are right", tds.quiet(60) or checker.differences(sim, tds))


def dry_run():
    """A dry run tells created, changed (field by field) and deleted, and writes nothing."""
    sim, tds = world(sync={"deletes_share_max": 1})
    tds.bulk("customers")
    tds.quiet(60)
    changed, gone = sim.ids("customer")[:2]
    sim.change("customer", changed, {"company_name": "Somebody else"})
    sim.delete("customer", gone)
    sim.control("POST", "records/customer", {})
    dump = "SELECT md5(string_agg(c::text, '' ORDER BY zoho_contact_id)) FROM customers c"
    state = "SELECT md5(string_agg(s::text, '' ORDER BY source_entity_id)) FROM tds_entity_state s"
    before, queued = (tds.value(dump), tds.value(state)), tds.value("SELECT count(*) FROM tds_sync_queue")
    reply = tds.bulk("customers", dry_run=True)
    check("it counts what would be created, updated and deleted", differs(
        tuple(stats(reply).get(k) for k in ("created", "updated", "deleted", "unchanged")), (1, 1, 1, len(sim.ids("customer")) - 2)))
    check("it writes nothing", differs((tds.value(dump), tds.value(state)), before) or differs(tds.value("SELECT count(*) FROM tds_sync_queue"), queued))
    found = {d["kind"]: d for d in tds.get(f"/api/bff/tds/runs/{reply.json['run_id']}").json["differences"]}
    check("the run tells each, the changed one field by field", unless(
        set(found) == {"missing_here", "differs", "missing_there"} and found["differs"]["entity_id"] == changed and
        found["differs"]["fields"]["company_name"][1] == "Somebody else" and set(found["differs"]["fields"]) == {"company_name", "zoho_last_modified"}, found))
    check("and which would be deleted", differs((found["missing_there"]["entity_id"], found["missing_there"]["action"]), (gone, "none")))
    sim.change("vendor", sim.ids("vendor")[0], {"company_name": "Another one"})
    reply = tds.bulk("sync-all", dry_run=True)
    found = tds.get(f"/api/bff/tds/runs/{reply.json['run_id']}").json
    check("of sync-all it tells what its parts found", unless({d["entity_type"] for d in found["differences"]} >= {"customer"} and len(found["parts"]) == len(ENTITIES), found))
    check("no cursor moves", unless(tds.value("SELECT last_sync_status FROM tds_sync_cursors WHERE entity_type = 'customer'") == "completed", "no cursor"))
    reply = tds.bulk("customers")
    check("what it told is what a sync then does", differs(tuple(stats(reply).get(k) for k in ("created", "updated", "deleted")), (1, 1, 1)))


def explained():
    """tdsctl explain: what wrote the row and when, what it replaced, what was ignored as stale and why."""
    sim, tds = world(audit={"records": True})
    reply = tds.bulk("invoices")
    tds.quiet(60)
    number = sim.ids("invoice")[0]
    old = sim.record("invoice", number)["record"]
    sim.change("invoice", number, {"notes": "newer"})
    new = sim.record("invoice", number)["record"]
    event = accepted(tds.webhook("invoices", body(new)))
    tds.finished(event)
    late = accepted(tds.webhook("invoices", body({**old, "notes": "late"})))
    tds.finished(late)
    said = tds.get(f"/api/bff/tds/explain/invoice/{number}").json
    check("the event that wrote the row is named", unless(said["written_by"]["event_id"] == event and said["written_by"]["what"] == "updated", said["written_by"]))
    check("with old and new values", differs(said["written_by"]["changed"].get("notes", [0, 0])[1], "newer"))
    check("what it replaced came from a fetch or a page", unless("fetched" in said["replaced"]["from"] or "page" in said["replaced"]["from"], said["replaced"]))
    check("the page that made it is in its history", unless(any(h.get("run_id") == reply.json["run_id"] and h.get("page") == 1 and h["what"] == "created"
                                                              for h in said["history"]), said["history"]))
    check("what was ignored is told with the reason", unless(len(said["ignored"]) == 1 and said["ignored"][0]["event_id"] == late and
                                                           said["ignored"][0]["why"] == "a newer version was there", said["ignored"]))
    shown = tdsctl(tds, "explain", "invoice", number)
    check("tdsctl explain says so in words", unless(shown.returncode == 0 and event in shown.stdout and "a newer version was there" in shown.stdout, shown))
    check("of what nobody knows it says so", differs(tdsctl(tds, "explain", "invoice", "1").returncode, 1))
    ahead = sim.ids("invoice")[1]
    accepted(tds.webhook("invoices", body({**sim.record("invoice", ahead)["record"], "last_modified_time": soon()})))
    tds.quiet(60)
    tds.bulk("invoices")
    said = tds.get(f"/api/bff/tds/explain/invoices/{ahead}").json
    check("a page's row that was ignored is told, too", unless(any(h.get("page") == 1 and h.get("why") == "a newer version was there" for h in said["ignored"]), said["ignored"]))
    sim.delete("invoice", number)
    tds.bulk("invoices", confirm_deletes=True)
    trail = tds.rows("SELECT operation, old_value, new_value FROM tds_audit_trail WHERE entity_id = %s ORDER BY changed_at", number)
    check("the audit trail has old and new values", unless(trail[0][0] == "create" and trail[0][1] is None and trail[0][2]["invoice_number"] == old["invoice_number"] and
                                                        trail[-1][0] == "delete" and trail[-1][2]["is_active"] is False, trail))


if __name__ == "__main__":
    run(proved, share, strangers, given_up, other_type, killed, scan, by_itself, dry_run, explained)
