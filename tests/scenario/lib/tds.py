"""What scenarios stand on: a simulated Zoho, the real TDS with its private PostgreSQL, and words to check with.

Everything started here is ended by its pid, and what it wrote is removed. TDS_BUILD names the build to try, TDS_IO the event
loop (uring, epoll), TDS_KEEP=1 leaves the folders of failed scripts behind.
"""
import atexit
import concurrent.futures
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from decimal import Decimal

import psycopg2

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.path.join(ROOT, os.environ.get("TDS_BUILD") or "build")
IO = os.environ.get("TDS_IO") or "auto"
ORGANIZATION = "10234695"
ENTITIES = ("product", "customer", "vendor", "invoice", "order", "bill", "credit_note", "payment", "return", "stock_adjustment", "price_list",
            "branch", "user")
BULK = {"product": "products", "customer": "customers", "vendor": "vendors", "invoice": "invoices", "order": "orders", "bill": "bills",
        "credit_note": "credit-notes", "payment": "payments", "return": "returns", "stock_adjustment": "stock-adjustments", "price_list": "pricelists",
        "branch": "branches", "user": "users"}
WEBHOOK = {**BULK, "stock_adjustment": "stock", "price_list": "prices"}
WRAPPER = {"product": "item", "customer": "contact", "vendor": "contact", "invoice": "invoice", "order": "salesorder", "bill": "bill",
           "credit_note": "creditnote", "payment": "customerpayment", "return": "salesreturn", "stock_adjustment": "inventory_adjustment",
           "price_list": "pricebook", "branch": "branch", "user": "user"}
ID_KEY = {**{entity: wrapper + "_id" for entity, wrapper in WRAPPER.items()}, "payment": "payment_id", "branch": "location_id"}
KEYS = {"product": ("products", "zoho_item_id"), "customer": ("customers", "zoho_contact_id"), "vendor": ("vendors", "zoho_vendor_id"),
        "invoice": ("invoices", "zoho_invoice_id"), "order": ("sales_orders", "zoho_salesorder_id"), "bill": ("bills", "zoho_bill_id"),
        "credit_note": ("credit_notes", "zoho_creditnote_id"), "payment": ("invoice_payments", "zoho_payment_id"),
        "return": ("sales_returns", "zoho_salesreturn_id"), "stock_adjustment": ("stock_adjustments", "zoho_adjustment_id"),
        "price_list": ("price_lists", "zoho_price_list_id"), "branch": ("branches", "zoho_branch_id"), "user": ("zoho_users", "zoho_user_id")}
# Instrumented builds are slower: every deadline is stretched.
SLOW = 4.0 if "san" in os.path.basename(BUILD) else 1.0
started = []  # what is to be ended when the script ends
failures = 0
verdicts = 0


def check(sentence, problem):
    """Prints the verdict; `problem` is falsy, or says why not."""
    global failures, verdicts
    verdicts += 1
    failures += bool(problem)
    if problem:
        text = problem if isinstance(problem, str) else repr(problem)
        print(f"not ok - {sentence}: {text[:3000]}", flush=True)
    else:
        print(f"ok - {sentence}", flush=True)
    return not problem


def differs(have, want):
    """A problem for check(): none when both are equal."""
    return None if have == want else f"{have!r} instead of {want!r}"


def unless(good, seen):
    """A problem for check() unless `good`: what was seen instead."""
    return None if good else f"saw {seen!r}"


def wait_for(what, seconds=15.0, pause=0.02):
    """The first true value of what(), or its last one when time is up."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def exact(text):
    """JSON with numbers as they were written."""
    return json.loads(text, parse_float=Decimal)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return exact(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


def call(port, method, path, body=None, headers=None, timeout=60.0):
    """One request on a connection of its own; OSError when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * SLOW)
    try:
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body, default=str, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    except http.client.HTTPException as broken:
        raise ConnectionError(repr(broken)) from broken
    finally:
        connection.close()


def end(process, number=signal.SIGTERM, seconds=30):
    """Ends a process of ours, gently if it lets us; its exit code."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


class Sim:
    """One simulated Zoho. Options as on its command line: Sim(items=50, fault=["500,count=1"])."""

    small = {"items": 60, "active-items": 50, "customers": 40, "vendors": 10, "orders": 40, "invoices": 40, "bills": 12,
             "credit-notes": 12, "payments": 20, "returns": 8, "adjustments": 8, "price-lists": 4}
    free = {"calls-per-minute": 100000, "calls-per-day": 1000000, "concurrent": 100}

    def __init__(self, **options):
        self.options = {**self.small, **self.free, **{k.replace("_", "-"): v for k, v in options.items()}}
        self.folder = tempfile.mkdtemp(prefix="tds-sim-")
        self.port, self.process = 0, None
        self.start()

    def start(self):
        port_file = os.path.join(self.folder, "port")
        words = [os.path.join(BUILD, "zoho-sim"), "--listen", f"127.0.0.1:{self.port}", "--port-file", port_file]
        for key, value in self.options.items():
            for one in value if isinstance(value, list) else [value]:
                words += [f"--{key}"] if one is True else [f"--{key}", str(one)]
        if os.path.exists(port_file):
            os.unlink(port_file)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        started.append(self)
        if not wait_for(lambda: os.path.exists(port_file) and os.path.getsize(port_file) or self.process.poll() is not None, 20) \
                or self.process.poll() is not None:
            raise RuntimeError("zoho-sim didn't start: " + open(os.path.join(self.folder, "log"), errors="replace").read()[-500:])
        with open(port_file, encoding="ascii") as file:
            self.port = int(file.read())
        self.url = f"http://127.0.0.1:{self.port}"

    def control(self, method, path, body=None, timeout=120):
        reply = call(self.port, method, "/_sim/" + path, body, timeout=timeout)
        if reply.status >= 300:
            raise RuntimeError(f"zoho-sim {method} {path}: {reply}")
        return reply.json

    def truth(self, entity):
        """Every record: id, last_modified_time, deleted, record (the detail), list (the list's row)."""
        after, rows = "", []
        while True:
            reply = self.control("GET", f"records/{entity}?limit=1000&list=true&after={after}")
            rows += reply["records"]
            after = reply["next"]
            if not after:
                return rows

    def ids(self, entity):
        return [row["id"] for row in self.truth(entity) if not row["deleted"]]

    def record(self, entity, number):
        return self.control("GET", f"records/{entity}/{number}")

    def change(self, entity, number, fields, webhook=False, touch=True):
        query = f"?webhook={'true' if webhook else 'false'}&touch={'true' if touch else 'false'}"
        return self.control("POST", f"records/{entity}/{number}{query}", fields)

    def delete(self, entity, number, webhook=False):
        return self.control("DELETE", f"records/{entity}/{number}?webhook={'true' if webhook else 'false'}")

    def fire(self, entity, number, event="updated"):
        return self.control("POST", f"webhooks/fire?entity={entity}&id={number}&event={event}")

    def webhooks(self, **settings):
        return self.control("POST", "webhooks", settings)

    def counts(self):
        return self.control("GET", "webhooks?limit=0")

    def acknowledged(self):
        after, rows = 0, []
        while True:
            reply = self.control("GET", f"webhooks?after={after}&limit=5000")
            rows += reply["acknowledged"]
            after = reply["next"]
            if after >= reply["total"]:
                return rows

    def delivered(self, seconds=60):
        """Waits until no webhook is left to be sent."""
        return wait_for(lambda: self.counts()["queued"] == 0, seconds)

    def calls(self):
        return self.control("GET", "calls")

    def fault(self, **spec):
        return self.control("POST", "faults", spec)

    def no_faults(self):
        return self.control("DELETE", "faults")

    def quirk(self, quirk, value="", of=""):
        """A way in which Zoho is right and yet not what one expects (zoho-sim --help, QUIRKS)."""
        return self.control("POST", "quirks", {"quirk": quirk, "value": str(value), "for": of})

    def no_quirks(self):
        return self.control("DELETE", "quirks")

    def drift(self, entity, **what):
        """Something that happens while a list is read (DRIFT)."""
        return self.control("POST", "drift", {"list": entity, **what})

    def drifted(self):
        """The ids that it struck."""
        return [number for plan in self.control("GET", "drift")["drift"] for number in plan["struck"]]

    def no_drift(self):
        return self.control("DELETE", "drift")

    def reply(self, path, body, **more):
        """What is answered to a GET of this path from now on."""
        return self.control("POST", "replies", {"path": path, "body": body, **more})

    def no_replies(self):
        return self.control("DELETE", "replies")

    def merge(self, entity, number, into):
        return self.control("POST", f"records/{entity}/{number}/merge?into={into}")

    def skew(self, seconds):
        return self.control("POST", f"clock?skew={seconds}")

    def pause(self):
        """Stops it, keeping the port: Zoho can't be reached."""
        end(self.process, signal.SIGKILL)

    def stop(self):
        if self in started:
            started.remove(self)
        if self.process:
            end(self.process, seconds=5)
        shutil.rmtree(self.folder, ignore_errors=True)


def setting(value):
    """A value in libconfig's notation."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {setting(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        groups = any(isinstance(v, dict) for v in value)
        return ("( %s )" if groups or not value else "[ %s ]") % ", ".join(setting(v) for v in value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Tds:
    """One running tds with its own data_dir. Sections as dicts: Tds(sim, queue={"batch_size": 10}, environment={...})."""

    def __init__(self, sim=None, environment=None, binary=None, io=None, start=True, template=True, launcher=(), **sections):
        """template: begin with a copy of a migrated, empty database, which saves initdb; False: as at a first start.
        launcher: words of a command that becomes the program named behind them."""
        self.folder, self.launcher = tempfile.mkdtemp(prefix="tds-"), launcher
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "tds.conf")
        self.log_path = os.path.join(self.folder, "log")
        self.port, self.sim, self.process, self.seen = free_port(), sim, None, set()
        self.environment = {k: v for k, v in os.environ.items() if not re.match(r"TDS_|ZOHO_|WEBHOOK_|DATABASE_URL", k)}
        self.environment.update(environment or {})
        self.binary = binary or os.path.join(BUILD, "tds")
        self.sections = {
            "data_dir": self.data, "io": io or IO,
            "http": {"listen": [f"127.0.0.1:{self.port}"]},
            "database": {"private_shared_buffers": "32MB"},
            "sync": {"schedule": []},
            "queue": {"backoff_min": "100ms", "backoff_max": "2s", "poll_interval": "50ms"},
            "supervisor": {"drain_timeout": "10s"},
        }
        if sim:
            self.sections["zoho"] = {"organization_id": ORGANIZATION, "accounts_url": sim.url, "api_url": sim.url, "client_id": "sim-client",
                                     "client_secret": "sim-secret", "refresh_token": "sim-refresh", "calls_per_minute_max": 100000,
                                     "concurrent_calls_max": 5, "backoff_min": "50ms", "backoff_max": "1s"}
        self.configure(**sections)
        if template and "url" not in self.sections["database"]:
            self.take_template()
        if start:
            self.start()

    def take_template(self):
        os.makedirs(self.data, mode=0o755)
        subprocess.run(["cp", "-a", os.path.join(template(), "postgres"), self.data], check=True)

    def configure(self, **sections):
        for name, value in sections.items():
            if isinstance(value, dict):
                self.sections.setdefault(name, {}).update(value)
            else:
                self.sections[name] = value
        with open(self.config + ".new", "w") as file:
            for name, value in self.sections.items():
                file.write(f"{name} : {setting(value)};\n" if isinstance(value, dict) else f"{name} = {setting(value)};\n")
        os.chmod(self.config + ".new", 0o600)
        os.rename(self.config + ".new", self.config)

    def start(self, seconds=40, ready=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.launcher, self.binary, "-c", self.config], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder, env=self.environment)
        if self not in started:
            started.append(self)
        if ready:
            self.wait_ready(seconds)
        return self

    def wait_ready(self, seconds=40):
        def there():
            status = self.status()
            return self.process.poll() is not None or status.get("phase") == "running" and status.get("ready") and \
                status["database"]["migrated"] and all(a["database_up"] for a in status["actors"]) and self.readyz()
        if not wait_for(there, seconds, 0.05) or self.process.poll() is not None:
            raise RuntimeError(f"tds didn't get ready (exit {self.process.poll()}): {self.log()[-2500:]}")
        return self

    def readyz(self):
        try:
            return self.get("/readyz", timeout=2).status == 200
        except OSError:
            return False

    # -- asking -------------------------------------------------------------------------------------------------------

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, command):
        """The reply of the control socket; {} when nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5 * SLOW)
                s.connect(os.path.join(self.data, "control.sock"))
                s.sendall(command.encode() + b"\n")
                return json.loads(b"".join(iter(lambda: s.recv(65536), b"")))
        except (OSError, ValueError):
            return {}

    def status(self):
        status = self.ask("status")
        self.seen.update(a["pid"] for a in status.get("actors", []) if a["pid"])
        postgres = (status.get("database") or {}).get("postgres")
        if postgres and postgres["pid"]:
            self.seen.add(postgres["pid"])
        return status

    def actor(self, name):
        """An actor's part of the status, by name ("handler:product#0") or its beginning ("handler:product")."""
        actors = self.status().get("actors", [])
        return next((a for a in actors if a["name"] == name), None) or next((a for a in actors if a["name"].startswith(name)), None) or \
            {"name": name, "pid": 0, "state": "?", "restarts": -1, "counters": {}}

    def pids(self):
        return {a["name"]: a["pid"] for a in self.status().get("actors", [])}

    def postgres(self):
        return ((self.status().get("database") or {}).get("postgres") or {}).get("pid", 0)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def request(self, method, path, body=None, headers=None, timeout=60.0):
        return call(self.port, method, path, body, headers, timeout)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, headers=None, timeout=60.0):
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        return self.request("POST", path, body, headers, timeout)

    def webhook(self, name, body, headers=None, query="", timeout=30.0):
        return self.post(f"/api/tds/webhooks/{name}{query}", body, headers, timeout)

    def bulk(self, name, timeout=180.0, **options):
        return self.post(f"/api/zoho/bulk-sync/{name}", options, timeout=timeout)

    def bulk_start(self, name, **options):
        """The run's id; it goes on without us."""
        reply = self.post(f"/api/zoho/bulk-sync/{name}?wait=false", options)
        if reply.status != 202:
            raise RuntimeError(f"bulk-sync {name}: {reply}")
        return reply.json["run_id"]

    def run_done(self, run, seconds=120):
        """Waits for the end of a run; its status."""
        return wait_for(lambda: self.value("SELECT status FROM tds_sync_runs WHERE id = %s AND status IN ('completed', 'failed')", run), seconds, 0.1)

    # -- the database -------------------------------------------------------------------------------------------------

    def connect(self):
        connection = psycopg2.connect(self.ask("where").get("database") or "host=/nowhere", application_name="test", connect_timeout=10)
        connection.autocommit = True
        return connection

    def rows(self, statement, *values):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, statement, *values):
        rows = self.rows(statement, *values)
        return rows[0][0] if rows else None

    def row(self, entity, number, columns):
        table, key = KEYS[entity]
        rows = self.rows(f"SELECT {columns} FROM {table} WHERE {key} = %s", number)
        return None if not rows else rows[0][0] if len(rows[0]) == 1 else rows[0]

    def outcome(self, event_id):
        """(status, outcome, error) of an event's queue row."""
        rows = self.rows("SELECT status::text, processing_result->>'outcome', error_message FROM tds_sync_queue WHERE inbox_event_id = %s "
                         "ORDER BY seq DESC LIMIT 1", event_id)
        return rows[0] if rows else (None, None, None)

    def finished(self, event_id, seconds=20):
        """Waits until an event has ended; its outcome."""
        return wait_for(lambda: (self.outcome(event_id)[0] in ("completed", "dead_letter")) and self.outcome(event_id), seconds) or self.outcome(event_id)

    def waiting(self):
        """How many events and details are still to be done."""
        return self.value("SELECT (SELECT count(*) FROM tds_sync_queue WHERE status NOT IN ('completed', 'dead_letter')) + "
                          "(SELECT count(*) FROM tds_sync_runs WHERE status IN ('pending', 'running'))")

    def details_wanted(self):
        return self.value("SELECT count(*) FROM tds_entity_state WHERE detail_wanted AND deleted_at IS NULL")

    def quiet(self, seconds=90, details=True):
        """Waits until nothing is to be done any more; a problem in words otherwise."""
        def still():
            try:
                return self.waiting() == 0 and (not details or self.details_wanted() == 0)
            except psycopg2.Error:
                return False
        if wait_for(still, seconds, 0.1):
            return None
        left = self.rows("SELECT entity_type::text, status::text, count(*), min(error_message) FROM tds_sync_queue "
                         "WHERE status NOT IN ('completed', 'dead_letter') GROUP BY 1, 2")
        return f"still waiting: {left}, details wanted: {self.details_wanted()}, runs: " \
            f"{self.rows('SELECT run_type, entity_type::text, status FROM tds_sync_runs WHERE status IN (%s, %s)', 'pending', 'running')}"

    def heal(self):
        """A healing run: links whose handler died between its commit and them are set by it. A problem in words otherwise."""
        reply = self.post("/api/bff/tds/auto-healing/run")
        return unless(reply.status == 200, reply)

    # -- harm ---------------------------------------------------------------------------------------------------------

    def kill(self, name, number=signal.SIGKILL):
        """Sends a signal to an actor; the pid it had, 0 when it isn't there."""
        pid = self.postgres() if name == "postgres" else self.actor(name)["pid"]
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return 0
        return pid

    def replaced(self, name, old, seconds=15):
        def new():
            actor = self.actor(name)
            return actor["state"] == "ready" and actor["pid"] not in (0, old) and actor
        there = wait_for(new, seconds)
        # Its database comes a moment later, where there is one: what needs that is refused until then.
        wait_for(lambda: not there or self.actor(name).get("database_up") or not self.postgres(), 2)
        return there

    def kill_supervisor(self):
        self.status()
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=40):
        """Ends it; a problem in words when it didn't end well."""
        if not self.process:
            return None
        self.status()
        code = end(self.process, seconds=seconds)
        wait_for(lambda: not self.left_over(), 5)
        return f"exit {code}, left over {self.left_over()}" if code or self.left_over() else None

    @staticmethod
    def what_is(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return pid, file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return pid, "gone"

    def left_over(self):
        return [pid for pid in self.seen if alive(pid)]

    def remove(self):
        if self in started:
            started.remove(self)
        self.stop()
        for pid in self.left_over():  # only what was its child
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not (failures and os.environ.get("TDS_KEEP")):
            shutil.rmtree(self.folder, ignore_errors=True)


def template():
    """data_dir of a TDS that was started once and stopped; TDS_TEMPLATE names one to share between scripts."""
    where = os.environ.get("TDS_TEMPLATE")
    if not where:
        where = tempfile.mkdtemp(prefix="tds-template-")
        os.chmod(where, 0o755)
        os.environ["TDS_TEMPLATE"] = where
        atexit.register(shutil.rmtree, where, ignore_errors=True)
    data = os.path.join(where, "data")
    with open(os.path.join(where, "lock"), "w") as lock:  # two scripts at once: one makes it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(where, "made")):
            first = Tds(template=False)
            problem = first.stop()
            if problem:
                raise RuntimeError(f"the template isn't well: {problem}: {first.log()[-1500:]}")
            subprocess.run(["mv", first.data, data], check=True)  # also to another file system, with the owners
            first.remove()
            open(os.path.join(where, "made"), "w").close()
    return data


def world(sim=None, webhooks=None, **tds):
    """A Zoho and a TDS that know each other."""
    zoho = Sim(**(sim or {}))
    service = Tds(zoho, **tds)
    zoho.webhooks(url=service.url + "/api/tds/webhooks", **(webhooks or {}))
    return zoho, service


def wrap(entity, record):
    """Zoho's default payload."""
    return json.dumps({WRAPPER[entity]: record}, default=str, ensure_ascii=False)


def numbers(value):
    """A copy of a record whose decimals can be written as JSON again."""
    return json.loads(json.dumps(value, default=float))


def accepted(reply):
    """The event's id of a 202; a failure is an exception that says what came instead."""
    if reply.status != 202:
        raise RuntimeError(f"not accepted: {reply}")
    return reply.json["event_id"]


BEGUN = time.time()


def soon(seconds=0):
    """A version newer than any that the simulator has made, by so many seconds: an hour from now, and less than a day, more than which
    nobody's clock is ahead."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+0300", time.gmtime(BEGUN + 3600 * 4 + seconds))


def in_parallel(function, items, threads=8):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def end_all():
    for one in reversed(list(started)):
        try:
            one.remove() if isinstance(one, Tds) else one.stop()
        except Exception:  # the others are to be ended as well
            traceback.print_exc()


atexit.register(end_all)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda *_: sys.exit(1))


def run(*scenarios, only=None):
    """Runs scenarios (functions without arguments) one after the other; a broken one doesn't hide the others."""
    wanted = only if only is not None else sys.argv[1:]
    for scenario in scenarios:
        if wanted and scenario.__name__ not in wanted:
            continue
        begin = time.monotonic()
        try:
            scenario()
        except Exception as why:
            check(f"scenario {scenario.__name__} runs through", "".join(traceback.format_exception_only(type(why), why)).strip() + " at " +
                  traceback.format_tb(why.__traceback__)[-1].strip().replace("\n", " "))
        print(f"# {scenario.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    end_all()
    sys.exit(1 if failures else 0)
