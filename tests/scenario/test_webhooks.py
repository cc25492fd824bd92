#!/usr/bin/python3
"""Webhooks against the real binary: every body shape, duplicates, quarantine, authentication, and that a 2xx means durable."""
import base64
import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_http import Tds, check, failures, request

FORM = ("Content-Type", "application/x-www-form-urlencoded")
ORGANIZATION = "10234695"


def event_row(t, answer):
    """entity|id|operation|status|thin|full of the queue row of an event."""
    return t.psql("SELECT entity_type, source_entity_id, operation_type, is_thin, is_full FROM tds_sync_queue "
                  f"WHERE inbox_event_id = '{answer.json['event_id']}'")


def shapes(t):
    time_ = "2024-01-01T10:00:00+0300"
    cases = [
        ("the wrapper", "/api/tds/webhooks/products", {"item": {"item_id": "101", "rate": 1, "status": "active", "brand": "", "last_modified_time": time_}},
         (), "product|101|upsert|f|t"),
        ("a part with a version", "/api/tds/webhooks/invoices", {"invoice": {"invoice_id": "111", "line_items": [], "last_modified_time": time_}},
         (), "invoice|111|upsert|f|f"),
        ("a wrapper with the organisation beside it", "/api/tds/webhooks/products",
         {"item": {"item_id": 102, "name": "x"}, "organization_id": int(ORGANIZATION)}, (), "product|102|upsert|f|f"),
        ("an event with data", "/api/tds/webhooks/products", {"event_type": "item.updated", "entity_type": "product",
         "entity_id": "103", "organization_id": ORGANIZATION, "data": {"item_id": "103", "name": "x"}}, (), "product|103|update|f|f"),
        ("an event with nothing but an id", "/api/tds/webhooks/products", {"event_type": "item_created", "entity_id": 104}, (),
         "product|104|create|t|f"),
        ("a bare record", "/api/tds/webhooks/products", {"item_id": "105", "name": "x"}, (), "product|105|upsert|f|f"),
        ("a form with JSONString", "/api/tds/webhooks/products",
         "JSONString=" + urllib.parse.quote('{"item":{"item_id":"106","name":"ألف"}}'), (FORM,), "product|106|upsert|f|f"),
        ("a form of flat fields", "/api/tds/webhooks/products", "item_id=107&name=a+b%26c", (FORM,), "product|107|upsert|f|f"),
        ("JSON that calls itself a form", "/api/tds/webhooks/products", '{"item":{"item_id":"108","name":"x"}}', (FORM,),
         "product|108|upsert|f|f"),
        ("an alias URL", "/api/zoho/webhooks/customers", {"contact": {"contact_id": "109", "contact_name": "x"}}, (),
         "customer|109|upsert|f|f"),
        ("another alias URL", "/api/zoho/sync-invoices", {"invoice": {"invoice_id": "110", "total": 5.00}}, (),
         "invoice|110|upsert|f|f"),
        ("the generic URL", "/api/webhooks/zoho", {"salesorder": {"salesorder_id": "1234567890123456789", "line_items": [], "sub_total": 0,
         "total": 0, "notes": "", "last_modified_time": time_}}, (), "order|1234567890123456789|upsert|f|t"),
        ("the dashboard's generic URL", "/api/bff/tds/zoho/webhooks", {"event_type": "invoice.deleted", "entity_id": "112"}, (),
         "invoice|112|delete|f|f"),
        ("the operation in the URL", "/api/tds/webhooks/products?event=deleted", {"item": {"item_id": "113", "name": "x"}}, (),
         "product|113|delete|f|f"),
        ("a vendor on the customers' URL", "/api/tds/webhooks/customers", {"contact": {"contact_id": "114", "contact_type": "vendor",
         "contact_name": "x"}}, (), "vendor|114|upsert|f|f"),
    ]
    for name, path, body, headers, row in cases:
        a = t.post(path, body, headers)
        good = a.status == 202 and a.json["success"] is True and a.json["queued"] is True
        check(f"{name} is taken", good and event_row(t, a) == row, f"{a} {good and event_row(t, a)} for {row}")
    a = t.post("/api/tds/webhooks/products", '{"item": {"rate": 360.00, "item_id": "120", "big": 12345678901234567890123.50}}',
               [("X-Correlation-ID", "corr-1"), ("User-Agent", "Zoho")])
    row = t.psql("SELECT raw_payload->>'rate', raw_payload->>'big', correlation_id, webhook_headers->>'user-agent', ip_address "
                 f"FROM tds_inbox_events WHERE id = '{a.json['event_id']}'")
    check("the record is stored with its digits, its correlation id and where it came from",
          row == "360.00|12345678901234567890123.50|corr-1|Zoho|127.0.0.1", row)
    check("the reply has the words that callers know", a.json["message"] == "Product webhook processed and queued" and
          a.json["idempotency_key"].startswith("zoho:product:120:upsert:"), a)


def refusals(t):
    def status(path, body, headers=()):
        a = t.post(path, body, headers)
        return a.status if isinstance(a.json.get("detail"), (str, list)) else a
    url = "/api/tds/webhooks/products"
    check("neither JSON nor form is a 400", status(url, "nonsense") == 400 and status(url, "{") == 400 and status(url, "") == 400)
    check("no id, or none that is one, is a 422", [status(url, b) for b in ({}, {"item": {"item_id": "x"}}, [1], {"item": {}})] == [422] * 4)
    a = t.post(url, {"item": {"name": "x"}})
    check("a 422 says where", a.json["detail"][0]["loc"] == ["body", "item_id"] and a.json["detail"][0]["msg"], a)
    a = t.post(url, {"item": {"item_id": "1"}, "organization_id": "999"})
    check("another organisation is a 403", a.status == 403, a)
    check("an unknown name is a 404", status("/api/tds/webhooks/nothing", {}) == 404)
    check("a wrong ?event= is a 422", status(url + "?event=eaten", {"item": {"item_id": "1"}}) == 422)
    check("a batch too large is a 422", status(url, {"events": [{"entity_id": str(i)} for i in range(101)]}) == 422)
    a = t.post(url, {"events": [{"entity_id": "1"}, {"entity_id": "x"}]})
    check("a batch with one bad event is a 422 that names it", a.json["detail"][0]["loc"][:3] == ["body", "events", 1], a)


def duplicates(t):
    url = "/api/tds/webhooks/products"
    v1, v2 = {"item": {"item_id": "200", "name": "one"}}, {"item": {"item_id": "200", "name": "two"}}
    first = t.post(url, v1)
    again = t.post(url, '{ "item" : { "name":"one", "item_id":"200" } }')
    check("the same delivery again is a duplicate that names the first", again.status == 202 and
          again.json == {"success": True, "message": "Duplicate event already processed: product", "event_id": first.json["event_id"],
                         "idempotency_key": first.json["idempotency_key"], "queued": False}, again)
    t.post(url, v2)
    back = t.post(url, v1)
    check("A, B, A: the second A is an event of its own", back.json["queued"] and back.json["event_id"] != first.json["event_id"] and
          back.json["idempotency_key"] == first.json["idempotency_key"] + ":2", back)
    check("and a refetch decides about it", event_row(t, back) == "product|200|upsert|t|f", event_row(t, back))
    once_more = t.post(url, v1)
    check("sent once more it is a duplicate of that one", once_more.json["event_id"] == back.json["event_id"] and
          not once_more.json["queued"], once_more)
    row = t.psql("SELECT duplicate_count, last_duplicate_at IS NOT NULL FROM tds_inbox_events "
                 f"WHERE id = '{first.json['event_id']}'")
    check("duplicates are counted where they belong", row == "1|t", row)
    answers, threads = [], []
    for _ in range(20):
        threads.append(threading.Thread(target=lambda: answers.append(t.post(url, {"item": {"item_id": "201", "name": "x"}}))))
        threads[-1].start()
    for th in threads:
        th.join()
    check("of twenty equal deliveries at once exactly one is queued", sum(a.json["queued"] for a in answers) == 1 and
          len({a.json["event_id"] for a in answers}) == 1, [a.json for a in answers[:3]])
    count = t.psql("SELECT duplicate_count FROM tds_inbox_events WHERE source_entity_id = '201'")
    check("and the other nineteen are counted", count == "19", count)
    a = t.post(url, {"events": [{"entity_id": "210", "event_type": "item.created", "data": {"name": "a"}},
                                {"entity_id": "211", "event_type": "item.updated"},
                                {"entity_id": "210", "event_type": "item.created", "data": {"name": "a"}}]})
    check("a batch answers for each of its events", a.status == 202 and [e["queued"] for e in a.json["events"]] == [True, True, False] and
          a.json["events"][0]["event_id"] == a.json["events"][2]["event_id"], a)


def quarantine(t):
    url = "/api/tds/webhooks/products"
    bodies = {"300": b'{"item":{"item_id":"300","name":"a\\u0000b"}}', "301": b'{"item":{"item_id":"301","name":"\\ud800"}}',
              "302": b'{"item":{"item_id":"302","rate":1e999999}}', "303": b'{"item":{"item_id":"303","name":"\xff"}}',
              "304": b'{"item":{"item_id":"304","rate":' + b"9" * 131073 + b'}}'}
    for id_, body in bodies.items():
        a = t.request("POST", url, body, [("Content-Type", "application/json")])
        row = t.psql("SELECT i.is_valid, i.raw_payload IS NULL, encode(sha256(i.raw_body), 'hex'), q.status, d.failure_reason IS NOT NULL, "
                     "jsonb_array_length(i.validation_errors) FROM tds_inbox_events i JOIN tds_sync_queue q ON q.inbox_event_id = i.id "
                     f"JOIN tds_dead_letter_queue d ON d.sync_queue_id = q.id WHERE i.source_entity_id = '{id_}'")
        check(f"what jsonb can't hold is kept byte for byte and quarantined ({body[:44]!r})", a.status == 202 and a.json["success"] and
              row == f"f|t|{hashlib.sha256(body).hexdigest()}|dead_letter|t|1", f"{a} {row}")
    many = t.connect(30)
    many.send(b"".join(request("POST", url, b'{"item":{"item_id":"31%d","name":"x%s"}}' % (i, b"\\u0000" if i == 5 else b""))
                       for i in range(10)))
    got = [many.answer() for _ in range(10)]
    check("one such record among others stops only itself", [a.json["queued"] for a in got] == [i != 5 for i in range(10)], got)
    many.s.close()


def refused_by_postgres(t):
    """What nobody foresaw: PostgreSQL refuses one row of a group. The others are stored, this one as bytes."""
    url = "/api/tds/webhooks/products"
    t.psql("ALTER TABLE tds_inbox_events ADD CONSTRAINT odd CHECK (raw_payload->>'name' <> 'poison'), "
           "ADD CONSTRAINT never CHECK (source_entity_id <> '666')")
    c = t.connect(30)
    bodies = [{"item": {"item_id": str(700 + i), "name": "poison" if i == 3 else "x"}} for i in range(8)]
    c.send(b"".join(request("POST", url, json.dumps(b)) for b in bodies))
    got = [c.answer() for _ in bodies]
    row = t.psql("SELECT q.status, d.failure_reason LIKE '%odd%', convert_from(i.raw_body, 'UTF8') FROM tds_inbox_events i JOIN tds_sync_queue q "
                 "ON q.inbox_event_id = i.id JOIN tds_dead_letter_queue d ON d.sync_queue_id = q.id WHERE i.source_entity_id = '703'")
    check("a record that only PostgreSQL refuses is quarantined with its words, the others are queued",
          [a.json["queued"] for a in got] == [i != 3 for i in range(8)] and row == "dead_letter|t|" + json.dumps(bodies[3]),
          f"{[str(a) for a in got]} {row}")
    c.send(request("POST", url, json.dumps({"item": {"item_id": "666", "name": "x"}})) +
           request("POST", url, json.dumps({"item": {"item_id": "710", "name": "x"}})))
    got = [c.answer(), c.answer()]
    check("what can't be stored at all is never a 2xx, and stops only itself", [a.status for a in got] == [503, 202], got)
    c.s.close()
    t.psql("ALTER TABLE tds_inbox_events DROP CONSTRAINT odd, DROP CONSTRAINT never")


def signature(secret, text):
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def authentication():
    config = ('webhook : { keys = [ "old-key", "new-key" ]; signature_secrets = [ "mysecretkey12" ]; hmac_secrets = [ "plainsecret1" ]; '
              'standard_secrets = [ "whsec_%s" ]; };' % base64.b64encode(b"standard secret").decode())
    url = "/api/tds/webhooks/products"
    with Tds(config) as t:
        def send(body, *headers, path=url):
            return t.post(path, body, headers)
        wrong = [send("{}"), send("{}", ("X-Webhook-Key", "bad")), send("{}", ("X-Zoho-Signature", "00")),
                 send("nonsense", ("X-Webhook-Key", "old-key"), ("X-Zoho-Webhook-Signature", "00"))]
        check("whatever is wrong with key or signature, the answer is the same", all(
            a.status == 401 and a.json == {"detail": "Invalid or missing webhook API key"} for a in wrong), wrong)
        check("each of several keys opens", [send({"item": {"item_id": "1"}}, ("X-Webhook-Key", k)).status for k in ("old-key", "new-key")]
              == [202, 202])
        body = '{"item":{"item_id":"2"}}'
        good = signature(b"mysecretkey12", b"eventdeleted" + body.encode())
        check("Zoho's signature opens, over query and body", send(body, ("X-Zoho-Webhook-Signature", good), path=url + "?event=deleted").status
              == 202 and send(body, ("X-Zoho-Webhook-Signature", good)).status == 401)
        form = "item_id=3&name=a+b"
        good = signature(b"mysecretkey12", b"item_id3namea b")
        check("and over a form's decoded pairs", send(form, FORM, ("X-Zoho-Webhook-Signature", good)).status == 202)
        check("the plain signature opens", send(body, ("X-Zoho-Signature", signature(b"plainsecret1", body.encode()))).status == 202)
        stamp = str(int(time.time()))
        mac = hmac.new(b"standard secret", f"msg_1.{stamp}.{body}".encode(), hashlib.sha256).digest()
        standard = [("webhook-id", "msg_1"), ("webhook-timestamp", stamp), ("webhook-signature", "v1," + base64.b64encode(mac).decode())]
        a = send(body, *standard)
        check("Standard Webhooks open, and the delivery's id is part of the key", a.status == 202 and a.json["queued"] and
              not send(body, *standard).json["queued"], a)
        text = t.psql("SELECT string_agg(t::text, '') FROM tds_inbox_events t") + open(f"{t.root}/log").read()
        check("no key and no signature reaches a table or the log", not any(
            s in text for s in ("old-key", "mysecretkey12", good, standard[2][1][3:], "plainsecret1")))


def durable(t):
    """Invariant: a 2xx means the event is on disk, whatever dies. http-ingest and PostgreSQL's backends are killed under load."""
    acknowledged, stop, lock = [], threading.Event(), threading.Lock()
    unavailable = []

    def run(base):
        n = 0
        while not stop.is_set():
            n += 1
            try:
                a = t.post("/api/tds/webhooks/products", {"item": {"item_id": str(base + n), "name": "x"}})
            except OSError:
                continue
            with lock:
                if a and a.status == 202:
                    acknowledged.append(a.json["event_id"])
                elif a:
                    unavailable.append(a.status)
    threads = [threading.Thread(target=run, args=(1000000 * (i + 1),)) for i in range(8)]
    for th in threads:
        th.start()
    for i in range(4):
        time.sleep(0.5)
        pid = t.pid_of("http-ingest")
        if pid and i % 2 == 0:
            os.kill(pid, signal.SIGKILL)
        else:
            t.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tds:http-ingest%'")
    time.sleep(0.7)
    stop.set()
    for th in threads:
        th.join()
    stored = set(t.psql("SELECT q.inbox_event_id FROM tds_sync_queue q JOIN tds_inbox_events i ON i.id = q.inbox_event_id").split())
    lost = [e for e in acknowledged if e not in stored]
    check(f"no acknowledged event is lost when ingest and its connections are killed ({len(acknowledged)} acknowledged)",
          len(acknowledged) > 100 and not lost, lost[:3])
    check("what could not be stored was told 503", set(unavailable) <= {503}, set(unavailable))
    two = t.psql("SELECT count(*) FROM (SELECT 1 FROM tds_inbox_events GROUP BY idempotency_key HAVING count(*) > 1) x")
    check("and no key is there twice", two == "0", two)


def applied(t):
    a = t.post("/api/tds/webhooks/products", {"item": {"item_id": "400", "name": "applied at once", "sku": "S", "rate": 12.50,
                                                       "last_modified_time": "2024-01-01T10:00:00+0300"}})
    began = time.monotonic()
    status = ""
    while time.monotonic() < began + 10 and status != "completed":
        status = t.psql(f"SELECT status FROM tds_sync_queue WHERE inbox_event_id = '{a.json['event_id']}'")
    check("an event goes its way to the end", status == "completed", status)


def database_away(t):
    pid = int(t.psql("SELECT pg_backend_pid()") or 0) and int(open(f"{t.root}/data/postgres/data/postmaster.pid").readline()) \
        if os.path.exists(f"{t.root}/data/postgres/data/postmaster.pid") else None
    if not pid:
        for root, _, files in os.walk(f"{t.root}/data/postgres"):
            if "postmaster.pid" in files:
                pid = int(open(f"{root}/postmaster.pid").readline())
    os.kill(pid, signal.SIGQUIT)
    seen = set()
    for _ in range(40):
        a = t.post("/api/tds/webhooks/products", {"item": {"item_id": "500", "name": "x"}})
        seen.add(a.status)
        if a.status == 503:
            check("while PostgreSQL is away a webhook is a 503 with Retry-After", "retry-after" in a.headers, a)
            break
        time.sleep(0.02)
    check("livez doesn't depend on PostgreSQL", t.get("/livez").status == 200)
    for _ in range(300):
        a = t.post("/api/tds/webhooks/products", {"item": {"item_id": "500", "name": "x"}})
        if a.status == 202:
            break
        time.sleep(0.1)
    check("once it is back webhooks are taken again", a.status == 202 and 503 in seen, f"{a} {seen}")


def main():
    """Arguments name the functions to be run; without any it is all of them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = sys.argv[1:]
    chosen = [s for s in (shapes, refusals, duplicates, quarantine, refused_by_postgres, applied, durable, database_away)
              if not wanted or s.__name__ in wanted]
    if chosen:
        with Tds(f'zoho : {{ organization_id = "{ORGANIZATION}"; }};') as t:
            for scenario in chosen:
                scenario(t)
    if not wanted or "authentication" in wanted:
        authentication()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
