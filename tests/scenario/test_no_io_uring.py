#!/usr/bin/python3
"""A kernel or container that forbids io_uring: everything works on epoll, and says so wherever somebody would look."""
import errno
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import checker
from tds import BUILD, ENTITIES, accepted, check, differs, in_parallel, numbers, run, unless, wait_for, world, wrap

FORBID = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "forbid.py")


def forbidding(error, io="auto"):
    return world(io=io, launcher=(sys.executable, FORBID, "io_uring_setup", error))


def filtered(pid):
    """Whether a process really lives under a filter that it can't get rid of."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        fields = dict(re.findall(r"^(\w+):\t(.*)$", file.read(), re.M))
    return (fields["Seccomp"], fields["NoNewPrivs"]) == ("2", "1")


def says_so(tds, error):
    """In the log with the reason, in /metrics, in the status of each actor and in what people read."""
    status = tds.status()
    names = [a["name"] for a in status["actors"]]
    free = [pid for pid in (tds.process.pid, tds.postgres(), *tds.pids().values()) if not filtered(pid)]
    check(f"io_uring_setup fails with {error} in every process, PostgreSQL included", free)
    check(f"with {error} every actor runs on epoll", unless({a["io"] for a in status["actors"]} | {status["io"]} == {"epoll"}, status))
    log, why = tds.log(), os.strerror(getattr(errno, error))
    told = [line for line in log.splitlines() if "io_uring not available, using epoll" in line and why in line]
    check(f"the log of each says that io_uring isn't available, and why: {why}", unless(len(told) >= len(names), log[-1500:]))
    metrics = tds.get("/metrics").body.decode()
    seen = dict(re.findall(r'^tds_actor_up\{actor="([^"]+)",io="([^"]*)"\} 1$', metrics, re.M))
    check("/metrics says so of each", differs({name: seen.get(name) for name in names}, dict.fromkeys(names, "epoll")))
    shown = subprocess.run([os.path.join(BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), "status"], capture_output=True,
                           text=True, timeout=60, check=False)
    rows = {words[0]: words for words in (line.lstrip("├└─ ").split() for line in shown.stdout.splitlines()) if words}
    check("tdsctl status says so of each", unless(all("epoll" in rows.get(name, ()) for name in names), shown.stdout + shown.stderr))
    check("no such kernel is no reason to be anything but healthy", differs(tds.get("/api/bff/tds/health").json["status"], "healthy"))


def works(sim, tds):
    """Webhooks and a bulk sync, compared row by row."""
    ids = sim.ids("product")[:40]
    events = in_parallel(lambda n: accepted(tds.webhook("products", wrap("product", numbers(sim.record("product", n)["record"])))), ids)
    check("webhooks are accepted and applied", [tds.finished(e) for e in events if tds.finished(e)[0] != "completed"])
    for entity in ENTITIES:
        sim.change(entity, sim.ids(entity)[0], {}, webhook=True)
    check("Zoho's own webhooks are delivered", unless(sim.delivered(30), sim.counts()))
    reply = tds.bulk("sync-all", active_only=False)
    check("a bulk sync brings everything", unless(reply.status == 200 and reply.json["success"], reply))
    check("nothing is left to be done", tds.quiet())
    check("every row is as in Zoho", checker.differences(sim, tds))
    old = tds.kill("http-ingest#0")
    now = tds.replaced("http-ingest#0", old)
    check("a killed actor comes back, on epoll again", differs(now and now["io"], "epoll"))


def not_permitted():
    """EPERM: what container runtimes answer."""
    sim, tds = forbidding("EPERM")
    says_so(tds, "EPERM")
    works(sim, tds)
    check("it ends cleanly", tds.stop())


def not_there():
    """ENOSYS: what kernels without it answer."""
    sim, tds = forbidding("ENOSYS")
    says_so(tds, "ENOSYS")
    number = sim.ids("order")[0]
    event = accepted(tds.webhook("orders", wrap("order", numbers(sim.record("order", number)["record"]))))
    check("a webhook is applied", differs(tds.finished(event)[0], "completed"))
    check("a bulk sync brings everything", differs(tds.bulk("products").json["stats"]["failed"], 0) or tds.quiet())
    check("it ends cleanly", tds.stop())


def insisted_on():
    """io = "uring" is a wish that can't be granted: no silent second choice."""
    _, tds = world(start=False, io="uring", launcher=(sys.executable, FORBID, "io_uring_setup", "EPERM"))
    tds.start(ready=False)
    said = wait_for(lambda: re.search(r'event loop \(io = \\?"uring\\?"\): Operation not permitted', tds.log()), 20)
    check('with io = "uring" each actor says what it lacks, and none runs on something else', unless(
        said and not [a for a in tds.status()["actors"] if a["state"] == "ready"], tds.log()[-1500:]))
    check("it still ends when asked", tds.stop())


if __name__ == "__main__":
    run(not_permitted, not_there, insisted_on)
