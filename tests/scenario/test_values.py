#!/usr/bin/python3
"""Values: what Zoho may send in a field, by every rule of actors/handler/entity.h, in every entity and by every way of arriving.

The cases are generated: each record of the first kind has one taking of every field's rule and must end in the tables as the
rule says; each of the second kind has one value that its rule doesn't take and must become a dead letter that names the field,
alone. What a field's rule is, is taken from the checker's description of the tables, not from the product.
"""
import json
import os
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BULK, ENTITIES, ID_KEY, KEYS, WEBHOOK, WRAPPER, accepted, check, differs, run, soon, unless, wait_for, world

LISTS = {"product": ("/inventory/v1/items", "items", "item"), "customer": ("/books/v3/contacts", "contacts", "contact"),
         "vendor": ("/books/v3/contacts", "contacts", "contact"), "invoice": ("/books/v3/invoices", "invoices", "invoice"),
         "order": ("/books/v3/salesorders", "salesorders", "salesorder"), "bill": ("/books/v3/bills", "bills", "bill"),
         "credit_note": ("/books/v3/creditnotes", "creditnotes", "creditnote"), "payment": ("/books/v3/customerpayments", "customerpayments", "payment"),
         "return": ("/inventory/v1/salesreturns", "salesreturns", "salesreturn"), "price_list": ("/books/v3/pricebooks", "pricebooks", "pricebook"),
         "stock_adjustment": ("/inventory/v1/inventoryadjustments", "inventory_adjustments", "inventory_adjustment"),
         "branch": ("/books/v3/locations", "locations", None), "user": ("/books/v3/users", "users", "user")}
ARABIC = "كيبل شبكة 🔌 "
LONG = (ARABIC * 20)[:200]
ABSENT = object()
# (as it stands in the JSON, what the column holds)
GOOD = {
    "text": [('"plain"', "plain"), ('""', None), ("null", None), (ABSENT, None), (json.dumps(LONG, ensure_ascii=False), LONG), (json.dumps(LONG), LONG),
             ('"<b>x</b> &amp; \\"q\\"\\n\\ttab"', '<b>x</b> &amp; "q"\n\ttab'), ("12", "12"), ("12.50", "12.50"), ("true", "true"), ("{}", None), ("[]", None),
             ('" [1] "', " [1] "), ('"[draft] {x}"', "[draft] {x}"), (json.dumps("z" * 5000), "z" * 5000)],
    "id": [('"3871240000010000019"', "3871240000010000019"), ("3871240000010000019", "3871240000010000019"), ('""', None), ("null", None),
           (ABSENT, None), ('"7"', "7"), ("9223372036854775808", "9223372036854775808"), ('"-1"', None), ("-1", None)],
    "number": [("0", Decimal(0)), ("360.00", Decimal("360.00")), ('"5.000000"', Decimal(5)), ("-3.500000", Decimal("-3.5")), ('"-0.000001"', Decimal("-0.000001")),
               ("12345678901234567890.123456", Decimal("12345678901234567890.123456")), ("1e3", Decimal(1000)), ('"1E-2"', Decimal("0.01")), ('""', None),
               ("null", None), (ABSENT, None), ("0.1", Decimal("0.1")), ("9007199254740993", Decimal(9007199254740993))],
    "flag": [("true", True), ("false", False), ('"true"', True), ('"False"', False), ('""', None), ("null", None), (ABSENT, None)],
    "day": [('"2026-06-09"', date(2026, 6, 9)), ('"2024-02-29"', date(2024, 2, 29)), ('""', None), ("null", None), (ABSENT, None)],
    "document": [('{"zip":"10001","city":"بغداد","n":1.50}', {"zip": "10001", "city": "بغداد", "n": 1.5}), ('{"zipcode":"10001"}', {"zipcode": "10001"}),
                 ('""', None), ("{}", None), ("[]", None), ("null", None), (ABSENT, None)],
}
BAD = {
    "text": ['{"a":1}', "[1]"],
    "id": ['"INV-1"', '"12345678901234567890"', "1.5", "true", '{"a":1}', '"-2"', '" 1"'],
    "number": ['"12,5"', '" 5 "', '"\\t7"', '"7\\n"', '"NaN"', '"Infinity"', '"-inf"', '"1_000"', '"0x1A"', '"1 000"', '"twelve"', '"--1"', '"1e"', "true", "[1]", "{}"],
    "flag": ['"yes"', "1", '"maybe"', "{}"],
    "day": ['"2026-02-30"', '"08/06/2026"', '"10 Jun 2026"', '"today"', '"infinity"', '"2026-6-9"', '"20260609"', "20260609", '"2026-06-09T00:00:00+0300"',
            '"0000-00-00"', "{}"],
    "time": ['"infinity"', '"now"', '"2026-06-09"', '"2026-06-09T09:47:00"', '"2026-06-09 09:47 AM"', '"2026-13-09T09:47:00+0300"', "true"],
}
TIMES = [('"2026-06-09T09:47:43-0400"', timedelta(hours=-4)), ('"2026-06-09T09:47:43+0545"', timedelta(hours=5, minutes=45)),
         ('"2026-06-09T09:47:43+03:00"', timedelta(hours=3)), ('"2026-06-09T09:47:43Z"', timedelta())]
RULES = {checker.ident: "id", checker.number: "number", checker.flag: "flag", checker.day: "day", checker.document: "document"}
FIXED = {"status", "contact_type", "salesreturn_status"}  # one key for two columns, or what decides where a record belongs


def rule_of(path, kind):
    return "text" if kind is checker.text else RULES.get(kind)


def fields_of(described):
    return [(path, column, rule_of(path, kind)) for path, column, kind in described if rule_of(path, kind) and path not in FIXED]


LINE_KEYS = {"price_list": "item_id", "product": "location_id", "payment": "invoice_id"}


class Record:
    """One generated record: its JSON, and what is to become of it."""

    def __init__(self, entity, number, way):
        self.entity, self.number = entity, number
        self.lines = checker.LINES.get(entity) if way != "page" else None
        self.body = {ID_KEY[entity]: f'"{number}"', "last_modified_time": '"2026-06-09T10:00:00+0300"', "status": '"active"'}
        if entity in ("customer", "vendor"):
            self.body["contact_type"] = f'"{entity}"'
        self.line = {LINE_KEYS.get(entity, "name"): '"77"'}  # without one of these it is no line
        self.wanted, self.wanted_line, self.modified, self.field = {}, {}, None, None

    def text(self):
        members = dict(self.body)
        if self.lines:
            members[self.lines.path] = "[{" + ",".join(f'"{k}":{v}' for k, v in self.line.items()) + "}]"
        return "{" + ",".join(f'"{k}":{v}' for k, v in members.items()) + "}"


def fill(record, k):
    """The k-th value of every field's rule; fields beside each other take different ones."""
    for described, body, wanted in ((checker.TABLES[record.entity][2], record.body, record.wanted),
                                    (record.lines.fields if record.lines else [], record.line, record.wanted_line)):
        for i, (path, column, rule) in enumerate(fields_of(described)):
            literal, value = GOOD[rule][(k + i) % len(GOOD[rule])]
            if literal is not ABSENT:
                body[path] = literal
            wanted[column] = value
    if record.entity in LINE_KEYS and record.lines:
        path = LINE_KEYS[record.entity]
        record.line[path], record.wanted_line[next(column for p, column, _ in record.lines.fields if p == path)] = '"77"', "77"
    elif record.line.get("name") == '"77"':
        record.wanted_line["name"] = "77"
    record.body["last_modified_time"], zone = TIMES[k % len(TIMES)]
    record.modified = datetime(2026, 6, 9, 9, 47, 43, tzinfo=timezone(zone))


def good_records(entity, way, numbers):
    for k in range(max(map(len, GOOD.values()))):
        record = Record(entity, next(numbers), way)
        fill(record, k)
        yield record


def bad_records(entity, way, numbers):
    """One for every value that a rule doesn't take, in turn in each field of that rule."""
    lines = checker.LINES.get(entity) if way != "page" else None
    places = [(path, rule, False) for path, _, rule in fields_of(checker.TABLES[entity][2])]
    places += [(path, rule, True) for path, _, rule in fields_of(lines.fields if lines else [])]
    for rule, literals in BAD.items():
        fitting = [p for p in places if p[1] == rule]
        if rule == "time" and way != "webhook":  # a webhook's is looked at when it comes: what is no time says nothing
            fitting = [("last_modified_time", rule, False)]
        for i, literal in enumerate(literals if fitting else []):
            path, _, in_line = fitting[i % len(fitting)]
            record = Record(entity, next(numbers), way)
            (record.line if in_line else record.body)[path] = literal
            record.field = f"{lines.path}[0].{path}" if in_line else path
            yield record


def by_page(sim, tds, entity, records):
    path, root, _ = LISTS[entity]
    sim.reply(path, '{"code":0,"message":"success","%s":[%s],"page_context":{"page":1,"per_page":200,"has_more_page":false}}' %
              (root, ",".join(r.text() for r in records)))
    reply = tds.bulk(BULK[entity], active_only=False)
    if not (reply.status == 200 and reply.json["message"].endswith("sync completed")):
        check(f"a list of {entity} with all of that is read", reply)


def by_webhook(_, tds, entity, records):
    for event in [accepted(tds.webhook(WEBHOOK[entity], '{"%s":%s}' % (WRAPPER[entity], r.text()))) for r in records]:
        tds.finished(event)


def by_detail(sim, tds, entity, records):
    path, root, wrapper = LISTS[entity]
    if not wrapper:
        sim.reply(path, '{"code":0,"message":"success","%s":[%s]}' % (root, ",".join(r.text() for r in records)))
    for r in records if wrapper else ():
        sim.reply(f"{path}/{r.number}", '{"code":0,"message":"success","%s":%s}' % (wrapper, r.text()))
    thin = '{"%s":{"%s":"%s","contact_type":"%s"}}' if entity in ("customer", "vendor") else '{"%s":{"%s":"%s"}}'
    events = [accepted(tds.webhook(WEBHOOK[entity], thin % ((WRAPPER[entity], ID_KEY[entity], r.number, entity)[:thin.count("%")]))) for r in records]
    for event in events:
        tds.finished(event)


def compare(have, want):
    return checker.same_document(have, want) if isinstance(want, dict) else have == want


def wrong_values(tds, record):
    table, key = KEYS[record.entity]
    columns = list(record.wanted)
    rows = tds.rows(f"SELECT zoho_last_modified, {', '.join(columns)} FROM {table} WHERE {key} = %s", str(record.number))
    if len(rows) != 1:
        return [f"{record.number}: {len(rows)} rows; {letters(tds, record)}"]
    found = [] if rows[0][0] == record.modified else [f"{record.number} zoho_last_modified: {rows[0][0]}, not {record.modified}"]
    found += [f"{record.number} {c}: {have!r:.60}, not {record.wanted[c]!r:.60}" for c, have in zip(columns, rows[0][1:]) if not compare(have, record.wanted[c])]
    if record.lines:
        columns = list(record.wanted_line)
        rows = tds.rows(f"SELECT {', '.join(columns)} FROM {record.lines.table} WHERE {record.lines.parent_key} = %s", str(record.number))
        found += [f"{record.number}: {len(rows)} lines"] if len(rows) != 1 else [
            f"{record.number} line {c}: {have!r:.60}, not {record.wanted_line[c]!r:.60}" for c, have in zip(columns, rows[0])
            if not compare(have, record.wanted_line[c])]
    return found


def letters(tds, record):
    return tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue WHERE entity_type = %s AND source_entity_id = %s",
                    record.entity, str(record.number))


def wrongly_taken(tds, record):
    found = letters(tds, record)
    if len(found) == 1 and found[0][0] == record.field and record.field in found[0][1] and not tds.row(record.entity, str(record.number), "id"):
        return []
    literal = (record.line if "[" in record.field else record.body).get(record.field.split(".")[-1])
    return [f"{record.field} = {literal}: letters {found}, row {tds.row(record.entity, str(record.number), 'id')}"]


def arriving(way, deliver, first):
    sim, tds = world(sync={"details": False})
    numbers = iter(range(first, first + 100000))
    for entity in ENTITIES:
        good, bad = list(good_records(entity, way, numbers)), list(bad_records(entity, way, numbers))
        deliver(sim, tds, entity, good + bad)
        check(f"{entity} by {way}: {len(good)} records with every value of every rule are as the rules say",
              "; ".join(sum((wrong_values(tds, r) for r in good), [])[:6]))
        check(f"{entity} by {way}: each of {len(bad)} values that no rule takes is a dead letter with the field's name, alone",
              "; ".join(sum((wrongly_taken(tds, r) for r in bad), [])[:6]))
        sim.no_replies()
    check(f"nothing of it is left to be done ({way})", tds.quiet(20, details=False))
    check("it ends cleanly", tds.stop())


def pages():
    arriving("page", by_page, 100000)


def webhooks():
    arriving("webhook", by_webhook, 300000)


def details():
    arriving("detail", by_detail, 500000)


def without_an_id():
    """Rows of a list that name no record, or name it by what is no id."""
    sim, tds = world(sync={"details": False})
    for literal in ('""', "null", '"abc"', '{"a":1}', "1.0", None):
        sim.reply("/inventory/v1/items", '{"code":0,"message":"success","items":[{"item_id":"5","name":"good"},{%s"name":"x"}]}' %
                  (f'"item_id":{literal},' if literal else ""))
        reply = tds.bulk("products", active_only=False)
        found = tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue WHERE NOT resolved")
        check(f"an item whose id is {literal} is a dead letter that says so", unless(len(found) == 1 and found[0][0] == "item_id" and "id" in found[0][1], found))
        check("and the other one is there", differs(tds.row("product", "5", "name"), "good"))
        check("and the run says that one failed", differs(reply.json["stats"]["failed"], 1))
        tds.rows("DELETE FROM tds_dead_letter_queue")
        sim.no_replies()


def unstorable():
    """What PostgreSQL's jsonb can't hold, by every way; the field is named, the others go on."""
    sim, tds = world(sync={"details": False})
    texts = {"a number beyond all bounds": '1e999999', "a NUL": '"a\\u0000b"', "half a pair": '"\\ud83d"', "the other half": '"\\ude00x"'}
    for number, (what, literal) in enumerate(texts.items(), 41):
        bad, good = '{"item_id":"%d","description":%s}' % (number, literal), '{"item_id":"%d","name":"good"}' % (number + 100)
        for way in ("webhook", "page", "detail"):
            if way == "webhook":
                reply = tds.webhook("products", '{"item":%s}' % bad)
                check(f"{what} in a webhook is taken", differs(reply.status, 202))
            elif way == "page":
                sim.reply("/inventory/v1/items", '{"code":0,"items":[%s,%s]}' % (good, bad))
                tds.bulk("products", active_only=False)
                check(f"{what} in a page leaves the others alone", differs(tds.row("product", str(number + 100), "name"), "good"))
            else:
                sim.reply(f"/inventory/v1/items/{number}", '{"code":0,"item":%s}' % bad)
                tds.finished(accepted(tds.webhook("products", '{"item":{"item_id":"%d"}}' % number)))
            found = wait_for(lambda: tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue WHERE NOT resolved"), 10)
            check(f"{what} by {way} is a dead letter that names the field", unless(len(found) == 1 and found[0][0] == "description" and "description" in found[0][1], found))
            tds.rows("DELETE FROM tds_dead_letter_queue")
            sim.no_replies()


def too_long():
    """A value that the ERP's own index or column can't take is that record's fault, not the entity's."""
    sim, tds = world(sync={"details": False})
    tds.rows("CREATE INDEX own_sku ON products (sku); ALTER TABLE customers ALTER company_name TYPE varchar(50)")
    long = "".join(chr(0x4E00 + (i * 7919) % 20000) for i in range(20000))  # doesn't compress
    for entity, name, record in (("product", "products", {"item": {"item_id": "1", "sku": long}}),
                                 ("customer", "customers", {"contact": {"contact_id": "1", "contact_type": "customer", "company_name": LONG}})):
        event = accepted(tds.webhook(name, json.dumps(record)))
        check(f"a value too long for a {entity}'s table is a dead letter", differs(tds.finished(event, 10)[0], "dead_letter"))
        said = tds.rows("SELECT failure_reason FROM tds_dead_letter_queue WHERE entity_type = %s", entity)
        check("with PostgreSQL's words", unless(said and ("index" in said[0][0] or "too long" in said[0][0]), said))
        good = json.loads(json.dumps(record).replace('"1"', '"2"'))
        inner = next(iter(good.values()))
        inner["sku" if entity == "product" else "company_name"] = "short"
        event = accepted(tds.webhook(name, json.dumps(good)))
        check(f"and the next {entity} is applied", differs(tds.finished(event, 10)[:2], ("completed", "applied")))


def custom_fields():
    """Custom fields in any form do no harm, and stand in zoho_data as they came."""
    sim, tds = world()
    tds.bulk("sync-all", active_only=False)
    tds.quiet(60)
    check("with custom fields in a tenth of the records every row is what Zoho holds", checker.differences(sim, tds))
    record = json.loads(json.dumps(sim.record("invoice", sim.ids("invoice")[0])["record"], default=float))
    for i, custom in enumerate(("", [], {}, None, [{"customfield_id": 1, "value": {"deep": [1]}}], [{"label": "x", "value": None, "data_type": "multiselect"}])):
        body = {**record, "custom_fields": custom, "cf_any": custom, "cf_any_unformatted": 1.50, "last_modified_time": soon(i)}
        event = accepted(tds.webhook("invoices", json.dumps({"invoice": body})))
        check(f"custom_fields = {custom!r} is applied", differs(tds.finished(event)[:2], ("completed", "applied")))
        kept = tds.row("invoice", record["invoice_id"], "zoho_data")
        check("and kept as it came", unless(kept["custom_fields"] == custom and kept["cf_any"] == custom and kept["cf_any_unformatted"] == 1.5, kept))


def no_lines():
    """What isn't a list of lines is refused with its field's name, and the lines that are there stay."""
    sim, tds = world()
    for entity in ("invoice", "price_list", "product", "payment"):
        of = checker.LINES[entity]
        number = next(r["id"] for r in sim.truth(entity) if r["record"].get(of.path) or entity == "product")
        record = json.loads(json.dumps(sim.record(entity, number)["record"], default=str))
        if entity == "product":
            record["locations"] = [{"location_id": "1", "location_stock_on_hand": 5}]
        tds.finished(accepted(tds.webhook(WEBHOOK[entity], json.dumps({WRAPPER[entity]: record}))))
        stored = tds.rows(f"SELECT {', '.join(c for _, c, _ in of.fields)} FROM {of.table} WHERE {of.parent_key} = %s ORDER BY 1", number)
        lines = record[of.path]
        for i, (bad, field) in enumerate((([5], "[0]"), ([None], "[0]"), (["x"], "[0]"), ([[lines[0]]], "[0]"), (lines + [{"foo": 1}], f"[{len(lines)}]"),
                                          ("x", ""), (5, ""), ({"0": lines[0]}, ""), (True, ""))):
            event = accepted(tds.webhook(WEBHOOK[entity], json.dumps({WRAPPER[entity]: {**record, of.path: bad, "last_modified_time": soon(i)}})))
            tds.finished(event)
            said = tds.rows("SELECT d.error_field, d.failure_reason FROM tds_dead_letter_queue d JOIN tds_sync_queue q ON q.id = d.sync_queue_id WHERE q.inbox_event_id = %s", event)
            check(f"{of.path} of {entity} as {json.dumps(bad)[:40]} is a dead letter that names it", unless(len(said) == 1 and said[0][0] == of.path + field, said))
        now = tds.rows(f"SELECT {', '.join(c for _, c, _ in of.fields)} FROM {of.table} WHERE {of.parent_key} = %s ORDER BY 1", number)
        check(f"lines of {entity} stay as they were", unless(stored and now == stored, (stored, now)))
        part = {key: value for key, value in record.items() if key != "brand"}
        for i, unset in enumerate(("", None, {})):
            event = accepted(tds.webhook(WEBHOOK[entity], json.dumps({WRAPPER[entity]: {**part, of.path: unset, "last_modified_time": soon(60 + i)}})))
            check(f"{of.path} of a part of a {entity} as {unset!r} says nothing of them", differs(tds.finished(event)[0], "completed"))
        now = tds.rows(f"SELECT {', '.join(c for _, c, _ in of.fields)} FROM {of.table} WHERE {of.parent_key} = %s ORDER BY 1", number)
        check(f"lines of {entity} are there after that", unless(now, now))


def none_of_them():
    """A fetched record whose lines are unset has none; one without their key says nothing of them."""
    sim, tds = world(sync={"details": False})
    for entity in ("invoice", "price_list", "product", "payment"):
        path, _, wrapper = LISTS[entity]
        of, many = checker.LINES[entity], entity == "product"
        number = next(r["id"] for r in sim.truth(entity) if r["record"].get(of.path) or many)
        record = json.loads(json.dumps(sim.record(entity, number)["record"], default=str))
        record.setdefault(of.path, [{"location_id": "1", "location_stock_on_hand": 5}])

        def left(i, **said):
            body = {**{key: value for key, value in record.items() if key != of.path}, "last_modified_time": soon(i), **said}
            sim.no_replies()
            sim.reply(f"{path}/{number}", json.dumps({"code": 0, wrapper: body}))
            check(f"{entity} with {json.dumps(said)[:40]} is fetched", differs(tds.finished(accepted(tds.webhook(
                WEBHOOK[entity], json.dumps({WRAPPER[entity]: {ID_KEY[entity]: number}}))))[:2], ("completed", "applied")))
            return tds.value(f"SELECT count(*) FROM {of.table} WHERE {of.parent_key} = %s", number) > 0

        for i, unset in enumerate(("", None, {}, [])):
            check(f"a fetched {entity} brings its {of.path}", unless(left(3 * i, **{of.path: record[of.path]}), "none"))
            check("which stay where the next one hasn't the key", unless(left(3 * i + 1), "none"))
            check(f"and go where it says {unset!r}", unless(not left(3 * i + 2, **{of.path: unset}), "lines"))


def two_names_of_a_list():
    """Stock by location, which Zoho calls locations or warehouses: what is unset doesn't hide the other."""
    sim, tds = world()
    at = [{"warehouse_id": "5", "warehouse_name": "W", "warehouse_stock_on_hand": "4.5"}]
    number, when = sim.ids("product")[0], iter(range(100))

    def told(**lists):
        event = accepted(tds.webhook("products", json.dumps({"item": {"item_id": number, "last_modified_time": soon(next(when)), **lists}})))
        tds.finished(event)
        return [tuple(map(str, r)) for r in tds.rows("SELECT zoho_location_id, stock_on_hand FROM product_stock WHERE zoho_item_id = %s", number)]

    for unset in (None, "", [], {}):
        told(locations=[{"location_id": "6", "location_stock_on_hand": 1}])
        check(f"locations as {unset!r} leave warehouses what they say", differs(told(locations=unset, warehouses=at), [("5", "4.5")]))
        at[0]["warehouse_stock_on_hand"] = "5.5"
        check("and what they say anew", differs(told(locations=unset, warehouses=at), [("5", "5.5")]))
        check(f"warehouses as {unset!r} leave locations what they say", differs(told(locations=[{"location_id": "6", "location_stock_on_hand": 1}], warehouses=unset), [("6", "1")]))
        check("and an empty list is still one", differs(told(locations=[], warehouses=unset), []))
        at[0]["warehouse_stock_on_hand"] = "4.5"
    told(locations="", warehouses="x")
    said = tds.rows("SELECT error_field FROM tds_dead_letter_queue WHERE source_entity_id = %s", number)
    check("of two the one that is no list is named", differs(said, [("warehouses",)]))


def letters_that_name():
    """A row that is no record, and lines that say the same twice, are dead letters that name where."""
    sim, tds = world()
    sim.reply("/inventory/v1/items", '{"code":0,"message":"success","items":[null,5,"x"],"page_context":{"page":1,"per_page":200,"has_more_page":false}}')
    tds.bulk("products", active_only=False)
    said = {tuple(r) for r in tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue")}
    check("a row of a list that is no record", unless(said and all(f == "item_id" and "is not a record" in why for f, why in said), said))
    number = sim.ids("product")[0]
    record = json.loads(json.dumps(sim.record("product", number)["record"], default=str))
    record["locations"] = [{"location_id": "1", "location_stock_on_hand": 5}, {"location_id": "1", "location_stock_on_hand": 6}]
    tds.finished(accepted(tds.webhook("products", json.dumps({"item": record}))))
    said = tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue WHERE source_entity_id = %s", number)
    check("the same location twice", unless(len(said) == 1 and said[0][0] == "locations" and "duplicate key" in said[0][1], said))
    number = sim.ids("invoice")[0]
    record = json.loads(json.dumps(sim.record("invoice", number)["record"], default=str))
    record["line_items"] = [{"line_item_id": "1", "line_item_taxes": [{"tax_amount": 1.25}, {"tax_amount": "2.50"}, {"tax_amount": ""}]}, {"line_item_id": "2", "line_item_taxes": []}]
    tds.finished(accepted(tds.webhook("invoices", json.dumps({"invoice": record}))))
    check("a line's tax is what its taxes add up to", differs([float(t) if t is not None else t for t, in tds.rows(
        "SELECT tax FROM invoice_line_items WHERE zoho_invoice_id = %s ORDER BY line_number", number)], [3.75, None]))


def added_up():
    """A line's tax is what its taxes add up to; what doesn't is refused, what is unset is no tax."""
    sim, tds = world(sync={"details": False})
    field = "line_items[0].line_item_taxes.*.tax_amount"
    for base, entity in ((770000, "invoice"), (780000, "order")):
        of = checker.LINES[entity]
        for i, (said, want) in enumerate(((ABSENT, None), (None, None), ("", None), ([], None), ({}, None), ([{}], None), ([{"tax_amount": ""}, {"tax_amount": None}], None),
                                          ([{"tax_amount": "1.5"}, {"tax_amount": 2}], 3.5), ("abc", field), (5, field), (True, field), ({"tax_amount": 3}, field),
                                          ([5], field), ([None], field), (["1"], field), ([[]], field), ([{"tax_amount": 1}, 5], field), ([{"tax_amount": {}}], field), ([{"tax_amount": "NaN"}], field),
                                          ([{"tax_amount": "1,5"}], field), ([{"tax_amount": " 2 "}], field), ([{"tax_amount": True}], field))):
            line = {"line_item_id": "1", **({} if said is ABSENT else {"line_item_taxes": said})}
            body = {ID_KEY[entity]: str(base + i), "last_modified_time": soon(), "line_items": [line]}
            tds.finished(accepted(tds.webhook(WEBHOOK[entity], json.dumps({WRAPPER[entity]: body}))))
            taxes = [float(t) if t is not None else None for t, in tds.rows(f"SELECT tax FROM {of.table} WHERE {of.parent_key} = %s", body[ID_KEY[entity]])]
            letter = [f for f, in tds.rows("SELECT error_field FROM tds_dead_letter_queue WHERE source_entity_id = %s", body[ID_KEY[entity]])]
            check(f"taxes of {entity} that are {'absent' if said is ABSENT else json.dumps(said)} are {'refused by name' if want == field else want}",
                  differs((taxes, letter), ([], [field]) if want == field else ([want], [])))


def named_fields():
    """name_ar and code, wherever Zoho puts them."""
    sim, tds = world()
    for base, (entity, key, column) in enumerate((("product", "cf_name_ar", "name_ar"), ("price_list", "cf_code", "code"), ("price_list", "cf_name_ar", "name_ar"))):
        number = sim.ids(entity)[0]
        record = json.loads(json.dumps(sim.record(entity, number)["record"], default=str))
        for i, (said, want) in enumerate((({"custom_fields": [{"api_name": key, "value": "in the array"}]}, "in the array"), ({key: "at the top"}, "at the top"),
                                          ({"custom_fields": []}, "at the top"), ({"custom_fields": [{"api_name": key, "value": ""}]}, None),
                                          ({column: "plain"}, "plain"), ({"custom_fields": "", key: "by name"}, "by name"))):
            part = {ID_KEY[entity]: number, "last_modified_time": soon(10 * base + i), **said}
            tds.finished(accepted(tds.webhook(WEBHOOK[entity], json.dumps({WRAPPER[entity]: {**record, **part}}))))
            check(f"{column} of {entity} from {said}", differs(tds.row(entity, number, column), want))


def percents():
    """A percentage is a number, with or without one "%" behind it."""
    sim, tds = world()
    record = json.loads(json.dumps(sim.record("price_list", sim.ids("price_list")[0])["record"], default=str))
    for i, (said, want) in enumerate((("7.5", 7.5), ("7.5%", 7.5), ("-7.5 %", -7.5), ("", None), ("%", "refused"), (" %", "refused"), ("10%%", "refused"),
                                      ("% 10", "refused"), (" 10%", "refused"), ("10 % ", "refused"), ("10", 10))):
        number = str(990000 + i)
        sim.reply("/books/v3/pricebooks/" + number, json.dumps({"code": 0, "pricebook": {**record, "pricebook_id": number, "percentage": said}}))
        tds.finished(accepted(tds.webhook("prices", json.dumps({"pricebook": {"pricebook_id": number}}))))
        have = tds.row("price_list", number, "percentage")
        named = tds.rows("SELECT error_field FROM tds_dead_letter_queue WHERE source_entity_id = %s", number)
        check(f"a percentage of {said!r} is {want}", differs((named, float(have) if have is not None else None),
                                                              ([("percentage",)], None) if want == "refused" else ([], want)))


def brackets():
    """What an item costs from which quantity on: of a list by volume; of one by unit the item's own rate is its price."""
    sim, tds = world(sync={"details": False})
    record = json.loads(json.dumps(sim.record("price_list", sim.ids("price_list")[0])["record"], default=str))
    default, two = [{"start_quantity": 1, "end_quantity": 1, "pricebook_rate": "0.00"}], [{"start_quantity": 1, "end_quantity": 9, "pricebook_rate": 4}, {"start_quantity": 10, "pricebook_rate": 3}]
    own = [("5", "1", "None")]
    numbers = iter(range(980000, 990000))

    def told(scheme, *more, **item):
        number = str(next(numbers))
        sim.reply(f"/books/v3/pricebooks/{number}", json.dumps({"code": 0, "pricebook": {
            **record, "pricebook_id": number, "pricing_scheme": scheme, "pricebook_items": [{"item_id": "1", "pricebook_rate": 5, **item}, *more]}}))
        tds.finished(accepted(tds.webhook("prices", json.dumps({"pricebook": {"pricebook_id": number}}))))
        return ([tuple(map(str, r)) for r in tds.rows("SELECT price, minimum_quantity, maximum_quantity FROM product_prices WHERE zoho_price_list_id = %s ORDER BY 2", number)],
                [f for f, in tds.rows("SELECT error_field FROM tds_dead_letter_queue WHERE source_entity_id = %s", number)])

    for unset in (None, "", [], {}):
        check(f"brackets that are {unset!r} leave an item its rate", differs(told("volume", price_brackets=unset), (own, [])))
    check("brackets of a list by volume are its prices", differs(told("volume", price_brackets=two), ([("4", "1", "9"), ("3", "10", "None")], [])))
    check("brackets in a list by unit are left over from another time", differs(told("unit", price_brackets=default), (own, [])))
    field = "pricebook_items[0].price_brackets"
    for scheme in ("unit", "volume"):
        for bad in ("x", 5, True, {"start_quantity": 1, "pricebook_rate": 3}):
            check(f"brackets of a list by {scheme} that are {json.dumps(bad)} are a dead letter that names them", differs(told(scheme, price_brackets=bad), ([], [field])))
    for item in ("", None):
        check(f"a bracket whose item is {item!r} is a dead letter that names it", differs(told("volume", price_brackets=[{"item_id": item, **default[0]}]), ([], [field + "[0]"])))
    check("one that is none at all, too", differs(told("volume", price_brackets=[None]), ([], [field + "[0]"])))
    check("what doesn't count in a list by unit isn't blamed", differs(
        told("unit", {"item_id": "2", "pricebook_rate": "x"}, price_brackets=[5]), ([], ["pricebook_items[1].pricebook_rate"])))


def forms():
    """The whole organisation with ids as integers and numbers in quotes here and there."""
    sim, tds = world(sim={"quirk": ["ids=mixed", "numbers=mixed"]})
    tds.bulk("sync-all", active_only=False)
    check("its details come", tds.quiet(60))
    check("ids as numbers, numbers as text: every row is what Zoho holds", checker.differences(sim, tds))
    sim.no_quirks()
    for entity in ENTITIES:
        reply = tds.bulk(BULK[entity], active_only=False)
        counts = reply.json["stats"]
        check(f"the same {entity} in other forms is the same", unless(counts["updated"] == counts["created"] == counts["failed"] == 0, reply))


if __name__ == "__main__":
    run(pages, webhooks, details, without_an_id, unstorable, too_long, custom_fields, no_lines, none_of_them, two_names_of_a_list, letters_that_name, added_up, named_fields, percents, brackets, forms)
