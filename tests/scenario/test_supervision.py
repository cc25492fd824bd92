#!/usr/bin/python3
"""Kills, hangs and poison: what the supervisor promises, one sentence per check."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import service
from service import QUICK, Service
from tds import check, wait_for


def deaths_and_hangs(root):
    s = Service(root, QUICK).start()
    check("every actor starts and reports ready", not s.all_ready() and s.status())
    check("the start lines name the workers", "workers started" not in s.log() or
          "worker-1 [entity=product, batch_size=100, poll_interval=1000ms]" not in s.log())
    titles = {open(f"/proc/{pid}/cmdline").read().split("\0")[0] for pid in s.pids().values()}
    wanted = {"tds: http-ingest", "tds: dispatcher", "tds: handler product", "tds: zoho-io", "tds: healer", "tds: metrics"}
    check("ps shows what each process is", wanted - titles)
    check("the supervisor shows as tds: supervisor",
          not open(f"/proc/{s.process.pid}/cmdline").read().startswith("tds: supervisor\0"))

    before = s.pids()
    for name in before:
        started = time.monotonic()
        old = s.kill_actor(name)
        check(f"a killed {name} is back within two seconds",
              not s.replaced(name, old, 2) and f"{time.monotonic() - started:.1f} s, {s.actor(name)}")
    others = [n for n in before if s.actor(n)["restarts"] != 1]
    check("each death restarted its own actor only", others and s.status())

    old = s.kill_actor("handler:vendor#0", signal.SIGSEGV)
    now = s.replaced("handler:vendor#0", old)
    check("the obituary of a crash carries its last words",
          not now or "crash" not in now["obituary"] or "last words: SEGV" not in now["obituary"] and now["obituary"])

    pid = s.kill_actor("zoho-io", signal.SIGSTOP)
    now = s.replaced("zoho-io", pid, 8)
    check("an actor that hangs is ended and replaced", not now or "hang" not in now["obituary"] and now["obituary"])
    s.stop()
    check("nothing is left behind after TERM", s.left_over())
    check("TERM ends with exit 0", s.process.returncode)


def pauses(root):
    s = Service(root, QUICK).start()
    before = s.pids()
    everybody = [s.process.pid] + list(before.values())
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(3.5)
    for i, pid in enumerate(everybody):
        os.kill(pid, signal.SIGCONT)
        if i == 0:
            time.sleep(0.7)
    time.sleep(1.5)
    check("a machine that was frozen finds no actor killed for silence", s.pids() != before and s.log()[-600:])
    s.stop()


HAND = {"count": 616, "entity": 644, "id": 668}  # of struct slot_hand in a slot of 8192 bytes (ipc/slot.h)


def slot_write(s, name, field, value):
    """Writes into an actor's slot as the actor itself would."""
    actors = [a["name"] for a in s.status()["actors"]]
    with open(f"/proc/{s.actor(name)['pid']}/fd/5", "r+b", buffering=0) as f:
        f.seek((actors.index(name) + 1) * 8192 + HAND[field])
        f.write(value)


def boot_of(s, name):
    with open(f"/proc/{s.actor(name)['pid']}/fd/3", "rb", buffering=0) as f:
        return os.pread(f.fileno(), 1 << 20, 0)


def die_with(s, name, count, record=b""):
    slot_write(s, name, "entity", b"product\0")
    slot_write(s, name, "id", record + b"\0")
    slot_write(s, name, "count", count.to_bytes(4, "little"))
    return s.replaced(name, s.kill_actor(name, signal.SIGSEGV), 15)


def poison(root):
    s, name = Service(root, QUICK).start(), "handler:product#0"
    now = die_with(s, name, 1, b"460000000000001")
    check("the obituary names the record in hand", not now or "product 460000000000001" not in now["obituary"] and now["obituary"])
    check("one crash condemns nobody", b"460000000000001" in boot_of(s, name))
    die_with(s, name, 1, b"460000000000002")
    check("another record is another suspect", b"460000000000002" in boot_of(s, name))
    die_with(s, name, 1, b"460000000000001")
    check("the second crash does: the restarted actor is told to give the record up",
          b"460000000000001" not in boot_of(s, name) or b"460000000000002" in boot_of(s, name))
    check("another entity's handler isn't", b"460000000000001" in boot_of(s, "handler:vendor#0"))
    for _ in range(3):  # with the three above more than deaths_max
        die_with(s, name, 1, os.urandom(4).hex().encode())
    check("deaths with a suspect cool nobody down", not wait_for(lambda: s.actor(name)["state"] == "ready", 3) and s.actor(name))
    check("that actor never rested", "rests for" in s.log())
    before = boot_of(s, name)
    die_with(s, name, 100)
    check("after a death with a batch in hand the actor works record by record", single_step(before) or not single_step(boot_of(s, name)))
    s.stop()


def nameless(root):
    s, name = Service(root, QUICK).start(), "handler:product#0"
    before = boot_of(s, name)
    die_with(s, name, 1)
    check("after a death with one record in hand of which nobody knows which, too", single_step(before) or not single_step(boot_of(s, name)))
    die_with(s, name, 0)
    check("but not when there was none", single_step(boot_of(s, name)))
    s.stop()


def single_step(boot):
    return int.from_bytes(boot[40:44], "little")  # struct boot: ten words before it


def ring_write(s, actor, ring, offset, value):
    """Writes into a ring's memory through a process that holds it."""
    base = f"/proc/{s.actor(actor)['pid']}/fd"
    fd = next(f for f in os.listdir(base) if ring in os.readlink(f"{base}/{f}"))
    with open(f"{base}/{fd}", "r+b", buffering=0) as f:
        f.seek(offset)
        f.write(value)


def broken_rings(root):
    s = Service(root, QUICK).start()
    for sentence, tail in (("an impossible index", 12345), ("a record that is none", 64)):
        before = s.pids()
        ring_write(s, "dispatcher", "tds:dispatcher>handler:vendor#0", 128, tail.to_bytes(8, "little"))
        wait_for(lambda: s.all_ready() and s.pids()["handler:vendor#0"] != before["handler:vendor#0"], 10)
        wait_for(s.all_ready, 10)
        after = s.pids()
        check(f"{sentence} in a ring is found and the ring emptied", "ring is broken, resetting it" not in s.log() and s.log()[-900:])
        check("both its sides start anew", {n for n in before if before[n] == after[n]} & {"dispatcher", "handler:vendor#0"})
        check("nobody else does", {n for n in before if before[n] != after[n]} - {"dispatcher", "handler:vendor#0"})
        time.sleep(1.5)
        check("and stay", s.pids() != after and s.log()[-900:])
    s.stop()


def temporary(root):
    os.environ["TDS_FAULT"] = "metrics/mmap:1+:EPERM"
    s = Service(root, QUICK).start(until=None)
    del os.environ["TDS_FAULT"]
    wait_for(lambda: s.actor("metrics")["restarts"] > 3, 10)
    check("an actor whose environment is bad is tried again with pauses", s.actor("metrics")["state"] not in ("backoff", "starting") and
          s.actor("metrics"))
    wait_for(lambda: s.status().get("phase") == "running", 10)
    check("the others don't wait for it for ever", s.actor("http-ingest#0")["state"] != "ready" and s.status())
    check("status says that not everybody is ready", s.status().get("ready") is not False or not s.status().get("essential_ready"))
    s.stop()


def many_deaths(root):
    s = Service(root, QUICK).start()
    before = s.pids()
    for _ in range(12):
        old = s.kill_actor("dispatcher")
        s.replaced("dispatcher", old, 3)
    check("SIGKILLs from outside never cool an actor down", s.actor("dispatcher")["state"] != "ready" and s.actor("dispatcher"))
    check("they are counted", s.actor("dispatcher")["restarts"] != 12 and s.actor("dispatcher"))
    crash_until(s, "metrics", "cooldown")
    check("an actor that keeps crashing cools down", s.actor("metrics")["state"] != "cooldown" and s.actor("metrics"))
    others = {n: p for n, p in s.pids().items() if n not in ("metrics", "dispatcher")}
    check("nobody else notices", any(before[n] != p for n, p in others.items()))
    check("it comes back from its cool-down by itself", not wait_for(lambda: s.actor("metrics")["state"] == "ready", 5))
    check("restart ends a cool-down at once", restart_from_cooldown(s))
    s.stop()


def crash_until(s, name, state):
    end = time.monotonic() + 15
    while s.actor(name)["state"] != state and s.process.poll() is None and time.monotonic() < end:
        if s.actor(name)["state"] == "ready":
            s.kill_actor(name, signal.SIGSEGV)
        time.sleep(0.02)


def restart_from_cooldown(s):
    s.kill_actor("metrics", signal.SIGSEGV)
    if not wait_for(lambda: s.actor("metrics")["state"] == "cooldown", 3):
        return "a crash right after a cool-down is no relapse"
    s.ask("restart metrics")
    return not wait_for(lambda: s.actor("metrics")["state"] == "ready", 0.8) and s.actor("metrics")


def gives_up(root):
    quick = QUICK.replace("deaths_window = \"8s\"", "deaths_window = \"20s\"; deaths_max = 1; essential_cooldowns_max = 2")
    s = Service(root, quick).start()
    crash_until(s, "dispatcher", "never")
    check("an essential actor that crashes after every cool-down ends the service with exit 111",
          s.process.poll() != 111 and f"exit {s.process.poll()}")
    check("nothing is left behind then", s.left_over())
    s.stop()


def supervisor_killed(root):
    s = Service(root, QUICK).start()
    s.status()
    s.process.kill()
    s.process.wait()
    check("nothing outlives a supervisor that was killed", not wait_for(lambda: not s.left_over(), 3) and s.left_over())
    s.start()
    check("it starts again at once on the same data", not s.all_ready())
    s.stop()


if __name__ == "__main__":
    service.run(deaths_and_hangs, pauses, poison, nameless, broken_rings, temporary, many_deaths, gives_up, supervisor_killed)
