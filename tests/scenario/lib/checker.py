"""Compares every row of the tables with what the simulated Zoho holds, and every acknowledged webhook with the queue.

Shares nothing with the product: the mapping below was written from the description of the tables (data-model.md), the truth comes
from zoho-sim. Every difference is one line that names table, record, column and both values.
"""
import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

# Kinds of columns: how a JSON value has to look in the table.


def text(v):
    return None if v in ("", None) else str(v) if not isinstance(v, bool) else str(v).lower()


def ident(v):
    return None if v in ("", None, "-1", -1) else str(v)


def number(v):
    return None if v in ("", None) else Decimal(str(v))


def flag(v):
    return None if v in ("", None) else v if isinstance(v, bool) else {"true": True, "false": False}[v]


def day(v):
    return None if v in ("", None) else date.fromisoformat(v)


def document(v):
    return None if v in ("", None, {}, []) else v


def active(v):
    return v == "active"


def instant(v):
    return None if v in ("", None) else datetime.strptime(v, "%Y-%m-%dT%H:%M:%S%z")


DOCUMENT = [  # what invoices and orders have alike: key of the record, column, kind
    ("customer_id", "zoho_customer_id", ident), ("customer_name", "customer_name", text), ("sub_total", "sub_total", number),
    ("discount_total", "discount_total", number), ("tax_total", "tax_total", number), ("shipping_charge", "shipping_charge", number),
    ("adjustment", "adjustment", number), ("total", "total", number), ("status", "status", text), ("currency_code", "currency_code", text),
    ("exchange_rate", "exchange_rate", number), ("salesperson_id", "salesperson_zoho_id", ident), ("salesperson_name", "salesperson_name", text),
    ("reference_number", "reference_number", text), ("notes", "notes", text),
]
LINE = [
    ("line_item_id", "zoho_line_item_id", ident), ("item_id", "zoho_item_id", ident), ("name", "name", text), ("description", "description", text),
    ("unit", "unit", text), ("quantity", "quantity", number), ("rate", "unit_price", number), ("discount", "discount", text),
    ("discount_amount", "discount_amount", number), ("tax_name", "tax_name", text), ("tax_percentage", "tax_percentage", number),
    ("tax_amount", "tax", number), ("item_total", "line_total", number),
]
TABLES = {
    "product": ("products", "zoho_item_id", [
        ("name", "name", text), ("sku", "sku", text), ("description", "description", text), ("rate", "price", number),
        ("purchase_rate", "cost_price", number), ("stock_on_hand", "stock_quantity", number),
        ("actual_available_stock", "actual_available_stock", number), ("category_name", "category", text), ("brand", "brand", text),
        ("manufacturer", "manufacturer", text), ("unit", "unit_of_measure", text), ("item_type", "item_type", text),
        ("reorder_level", "reorder_level", number), ("tax_percentage", "tax_percentage", number), ("is_taxable", "is_taxable", flag),
        ("track_inventory", "is_trackable", flag), ("image_name", "image_name", text), ("status", "is_active", active)]),
    "customer": ("customers", "zoho_contact_id", [
        ("contact_name", "contact_name", text), ("company_name", "company_name", text), ("email", "email", text), ("phone", "phone", text),
        ("mobile", "mobile", text), ("currency_code", "currency_code", text), ("outstanding_receivable_amount", "outstanding_receivable", number),
        ("credit_limit", "credit_limit", number), ("payment_terms", "payment_terms", text), ("billing_address", "billing_address", document),
        ("shipping_address", "shipping_address", document), ("pricebook_id", "price_list_zoho_id", ident),
        ("owner_id", "salesperson_zoho_id", ident), ("status", "status", text), ("status", "is_active", active)]),
    "vendor": ("vendors", "zoho_vendor_id", [
        ("contact_name", "vendor_name", text), ("company_name", "company_name", text), ("email", "email", text), ("phone", "phone", text),
        ("currency_code", "currency_code", text), ("payment_terms", "payment_terms", text), ("billing_address", "billing_address", document),
        ("shipping_address", "shipping_address", document), ("outstanding_payable_amount", "outstanding_payable", number),
        ("status", "status", text), ("status", "is_active", active)]),
    "invoice": ("invoices", "zoho_invoice_id", DOCUMENT + [
        ("invoice_number", "invoice_number", text), ("date", "invoice_date", day), ("due_date", "due_date", day), ("balance", "balance", number)]),
    "order": ("sales_orders", "zoho_salesorder_id", DOCUMENT + [
        ("salesorder_number", "order_number", text), ("date", "order_date", day), ("shipment_date", "shipment_date", day),
        ("invoiced_status", "invoiced_status", text), ("paid_status", "paid_status", text), ("shipped_status", "shipped_status", text)]),
}
TABLES.update({
    "bill": ("bills", "zoho_bill_id", [
        ("bill_number", "bill_number", text), ("vendor_id", "zoho_vendor_id", ident), ("vendor_name", "vendor_name", text), ("date", "bill_date", day),
        ("due_date", "due_date", day), ("sub_total", "sub_total", number), ("discount_total", "discount_total", number), ("tax_total", "tax_total", number),
        ("adjustment", "adjustment", number), ("total", "total", number), ("balance", "balance", number), ("status", "status", text),
        ("currency_code", "currency_code", text), ("exchange_rate", "exchange_rate", number), ("reference_number", "reference_number", text),
        ("notes", "notes", text)]),
    "credit_note": ("credit_notes", "zoho_creditnote_id", [
        ("creditnote_number", "creditnote_number", text), ("customer_id", "zoho_customer_id", ident), ("customer_name", "customer_name", text),
        ("invoice_id", "zoho_invoice_id", ident), ("date", "creditnote_date", day), ("sub_total", "sub_total", number), ("tax_total", "tax_total", number),
        ("shipping_charge", "shipping_charge", number), ("adjustment", "adjustment", number), ("total", "total", number), ("balance", "balance", number),
        ("status", "status", text), ("notes", "reason", text), ("currency_code", "currency_code", text), ("exchange_rate", "exchange_rate", number),
        ("salesperson_id", "salesperson_zoho_id", ident), ("salesperson_name", "salesperson_name", text), ("reference_number", "reference_number", text)]),
    "payment": ("invoice_payments", "zoho_payment_id", [
        ("payment_number", "payment_number", text), ("customer_id", "zoho_customer_id", ident), ("customer_name", "customer_name", text),
        ("date", "payment_date", day), ("amount", "amount", number), ("unused_amount", "unused_amount", number), ("bank_charges", "bank_charges", number),
        ("payment_mode", "payment_mode", text), ("payment_status", "status", text), ("reference_number", "reference_number", text),
        ("description", "description", text), ("account_id", "account_zoho_id", ident), ("account_name", "account_name", text),
        ("currency_code", "currency_code", text), ("exchange_rate", "exchange_rate", number)]),
    "return": ("sales_returns", "zoho_salesreturn_id", [
        ("salesreturn_number", "return_number", text), ("salesorder_id", "zoho_salesorder_id", ident), ("salesorder_number", "order_number", text),
        ("customer_id", "zoho_customer_id", ident), ("customer_name", "customer_name", text), ("date", "return_date", day),
        ("salesreturn_status", "status", text), ("receive_status", "receive_status", text), ("refund_status", "refund_status", text),
        ("reason", "reason", text), ("quantity", "quantity", number), ("refunded_amount", "refunded_amount", number),
        ("location_id", "zoho_location_id", ident)]),
    "stock_adjustment": ("stock_adjustments", "zoho_adjustment_id", [
        ("date", "adjustment_date", day), ("reason", "reason", text), ("description", "description", text), ("reference_number", "reference_number", text),
        ("adjustment_type", "adjustment_type", text), ("status", "status", text), ("location_id", "zoho_location_id", ident),
        ("location_name", "location_name", text), ("total", "total", number)]),
    "price_list": ("price_lists", "zoho_price_list_id", [
        ("name", "name", text), ("description", "description", text), ("currency_code", "currency_code", text), ("pricebook_type", "kind", text),
        ("pricing_scheme", "pricing_scheme", text), ("percentage", "percentage", number), ("is_increase", "is_increase", flag),
        ("rounding_type", "rounding", text), ("sales_or_purchase_type", "sales_or_purchase", text), ("is_default", "is_default", flag),
        ("status", "status", text), ("status", "is_active", active)]),
    "branch": ("branches", "zoho_branch_id", [
        ("location_name", "name", text), ("address", "address", document), ("email", "email", text), ("phone", "phone", text), ("type", "kind", text),
        ("parent_location_id", "parent_zoho_id", ident), ("is_primary", "is_primary", flag), ("status", "status", text), ("status", "is_active", active)]),
    "user": ("zoho_users", "zoho_user_id", [
        ("name", "name", text), ("email", "email", text), ("user_role", "role", text), ("user_type", "user_type", text), ("status", "status", text),
        ("status", "is_active", active)]),
})
ITEM_LINE = LINE[:5]  # id, item, name, description, unit


class Lines:
    """Rows that stand inside a record. order: the column that counts them, else they are compared as a set. each: what a line
    with an array of that name stands for: one row per element. own: the column with the own id of what `item` refers to."""

    def __init__(self, table, parent_key, parent_id, path, fields, order="line_number", each=None, own=("product_id", "item_id", "product"), head=()):
        self.table, self.parent_key, self.parent_id, self.path, self.fields = table, parent_key, parent_id, path, fields
        self.order, self.each, self.own, self.head = order, each, own, head

    def wanted(self, record):
        rows = []
        for line in record.get(self.path) or []:
            inner = line.get(self.each) if self.each else None
            rows += [{**line, **one} for one in inner] if inner else [line]
        return rows


LINES = {
    "invoice": Lines("invoice_line_items", "zoho_invoice_id", "invoice_id", "line_items", LINE),
    "order": Lines("sales_items", "zoho_salesorder_id", "sales_order_id", "line_items", LINE + [
        ("quantity_invoiced", "quantity_invoiced", number), ("quantity_shipped", "quantity_shipped", number)]),
    "bill": Lines("bill_line_items", "zoho_bill_id", "bill_id", "line_items", ITEM_LINE + [
        ("account_name", "account_name", text), ("quantity", "quantity", number), ("quantity_received", "quantity_received", number),
        ("rate", "unit_price", number), ("discount", "discount", text), ("tax_name", "tax_name", text), ("tax_percentage", "tax_percentage", number),
        ("item_total", "line_total", number)]),
    "credit_note": Lines("credit_note_line_items", "zoho_creditnote_id", "credit_note_id", "line_items", ITEM_LINE + [
        ("quantity", "quantity", number), ("rate", "unit_price", number), ("discount", "discount", text), ("discount_amount", "discount_amount", number),
        ("tax_name", "tax_name", text), ("tax_percentage", "tax_percentage", number), ("item_total", "line_total", number)]),
    "payment": Lines("payment_allocations", "zoho_payment_id", "payment_id", "invoices", [
        ("invoice_payment_id", "zoho_allocation_id", ident), ("invoice_id", "zoho_invoice_id", ident), ("invoice_number", "invoice_number", text),
        ("amount_applied", "amount_applied", number), ("tax_amount_withheld", "tax_withheld", number), ("discount_amount", "discount_amount", number),
        ("apply_date", "applied_on", day)], own=("invoice_id", "invoice_id", "invoice")),
    "return": Lines("sales_return_items", "zoho_salesreturn_id", "sales_return_id", "line_items", ITEM_LINE + [
        ("salesorder_item_id", "zoho_salesorder_item_id", ident), ("quantity", "quantity", number),
        ("non_receive_quantity", "quantity_not_received", number), ("rate", "unit_price", number)]),
    "stock_adjustment": Lines("stock_adjustment_lines", "zoho_adjustment_id", "stock_adjustment_id", "line_items", ITEM_LINE + [
        ("quantity_adjusted", "quantity_adjusted", number), ("item_total", "value", number), ("adjustment_account_name", "account_name", text),
        ("location_id", "zoho_location_id", ident)]),
    "price_list": Lines("product_prices", "zoho_price_list_id", "price_list_id", "pricebook_items", [
        ("item_id", "zoho_item_id", ident), ("start_quantity", "minimum_quantity", lambda v: number(v) or Decimal(1)),
        ("end_quantity", "maximum_quantity", number), ("pricebook_item_id", "zoho_price_id", ident), ("pricebook_rate", "price", number),
        ("pricebook_discount", "discount_percentage", lambda v: number(str(v or "").rstrip("%")))],
        order=None, each="price_brackets", head=(("currency_code", "currency_code", text),)),
    "product": Lines("product_stock", "zoho_item_id", "product_id", "locations", [
        ("location_id", "zoho_location_id", ident), ("location_name", "location_name", text), ("location_stock_on_hand", "stock_on_hand", number),
        ("location_available_stock", "available_stock", number), ("location_actual_available_stock", "actual_available_stock", number)],
        order=None, own=None),
}
CUSTOMER = ("customer_id", "customer_id", "customer")
LINKS = {  # own ids of records referred to: key of the record, column, entity
    "invoice": [CUSTOMER], "order": [CUSTOMER], "payment": [CUSTOMER], "bill": [("vendor_id", "vendor_id", "vendor")],
    "customer": [("pricebook_id", "price_list_id", "price_list")],
    "credit_note": [CUSTOMER, ("invoice_id", "invoice_id", "invoice")], "return": [CUSTOMER, ("salesorder_id", "sales_order_id", "order")],
}
KEPT_WHOLE = ("invoice", "order", "bill", "credit_note", "payment", "return", "stock_adjustment")
UNVERSIONED = ("branch", "user")  # Zoho gives no version of these
FINISHED = ("completed", "dead_letter")
SHOWN_MAX = 25


def read(cursor, table, columns, where="true"):
    cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}")
    names = [c.split(" AS ")[-1] for c in columns]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def same_document(have, want):
    """jsonb and JSON alike: numbers by value."""
    if isinstance(want, dict):
        return isinstance(have, dict) and have.keys() == want.keys() and all(same_document(have[k], want[k]) for k in want)
    if isinstance(want, list):
        return isinstance(have, list) and len(have) == len(want) and all(map(same_document, have, want))
    if isinstance(want, (int, Decimal)) and not isinstance(want, bool):
        try:
            return not isinstance(have, bool) and Decimal(str(have)) == want
        except InvalidOperation:
            return False
    return have == want


class Checker:
    """differences() is empty when the tables hold exactly what Zoho holds."""

    def __init__(self, sim, connection, entities=tuple(TABLES), details=True, active_only=False, scanned=True, flat=False,
                 present=()):
        """details: lines and what only details carry must be there. active_only: inactive products may be missing or old.
        scanned: a complete scan has seen every record; without it only records of acknowledged webhooks are compared.
        present: (entity, id) of records that came past the simulator's webhooks and are to be compared as well.
        flat: they came as flat forms, which can't carry objects."""
        self.sim, self.entities, self.details, self.active_only, self.scanned = sim, entities, details, active_only, scanned
        self.flat, self.present = flat, set(present)
        self.connection = connection
        self.found = []

    def differences(self):
        self.acknowledged = self.sim.acknowledged()
        self.newest, self.deletions = {}, set()
        for event in self.acknowledged:
            key = (event["entity"], event["id"])
            self.newest[key] = max(self.newest.get(key, instant(event["last_modified_time"])), instant(event["last_modified_time"]))
            if event["event"] == "deleted":
                self.deletions.add(key)
        with self.connection.cursor() as cursor:
            self.cursor = cursor
            cursor.execute("SELECT entity_type::text, source_entity_id, last_modified, deleted_at, detail_wanted FROM tds_entity_state")
            self.state = {(r[0], r[1]): r[2:] for r in cursor.fetchall()}
            self.own = {entity: {r["key"]: r["id"] for r in read(cursor, table, [f"{key} AS key", "id::text AS id"])}
                        for entity, (table, key, _) in TABLES.items()}
            for entity in self.entities:
                self.check_entity(entity)
            self.check_events()
            self.check_queue()
            self.check_runs()
        return self.found

    def say(self, *words):
        self.found.append(" ".join(str(w) for w in words))

    # -- records ------------------------------------------------------------------------------------------------------

    def check_entity(self, entity):
        table, key, fields = TABLES[entity]
        columns = [key, "id::text AS id", "is_active", "deleted_at", "zoho_last_modified"] + [c for _, c, _ in fields if c != "is_active"]
        columns += [f"{column}::text AS {column}" for _, column, _ in LINKS.get(entity, [])]
        if entity in KEPT_WHOLE:
            columns.append("zoho_data::text AS zoho_data")
        rows = {}
        for row in read(self.cursor, table, columns):
            if row[key] in rows:
                self.say(table, row[key], "stands there twice")
            rows[row[key]] = row
        truth = {r["id"]: r for r in self.sim.truth(entity)}
        for number_, row in rows.items():
            if number_ not in truth:
                self.say(table, number_, "is not known to Zoho")
        lines = self.lines_of(entity, rows)
        for number_, true in truth.items():
            self.check_record(entity, true, rows.get(number_), lines.get(number_, []))

    def expected_here(self, entity, true):
        if (entity, true["id"]) in self.newest or (entity, true["id"]) in self.present:
            return True
        return self.scanned and not (self.active_only and entity == "product" and true["record"].get("status") != "active")

    def check_record(self, entity, true, row, lines):
        table, key = TABLES[entity][0], (entity, true["id"])
        if true["deleted"]:
            if row and row["deleted_at"] is None and (key in self.deletions or self.scanned):
                self.say(table, true["id"], "was deleted in Zoho and isn't marked")
            elif row and row["deleted_at"] and row["is_active"]:
                self.say(table, true["id"], "is marked deleted and still active")
            return
        if not self.expected_here(entity, true):
            return
        if not row:
            self.say(table, true["id"], "is missing")
            return
        if row["deleted_at"]:
            self.say(table, true["id"], "is marked deleted, but Zoho has it")
        if entity not in UNVERSIONED and (self.scanned or entity != "price_list"):  # its webhooks have no version
            self.check_version(entity, true, row)
        self.check_fields(entity, true, row)
        self.check_links(entity, true, row)
        if entity in LINES and self.details and not (self.flat and entity == "product"):  # flat forms carry no stock by location
            self.check_lines(entity, true, row, lines)

    def check_version(self, entity, true, row):
        key, modified = (entity, true["id"]), instant(true["last_modified_time"])
        state = self.state.get(key)
        if not state:
            self.say(entity, true["id"], "has a row and no state")
            return
        if key in self.newest and (state[0] is None or state[0] < self.newest[key]):
            self.say(entity, true["id"], f"is of {state[0]}, older than what was acknowledged ({self.newest[key]})")
        if state[0] != modified:
            self.say(entity, true["id"], f"state.last_modified: {state[0]}, Zoho has {modified}")
        if row["zoho_last_modified"] != modified:
            self.say(TABLES[entity][0], true["id"], f"zoho_last_modified: {row['zoho_last_modified']}, Zoho has {modified}")
        if state[1]:
            self.say(entity, true["id"], "state says deleted, but Zoho has it")

    def check_fields(self, entity, true, row):
        table, _, fields = TABLES[entity]
        by_webhook = self.newest.get((entity, true["id"])) == instant(true["last_modified_time"])
        for path, column, kind in fields:
            if self.flat and kind is document:
                continue
            if path in true["list"] and (self.scanned or path in true["record"]):
                value = true["list"][path]
            elif path in true["record"] and (self.details or by_webhook):
                value = true["record"][path]
            else:
                continue
            want, have = kind(value), row[column]
            if not (same_document(have, want) if kind is document else have == want):
                self.say(table, true["id"], f"{column}: {have!r}, Zoho has {want!r} ({path})")

    def check_links(self, entity, true, row):
        for path, column, other in LINKS.get(entity, []):
            if path not in true["list"] and not self.details:
                continue
            want = self.own[other].get(text(true["record"].get(path)))
            if row[column] != want:
                self.say(TABLES[entity][0], true["id"], f"{column}: {row[column]}, the row of that {other} is {want}")

    def lines_of(self, entity, rows):
        if entity not in LINES:
            return {}
        of, found = LINES[entity], {}
        columns = [f"{of.parent_key} AS parent", f"{of.parent_id}::text AS parent_id"] + [c for _, c, _ in of.fields] + [c for _, c, _ in of.head]
        columns += [of.order] if of.order else []
        columns += [f"{of.own[0]}::text AS {of.own[0]}"] if of.own else []
        for line in read(self.cursor, of.table, columns):
            parent = rows.get(line["parent"])
            if not parent:
                self.say(of.table, "a row of", line["parent"], "which isn't there")
            elif parent["id"] != line["parent_id"]:
                self.say(of.table, line["parent"], f"{of.parent_id}: {line['parent_id']} instead of {parent['id']}")
            found.setdefault(line["parent"], []).append(line)
        return found

    def check_lines(self, entity, true, row, lines):
        of = LINES[entity]
        want = of.wanted(true["record"])
        if of.path not in true["record"] and not want and not lines:
            return
        if of.order:
            lines = sorted(lines, key=lambda line: (line[of.order] is None, line[of.order]))
            if [line[of.order] for line in lines] != list(range(1, len(want) + 1)):
                self.say(of.table, true["id"], f"line numbers {[line[of.order] for line in lines]}, Zoho has {len(want)} lines")
                return
        else:
            (first, one, as_one), (second, two, as_two) = of.fields[:2]
            lines = sorted(lines, key=lambda line: (str(line[one]), str(line[two])))
            want = sorted(want, key=lambda line: (str(as_one(line.get(first))), str(as_two(line.get(second)))))
        if len(lines) != len(want):
            self.say(of.table, true["id"], f"{len(lines)} rows, Zoho has {len(want)}")
            return
        for line, true_line in zip(lines, want):
            self.check_line(of, true, line, true_line)
        if entity in KEPT_WHOLE:
            self.check_whole(entity, true, row)

    def check_line(self, of, true, line, true_line):
        for path, column, kind in of.fields:
            wanted = kind(true_line.get(path))
            if line[column] != wanted:
                self.say(of.table, true["id"], f"{true_line.get(of.fields[0][0])} {column}: {line[column]!r}, Zoho has {wanted!r} ({path})")
        for path, column, kind in of.head:
            if line[column] != kind(true["record"].get(path)):
                self.say(of.table, true["id"], f"{column}: {line[column]!r}, Zoho has {true['record'].get(path)!r}")
        if of.own:
            column, path, other = of.own
            own = self.own[other].get(text(true_line.get(path)))
            if line[column] != own:
                self.say(of.table, true["id"], f"{column}: {line[column]}, the row of that {other} is {own}")

    def check_whole(self, entity, true, row):
        data = json.loads(row["zoho_data"], parse_float=Decimal) if row["zoho_data"] else None
        if not same_document(data, true["record"]):
            keys = [k for k in true["record"] if not isinstance(data, dict) or not same_document(data.get(k), true["record"][k])]
            self.say(TABLES[entity][0], true["id"], f"zoho_data isn't the record, see {keys[:6]}")

    # -- events -------------------------------------------------------------------------------------------------------

    def check_events(self):
        self.cursor.execute("SELECT i.id::text, i.entity_type::text, i.source_entity_id, q.status::text, q.id::text FROM tds_inbox_events i "
                            "LEFT JOIN tds_sync_queue q ON q.inbox_event_id = i.id")
        inbox = {}
        for number_, entity, record, status, queue in self.cursor.fetchall():
            inbox.setdefault(number_, []).append((entity, record, status, queue))
        for number_, events in inbox.items():
            if events[0][3] is None:
                self.say("inbox event", number_, f"({events[0][0]} {events[0][1]}) has no queue row")
        for event in self.acknowledged:
            here = inbox.get(event["event_id"])
            what = f"webhook {event['number']} ({event['entity']} {event['id']} {event['last_modified_time']}, event {event['event_id']})"
            if not here:
                self.say(what, "was acknowledged and isn't in the inbox")
            elif here[0][1] != event["id"]:
                self.say(what, f"is stored as {here[0][0]} {here[0][1]}")
            elif not any(status in FINISHED for _, _, status, _ in here):
                self.say(what, f"was acknowledged and is {here[0][2]}")

    def check_queue(self):
        for row in read(self.cursor, "tds_sync_queue", ["seq", "entity_type::text AS entity", "source_entity_id AS record", "status::text AS status",
                                                        "error_message AS error"], "status NOT IN ('completed', 'dead_letter')"):
            self.say(f"queue row {row['seq']} ({row['entity']} {row['record']}) is stuck: {row['status']}, {row['error']}")
        self.cursor.execute("SELECT q.seq, q.entity_type::text, q.source_entity_id FROM tds_sync_queue q WHERE q.status = 'dead_letter' "
                            "AND NOT EXISTS (SELECT FROM tds_dead_letter_queue d WHERE d.sync_queue_id = q.id AND d.failure_reason <> '')")
        for seq, entity, record in self.cursor.fetchall():
            self.say(f"queue row {seq} ({entity} {record}) is given up without a dead letter")
        self.cursor.execute("SELECT seq FROM tds_sync_queue WHERE status = 'completed' AND (completed_at IS NULL OR processing_result->>'outcome' IS NULL)")
        for (seq,) in self.cursor.fetchall():
            self.say(f"queue row {seq} is completed without a time or an outcome")
        self.cursor.execute("SELECT id::text FROM tds_dead_letter_queue WHERE failure_reason = ''")
        for (number_,) in self.cursor.fetchall():
            self.say("dead letter", number_, "has no reason")

    def check_runs(self):
        self.cursor.execute("""SELECT r.id::text, r.status, r.total_events, r.created_count, r.updated_count, r.unchanged_count, r.failed_events,
                coalesce(sum(p.rows), 0), coalesce(sum(p.created), 0), coalesce(sum(p.updated), 0), coalesce(sum(p.unchanged), 0),
                coalesce(sum(p.failed), 0), coalesce(sum(p.created + p.updated + p.unchanged + p.stale + p.failed + p.skipped), 0),
                count(*) FILTER (WHERE p.state <> 'applied'), coalesce(sum(cardinality(p.ids)), 0)
            FROM tds_sync_runs r LEFT JOIN tds_run_pages p ON p.run_id = r.id WHERE r.entity_type IS NOT NULL AND NOT r.dry_run GROUP BY r.id""")
        for run, status, *sums in self.cursor.fetchall():
            own, pages, parts, open_pages, ids = sums[:5], sums[5:10], sums[10], sums[11], sums[12]
            if status in ("pending", "running"):
                self.say("run", run, "is", status)
                continue
            if own != pages:
                self.say("run", run, f"says {own} (total, created, updated, unchanged, failed), its pages {pages}")
            if parts != pages[0] or status == "completed" and (open_pages or ids < pages[0]):
                self.say("run", run, f"has {pages[0]} rows on its pages, of which {parts} are accounted for; {open_pages} pages open, {ids} ids")


def differences(sim, tds, shown_max=SHOWN_MAX, **options):
    """What is different, as text for a verdict; '' when nothing is."""
    connection = tds.connect()
    try:
        found = Checker(sim, connection, **options).differences()
    finally:
        connection.close()
    if not found:
        return ""
    return f"{len(found)} differences\n#   " + "\n#   ".join(found[:shown_max]) + ("\n#   ..." if len(found) > shown_max else "")
