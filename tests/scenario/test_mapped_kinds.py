#!/usr/bin/python3
"""Mapping onto what an ERP may have instead of plain tables: documents behind a view, lines in a partitioned table. Links that are set
late, by the healer, have to find each row there: a view's rows have no place of their own, and in partitions many have the same."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import Sim, Tds, check, run, unless, wait_for

MAPPING = {"order": {"table": "orders_shown"}, "invoice": {"lines": {"table": "invoice_parts"}}}
PARTITIONED = """
CREATE TABLE invoice_parts (LIKE invoice_line_items INCLUDING DEFAULTS) PARTITION BY HASH (zoho_invoice_id);
CREATE TABLE invoice_parts_0 PARTITION OF invoice_parts FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE invoice_parts_1 PARTITION OF invoice_parts FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE invoice_parts_2 PARTITION OF invoice_parts FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE INDEX ON invoice_parts (invoice_id);
CREATE VIEW orders_shown AS SELECT * FROM sales_orders;
"""
LINES = "SELECT p.zoho_item_id, i.zoho_item_id FROM invoice_parts i LEFT JOIN products p ON p.id = i.product_id WHERE i.zoho_item_id IS NOT NULL"
HEADS = "SELECT c.zoho_contact_id, o.zoho_customer_id FROM sales_orders o LEFT JOIN customers c ON c.id = o.customer_id"


def wrong(tds, statement):
    """Of (what is linked, what should be) those that differ; or nothing where nothing is there."""
    rows = tds.rows(statement)
    return [row for row in rows if row[0] != row[1]][:5] if rows else "no rows"


def late_links():
    sim = Sim(items=60, customers=30, orders=60, invoices=60)
    tds = Tds(sim)
    owner = tds.value("SELECT quote_ident(tableowner) FROM pg_tables WHERE tablename = 'sales_orders'")
    for statement in PARTITIONED.strip().split(";\n"):
        tds.rows(statement)
    for name in ("invoice_parts", "invoice_parts_0", "invoice_parts_1", "invoice_parts_2", "orders_shown"):
        tds.rows(f"ALTER TABLE {name} OWNER TO {owner}")
    old = tds.actor("dispatcher")["pid"]
    tds.configure(mapping=MAPPING)
    tds.ask("reload")
    check("the mapping is taken over", unless(tds.replaced("dispatcher", old) and wait_for(tds.readyz, 20), tds.log()[-1500:]))
    for name in ("orders", "invoices", "products", "customers"):
        reply = tds.bulk(name, active_only=False)
        check(f"{name} are pulled", unless(reply.status == 200 and reply.json["success"], reply))
    check("with all details", tds.quiet(60))
    tds.rows("UPDATE sales_orders SET customer_id = NULL")
    tds.rows("UPDATE invoice_parts SET product_id = NULL")
    places = tds.value("SELECT count(*) - count(DISTINCT ctid) FROM invoice_parts")
    check("rows in several partitions have the same place", unless(places > 10, places))
    tds.heal()
    check("behind the view each order has its customer again", wrong(tds, HEADS))
    check("in the partitions each line has its own product again", wrong(tds, LINES))
    check("and all the rest is right", checker.differences(sim, tds, entities=("order", "product", "customer")))
    check("it ends cleanly", tds.stop())


if __name__ == "__main__":
    run(late_links)
