#!/usr/bin/python3
"""Shows that zoho-sim can do to a client what Zoho does on its bad days: drift, schedules, quirks, clocks, merges, given replies,
webhooks out of date; and that --help tells of all of it."""
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import BUILD, ENTITIES, ORGANIZATION, Sim, call, check, differs, run, unless, wait_for

ID = {"items": "item_id", "invoices": "invoice_id", "contacts": "contact_id"}


class Client:
    def __init__(self, sim):
        self.sim = sim
        form = {"grant_type": "refresh_token", "refresh_token": "sim-refresh", "client_id": "sim-client", "client_secret": "sim-secret"}
        reply = call(sim.port, "POST", "/oauth/v2/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        self.headers = {"Authorization": "Zoho-oauthtoken " + reply.json["access_token"]}

    def get(self, path, **query):
        return call(self.sim.port, "GET", f"{path}?{urlencode({'organization_id': ORGANIZATION, **query})}", None, self.headers, timeout=5)

    def pages(self, name, **query):
        found, page = [], 1
        while True:
            body = self.get(f"/books/v3/{name}", page=page, **query).json
            found.append([row[ID[name]] for row in body[name]])
            if not body["page_context"]["has_more_page"]:
                return found
            page += 1


def told():
    text = subprocess.run([os.path.join(BUILD, "zoho-sim"), "--help"], capture_output=True, text=True, check=True).stdout
    words = ("DRIFT", "QUIRKS", "REPLIES", "at_seconds", "after_calls", "short_pages", "overlap_rows", "unstable_order", "ignore_sort", "ignore_filters",
             "ignore_paging", "leave_out", "list_lines", "undated", "--clock-skew", "--stale-rate", "--time-zone", "merge?into=", "/_sim/clock")
    check("--help says everything", [w for w in words if w not in text])
    for option, value in (("--drift", "nothing,after=1"), ("--quirk", "unheard_of"), ("--replies", "/nonexistent"), ("--time-zone", "Nowhere/Land"), ("--clock-skew", "soon"),
                          ("--fault", "@/nonexistent")):
        check(f"{option} {value} is refused", differs(subprocess.run([os.path.join(BUILD, "zoho-sim"), option, value], capture_output=True).returncode, 2))


def drift():
    sim = Sim(items=60, drift=["product,after=1,do=delete,count=2,which=shown"])
    client = Client(sim)
    before = sim.ids("product")
    pages = client.pages("items", per_page=20)
    gone, seen = set(sim.drifted()), [n for page in pages for n in page]
    check("two of the first page are deleted behind it", unless(len(gone) == 2 and gone <= set(pages[0]), gone))
    check("so two others were on no page", differs(len(set(before) - set(seen)), 2))
    sim.no_drift()
    sim.drift("product", after=2, do="create", times=1)
    sim.drift("product", after=0, do="change", fields={"description": "while you read"}, which="later", times=2, webhook=True)
    client.pages("items", per_page=20)
    check("records are entered and edited while one reads", differs((len(sim.ids("product")), len(sim.drifted())), (len(before) - 1, 3)))
    check("as was ordered", differs(sum(r["record"]["description"] == "while you read" for r in sim.truth("product")), 2))


def schedule():
    sim = Sim(fault=["503,at_seconds=0.4,for=0.6"])
    client = Client(sim)
    check("before its time a fault spares", differs(client.get("/books/v3/items").status, 200))
    check("then it strikes", differs(bool(wait_for(lambda: client.get("/books/v3/items").status == 503, 3)), True))
    check("and is over", differs(bool(wait_for(lambda: client.get("/books/v3/items").status == 200, 3)), True))
    sim.control("POST", "faults", [{"kind": "500", "after_calls": 2, "path": "*/invoices", "count": 1}])
    statuses = [client.get(f"/books/v3/{name}").status for name in ("items", "contacts", "items", "invoices", "invoices")]
    check("after so many calls it strikes those it means", differs(statuses, [200, 200, 200, 500, 200]))


def quirks():
    sim = Sim(items=50)
    client = Client(sim)
    plain = [n for page in client.pages("items", per_page=20) for n in page]
    sim.quirk("short_pages", 3)
    check("pages are shorter than asked for and there are more", differs([len(p) for p in client.pages("items", per_page=20)], [17, 17, 16]))
    sim.quirk("overlap_rows", 2)
    pages = client.pages("items", per_page=20)
    check("rows stand on two pages", differs((pages[0][-2:], sum(map(len, pages)) > 50), (pages[1][:2], True)))
    sim.no_quirks()
    sim.quirk("ignore_paging")
    check("all on one page", differs(client.pages("items", per_page=20), [plain]))
    sim.no_quirks()
    sim.quirk("ignore_filters")
    sim.quirk("ignore_sort")
    context = client.get("/books/v3/contacts", contact_type="customer", sort_column="last_modified_time", sort_order="D", per_page=200).json
    check("everything is answered", differs(len(context["contacts"]), len(sim.ids("customer")) + len(sim.ids("vendor"))))
    check("in its own order", differs(context["page_context"]["sort_column"], "contact_name"))
    sim.no_quirks()
    sim.quirk("ids", "number")
    sim.quirk("numbers", "text", "product")
    item = client.get("/books/v3/items").json["items"][0]
    check("ids as integers, numbers in quotes", unless(isinstance(item["item_id"], int) and isinstance(item["rate"], str), item))
    check("of that entity only", unless(not isinstance(client.get("/books/v3/invoices").json["invoices"][0]["total"], str), "in quotes"))
    sim.no_quirks()
    sim.quirk("leave_out", "last_modified_time", "return")
    check("a key is left out", unless("last_modified_time" not in sim.truth("return")[0]["record"] and "last_modified_time" in sim.truth("order")[0]["record"], "there"))
    sim.quirk("list_lines", "", "invoice")
    check("lists carry lines", unless("line_items" in client.get("/books/v3/invoices").json["invoices"][0], "none"))
    sim.quirk("undated")
    check("no Date", differs(client.get("/books/v3/items").headers.get("Date"), None))


def clocks():
    sim = Sim(clock_skew=-300, time_zone="EST5EDT,M3.2.0,M11.1.0")
    client = Client(sim)
    date = parsedate_to_datetime(client.get("/books/v3/items").headers["Date"])
    check("Zoho's clock is five minutes behind", unless(abs(datetime.now(timezone.utc) - timedelta(seconds=300) - date) < timedelta(seconds=3), date))
    number = sim.ids("invoice")[0]
    sim.change("invoice", number, {"notes": "x"})
    at = datetime.strptime(sim.record("invoice", number)["last_modified_time"], "%Y-%m-%dT%H:%M:%S%z")
    check("changes are dated by it", unless(abs(at - date) < timedelta(seconds=3), (at, date)))
    check("with summer time and winter time", differs({r["created_time"][-5:] for r in sim.truth("invoice")}, {"-0400", "-0500"}))
    since = at.strftime("%Y-%m-%dT%H:%M:%S%z")
    for form, status, count in ((since, 200, 1), (at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), 400, None),
                                (at.astimezone(timezone(timedelta(hours=5, minutes=45))).strftime("%Y-%m-%dT%H:%M:%S%z"), 200, 1)):
        reply = client.get("/books/v3/invoices", last_modified_time=form)
        check(f"last_modified_time={form}", differs((reply.status, len(reply.json.get("invoices", ())) if count else None), (status, count)))
    sim.skew(0)
    check("it can be set", unless(abs(parsedate_to_datetime(client.get("/books/v3/items").headers["Date"]) - datetime.now(timezone.utc)) < timedelta(seconds=3), "not"))


def merged():
    sim = Sim()
    client = Client(sim)
    old = sim.truth("invoice")[0]["record"]["customer_id"]
    into = next(n for n in sim.ids("customer") if n != old)
    sim.merge("customer", old, into)
    reply = client.get(f"/books/v3/contacts/{old}")
    check("the old id of a merged contact is a 404", differs((reply.status, reply.json["code"]), (404, 1002)))
    check("its documents are the other's", differs(sim.truth("invoice")[0]["record"]["customer_id"], into))
    check("the truth says into which", differs(sim.record("customer", old)["merged_into"], into))
    check("and nobody is merged with a stranger", differs(call(sim.port, "POST", f"/_sim/records/customer/{into}/merge?into=1").status, 400))


def replies():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([{"path": "/books/v3/items", "page": 2, "body": {"code": 0, "items": [{"item_id": 4711, "rate": 1.5}]}},
                   {"path": "/books/v3/invoices/*", "status": 500, "body": "no JSON", "count": 1}], file)
        file.flush()
        sim = Sim(replies=file.name)
    client = Client(sim)
    check("a reply is given for one page", differs(client.get("/books/v3/items", page=2).json["items"][0]["item_id"], 4711))
    check("of that page only", unless(len(client.get("/books/v3/items", page=1).json["items"]) > 1, "not"))
    number = sim.ids("invoice")[0]
    check("as text, as often as wanted", differs([client.get(f"/books/v3/invoices/{number}").status for _ in range(2)], [500, 200]))


def stale():
    sim = Sim(webhook_url="http://127.0.0.1:1/none", stale_rate=1)
    for _ in range(2):
        for entity in ENTITIES:
            sim.truth(entity)
            sim.control("POST", f"change?entity={entity}&count=1&webhook=true")
    time.sleep(0.1)
    check("webhooks tell of what was before", unless(sim.counts()["stale"] == 2 * len(ENTITIES), sim.counts()))


if __name__ == "__main__":
    run(told, drift, schedule, quirks, clocks, merged, replies, stale)
