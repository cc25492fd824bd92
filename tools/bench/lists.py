"""Where the simulated Zoho lists each of the thirteen entities, and the barest parallel loop over such lists: what a benchmark
compares a pull with. Written from Zoho's description; shares nothing with the product."""
import concurrent.futures
import http.client
import json
import threading
import time
import urllib.parse
import bench

PER_PAGE = 200


class List:
    """sync: name of its bulk sync. option: the simulator's option that says how many there are, and how many there are without.
    column: one of its table that the list fills. details: whether each record's detail is wanted, too; many: so many a call."""

    def __init__(self, sync, option, records, path, root, key, column, query=None, details=False, many=1):
        self.sync, self.option, self.records, self.path, self.root, self.key = sync, option, records, path, root, key
        self.column, self.query, self.details, self.many = column, query or {}, details, many

    def pages(self, records=None):
        return max(1, -(-(records or self.records) // PER_PAGE))

    def detail_calls(self, records=None):
        return -(-(records or self.records) // self.many) if self.details else 0


ALL = {"filter_by": "Status.All"}
OF = {
    "product": List("products", "items", 2221, "/inventory/v1/items", "items", "item_id", "sku", ALL, True, 100),
    "customer": List("customers", "customers", 2503, "/books/v3/contacts", "contacts", "contact_id", "email",
                     {"contact_type": "customer", **ALL}, True),
    "vendor": List("vendors", "vendors", 81, "/books/v3/contacts", "contacts", "contact_id", "email", {"contact_type": "vendor", **ALL}, True),
    "invoice": List("invoices", "invoices", 1200, "/books/v3/invoices", "invoices", "invoice_id", "status", ALL, True),
    "order": List("orders", "orders", 1500, "/books/v3/salesorders", "salesorders", "salesorder_id", "status", ALL, True),
    "bill": List("bills", "bills", 300, "/books/v3/bills", "bills", "bill_id", "status", ALL, True),
    "credit_note": List("credit-notes", "credit-notes", 80, "/books/v3/creditnotes", "creditnotes", "creditnote_id", "status", ALL, True),
    "payment": List("payments", "payments", 900, "/books/v3/customerpayments", "customerpayments", "payment_id", "payment_mode", {}, True),
    "return": List("returns", "returns", 60, "/inventory/v1/salesreturns", "salesreturns", "salesreturn_id", "status", {}, True),
    "stock_adjustment": List("stock-adjustments", "adjustments", 50, "/inventory/v1/inventoryadjustments", "inventory_adjustments",
                             "inventory_adjustment_id", "reason", {}, True),
    "price_list": List("pricelists", "price-lists", 7, "/books/v3/pricebooks", "pricebooks", "pricebook_id", "name", {}, True),
    "branch": List("branches", "locations", 4, "/books/v3/locations", "locations", "location_id", "name"),
    "user": List("users", "users", 12, "/books/v3/users", "users", "user_id", "email", ALL),
}


def token(sim):
    form = {"grant_type": "refresh_token", "refresh_token": "sim-refresh", "client_id": "sim-client", "client_secret": "sim-secret"}
    return json.loads(bench.ask(sim.port, "POST", "/oauth/v2/token?" + urllib.parse.urlencode(form), "")[1])["access_token"]


def page(of, number, per_page=PER_PAGE):
    """The path of a page."""
    query = urllib.parse.urlencode({"organization_id": bench.ORGANIZATION, "page": number, "per_page": per_page, **of.query})
    return f"{of.path}?{query}"


def bare_loop(sim, paths, at_once, bearer):
    """Seconds for the paths, by at_once threads with a connection each; parsed, but written nowhere."""
    here = threading.local()

    def fetch(path):
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
        here.connection.request("GET", path, headers={"Authorization": "Zoho-oauthtoken " + bearer})
        reply = here.connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise SystemExit(f"{path}: {reply.status} {text[:200]}")
        json.loads(text)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(fetch, paths))
    return time.monotonic() - begin


def calls_made(sim, settle=0.4):
    """Calls to the API since the counters were reset, all of them over, most at once, and how many Zoho refused. (A page guessed
    beyond the last one is a call, too, and counted at its end.)"""
    time.sleep(settle)
    calls = sim.calls()
    made = sum(n for path, n in calls["by_path"].items() if "oauth" not in path and "_sim" not in path)
    return made, calls["max_concurrent"], sum(calls["by_429_code"].values())
