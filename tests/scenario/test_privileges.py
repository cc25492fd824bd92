#!/usr/bin/python3
"""Started as root, actors are somebody else: without root's rights, without the system calls that nobody needs, and able to
leave a core."""
import os
import signal
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import accepted, check, differs, numbers, run, unless, wait_for, world, wrap

with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
    CORES_IN_CWD = pattern.read(1) not in "|/"


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {line.split(":")[0]: line.split()[1:] for line in file if ":" in line}


def actors(tds):
    return {a["name"]: status_of(a["pid"]) for a in tds.status()["actors"]}


def root_is_given_up():
    sim, tds = world()
    seen = actors(tds)
    check("no actor is root, or may become it", {n: s["Uid"] for n, s in seen.items() if "0" in s["Uid"] + s["Gid"]})
    check("none keeps one of root's rights", {n: s for n, s in seen.items() if any(int(s[c][0], 16) for c in ("CapEff", "CapPrm"))})
    check("each is confined to the system calls it may make", {n: s["Seccomp"] for n, s in seen.items() if s["Seccomp"] != ["2"]})
    check("the supervisor still is", differs(status_of(tds.process.pid)["Uid"], ["0"] * 4))
    about = os.stat(os.path.join(tds.data, "cores"))
    check("their directory is theirs alone", differs((stat.S_IMODE(about.st_mode), str(about.st_uid)), (0o700, seen["dispatcher"]["Uid"][0])))
    number = sim.ids("order")[0]
    event = accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", number)["record"]))))
    check("they do their work", differs(tds.finished(event)[0], "completed"))
    check("it ends cleanly", tds.stop())


def core_is_dumped():
    """A crash leaves a core where its user may write, and the obituary says so."""
    sim, tds = world(launcher=("prlimit", "--core=unlimited"))
    old = tds.kill("handler:product#0", signal.SIGSEGV)
    now = tds.replaced("handler:product#0", old)
    check("a crashed actor comes back", unless(now, tds.status()))
    check("its obituary says that there is a core", unless("core dumped" in now["obituary"], now["obituary"]))
    if CORES_IN_CWD:
        check("and there it is", unless(wait_for(lambda: os.listdir(os.path.join(tds.data, "cores")), 10), "nothing in cores/"))
    check("nothing else is the worse for it", tds.quiet() or checker.differences(sim, tds, entities=("product",), scanned=False))
    check("it ends cleanly", tds.stop())


def private_parents():
    """A data_dir in somebody's private directory, made by a TDS that had no PostgreSQL of its own: actors are no more root for that."""
    sim, tds = world(sim={"latency_ms": 5, "items": 20, "active-items": 20}, start=False)
    os.chmod(tds.data, 0o750)
    os.chmod(tds.folder, 0o700)
    about = os.stat(os.path.join(tds.data, "postgres"))
    stand_in = f"/tmp/tds-{about.st_dev:x}-{about.st_ino:x}"
    tds.start()
    seen = actors(tds)
    check("no actor is root", {n: s["Uid"] for n, s in seen.items() if "0" in s["Uid"] + s["Gid"]})
    check("products come", unless((reply := tds.bulk("products", active_only=False)).json.get("success"), reply))
    reply = tds.bulk("images", active_only=False)
    check("their images are stored", unless(reply.json.get("success") and reply.json["stats"]["created"], reply))
    check("and served", differs(tds.get(tds.value("SELECT min(image_url) FROM products")).status, 200))
    check("PostgreSQL's socket is where they can go", unless(os.path.isdir(stand_in), stand_in))
    check("it ends cleanly", tds.stop())
    check("and leaves nothing outside data_dir", unless(not os.path.exists(stand_in), stand_in))


def nothing_to_give_up():
    check("nobody but root has rights to give up", None)


run(*((root_is_given_up, private_parents, core_is_dumped) if os.geteuid() == 0 else (nothing_to_give_up,)))
