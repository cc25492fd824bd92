#!/usr/bin/python3
"""The healer: dead letters and their way back, stuck work, links, alerts, retention, obituaries; what it leaves in the audit trail."""
import json
import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import ORGANIZATION, accepted, check, differs, numbers, run, unless, wait_for, world, wrap

BFF = "/api/bff/tds/"
DEAD = BFF + "dead-letter"
LETTER = {"id", "sync_queue_id", "entity_type", "source_entity_id", "failure_reason", "error_code", "total_attempts", "created_at",
          "resolved", "assigned_to", "priority"}
ALERT = {"id", "alert_type", "severity", "title", "message", "entity_type", "triggered_at", "is_active", "acknowledged",
         "acknowledged_at", "acknowledged_by", "resolved", "resolved_at"}
sim = tds = None


def bury(number, price="not a number"):
    """A webhook that no table takes; the dead letter's id."""
    record = numbers(sim.record("product", number)["record"])
    record.update(rate=price)
    event = accepted(tds.webhook("products", wrap("product", record)))
    status = tds.finished(event)
    if status[0] != "dead_letter":
        raise RuntimeError(f"not a dead letter: {status}")
    return tds.value("SELECT id::text FROM tds_dead_letter_queue WHERE inbox_event_id = %s AND NOT resolved", event), event


def open_rows(number):
    return tds.value("SELECT count(*) FROM tds_sync_queue WHERE source_entity_id = %s AND status NOT IN ('completed', 'dead_letter')", number)


def audit(operation):
    return tds.value("SELECT count(*) FROM tds_audit_trail WHERE operation = %s", operation)


def letters():
    """Listed, shown, retried and closed by hand."""
    number = sim.ids("product")[0]
    letter, event = bury(number)
    reply = tds.get(DEAD + "?limit=10")
    items = reply.json["items"]
    check("a dead letter is listed with every field", differs(LETTER - set(items[0]), set()) or differs(items[0]["id"], letter))
    check("the list carries its total", differs((reply.headers["X-Total-Count"], reply.json["total"], reply.json["page"],
                                                 reply.json["page_size"], reply.json["total_pages"]), ("1", 1, 1, 10, 1)))
    for query, n in (("entity_type=product", 1), ("entity_type=products", 1), ("entity_type=customer", 0), ("resolved=true", 0), ("priority=medium", 1), ("priority=critical", 0),
                     ("page=2&page_size=1", 0)):
        check(f"?{query} filters", differs(len(tds.get(f"{DEAD}?{query}").json["items"]), n))
    for query in ("entity_type=planet", "resolved=maybe", "priority=urgent", "limit=0", "limit=1001", "page=0", "offset=-1"):
        reply = tds.get(f"{DEAD}?{query}")
        check(f"?{query} is refused", differs(reply.status, 422) or differs(reply.json["detail"][0]["loc"], ["query", query.split("=")[0]]))
    one = tds.get(f"{DEAD}/{letter}").json
    check("one is shown with its payload and attempts", differs(one["last_payload"]["rate"], "not a number") or
          differs([set(a) for a in one["attempts"]], [{"at", "error_code", "error_message"}]) or unless("rate" in one["failure_reason"], one))
    for path in (f"{DEAD}/{uuid.uuid4()}", f"{DEAD}/no-uuid"):
        check(f"{path[-12:]} isn't there", differs(tds.get(path).status, 404))
        check(f"{path[-12:]} can't be retried", differs(tds.post(path + "/retry").status, 404))
        check(f"{path[-12:]} can't be resolved", differs(tds.post(path + "/resolve").status, 404))
    reply = tds.post(f"{DEAD}/{letter}/retry")
    check("a retry puts the event back", differs(reply.status, 200) or differs(reply.json["message"], "Event moved from DLQ to processing queue") or
          differs(reply.json["queue_id"], tds.value("SELECT id::text FROM tds_sync_queue WHERE inbox_event_id = %s", event)))
    check("the same retry again is refused", differs(tds.post(f"{DEAD}/{letter}/retry").status, 409))
    check("what is still bad becomes a dead letter again", differs(wait_for(lambda: tds.finished(event)[0] == "dead_letter" and tds.value(
        "SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved AND inbox_event_id = %s", event)), 1))
    mended(number, event)


def mended(number, event):
    tds.rows("UPDATE tds_inbox_events SET raw_payload = jsonb_set(raw_payload, '{rate}', '12.5') WHERE id = %s", event)
    reply = tds.post(f"{DEAD}/retry?entity_type=product")
    check("all that match are put back", differs(reply.json, {"success": True, "retried": 1}))
    check("what is mended is applied", differs(tds.finished(event)[0], "completed") or differs(str(tds.row("product", number, "price")), "12.5"))
    check("no dead letter is left open", differs(tds.get(DEAD).json["total"], 0))
    letter, _ = bury(sim.ids("product")[1])
    check("notes that are no text are refused", differs(tds.post(f"{DEAD}/{letter}/resolve", {"notes": 7}).status, 422))
    check("a dead letter is closed by hand", differs(tds.post(f"{DEAD}/{letter}/resolve", {"notes": "seen"}).status, 200) or
          differs(tds.get(f"{DEAD}/{letter}").json["resolution_notes"], "seen"))
    check("closing it twice is refused", differs(tds.post(f"{DEAD}/{letter}/resolve").status, 409))
    check("the audit trail has every operation", differs((audit("dead-letter retry"), audit("dead-letter resolve")), (2, 1)))


def without_a_row():
    """Dead letters of pages and lost payloads are fetched anew."""
    numbers_ = sim.ids("product")[2:5]
    for n, number in enumerate(numbers_):
        for _ in range(1 + n):  # an older schema may hold several
            tds.rows("INSERT INTO tds_dead_letter_queue (organization_id, entity_type, source_entity_id, failure_reason, raw_body) "
                     "VALUES (%s, 'product', %s, 'of a page', %s)", ORGANIZATION, number, b'{"item_id":"1","rate":1.10}' if n else b'\xff\x00 no json')
    texts = {tds.get(f"{DEAD}/{i['id']}").body for i in tds.get(DEAD).json["items"]}
    check("bytes are shown as they came", unless(any(b'"last_payload":{"item_id":"1","rate":1.10}' in t for t in texts) and
                                                 any(b'"last_payload":null,"raw_payload":' in t for t in texts), texts))
    check("all are retried", differs(tds.post(f"{DEAD}/retry").json["retried"], 6))
    made = tds.value("SELECT count(*) FROM tds_sync_queue WHERE is_thin AND source_entity_id = ANY (%s)", numbers_)
    check("each record has one row, to be fetched", differs(made, 3))
    check("and is fetched", tds.quiet(20, details=False) or differs([str(tds.row("product", n, "price")) for n in numbers_],
          [str(sim.record("product", n)["record"]["rate"]) for n in numbers_]))
    gone = str(uuid.uuid4())
    tds.rows("INSERT INTO tds_dead_letter_queue (sync_queue_id, organization_id, entity_type, source_entity_id, failure_reason, last_payload, "
             "last_modified) VALUES (%s, %s, 'product', %s, 'row is gone', %s, now())", gone, ORGANIZATION, "4711",
             json.dumps({"item_id": "4711", "name": "back"}))
    letter = tds.get(DEAD).json["items"][0]["id"]
    check("an event whose row is gone gets it back", differs(tds.post(f"{DEAD}/{letter}/retry").json["queue_id"], gone))
    check("with its payload", differs(wait_for(lambda: tds.row("product", "4711", "name")), "back"))


def healing():
    """The run: stuck work, due dead letters, links, retention."""
    ids = sim.ids("product")
    bad, event = bury(ids[5])
    poison, _ = bury(ids[6])
    tds.rows("UPDATE tds_dead_letter_queue SET created_at = now() - interval '2 days' WHERE NOT resolved")
    tds.rows("UPDATE tds_dead_letter_queue SET error_code = 'poison' WHERE id = %s", poison)
    tds.rows("UPDATE tds_inbox_events SET raw_payload = jsonb_set(raw_payload, '{rate}', '3') WHERE id = %s", event)
    stuck = str(uuid.uuid4())
    tds.rows("INSERT INTO tds_sync_queue (id, organization_id, entity_type, source_entity_id, status, locked_by, lock_expires_at, validated_payload) "
             "VALUES (%s, %s, 'product', '4712', 'processing', 'nobody', now() - interval '1 s', '{\"item_id\":\"4712\",\"name\":\"was stuck\"}')",
             stuck, ORGANIZATION)
    for age, name in ((3, "young"), (8, "old")):
        tds.rows("INSERT INTO tds_inbox_events (organization_id, entity_type, source_entity_id, raw_payload, idempotency_key, received_at) "
                 "VALUES (%s, 'product', '1', '{}', %s, now() - %s * interval '1 day')", ORGANIZATION, name, age)
    tds.rows("INSERT INTO invoices (organization_id, zoho_invoice_id, zoho_customer_id) VALUES (%s, '1', 'c1')", ORGANIZATION)
    tds.rows("INSERT INTO customers (organization_id, zoho_contact_id) VALUES (%s, 'c1')", ORGANIZATION)
    runs = tds.get(BFF + "auto-healing/stats").json["total_healing_runs"]
    reply = tds.post(BFF + "auto-healing/run")
    results = reply.json["results"]
    check("a healing run says what it did", differs(reply.status, 200) or unless(results["dlq_retries"] == 1 and results["stuck_tasks"] <= 1, reply.json) or
          unless(reply.json["message"].startswith("Auto-healing complete: "), reply.json))
    check("stuck work goes on", differs(wait_for(lambda: tds.row("product", "4712", "name")), "was stuck"))
    check("a due dead letter is tried again", differs(tds.finished(event)[0], "completed"))
    check("poison isn't, by itself", differs(tds.get(f"{DEAD}/{poison}").json["resolved"], False))
    check("documents find their customer", unless(tds.value("SELECT customer_id FROM invoices WHERE zoho_invoice_id = '1'"), None))
    check("old webhooks go, young ones stay", differs(tds.rows("SELECT idempotency_key FROM tds_inbox_events WHERE source_entity_id = '1'"), [("young",)]))
    stats = tds.get(BFF + "auto-healing/stats").json
    check("statistics are kept", differs((stats["total_healing_runs"], stats["dlq_items_retried"]), (runs + 1, 1)) or
          differs(stats["configuration"], {"stuck_threshold_minutes": 60, "dlq_retry_after_hours": 24, "max_dlq_retries": 3,
                                           "queue_warning_threshold": 1000, "queue_critical_threshold": 5000}))
    check("a run can be asked for without waiting", differs(tds.post(BFF + "auto-healing/run?wait=false").status, 202))
    tds.post(f"{DEAD}/{poison}/resolve")
    limited(ids[7])


def limited(number):
    """What fails again and again isn't tried for ever."""
    _, event = bury(number)
    for _ in range(5):
        tds.rows("UPDATE tds_dead_letter_queue SET created_at = now() - interval '2 days', last_retry_at = NULL WHERE inbox_event_id = %s", event)
        tds.post(BFF + "auto-healing/run")
        wait_for(lambda: tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved AND inbox_event_id = %s", event), 5)
    check("a dead letter is tried again three times by itself", differs(tds.value(
        "SELECT sum(retry_count) FROM tds_dead_letter_queue WHERE inbox_event_id = %s", event), 3))
    tds.post(f"{DEAD}/{tds.get(DEAD).json['items'][0]['id']}/resolve")


def alerts():
    """Raised once, seen, and gone with their cause."""
    letter, _ = bury(sim.ids("product")[8])
    tds.post(BFF + "auto-healing/run")
    tds.post(BFF + "auto-healing/run")
    found = [a for a in tds.get(BFF + "alerts").json if a["alert_type"] == "dead_letters"]
    check("dead letters raise one alert", differs(len(found), 1) or differs(ALERT - set(found[0]), set()))
    path = f"{BFF}alerts/{found[0]['id']}"
    check("an alert is acknowledged", differs(tds.post(path + "/acknowledge").json, {"success": True, "message": "Alert acknowledged"}))
    check("an unknown one isn't there", differs(tds.post(f"{BFF}alerts/{uuid.uuid4()}/acknowledge").json, {"detail": "Alert not found"}))
    check("filters work", differs([len(tds.get(f"{BFF}alerts?{q}").json) for q in ("severity=critical", "is_active=true&severity=warning")], [0, 1]))
    check("bad filters are refused", differs([tds.get(f"{BFF}alerts?{q}").status for q in ("severity=loud", "is_active=1", "limit=0")], [422] * 3))
    tds.post(f"{DEAD}/{letter}/resolve")
    tds.post(BFF + "auto-healing/run")
    check("it ends with its cause", differs([a for a in tds.get(BFF + "alerts").json if a["alert_type"] == "dead_letters"], []))
    ended = [a for a in tds.get(BFF + "alerts?include_resolved=true").json if a["id"] == found[0]["id"]]
    check("and is still to be seen", unless(ended and ended[0]["resolved"] and ended[0]["acknowledged"] and not ended[0]["is_active"], ended))
    check("operations on alerts are in the audit trail", differs(audit("alert acknowledge"), 1))


def obituaries():
    """A death is written once, whoever dies."""
    old = tds.kill("metrics")
    found = wait_for(lambda: tds.rows("SELECT context->>'pid', context->>'kind' FROM tds_audit_trail WHERE operation = 'actor death' "
                                      "AND context->>'actor' LIKE 'metrics%%'"))
    check("a death is written down", differs(found, [(str(old), "killed")]))
    old = tds.kill("healer")
    check("a dead healer comes back", unless(tds.replaced("healer", old), None))
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_audit_trail WHERE operation = 'actor death' AND context->>'pid' = %s", str(old)))
    wait_for(lambda: False, 4)  # it looks through the slots three seconds after its start
    check("and writes its own obituary, once", differs(tds.rows(
        "SELECT context->>'actor', count(*) FROM tds_audit_trail WHERE operation = 'actor death' GROUP BY 1 ORDER BY 1"),
        [(tds.actor("healer")["name"], 1), (tds.actor("metrics")["name"], 1)]))


def begin():
    global sim, tds
    sim, tds = world(sim={"items": 12, "active-items": 12, "customers": 3, "vendors": 2, "orders": 2, "invoices": 2})


def finish():
    check("it ends well", tds.stop())


if __name__ == "__main__":
    begin()
    run(letters, without_a_row, healing, alerts, obituaries, finish)
