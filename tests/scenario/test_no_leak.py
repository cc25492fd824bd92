#!/usr/bin/python3
"""No leak: rounds of everything that TDS is asked for, refused ones and aborted connections included; after a warm-up no
process may grow, neither its own memory nor its descriptors, nor may connections to PostgreSQL become more.

usage: test_no_leak.py [--minutes N]   (without: a few rounds, some thousand requests)
"""
import http.client
import json
import os
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import SLOW, check, differs, in_parallel, numbers, run, unless, world, wrap

WARM_ROUNDS, ROUNDS = 10, 16
THREADS, WEBHOOKS = 4, 240
# What a process may grow by in a stretch of rounds, however many: pages of long-lived tables that are touched for the first time,
# and what malloc keeps in reserve. 24 bytes lost per request come to more in the shortest. A heap's new peak is kept, too, and
# comes once; what is lost is lost in every stretch: who grew by more has to do it again, and again, to be called leaking.
GROWTH_KIB_MAX, DESCRIPTORS_MORE_MAX, STRETCHES = 128, 2, 3
JSON = {"Content-Type": "application/json"}
PATHS = ("/livez", "/readyz", "/openapi.json", "/metrics", "/api/zoho/bulk-sync/status", "/api/tds/webhooks/health",
         "/api/tds/webhooks/stats", "/api/tds/webhooks/duplicates", *("/api/bff/tds/" + name for name in (
             "circuit-breakers", "health", "health/complete", "runs", "entities", "queue", "dead-letter", "auto-healing/stats", "alerts")))
REFUSED = (("POST", "/api/tds/webhooks/products", "{nope", 400), ("POST", "/api/tds/webhooks/products", '{"item":{"name":"x"}}', 422),
           ("POST", "/api/tds/webhooks/products", '{"organization_id":"1","item":{"item_id":"12"}}', 403),
           ("POST", "/api/tds/webhooks/unicorns", '{"item":{"item_id":"12"}}', 404), ("GET", "/api/tds/webhooks/products", None, 405),
           ("GET", "/nowhere", None, 404), ("GET", "/api/bff/tds/dead-letter/no-uuid", None, 404),
           ("GET", "/api/bff/tds/alerts?limit=0", None, 422), ("POST", "/api/zoho/bulk-sync/unicorns", "{}", 404))
MALFORMED = (b"GET / HTTP/9.9\r\n\r\n", b"GET /livez HTTP/1.1\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20000 + b"\r\n\r\n",
             b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
             b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
ABORTED = (b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8,
           b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{\"item\":",
           b"POST /api/zoho/bulk-sync/vendors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
           b'POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n{"item":{"item_id":"77","name":"abc"}}')


class Load:
    """One round is a bit of everything."""

    def __init__(self, sim, tds):
        self.sim, self.tds, self.n, self.asked, self.wrong = sim, tds, 0, 0, []
        self.records = {e: [numbers(sim.record(e, number)["record"]) for number in sim.ids(e)[:20]] for e in ("product", "order")}

    def ask(self, requests):
        """Requests one after the other on one connection; each has to be answered as it should."""
        connection = http.client.HTTPConnection("127.0.0.1", self.tds.port, timeout=60 * SLOW)
        for method, path, body, want in requests:
            connection.request(method, path, body.encode() if body else None, JSON if body else {})
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != want:
                self.wrong.append((method, path, reply.status, text[:200]))
        connection.close()

    def webhooks(self):
        for entity, path in (("product", "products"), ("order", "orders")):
            known, bodies = self.records[entity], []
            for i in range(WEBHOOKS // 2):
                self.n += 1
                modified = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(2e9 + self.n))
                bodies.append(wrap(entity, {**known[i % len(known)], "description": f"version {self.n}", "last_modified_time": modified}))
            bodies += bodies[:20]  # repeated
            yield from (("POST", "/api/tds/webhooks/" + path, body, 202) for body in bodies)
        yield "POST", "/api/tds/webhooks/products", json.dumps({"events": [{"entity_id": str(900 + i), "event_type": "item.deleted"} for i in range(9)]}), 202
        bad = {**self.records["product"][0], "item_id": "424242", "rate": f"no number {self.n}"}
        yield "POST", "/api/tds/webhooks/products", wrap("product", bad), 202

    def raw(self, bytes_, abort):
        """Bytes on a connection of their own; abort: reset before an answer can be read."""
        with socket.create_connection(("127.0.0.1", self.tds.port), 30 * SLOW) as s:
            s.sendall(bytes_)
            if abort:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass

    def round(self):
        every = [*self.webhooks(), *(("GET", path, None, 200) for path in PATHS), *REFUSED * 4]
        in_parallel(self.ask, [every[i::THREADS] for i in range(THREADS)], THREADS)
        for bytes_ in MALFORMED:
            self.raw(bytes_, False)
        for bytes_ in ABORTED * 3:
            self.raw(bytes_, True)
        self.sim.no_faults()  # the list of those that were used up is finite
        self.sim.fault(kind="500", count=1)
        for name in ("products", "orders"):
            reply = self.tds.bulk(name)
            if reply.status != 200 or not reply.json["success"]:
                self.wrong.append((name, reply))
        self.tds.ask("frobnicate")
        self.asked += len(every) + len(MALFORMED) + 3 * len(ABORTED) + 2


def size(pid):
    """(KiB of memory that is its own, descriptors). Rings are nobody's own: they are shared and of fixed size."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        kib = {name: int(n) for name, n in re.findall(r"^(\w+):\s+(\d+) kB$", file.read(), re.M)}
    return kib["Anonymous"] + kib["Swap"], len(os.listdir(f"/proc/{pid}/fd"))


def measure(tds):
    """At rest: what is under way isn't lost."""
    problem = tds.quiet(60)
    if problem:
        raise RuntimeError(problem)
    processes = {"supervisor": tds.process.pid, **tds.pids()}
    connections = tds.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tds:%%'")
    return processes, {name: size(pid) for name, pid in processes.items()}, connections


class Stretch:
    """Rounds of load between two measurements at rest."""

    def __init__(self, load, before, lasts_s):
        began, rounds, end = load.asked, 0, time.monotonic() + lasts_s
        while rounds < ROUNDS or time.monotonic() < end:
            load.round()
            rounds += 1
            if rounds % 100 == 0:
                print(f"# after {rounds} rounds:", measure(load.tds)[1], flush=True)
        self.after, self.requests = measure(load.tds), load.asked - began
        sizes, late = before[1], self.after[1]
        self.growth = {name: (late[name][0] - sizes[name][0], late[name][1] - sizes[name][1]) for name in sizes}

    def growing(self):
        return {name for name, (kib, opened) in self.growth.items() if kib > GROWTH_KIB_MAX or opened > DESCRIPTORS_MORE_MAX}


def no_leak():
    sim, tds = world()
    load = Load(sim, tds)
    for _ in range(WARM_ROUNDS):
        load.round()
    processes, sizes, connections = first = measure(tds)
    stretches = [Stretch(load, first, 60 * minutes)]
    while stretches[-1].growing() and len(stretches) < STRETCHES:
        print("# has grown, is asked again:", *sorted(stretches[-1].growing()), flush=True)
        stretches.append(Stretch(load, stretches[-1].after, 60 * minutes))
    now, _, more = stretches[-1].after
    check("everything was answered as it should", load.wrong[:5])
    check("every process is still the one it was", differs(now, processes))
    for name in processes:
        grown, opened = (min(stretch.growth[name][i] for stretch in stretches) for i in (0, 1))
        print(f"# {name}: {sizes[name][0]} KiB, {grown:+} KiB and {opened:+} descriptors in {stretches[0].requests} requests", flush=True)
        check(f"{name} keeps its memory", unless(grown <= GROWTH_KIB_MAX, f"{grown} KiB more"))
        check(f"{name} keeps its descriptors", unless(opened <= DESCRIPTORS_MORE_MAX, f"{opened} more"))
    check("connections to PostgreSQL don't become more", unless(more <= connections, (connections, more)))
    check("it ends cleanly", tds.stop())


if __name__ == "__main__":
    minutes = float(sys.argv[sys.argv.index("--minutes") + 1]) if "--minutes" in sys.argv else 0
    run(no_leak, only=[])
