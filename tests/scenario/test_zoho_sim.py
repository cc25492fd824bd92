#!/usr/bin/python3
"""Shows that zoho-sim is as hard on a client as Zoho: paging, limits, tokens, faults, records, webhooks."""

import gzip
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zlib

BUILD = os.environ.get("TDS_BUILD", "build")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIM = os.path.join(ROOT, BUILD, "zoho-sim")
ORGANIZATION = "10234695"
FREE = ["--calls-per-minute", "100000", "--calls-per-day", "1000000", "--concurrent", "100"]
SMALL = ["--items", "30", "--active-items", "20", "--customers", "20", "--vendors", "5", "--orders", "20",
         "--invoices", "20", "--bills", "5", "--payments", "10"]
LISTS = {  # path -> (key of the rows, id, how many there are by default)
    "/books/v3/items": ("items", "item_id", 2221),
    "/books/v3/contacts": ("contacts", "contact_id", 2503 + 81),
    "/books/v3/invoices": ("invoices", "invoice_id", 1200),
    "/books/v3/salesorders": ("salesorders", "salesorder_id", 1500),
    "/books/v3/bills": ("bills", "bill_id", 300),
    "/books/v3/creditnotes": ("creditnotes", "creditnote_id", 80),
    "/books/v3/customerpayments": ("customerpayments", "payment_id", 900),
    "/inventory/v1/salesreturns": ("salesreturns", "salesreturn_id", 60),
    "/inventory/v1/inventoryadjustments": ("inventory_adjustments", "inventory_adjustment_id", 50),
    "/books/v3/pricebooks": ("pricebooks", "pricebook_id", 7),
    "/books/v3/locations": ("locations", "location_id", 4),
    "/books/v3/users": ("users", "user_id", 12),
}
running = []
failed = 0


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Sim:
    """One running simulator, with a token as soon as one is needed."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        port_file = os.path.join(self.folder.name, "port")
        self.process = subprocess.Popen([SIM, "--listen", "127.0.0.1:0", "--port-file", port_file, *options],
                                        stdout=subprocess.PIPE, text=True)
        running.append(self)
        self.line = self.process.stdout.readline()
        for _ in range(200):
            if os.path.exists(port_file):
                break
            time.sleep(0.05)
        with open(port_file, encoding="ascii") as file:
            self.port = int(file.read())
        self.access_token = None

    def call(self, method, path, body=None, headers=None, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def token(self, **changes):
        form = {"grant_type": "refresh_token", "refresh_token": "sim-refresh", "client_id": "sim-client",
                "client_secret": "sim-secret", **changes}
        return self.call("POST", "/oauth/v2/token", urllib.parse.urlencode(form),
                         {"Content-Type": "application/x-www-form-urlencoded"})

    def get(self, path, token=None, headers=None, timeout=10, organization=ORGANIZATION, **query):
        if token is None:
            self.access_token = self.access_token or self.token().json["access_token"]
            token = self.access_token
        if organization:
            query["organization_id"] = organization
        return self.call("GET", path + "?" + urllib.parse.urlencode(query), None,
                         {"Authorization": "Zoho-oauthtoken " + token, **(headers or {})}, timeout)

    def control(self, method, path, body=None):
        return self.call(method, "/_sim/" + path, json.dumps(body) if body is not None else None).json

    def rows(self, path, key, **query):
        page, rows = 1, []
        while True:
            reply = self.get(path, page=page, **query).json
            rows += reply[key]
            if not reply.get("page_context", {}).get("has_more_page"):
                return rows
            page += 1

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()
        if self in running:
            running.remove(self)
        return code


class Receiver:
    """Takes webhooks like TDS does; answers turn by turn what it is told to."""

    def __init__(self, answers=()):
        self.got, self.answers, self.lock = [], list(answers), threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.got.append((self.path, dict(self.headers), body))
                    status = receiver.answers.pop(0) if receiver.answers else 202
                    number = len(receiver.got)
                text = json.dumps({"success": status == 202, "event_id": "event-%d" % number}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/api/tds/webhooks" % self.server.server_port

    def wait(self, count, seconds=8):
        end = time.time() + seconds
        while len(self.got) < count and time.time() < end:
            time.sleep(0.02)
        return len(self.got)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def check(sentence, condition, why=""):
    global failed
    if condition:
        print("ok - " + sentence, flush=True)
    else:
        failed += 1
        print("not ok - %s: %s" % (sentence, why), flush=True)


def same(sentence, have, want):
    check(sentence, have == want, "have %.300r, want %.300r" % (have, want))


def outcome(call):
    """What a call ends with: a Reply, or the name of the exception."""
    try:
        return call()
    except Exception as error:  # whatever a broken peer causes is what is looked for
        return type(error).__name__


def sign(secret, query, body, form=False):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    pairs += urllib.parse.parse_qsl(body, keep_blank_values=True) if form else []
    text = "".join(key + value for key, value in sorted(pairs)) + ("" if form else body)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def command_line():
    same("--version exits 0", subprocess.run([SIM, "--version"], capture_output=True).returncode, 0)
    help_text = subprocess.run([SIM, "--help"], capture_output=True, text=True)
    check("--help explains every part", help_text.returncode == 0 and "FAULTS" in help_text.stdout, help_text.stdout)
    same("an unknown option exits 2", subprocess.run([SIM, "--nonsense"], capture_output=True).returncode, 2)
    same("a bad fault exits 2", subprocess.run([SIM, "--fault", "nonsense"], capture_output=True).returncode, 2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        same("a port in use exits 1", subprocess.run([SIM, "--listen", address, *SMALL], capture_output=True).returncode, 1)


def lists(sim):
    for path, (key, id_key, total) in LISTS.items():
        rows = sim.rows(path, key)
        ids = {row[id_key] for row in rows}
        check("%s has %d rows of %d different ids" % (path, total, total), len(rows) == len(ids) == total,
              "%d rows, %d ids" % (len(rows), len(ids)))
    same("1,312 items are active", len(sim.rows("/books/v3/items", "items", filter_by="Status.Active")), 1312)
    same("909 items are not", len(sim.rows("/books/v3/items", "items", filter_by="Status.Inactive")), 909)
    same("contact_type=vendor gives the vendors", len(sim.rows("/books/v3/contacts", "contacts", contact_type="vendor")), 81)
    page = sim.get("/books/v3/items", per_page=500).json
    same("no page is larger than 200", (len(page["items"]), page["page_context"]["per_page"]), (200, 200))
    same("locations have no page_context", "page_context" in sim.get("/books/v3/locations").json, False)
    past = sim.get("/books/v3/items", page=1000).json
    same("a page past the end is empty", (past["items"], past["page_context"]["has_more_page"]), ([], False))
    same("an unknown filter is refused", sim.get("/books/v3/items", filter_by="Nonsense").json["code"], 2)
    same("returns are not in Books", sim.get("/books/v3/salesreturns").json["code"], 5)


def sorting(sim):
    for order, reverse in (("A", False), ("D", True)):
        rows = sim.rows("/books/v3/invoices", "invoices", sort_column="created_time", sort_order=order)
        times = [row["created_time"] for row in rows]
        same("invoices sort by created_time " + order, times, sorted(times, reverse=reverse))
    rows = sim.rows("/books/v3/contacts", "contacts", sort_column="last_modified_time", sort_order="D")
    times = [row["last_modified_time"] for row in rows]
    same("contacts sort by last_modified_time", times, sorted(times, reverse=True))
    reply = sim.get("/books/v3/items", sort_column="created_time")
    same("a sort column that isn't documented is refused", (reply.status, reply.json["code"]), (400, 2))
    rows = sim.rows("/books/v3/invoices", "invoices")
    middle = sorted(row["last_modified_time"] for row in rows)[600]
    newer = sim.rows("/books/v3/invoices", "invoices", last_modified_time=middle)
    same("last_modified_time filters invoices", len(newer), sum(row["last_modified_time"] >= middle for row in rows))
    same("last_modified_time is ignored for items", len(sim.rows("/books/v3/items", "items", last_modified_time=middle)), 2221)
    reply = sim.get("/books/v3/invoices", last_modified_time="2026-01-01T00:00:00Z")
    same("a time with Z is a 400", (reply.status, reply.json["code"]), (400, 2))
    reply = sim.call("GET", "/books/v3/invoices?organization_id=%s&last_modified_time=%s" % (ORGANIZATION, middle), None,
                     {"Authorization": "Zoho-oauthtoken " + sim.access_token})
    same("a + that isn't encoded is a 400", reply.status, 400)


def details(sim):
    invoice_row = next(row for row in sim.rows("/books/v3/invoices", "invoices") if row["status"] == "paid")
    invoice = sim.get("/books/v3/invoices/" + invoice_row["invoice_id"]).json["invoice"]
    check("lines stand only in the detail", "line_items" not in invoice_row and invoice["line_items"], invoice_row)
    check("the list says zipcode, the detail zip", "zipcode" in invoice_row["billing_address"]
          and "zip" in invoice["billing_address"] and "zipcode" not in invoice["billing_address"], invoice_row)
    payments = sim.control("GET", "records/payment?limit=2000")["records"]
    paid = sum(float(allocation["amount_applied"]) for payment in payments
               for allocation in payment["record"]["invoices"] if allocation["invoice_id"] == invoice["invoice_id"])
    same("payments add up to what an invoice says", round(paid, 2), invoice["payment_made"])
    payment = payments[0]["record"]
    check("a payment's detail has updated_time and no last_modified_time",
          "updated_time" in payment and "last_modified_time" not in payment, payment)
    items = {record["id"] for record in sim.control("GET", "records/product?limit=5000")["records"]}
    orders = sim.control("GET", "records/order?limit=5000")["records"]
    check("every line of every order names an item there is",
          all(line["item_id"] in items for order in orders for line in order["record"]["line_items"]))
    text = sim.get("/books/v3/items").body.decode()
    check("prices have two decimals, stock has six", re.search(r'"rate":\d+\.\d\d[,}]', text)
          and re.search(r'"stock_on_hand":-?\d+\.\d{6}[,}]', text), text[:300])
    rates = [item["rate"] for item in sim.rows("/books/v3/items", "items")]
    check("about a quarter of the prices is 0", 0.2 < rates.count(0) / len(rates) < 0.3, rates.count(0))
    rows = sim.rows("/books/v3/items", "items")
    check("there are names of 200 characters", max(len(row["name"]) for row in rows) == 200)
    check("there are SKUs of more than 50 characters", 50 < max(len(row["sku"]) for row in rows) <= 60)
    check("there is negative stock", any(row.get("stock_on_hand", 0) < 0 for row in rows))
    check("services carry no stock", all("stock_on_hand" not in row for row in rows if row["product_type"] == "service"))
    ids = [row["item_id"] for row in rows[:100]]
    bulk = sim.get("/inventory/v1/itemdetails", item_ids=",".join(ids)).json["items"]
    same("itemdetails gives 100 at once", [item["item_id"] for item in bulk], ids)
    book = sim.get("/books/v3/pricebooks").json["pricebooks"][0]["pricebook_id"]
    check("a price list's detail has its items", "pricebook_items" in sim.get("/books/v3/pricebooks/" + book).json["pricebook"])
    with_image = next(row for row in rows if row["image_name"])
    without = next(row for row in rows if not row["image_name"])
    picture = sim.get("/inventory/v1/items/%s/image" % with_image["item_id"])
    size = int.from_bytes(picture.body[33:37], "big")
    check("an image is a PNG whose pixels can be unpacked", picture.body.startswith(b"\x89PNG\r\n\x1a\n")
          and len(zlib.decompress(picture.body[41:41 + size])) > 100, picture.body[:60])
    same("no image is a 404", sim.get("/inventory/v1/items/%s/image" % without["item_id"]).status, 404)


def errors(sim):
    cases = [
        ("a record that isn't there is 404/1002", sim.get("/books/v3/invoices/123"), 404, 1002),
        ("an unknown URL is 404/5", sim.get("/books/v3/nonsense"), 404, 5),
        ("another organisation is 400/6041", sim.get("/books/v3/items", organization="1"), 400, 6041),
        ("no organisation is 400/6041", sim.get("/books/v3/items", organization=None), 400, 6041),
        ("a wrong token is 401/57", sim.get("/books/v3/items", token="1000.x"), 401, 57),
        ("no token is 401/14", sim.call("GET", "/books/v3/items"), 401, 14),
    ]
    for sentence, reply, status, code in cases:
        same(sentence, (reply.status, reply.json["code"]), (status, code))
    same("organizations needs no organization_id", sim.get("/books/v3/organizations", organization=None).status, 200)


def speed(sim):
    sim.rows("/books/v3/items", "items")
    connection = http.client.HTTPConnection("127.0.0.1", sim.port)
    times = []
    for number in range(11):
        start = time.perf_counter()
        connection.request("GET", "/books/v3/items?organization_id=%s&page=%d" % (ORGANIZATION, number + 1), None,
                           {"Authorization": "Zoho-oauthtoken " + sim.access_token})
        connection.getresponse().read()
        times.append(time.perf_counter() - start)
    connection.close()
    median = sorted(times)[5] * 1000
    # Instrumented builds and this client are slower than the simulator itself.
    check("a page of 200 items takes milliseconds", median < 25, "%.1f ms" % median)


def records(sim):
    record = sim.control("GET", "records/product?limit=1&after=&list=true")["records"][0]
    path, page = "records/product/" + record["id"], "/books/v3/items/" + record["id"]
    changed = sim.control("POST", path, {"rate": 12.5, "name": "Renamed", "cf_new": "x"})
    detail = sim.get(page).json["item"]
    same("a change is served", (detail["rate"], detail["name"], detail["cf_new"]), (12.5, "Renamed", "x"))
    check("... with the field's decimals", b'"rate":12.50,' in sim.get(page).body)
    check("... and moves last_modified_time", changed["last_modified_time"] > record["last_modified_time"], changed)
    quiet = sim.control("POST", path + "?touch=false", {"description": "quiet"})
    same("touch=false leaves last_modified_time alone", quiet["last_modified_time"], changed["last_modified_time"])
    row = next(row for row in sim.rows("/books/v3/items", "items") if row["item_id"] == record["id"])
    same("the list row says the same", (row["item_name"], row["description"]), ("Renamed", "quiet"))
    sim.control("DELETE", path)
    same("a deleted record is 404/1002", sim.get(page).json["code"], 1002)
    same("... and vanishes from the list", record["id"] in {row["item_id"] for row in sim.rows("/books/v3/items", "items")}, False)
    same("... but the truth remembers it", sim.control("GET", path)["deleted"], True)
    new = sim.control("POST", "records/invoice", {"reference_number": "made by hand"})
    same("a created record is served", sim.get("/books/v3/invoices/" + new["id"]).json["invoice"]["reference_number"], "made by hand")
    before = {entry["id"]: entry for entry in sim.control("GET", "records/order?limit=5000")["records"]}
    same("change answers how many", sim.control("POST", "change?entity=order&count=40&seed=3")["changed"], 40)
    after = sim.control("GET", "records/order?limit=5000")["records"]
    touched = [entry for entry in after if entry != before[entry["id"]]]
    check("... and changes that many at most", 0 < len(touched) <= 40, len(touched))
    totals = [round(sum(line["item_total"] for line in entry["record"]["line_items"]), 2) for entry in touched]
    same("... and keeps totals right", totals, [entry["record"]["total"] for entry in touched])
    calls = sim.control("GET", "calls")
    check("calls are counted by path and status", calls["by_status"]["200"] > 0 and calls["by_path"]["/books/v3/items/{id}"] > 0
          and len(calls["calls"]) > 0, calls.get("by_path"))


def full_size():
    sim = Sim(*FREE)
    try:
        check("it says where it listens", sim.line == "zoho-sim: listening on http://127.0.0.1:%d\n" % sim.port, sim.line)
        for part in (lists, sorting, details, errors, speed, records):
            part(sim)
        headers = sim.get("/books/v3/users").headers
        check("replies carry the day's quota and a date", headers["x-rate-limit-limit"] == "1000000" and headers["Date"]
              and int(headers["x-rate-limit-remaining"]) < 1000000 and 0 < int(headers["x-rate-limit-reset"]) <= 86400, headers)
    finally:
        same("SIGTERM ends it with 0", sim.stop(), 0)


def repeatable():
    texts = []
    for seed in ("5", "5", "6"):
        sim = Sim(*SMALL, *FREE, "--seed", seed)
        texts.append([sim.control("GET", "records/%s?limit=100" % name)["records"] for name in ("product", "invoice", "payment")])
        sim.stop()
    check("the same seed gives the same records", texts[0] == texts[1])
    check("another seed gives others", texts[0] != texts[2])


def minute_and_day():
    sim = Sim(*SMALL, "--calls-per-minute", "5", "--minute-seconds", "1", "--calls-per-day", "12", "--retry-after", "7")
    replies = [sim.get("/books/v3/users") for _ in range(6)]
    same("the sixth call of a minute is 429/44", [reply.status for reply in replies] + [replies[5].json["code"]], [200] * 5 + [429, 44])
    same("Retry-After is sent when asked for", replies[5].headers["Retry-After"], "7")
    time.sleep(1.05)
    same("after the minute calls pass again", sim.get("/books/v3/users").status, 200)
    time.sleep(1.05)
    statuses = [sim.get("/books/v3/users").status for _ in range(4)]
    sim.control("POST", "quota?used=12")
    time.sleep(1.05)
    reply = sim.get("/books/v3/users")
    same("a spent day is 429/45", (statuses, reply.status, reply.json["code"]), ([200] * 4, 429, 45))
    same("... and the header says 0 is left", reply.headers["x-rate-limit-remaining"], "0")
    same("429s are counted by code", sim.control("GET", "calls")["by_429_code"]["44"], 1)
    sim.stop()


def concurrency():
    sim = Sim(*SMALL, "--concurrent", "3", "--latency-ms", "300")
    sim.get("/books/v3/users")
    replies, start = [], time.time()
    threads = [threading.Thread(target=lambda: replies.append(sim.get("/books/v3/users"))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(reply.json["code"] for reply in replies)
    same("a fourth call at once is 429/1070", codes, [0, 0, 0, 1070, 1070])
    took = time.time() - start
    check("latency is served side by side", 0.28 < took < 0.8, "%.2f s" % took)
    check("the most at once is told", sim.control("GET", "calls")["max_concurrent"] >= 4)
    same("/_sim/stop ends it with 0", (sim.control("GET", "stop")["ok"], sim.process.wait(10)), (True, 0))
    sim.stop()


def tokens():
    sim = Sim(*SMALL, "--token-seconds", "1")
    first = sim.token()
    same("a token comes with the API's address", first.json["api_domain"], "http://127.0.0.1:%d" % sim.port)
    same("... and how long it lives", (first.json["token_type"], first.json["expires_in"]), ("Bearer", 1))
    wrong = [sim.token(**change) for change in ({"refresh_token": "x"}, {"client_id": "x"}, {"client_secret": "x"}, {"grant_type": "x"})]
    same("mistakes are 200 with an error", [reply.status for reply in wrong] + [wrong[0].json, wrong[1].json],
         [200] * 4 + [{"error": "invalid_code"}, {"error": "invalid_client"}])
    time.sleep(1.05)
    same("an expired token is 401/57", sim.get("/books/v3/users", token=first.json["access_token"]).json["code"], 57)
    replies = [sim.token() for _ in range(6)]
    same("the eleventh request in ten minutes is throttled", ([reply.status for reply in replies], replies[5].json["error"]),
         ([200] * 5 + [400], "Access Denied"))
    sim.stop()
    sim = Sim(*SMALL, "--tokens-per-window", "30")
    given = [sim.token().json["access_token"] for _ in range(11)]
    same("the eleventh living token kills the oldest",
         [sim.get("/books/v3/users", token=token).status for token in (given[0], given[1], given[10])], [401, 200, 200])
    sim.stop()


def faults():
    sim = Sim(*SMALL, *FREE, "--fault", "500,count=1,path=/users")
    sim.get("/books/v3/items")
    same("a fault from the command line strikes once", [sim.get("/books/v3/users").status for _ in range(2)], [500, 200])

    def struck(fault, path="/books/v3/items", **more):
        sim.control("DELETE", "faults")
        sim.control("POST", "faults", {"count": 1, "path": "/items", **fault})
        return outcome(lambda: sim.get(path, **more))

    same("truncate sends less than it says", struck({"kind": "truncate"}), "IncompleteRead")
    same("reset is a reset", struck({"kind": "reset"}), "ConnectionResetError")
    reply = struck({"kind": "html", "status": 200})
    check("html can come with 200", reply.status == 200 and b"<html>" in reply.body, reply.status)
    same("503 is a page, too", struck({"kind": "503"}).status, 503)
    reply = struck({"kind": "429", "code": 1070})
    same("429 says the code it is told", (reply.status, reply.json["code"]), (429, 1070))
    same("unauthorized is 401/57", struck({"kind": "unauthorized"}).json["code"], 57)
    same("a fault spares other paths", struck({"kind": "500"}, "/books/v3/users").status, 200)
    start = time.time()
    reply = struck({"kind": "slow", "delay_ms": 600})
    check("slow takes its time and is complete", time.time() - start > 0.5 and reply.json["code"] == 0, time.time() - start)
    same("hang never answers", struck({"kind": "hang"}, timeout=0.5), "TimeoutError")
    reply = struck({"kind": "gzip_cut"})
    same("gzip_cut ends in the middle", (reply.headers["Content-Encoding"], outcome(lambda: gzip.decompress(reply.body))), ("gzip", "EOFError"))
    reply = struck({"kind": "truncate", "body": "x" * 90})
    same("a body can be given", reply, "IncompleteRead")
    sim.control("POST", "faults", {"kind": "500", "after": 2, "count": 1, "path": "/bills"})
    same("after lets calls pass first", [sim.get("/books/v3/bills").status for _ in range(4)], [200, 200, 500, 200])
    same("token_revoked kills the token", struck({"kind": "token_revoked"}).json["code"], 57)
    same("... which stays dead", sim.get("/books/v3/items").status, 401)
    sim.access_token = None
    same("... until a new one is asked for", sim.get("/books/v3/items").status, 200)
    sim.control("DELETE", "faults")
    sim.control("POST", "faults", {"kind": "token_revoked"})
    same("a refresh token can be revoked for good", sim.token().json, {"error": "invalid_code"})
    sim.stop()


def gzip_replies():
    sim = Sim(*SMALL, *FREE, "--gzip")
    reply = sim.get("/books/v3/items", headers={"Accept-Encoding": "gzip"})
    same("gzip comes to those who accept it", json.loads(gzip.decompress(reply.body))["code"], 0)
    same("... and to nobody else", sim.get("/books/v3/items").json["code"], 0)
    sim.stop()


def webhooks():
    receiver = Receiver()
    sim = Sim(*SMALL, *FREE, "--webhook-key", "k1", "--webhook-signature-secret", "mysecretkey12", "--webhook-url", receiver.url)
    product = sim.control("GET", "records/product?limit=1")["records"][0]["id"]
    sim.control("POST", "records/product/%s?webhook=true" % product, {"name": "Hooked"})
    receiver.wait(1)
    path, headers, body = receiver.got[0]
    same("a change sends its record", (path, json.loads(body)["item"]["name"]), ("/api/tds/webhooks/products", "Hooked"))
    same("... with the key", headers["X-Webhook-Key"], "k1")
    same("... and signed", headers["X-Zoho-Webhook-Signature"], sign("mysecretkey12", "", body.decode()))
    sim.control("DELETE", "records/product/%s?webhook=true" % product)
    receiver.wait(2)
    path, headers, body = receiver.got[1]
    same("a deletion says so in the URL", path, "/api/tds/webhooks/products?event=deleted")
    same("... which is signed, too", headers["X-Zoho-Webhook-Signature"], sign("mysecretkey12", "event=deleted", body.decode()))
    invoice = sim.control("GET", "records/invoice?limit=1")["records"][0]["id"]
    for shape in range(1, 8):
        sim.control("POST", "webhooks", {"shape": shape})
        said = sim.control("POST", "webhooks/fire?entity=invoice&id=%s" % invoice)
        path, headers, body = receiver.got[-1]
        text, form = body.decode(), shape in (4, 5)
        fields = dict(urllib.parse.parse_qsl(text)) if form else json.loads(text)
        found = {1: lambda: fields["invoice"], 2: lambda: fields["data"], 3: lambda: fields, 5: lambda: fields,
                 4: lambda: json.loads(fields["JSONString"])["invoice"], 6: lambda: fields["invoice"],
                 7: lambda: fields["events"][0]["data"]}[shape]()
        check("shape %d carries the record, signed" % shape, said["acknowledged"] and found["invoice_id"] == invoice
              and headers["X-Zoho-Webhook-Signature"] == sign("mysecretkey12", "", text, form), text[:200])
    acknowledged = sim.control("GET", "webhooks?after=0&limit=100")
    same("acknowledged deliveries are listed", (acknowledged["total"], acknowledged["acknowledged"][0]["event_id"],
                                                acknowledged["acknowledged"][0]["id"]), (9, "event-1", product))
    vectors = [("subscription_id=90343&name=basic", '{"created_date":"2019-03-06","event_id":"5675"}',
                "ec0357bb87b946f9b88f3d80899810913dfbc310ada921e1d1e25575d5f63ee9"),
               ("", '{"test":true}', "beeba5fe977923913952d4d245be79be8daaea0e1d7c2785731491518b098653")]
    for query, body, signature in vectors:
        path = "/_sim/webhooks/sign?" + urllib.parse.urlencode({"secret": "mysecretkey12", "query": query})
        same("the signature's vector %s... holds" % signature[:8], sim.call("POST", path, body).json["signature"], signature)
    sim.stop()
    receiver.close()


def webhook_faults():
    receiver = Receiver([500, 503, 202])
    sim = Sim(*SMALL, *FREE)
    sim.control("POST", "webhooks", {"url": receiver.url})
    sim.control("POST", "change?entity=customer&count=1&webhook=true")
    receiver.wait(3)
    time.sleep(0.1)
    told = sim.control("GET", "webhooks")
    same("a delivery is tried again until a 2xx comes", (told["sent"], told["acked"], told["retried"]), (3, 1, 2))
    sim.control("POST", "webhooks", {"duplicate_rate": 1.0})
    start = time.time()
    sim.control("POST", "change?entity=product&count=40&seed=2&webhook=true&rate=100")
    took = time.time() - start
    check("rate spreads changes over time", 0.35 < took < 1.5, "%.2f s" % took)
    same("a duplicate rate of 1 sends all twice", receiver.wait(83), 83)
    sim.control("POST", "webhooks", {"duplicate_rate": 0, "loss_rate": 1})
    sim.control("POST", "change?entity=product&count=10&seed=2&webhook=true")
    sim.control("POST", "webhooks", {"loss_rate": 0, "reorder_rate": 0.5})
    ids = [record["id"] for record in sim.control("GET", "records/vendor")["records"]] * 4
    for identity in ids:
        sim.control("POST", "records/vendor/%s?webhook=true" % identity, {"notes": "x"})
    same("a loss rate of 1 sends nothing", (receiver.wait(83 + len(ids)), sim.control("GET", "webhooks")["lost"]), (83 + len(ids), 10))
    got = [json.loads(body)["contact"]["contact_id"] for path, _, body in receiver.got[83:]]
    check("a reorder rate changes the order", got != ids and sorted(got) == sorted(ids), got)
    sim.stop()
    receiver.close()


def catalogue():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([{"zoho_item_id": "2646610000000000%03d" % number, "code": "c%d" % number, "name": "صنف %d" % number,
                    "selling_price": 0.065, "cost_price": 1.0, "unit": "pcs", "brand": "", "is_active": number % 2 == 0,
                    "description": None, "specifications": {"category": "كيبلات", "item_type": "inventory"}}
                   for number in range(7)], file)
        file.flush()
        sim = Sim(*SMALL, *FREE, "--items-file", file.name)
        rows = sim.rows("/books/v3/items", "items")
        same("a catalogue's items are served", (len(rows), rows[0]["name"], rows[0]["rate"], rows[0]["status"]), (7, "صنف 0", 0.065, "active"))
        sim.stop()


def main():
    parts = (command_line, full_size, repeatable, minute_and_day, concurrency, tokens, faults, gzip_replies, webhooks,
             webhook_faults, catalogue)
    for part in parts:
        try:
            part()
        except Exception as error:  # one broken part is one failure, the others still tell theirs
            check(part.__name__ + " runs to its end", False, repr(error))
        for sim in list(running):
            sim.stop(signal.SIGKILL)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
