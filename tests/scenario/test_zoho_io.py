#!/usr/bin/python3
"""zoho-io against a Zoho that fails in every way it can: nothing is lost, no limit is broken, nobody is stormed."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import tds
from service import Service
from tds import BUILD, check, wait_for

ITEMS, PAGES = 1312, 7  # what the simulator has that is active, and in how many pages of 200


def http(method, url, body=None, seconds=60):
    """(status, parsed reply); 0 and the error's words when none came."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as reply:
            status, text = reply.status, reply.read()
    except urllib.error.HTTPError as e:
        status, text = e.code, e.read()
    except OSError as e:
        return 0, {"detail": str(e)}
    return status, json.loads(text or b"null")


class Sim:
    def __init__(self, root, *options):
        self.port_file = os.path.join(root, "sim.port")
        self.process = subprocess.Popen([os.path.join(BUILD, "zoho-sim"), "--listen", "127.0.0.1:0", "--port-file", self.port_file,
                                         *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.port_file) and open(self.port_file).read().strip())
        self.url = f"http://127.0.0.1:{open(self.port_file).read().strip()}"

    def fault(self, kind, path="/items", **more):
        http("POST", self.url + "/_sim/faults", {"kind": kind, "path": path, **more})

    def clear(self):
        http("DELETE", self.url + "/_sim/faults")

    def calls(self):
        return http("GET", self.url + "/_sim/calls")[1]

    def fresh(self):
        http("POST", self.url + "/_sim/reset-counters")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class World:
    """A simulated Zoho and a TDS on a private PostgreSQL that knows no other."""

    def __init__(self, name, sim=(), zoho="", extra=""):
        self.root = tempfile.mkdtemp(prefix="tds-zoho-")
        os.chmod(self.root, 0o755)
        self.sim = Sim(self.root, *sim)
        io = os.environ.get("TDS_IO") or "auto"
        self.tds = Service(self.root, f"""io = "{io}"; zoho : {{ organization_id = "10234695"; accounts_url = "{self.sim.url}";
            api_url = "{self.sim.url}"; client_id = "sim-client"; client_secret = "sim-secret"; connect_timeout = "500ms";
            backoff_min = "50ms"; backoff_max = "300ms"; {zoho} }};\n{extra}""", database="").start()
        check(f"{name}: everybody is ready", not wait_for(self.ready) and self.tds.log()[-1500:])

    def ready(self):
        """Every actor, and each with its database."""
        return self.tds.status().get("ready") and http("GET", f"http://127.0.0.1:{self.tds.port}/readyz")[0] == 200

    def post(self, path, body=None, seconds=60):
        return http("POST", f"http://127.0.0.1:{self.tds.port}{path}", body or {}, seconds)

    def get(self, path):
        return http("GET", f"http://127.0.0.1:{self.tds.port}{path}")[1]

    def sync(self, name="products", seconds=60):
        return self.post(f"/api/zoho/bulk-sync/{name}", seconds=seconds)

    def breaker(self, name="zoho-inventory-bulk"):
        return self.get("/api/bff/tds/circuit-breakers")["circuit_breakers"][name]

    def reborn(self, actor="zoho-io"):
        return self.tds.replaced(actor, self.tds.kill_actor(actor))

    def psql(self, statement):
        r = subprocess.run(["psql", "-XAtq", "-d", self.tds.ask("where").get("database", ""), "-c", statement], capture_output=True,
                           text=True, timeout=20)
        return r.stdout.strip() if r.returncode == 0 else "failed: " + r.stderr.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tds.stop()
        self.sim.stop()
        check("nothing is left behind", self.tds.left_over())
        log = self.tds.log()
        check("nobody crashed", [w for w in ("Sanitizer", "runtime error", "kind=crash", "kind=hang") if w in log] and log[-3000:])
        shutil.rmtree(self.root, ignore_errors=True)


def complete(result):
    """What is wrong with the reply of a bulk sync of all active items, or nothing."""
    status, reply = result
    fine = status == 200 and reply.get("success") and reply["stats"]["successful"] == ITEMS and not reply["stats"]["failed"]
    return not fine and f"{status} {reply}"


PLENTY = ["--calls-per-minute", "100000", "--calls-per-day", "1000000"]
FAST = 'refresh_token = "sim-refresh"; calls_per_minute_max = 100000; timeout = "2s"; attempts_max = 6;'


def speed(w):
    first = w.sync()
    check("a first sync brings every item", complete(first))
    check("at the price of no more calls than were at once", first[1].get("api_calls", 99) > PAGES + 4 and first)
    time.sleep(0.7)  # what was asked for on a guess comes back
    w.sim.fresh()
    again = w.sync()
    check("a second one costs a call per page", (complete(again) or again[1]["api_calls"] != PAGES) and again)
    behind = ("/inventory/v1/itemdetails", "/inventory/v1/items/{id}/image")  # the list
    listed = {path: n for path, n in w.sim.calls()["by_path"].items() if path not in behind}
    check("Zoho counted the same", sum(listed.values()) != PAGES and listed)
    took = min([again[1]["duration_seconds"]] + [w.sync()[1]["duration_seconds"] for _ in range(2)])
    check("7 pages at 300 ms each take less than 0.95 s", took >= 0.95 and took)


def kept_token(w):
    before = w.sim.calls()["tokens_issued"]
    w.reborn()
    check("after a kill everything works", complete(w.sync()))
    check("with the token of before", w.sim.calls()["tokens_issued"] != before and w.sim.calls()["by_path"])
    row = w.psql("select is_sensitive, config_value from tds_configuration where config_key = 'zoho.token'")
    check("the token stands encrypted in the database", not row.startswith("t|{") or "1000." in row or "sim" in row)
    log = w.tds.log()
    check("no secret and no token stands in the log", [s for s in ("sim-secret", "sim-refresh", "oauthtoken") if s in log])


def faults(w):
    for kind, more, what in (("500", {"count": 2}, "errors of the server"), ("503", {"count": 2}, "an unavailable server"),
                             ("html", {"count": 2}, "HTML instead of JSON"), ("truncate", {"count": 3}, "bodies cut short"),
                             ("gzip_cut", {"count": 2}, "compressed bodies cut short"), ("reset", {"count": 3}, "connections reset"),
                             ("slow", {"count": 2, "delay_ms": 400}, "slow bodies"), ("hang", {"count": 2}, "calls never answered"),
                             ("token_revoked", {"count": 1, "after": 2}, "a token revoked in the middle")):
        w.sim.fault(kind, **more)
        check(f"{what} cost time, not rows", complete(w.sync()))
        w.sim.clear()
        w.post("/api/bff/tds/circuit-breakers/zoho-inventory-bulk/reset")
    for code, what in ((44, "this minute"), (1070, "at once")):  # (43, whose pause is half a minute: test_budget.py)
        w.sim.fault("429", code=code, count=2)
        check(f"too many calls {what} ({code}) are waited out", complete(w.sync()))
        w.sim.clear()
    check("a record that is gone fails no breaker", w.breaker()["state"] != "closed" and w.breaker())


def killed_in_a_scan(w):
    result = []
    asked = threading.Thread(target=lambda: result.append(w.sync("customers")))
    asked.start()
    time.sleep(0.5)
    w.reborn()
    asked.join(60)
    fine = result and result[0][0] == 200 and result[0][1]["success"] and result[0][1]["stats"]["successful"] == 2503
    check("a scan outlives the death of zoho-io", not fine and result)


def breaker(w):
    w.sim.fault("500")
    status, reply = w.sync()
    check("a Zoho that only fails is said to", (status == 200 and reply.get("success")) and reply)
    b = w.breaker()
    check("its breaker opens", b["state"] != "open" and b)
    check("and says so in the list", "zoho-inventory-bulk" not in w.get("/api/bff/tds/circuit-breakers")["open_breakers"])
    w.sim.fresh()
    started = time.monotonic()
    status, reply = w.sync()
    check("while it is open a sync is answered at once", time.monotonic() - started > 1 and reply)
    check("without a call", w.sim.calls()["total"] and w.sim.calls()["by_path"])
    check("other products of Zoho's are not affected", w.breaker("zoho-books-bulk")["state"] != "closed")
    check("nor is the lane of webhooks", w.breaker("zoho-inventory")["state"] != "closed")
    w.sim.clear()
    time.sleep(2.1)
    check("after its time it is tried, and closes", complete(w.sync()) or w.breaker()["state"] != "closed" and w.breaker())
    w.sim.fault("500")
    w.sync()
    w.sim.clear()
    opened = w.breaker()["state"]
    status, reply = w.post("/api/bff/tds/circuit-breakers/zoho-inventory-bulk/reset")
    check("a person closes it", (opened != "open" or status != 200 or not reply["success"]) and (opened, status, reply))
    check("and it works at once", complete(w.sync()))
    check("a breaker that isn't there is a 404", w.post("/api/bff/tds/circuit-breakers/none/reset")[0] != 404)


def permission(w):
    w.sim.fault("unauthorized")
    w.sim.fresh()
    replies = [w.sync() for _ in range(4)]
    check("a missing permission is an error, not a loop", [r for r in replies if r[0] == 200 and r[1]["success"]])
    check("and no storm of tokens", w.sim.calls()["by_path"].get("/oauth/v2/token", 0) > 3 and w.sim.calls()["by_path"])
    w.sim.clear()
    check("it works again when the permission is back", complete(w.sync()))


def day(w):
    w.sim.fault("429", code=45, count=4)
    started = time.monotonic()
    status, reply = w.sync(seconds=30)
    check("a used-up day is said to the one who waits", (status == 200 and reply.get("success")) and reply)
    check("at once", time.monotonic() - started > 5)
    w.sim.clear()


def budget():
    with World("budget", ["--calls-per-minute", "20", "--latency-ms", "20"],
               'refresh_token = "sim-refresh"; calls_per_minute_max = 20;') as w:
        w.sync("products")
        w.post("/api/zoho/bulk-sync/customers?wait=false")
        spent = lambda: sum(n for path, n in w.sim.calls()["by_path"].items() if "/oauth/" not in path)
        wait_for(lambda: spent() >= 18, 5)
        time.sleep(0.5)
        check("bulk leaves a tenth of the minute", spent() != 18 and spent())
        w.reborn()
        time.sleep(1)
        check("a killed zoho-io does not spend the minute twice", spent() != 18 and spent())
        item = http("GET", w.sim.url + "/_sim/records/product?limit=1&list=true")[1]["records"][0]["id"]
        http("POST", f"http://127.0.0.1:{w.tds.port}/api/tds/webhooks/products", {"entity_type": "product", "entity_id": item})
        check("which a webhook still may use", not wait_for(lambda: spent() == 19, 5) and spent())
        calls = w.sim.calls()
        check("Zoho never had to refuse a call", any(calls["by_429_code"].values()) and calls["by_429_code"])
        check("nor had more at once than allowed", calls["max_concurrent"] > 5 and calls["max_concurrent"])


def refused():
    with World("grant", [], 'refresh_token = "revoked";') as w:
        replies = [w.sync() for _ in range(4)]
        check("a refused grant is said to the one who asks", [r for r in replies if r[0] not in (502, 503)] and replies)
        check("and asked for once", w.sim.calls()["by_path"].get("/oauth/v2/token", 0) != 1 and w.sim.calls()["by_path"])
        check("no call is made without a token", w.sim.calls()["total"] != 1 and w.sim.calls()["by_path"])
    with World("throttled", ["--tokens-per-window", "0"], 'refresh_token = "sim-refresh";') as w:
        w.post("/api/zoho/bulk-sync/products?wait=false")
        time.sleep(3)
        check("a throttled accounts host is left alone", w.sim.calls()["by_path"].get("/oauth/v2/token", 0) > 1)
    with World("empty", [], "") as w:
        status, reply = w.sync()
        check("what isn't configured is named", (status != 503 or "zoho.refresh_token" not in reply.get("detail", "")) and (status, reply))


def limits():
    with World("limits", PLENTY + ["--latency-ms", "300", "--retry-after", "1"], FAST, 'breaker : { timeout = "2s"; };') as w:
        for scenario in (speed, kept_token, faults, killed_in_a_scan, breaker, permission, day):
            scenario(w)


def main():
    """Arguments name the functions to be run; without any it is all of them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for scenario in (limits, budget, refused):
        if not sys.argv[1:] or scenario.__name__ in sys.argv[1:]:
            scenario()
    return 1 if tds.failures else 0


if __name__ == "__main__":
    sys.exit(main())
