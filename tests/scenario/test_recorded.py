#!/usr/bin/python3
"""Whole bodies as Zoho sends them, through the real pipeline: every list by a pull, every detail by a fetch and as a webhook, many
details at once by the details lane. What the rows hold is compared with the body, field by field.

The bodies in tests/scenario/bodies are the project's own, made up, with the keys and types of recorded ones; they are always
used. Recorded ones in ../shared/data/zoho are used where they are there, and then the project's own must have their shapes.
"""
import glob
import json
import os
import sys
from datetime import datetime
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BULK, ENTITIES, ID_KEY, KEYS, ROOT, WEBHOOK, WRAPPER, accepted, check, differs, exact, run, unless, wait_for, world

OWN = os.path.join(ROOT, "tests", "scenario", "bodies")
RECORDED = os.path.join(os.path.dirname(ROOT), "shared", "data", "zoho")
# First words of a file's name: entity, path of its list, key of its list, key of its detail.
NAMES = {
    "item": ("product", "/inventory/v1/items", "items", "item"), "items": ("product", "/inventory/v1/items", "items", "item"),
    "contact": ("contact", "/books/v3/contacts", "contacts", "contact"), "contacts": ("contact", "/books/v3/contacts", "contacts", "contact"),
    "vendor": ("contact", "/books/v3/contacts", "contacts", "contact"),
    "invoice": ("invoice", "/books/v3/invoices", "invoices", "invoice"), "invoices": ("invoice", "/books/v3/invoices", "invoices", "invoice"),
    "salesorder": ("order", "/books/v3/salesorders", "salesorders", "salesorder"), "salesorders": ("order", "/books/v3/salesorders", "salesorders", "salesorder"),
    "bill": ("bill", "/books/v3/bills", "bills", "bill"), "bills": ("bill", "/books/v3/bills", "bills", "bill"),
    "creditnote": ("credit_note", "/books/v3/creditnotes", "creditnotes", "creditnote"),
    "creditnotes": ("credit_note", "/books/v3/creditnotes", "creditnotes", "creditnote"),
    "customerpayment": ("payment", "/books/v3/customerpayments", "customerpayments", "payment"),
    "customerpayments": ("payment", "/books/v3/customerpayments", "customerpayments", "payment"),
    "salesreturn": ("return", "/inventory/v1/salesreturns", "salesreturns", "salesreturn"),
    "salesreturns": ("return", "/inventory/v1/salesreturns", "salesreturns", "salesreturn"),
    "inventoryadjustment": ("stock_adjustment", "/inventory/v1/inventoryadjustments", "inventory_adjustments", "inventory_adjustment"),
    "inventoryadjustments": ("stock_adjustment", "/inventory/v1/inventoryadjustments", "inventory_adjustments", "inventory_adjustment"),
    "pricebook": ("price_list", "/books/v3/pricebooks", "pricebooks", "pricebook"), "pricebooks": ("price_list", "/books/v3/pricebooks", "pricebooks", "pricebook"),
    "location": ("branch", "/books/v3/locations", "locations", None), "locations": ("branch", "/books/v3/locations", "locations", None),
    "user": ("user", "/books/v3/users", "users", "user"), "users": ("user", "/books/v3/users", "users", "user"),
}
NOT_OURS = ("contact_delete_200", "item_delete_200", "currencies_list", "errors", "organizations_list", "purchaseorder", "taxes_list", "vendorpayment")


class Body:
    def __init__(self, path):
        self.file = os.path.basename(path)
        words = self.file.split(".")[0].split("_")
        self.many, self.is_list = words[0] == "itemdetails", "list" in words
        self.entity, self.path, self.list_root, self.detail_root = NAMES["item" if self.many else words[0]]
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        body = exact(self.text)
        self.body = body["body"] if "_meta" in body else body
        found = self.body[self.list_root if self.is_list or self.many else self.detail_root]
        self.records = found if isinstance(found, list) else [found]
        # Parts of it without the program's own rounding: numbers as they stand in the file.
        self.name = f"{'own' if path.startswith(OWN) else 'recorded'} {self.file}"

    def of(self, record):
        return record["contact_type"] if self.entity == "contact" else self.entity

    def entities(self):
        return sorted({self.of(r) for r in self.records})


def bodies():
    found = sorted(glob.glob(os.path.join(OWN, "*.json")))
    check("there are bodies of the project's own", unless(len(found) >= 25, found))
    if os.path.isdir(RECORDED):
        found += [p for p in sorted(glob.glob(os.path.join(RECORDED, "*.json"))) if not os.path.basename(p).startswith(NOT_OURS)]
    else:
        print("# no recorded bodies here", flush=True)
    return [Body(path) for path in found]


def written(value):
    """A Python value as JSON that keeps its decimals."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def value_of(entity, record, path):
    if entity == "user" and path == "email" and "email" not in record:
        return (record.get("email_ids") or [{}])[0].get("email")
    return record.get(path)


def version_of(record):
    text = record.get("last_modified_time") or record.get("updated_time")
    return datetime.fromisoformat(text) if text else None


def wrong(tds, entity, record, lines, fetched=True):
    """What the tables hold of a record that isn't what its body says."""
    number, fields = str(record[ID_KEY[entity]]), checker.TABLES[entity][2]
    table, key = KEYS[entity]
    rows = tds.rows(f"SELECT zoho_last_modified, {', '.join(c for _, c, _ in fields)} FROM {table} WHERE {key} = %s", number)
    if len(rows) != 1:
        return [f"{entity} {number}: {len(rows)} rows; {tds.rows('SELECT error_field, failure_reason FROM tds_dead_letter_queue')}"]
    found = [] if rows[0][0] == version_of(record) else [f"{number} zoho_last_modified: {rows[0][0]}, not {version_of(record)}"]
    for (path, column, kind), have in zip(fields, rows[0][1:]):
        value = value_of(entity, record, path)
        want = True if column == "is_active" and value in (None, "") else kind(value)
        if not (checker.same_document(have, want) if kind is checker.document else have == want):
            found.append(f"{entity} {number} {column}: {have!r}, not {want!r}")
    return found + (wrong_lines(tds, entity, record, number, fetched) if lines and entity in checker.LINES else [])


def wrong_lines(tds, entity, record, number, fetched):
    of = checker.LINES[entity]
    want = sorted(str([kind(line.get(path)) for path, _, kind in of.fields]) for line in of.wanted(record))
    have = sorted(str(list(row)) for row in tds.rows(f"SELECT {', '.join(c for _, c, _ in of.fields)} FROM {of.table} WHERE {of.parent_key} = %s", number))
    found = [] if have == want else [f"{of.table} of {number}: {[r for r in have if r not in want][:2]}, not {[r for r in want if r not in have][:2]}"]
    if entity in checker.KEPT_WHOLE and (fetched or version_of(record)):  # a webhook without a version may be a part of a record
        data = tds.row(entity, number, "zoho_data::text")
        if not checker.same_document(exact(data or "null"), record):
            found.append(f"{entity} {number}: zoho_data isn't the body")
    return found


def clean(tds):
    """Bodies share ids: each has the tables for itself."""
    tables = [t for t, _ in KEYS.values()] + [of.table for of in checker.LINES.values()]
    tds.rows(f"TRUNCATE {', '.join(tables)}, tds_entity_state, tds_dead_letter_queue, tds_sync_queue, tds_inbox_events")


def as_lists():
    sim, tds = world(sync={"details": False})
    for body in bodies():
        if not body.is_list:
            continue
        clean(tds)
        sim.reply(body.path, written(body.body))
        for entity in body.entities():
            reply = tds.bulk(BULK[entity], active_only=False)
            if not (reply.status == 200 and reply.json["success"]):
                check(f"{body.name} is read", reply)
        sim.no_replies()
        check(f"{body.name}: {len(body.records)} rows of a list are in the tables as they say",
              "; ".join(sum((wrong(tds, body.of(r), r, lines=False) for r in body.records), [])[:5]))
    check("it ends cleanly", tds.stop())


def as_details():
    sim, tds = world(sync={"details": False})
    for body in bodies():
        if body.is_list or body.many:
            continue
        clean(tds)
        record, entity = body.records[0], body.of(body.records[0])
        sim.reply(f"{body.path}/{record[ID_KEY[entity]]}", written(body.body))
        thin = {ID_KEY[entity]: record[ID_KEY[entity]], **({"contact_type": entity} if body.entity == "contact" else {})}
        event = accepted(tds.webhook(WEBHOOK[entity], {WRAPPER[entity]: thin}))
        check(f"{body.name}: a detail that was fetched is applied", differs(tds.finished(event)[0], "completed"))
        sim.no_replies()
        check(f"{body.name}: it is in the tables as it says", "; ".join(wrong(tds, entity, record, lines=True)[:5]))


def as_webhooks():
    sim, tds = world(sync={"details": False})
    for body in bodies():
        for record in body.records if not body.is_list or body.entity == "branch" else ():
            clean(tds)
            entity = body.of(record)
            event = accepted(tds.webhook(WEBHOOK[entity], "{%s:%s}" % (json.dumps(WRAPPER[entity]), written(record))))
            check(f"{body.name}: a webhook with that is applied", differs(tds.finished(event)[0], "completed"))
            check(f"{body.name}: it is in the tables as it says", "; ".join(wrong(tds, entity, record, lines=True, fetched=False)[:5]))


def many_at_once():
    sim, tds = world()
    for body in bodies():
        if not body.many:
            continue
        clean(tds)
        rows = [{"item_id": str(r["item_id"]), "name": r["name"], "last_modified_time": r.get("last_modified_time", "")} for r in body.records]
        rows.append({"item_id": "1", "name": "of which Zoho says nothing"})  # one alone would be asked for by itself
        sim.reply("/inventory/v1/items", {"code": 0, "items": rows})
        sim.reply("/inventory/v1/itemdetails", written(body.body))
        tds.bulk("products", active_only=False)
        wait_for(lambda: sim.control("GET", "replies")["replies"][1]["given"] > 0, 20)
        check(f"{body.name}: details of many at once are fetched", tds.quiet(20))
        sim.no_replies()
        check(f"{body.name}: they are in the tables as they say", "; ".join(sum((wrong(tds, "product", r, lines=True) for r in body.records), [])[:5]) and
              sum((wrong(tds, "product", r, lines=True) for r in body.records), [])[:5] + tds.rows("SELECT error_field, failure_reason FROM tds_dead_letter_queue"))


def kind_of(value):
    return "number" if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else type(value).__name__


def shapes():
    """The project's own bodies have every key that recorded ones have, with the same types."""
    if not os.path.isdir(RECORDED):
        return
    all_bodies = bodies()
    own = {(b.entity, b.is_list, b.many): {} for b in all_bodies}
    for body in all_bodies:
        for record in body.records if body.name.startswith("own") else ():
            for key, value in record.items():
                own[body.entity, body.is_list, body.many].setdefault(key, set()).add(kind_of(value))
    for body in all_bodies:
        if not body.name.startswith("recorded") or ".recorded." not in body.file:
            continue
        have = own[body.entity, body.is_list, body.many]
        missing = {key for record in body.records for key in record} - set(have)
        others = {key: (kind_of(value), have[key]) for record in body.records for key, value in record.items()
                  if key in have and kind_of(value) not in have[key] and value != "" and "str" in have[key] and len(have[key]) == 1 and kind_of(value) != "str"}
        check(f"the project's own body of {body.file} has all its keys and types", missing or others)
    check("every entity has bodies", differs({e for b in all_bodies for e in b.entities() if b.name.startswith("own")}, set(ENTITIES)))


if __name__ == "__main__":
    run(as_lists, as_details, as_webhooks, many_at_once, shapes)
