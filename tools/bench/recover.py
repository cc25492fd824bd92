#!/usr/bin/python3
"""How long an actor is missed when it is killed (SIGKILL) under light webhook traffic: from the kill until its successor has
handled the next message, as somebody outside sees it. PostgreSQL, the webhooks' sender and this program share the processors."""
import http.client
import json
import os
import random
import select
import signal
import threading
import time
import bench

KILLS, PER_SECOND, LIMIT_MS = 34, 50, 250
PAUSE_S = 0.003  # between two looks
ASKED = {"dispatcher": "/api/zoho/bulk-sync/status", "zoho-io": "/api/bff/tds/circuit-breakers", "healer": "/api/bff/tds/alerts",
         "metrics": "/metrics"}
NAMES = {"http-ingest": "http-ingest#0", "handler": "handler:product#0", **{name: name for name in ASKED}}
numbers = iter(range(1, 1 << 30))


def body():
    n = next(numbers)
    return json.dumps({"item": {"item_id": str(4000000 + n), "name": f"Item {n}", "rate": 7.50, "status": "active", "brand": "",
                                "last_modified_time": "2025-11-25T10:00:00+0300"}})


def post(tds):
    """One webhook; its event, or None when it wasn't accepted."""
    try:
        status, text = bench.ask(tds.port, "POST", "/api/tds/webhooks/products", body(), 5)
        return json.loads(text)["event_id"] if status == 202 else None
    except (OSError, http.client.HTTPException):
        return None


def traffic(tds, ended):
    """A webhook every 1/PER_SECOND s until `ended`."""
    due = time.monotonic()
    while not ended.wait(max(0.0, due - time.monotonic())):
        post(tds)
        due = max(due + 1 / PER_SECOND, time.monotonic())


def until(what):
    """Looks until what() is true; it was missed altogether after ten seconds."""
    end = time.monotonic() + 10
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE_S)
    return True


def answered(tds, path):
    try:
        return bench.ask(tds.port, "GET", path, seconds=5)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def applied(cursor, event):
    cursor.execute("SELECT status = 'completed' FROM tds_sync_queue WHERE inbox_event_id = %s", (event,))
    return cursor.fetchone()[0]


def handled_again(tds, cursor, who):
    """Waits for the next message that actor `who` handles."""
    if who == "http-ingest":
        return until(lambda: post(tds))
    if who in ASKED and not until(lambda: answered(tds, ASKED[who])):
        return False
    if who not in ("handler", "dispatcher"):
        return True
    event = post(tds)
    return event and until(lambda: applied(cursor, event))


def kill(pid):
    """Kills it and sees it dead: what is handled from now on, its successor handled."""
    handle = os.pidfd_open(pid)
    try:
        begin = time.monotonic()
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], 5)
        return begin
    finally:
        os.close(handle)


def ready(tds, who):
    """The actor's state when it is up and its database, too."""
    actor = next((a for a in tds.control("status").get("actors", []) if a["name"] == NAMES[who]), None)
    return actor if actor and actor["state"] == "ready" and actor["database_up"] else None


def measure():
    tds = bench.Tds(bench.Sim())
    took, missed, ended = {who: [] for who in NAMES}, [], threading.Event()
    sender = threading.Thread(target=traffic, args=(tds, ended))
    sender.start()
    try:
        with tds.database().cursor() as cursor:
            for _ in range(KILLS):
                for who in NAMES:
                    actor = bench.wait_for(lambda w=who: ready(tds, w), 20, f"{who} to be ready")
                    ended.wait(random.uniform(0, 2 / PER_SECOND))  # at any moment of the traffic
                    begin = kill(actor["pid"])
                    if not handled_again(tds, cursor, who):
                        missed.append(who)
                    took[who].append(1000 * (time.monotonic() - begin))
    finally:
        ended.set()
        sender.join()
    for who, times in took.items():
        bench.figure(f"{who} killed, until its next message was handled, p99", bench.percentile(times, 0.99), "ms", LIMIT_MS,
                     note=f"median {bench.median(times):.0f} ms, {len(times)} kills")
    together = [t for times in took.values() for t in times]
    bench.figure("all actors, p99", bench.percentile(together, 0.99), "ms", LIMIT_MS, note=f"{len(together)} kills")
    bench.figure("  median", bench.median(together), "ms")
    bench.figure("  not back within 10 s", len(missed), "", 0, note=", ".join(missed))


bench.main(measure)
