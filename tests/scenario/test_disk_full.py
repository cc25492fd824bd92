#!/usr/bin/python3
"""The disk of data_dir is full: nothing is acknowledged that isn't stored, nothing stays broken, and it says so. A small
filesystem of our own is filled up, once while webhooks pour in and once before the start."""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
import psycopg2
import room
from tds import Sim, Tds, check, differs, numbers, run, unless, wait_for, wrap

# The database with its first WAL segment takes 50 MB; what is left is for a few segments more.
MEGABYTES, TINY = 120, 20
HEALTH = "/api/bff/tds/health"


def service(at, sim=None, template=True):
    """A TDS whose data_dir lies in a small filesystem; not started."""
    tds = Tds(sim, start=False, template=False, supervisor={"backoff_max": "1s", "ready_timeout": "2s"})
    tds.data = os.path.join(at.path, "data")
    tds.configure(data_dir=tds.data)
    if template:
        tds.take_template()
    return tds


class Pouring(threading.Thread):
    """Webhooks without end, each a new version of its record, each sent until it is acknowledged."""

    def __init__(self, sim, tds, entity, path):
        super().__init__(daemon=True)
        self.tds, self.entity, self.path, self.on = tds, entity, path, True
        self.records = [numbers(sim.record(entity, number)["record"]) for number in sim.ids(entity)[:30]]
        self.events, self.refusals, self.odd, self.broken, self.sent = {}, [], [], 0, 0

    def offer(self, body):
        try:
            reply = self.tds.webhook(self.path, body)
        except OSError:
            self.broken += 1
            return False
        if reply.status == 202:
            self.events[reply.json["event_id"]] = body
        elif reply.status == 503:
            self.refusals.append((time.monotonic(), reply))
        else:
            self.odd.append(reply)
        return reply.status == 202

    def run(self):
        while self.on:
            self.sent += 1
            record = {**self.records[self.sent % len(self.records)], "description": f"{self.sent} " + 1500 * "x",
                      "last_modified_time": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(2e9 + self.sent))}
            body = wrap(self.entity, record)
            while not self.offer(body) and self.on:
                time.sleep(0.02)  # a sender's pause

    def refused_since(self, then):
        return [reply for at, reply in list(self.refusals) if at >= then]

    def goes_on(self, seconds=20):
        """Whether another one is acknowledged."""
        before = len(self.events)
        return wait_for(lambda: len(self.events) > before + 3, seconds)

    def stop(self):
        self.on = False
        self.join()


def unhealthy(tds, *texts):
    """A problem unless health soon says that something is wrong, and what."""
    def seen():
        health = tds.get(HEALTH)
        return health.json["status"] != "healthy" and all(text in health.body.decode() for text in texts)
    return unless(wait_for(seen, 10), tds.get(HEALTH).body)


def no_room_for_rows(tds, at, pouring):
    """Tables can't grow; PostgreSQL lives."""
    postgres, then = tds.postgres(), time.monotonic()
    at.fill()
    check("with the disk full webhooks are answered 503", not wait_for(lambda: len(pouring.refused_since(then)) > 20, 20))
    check("each with Retry-After", [r for r in pouring.refused_since(then) if not int(r.headers.get("Retry-After") or 0)])
    check("health isn't healthy, and says why", unhealthy(tds, "No space left on device"))
    check("PostgreSQL bears it", differs(tds.postgres(), postgres))
    at.clear()
    check("webhooks are accepted again as soon as there is room", not pouring.goes_on() and tds.log()[-800:])
    check("health is healthy again", not wait_for(lambda: tds.get(HEALTH).json["status"] == "healthy", 10) and tds.get(HEALTH))


def no_room_for_wal(tds, at, pouring):
    """The log can't grow: PostgreSQL dies of it, and of each attempt to start again."""
    restarts = tds.status()["database"]["postgres"]["restarts"]
    at.fill()
    try:
        tds.value("SELECT pg_switch_wal() FROM pg_create_restore_point('the next segment has no room')")
    except psycopg2.Error:
        pass  # PostgreSQL may be dying already
    died = wait_for(lambda: tds.status()["database"]["postgres"]["restarts"] > restarts, 20)
    check("without room for its log PostgreSQL dies", unless(died, tds.status().get("database")))
    then = time.monotonic()
    check("webhooks are answered 503 meanwhile", not wait_for(lambda: len(pouring.refused_since(then)) > 5, 20))
    check("health is critical", unhealthy(tds, "PostgreSQL doesn't answer"))
    check("the obituary has PostgreSQL's own words", "No space left on device" not in tds.log().split("postgres (pid", 1)[-1] and tds.log()[-1500:])
    at.clear()
    check("PostgreSQL comes back by itself as soon as there is room", not pouring.goes_on(30) and tds.log()[-1500:])


def filled_up():
    """Twice full while webhooks pour in, made by us and sent by Zoho."""
    at, sim = room.Room(MEGABYTES), Sim(webhook_retries=2000)
    tds = service(at, sim).start()
    sim.webhooks(url=tds.url + "/api/tds/webhooks")
    pouring, pids = Pouring(sim, tds, "product", "products"), tds.pids()
    pouring.start()
    zoho = threading.Thread(target=lambda: sim.control("POST", "change?entity=order&count=150&seed=3&webhook=true&rate=30"))
    zoho.start()
    check("before, webhooks are accepted", not pouring.goes_on())
    no_room_for_rows(tds, at, pouring)
    no_room_for_wal(tds, at, pouring)
    zoho.join()
    check("every webhook of Zoho's was delivered in the end", unless(sim.delivered(60), sim.counts()))
    pouring.stop()
    check("nobody ever got another answer", pouring.odd or pouring.broken and f"{pouring.broken} connections broken")
    check("no actor died of it", differs(tds.pids(), pids))
    check("everything goes on by itself", tds.quiet(60))
    ended = dict(tds.rows("SELECT inbox_event_id::text, status::text FROM tds_sync_queue"))
    lost = [event for event in pouring.events if ended.get(event) != "completed"]
    check("every acknowledged webhook is completed", unless(not lost and len(pouring.events) > 20, (len(lost), lost[:3], len(pouring.events))))
    check("what Zoho was told to be stored is there", checker.differences(sim, tds, entities=("order",), scanned=False))
    check("it ends cleanly", tds.stop())
    at.stop()


def begin(tds):
    """A start that is to fail: (exit code, what it said)."""
    done = subprocess.run([tds.binary, "-c", tds.config], capture_output=True, text=True, timeout=30, env=tds.environment, check=False)
    return done.returncode, done.stderr


def found(path):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)


def full_at_start():
    """A start with an existing database and not a byte left, and the first start in a place too small for one."""
    at = room.Room(MEGABYTES)
    tds = service(at)
    before = found(tds.data)
    at.fill()
    code, said = begin(tds)
    check("a start without room is one clear line and exit 111", unless(
        code == 111 and said.count("\n") == 1 and tds.data in said and "No space left on device" in said, (code, said)))
    check("nothing is started and nothing is left behind", [path for path in found(tds.data) if path not in before + [tds.data + "/lock"]])
    at.clear()
    tds.start()
    check("the next one, with room, is a start like any other", differs(tds.status().get("ready"), True))
    check("and ends cleanly", tds.stop())
    at.stop()


def too_small_for_a_database():
    at = room.Room(TINY)
    tds = service(at, template=False).start(ready=False)
    words = wait_for(lambda: [line for line in tds.log().splitlines() if "initdb failed" in line], 20)
    check("a first start without room for a database says so", unless(words and "No space left on device" in words[0], tds.log()[-1500:]))
    answered = wait_for(lambda: refused(tds), 30)
    check("webhooks are answered 503 with Retry-After meanwhile", unless(answered and int(answered.headers.get("Retry-After") or 0), tds.log()[-1500:]))
    check("nothing looks like a database", os.path.exists(tds.data + "/postgres/data"))
    room.libc.mount(b"none", at.path.encode(), None, room.MS_REMOUNT, f"size={MEGABYTES}m".encode())
    check("with room made, the database is made by itself", not wait_for(tds.readyz, 40) and tds.log()[-1500:])
    check("and it ends cleanly", tds.stop())
    at.stop()


def refused(tds):
    try:
        reply = tds.webhook("products", {"item": {"item_id": "1", "name": "x"}})
        return reply.status == 503 and reply
    except OSError:
        return None


if __name__ == "__main__":
    try:
        room.alone()
        room.Room(1).stop()
    except OSError as why:
        print(f"ok - skipped: no filesystem can be mounted here ({why})")
        sys.exit(0)
    run(filled_up, full_at_start, too_small_for_a_database)
