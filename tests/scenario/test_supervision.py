#!/usr/bin/python3
"""Kills, hangs, reloads and upgrades of the real program: what the supervisor promises, one sentence per check."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.path.abspath(os.environ.get("TDS_BUILD", "build"))
TDS = os.path.join(BUILD, "tds")
failures = 0


def check(sentence, problem):
    """Prints the verdict: `problem` is falsy, or says why not."""
    global failures
    failures += bool(problem)
    print(f"not ok - {sentence}: {problem}" if problem else f"ok - {sentence}", flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds=15.0):
    """The first true value of what(), or what it was last."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Service:
    """One running tds with its own data_dir; ends with everything it started."""

    def __init__(self, root, extra="", database="host=/nonexistent dbname=none", binary=TDS):
        self.root, self.extra, self.binary = root, extra, binary
        self.port, self.database = free_port(), database
        self.data = os.path.join(root, "data")
        self.config = os.path.join(root, "tds.conf")
        self.log_path = os.path.join(root, "log")
        self.process = None
        self.seen = set()
        self.configure()

    def configure(self, extra=None):
        self.extra = self.extra if extra is None else extra
        with open(self.config + ".new", "w") as f:
            f.write(f'data_dir = "{self.data}";\nhttp : {{ listen = [ "127.0.0.1:{self.port}" ]; }};\n'
                    f'database : {{ url = "{self.database}"; }};\nsync : {{ schedule = (); }};\n{self.extra}\n')
        os.chmod(self.config + ".new", 0o600)
        os.rename(self.config + ".new", self.config)

    def start(self, until="running", seconds=30):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.binary, "-c", self.config], stderr=log, stdout=log, stdin=subprocess.DEVNULL,
                                            cwd=self.root)
        if until:
            wait_for(lambda: self.process.poll() is not None or self.status().get("phase") == until, seconds)
            wait_for(lambda: self.process.poll() is not None or self.status().get("ready"), 5)
        return self

    def ask(self, command):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(os.path.join(self.data, "control.sock"))
                s.sendall(command.encode() + b"\n")
                reply = b"".join(iter(lambda: s.recv(65536), b""))
            return json.loads(reply)
        except (OSError, ValueError):
            return {}

    def status(self):
        status = self.ask("status")
        for actor in status.get("actors", []):
            self.seen.add(actor["pid"])
        postgres = status.get("database", {}).get("postgres")
        if postgres:
            self.seen.add(postgres["pid"])
        self.seen.discard(0)
        return status

    def actor(self, name):
        return next((a for a in self.status().get("actors", []) if a["name"] == name), {"pid": 0, "state": "?", "restarts": -1})

    def pids(self):
        return {a["name"]: a["pid"] for a in self.status().get("actors", [])}

    def all_ready(self):
        actors = self.status().get("actors", [])
        return bool(actors) and all(a["state"] == "ready" for a in actors)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def send(self, number):
        os.kill(self.process.pid, number)

    def kill_actor(self, name, number=signal.SIGKILL):
        pid = self.actor(name)["pid"]
        if pid:
            os.kill(pid, number)
        return pid

    def replaced(self, name, old, seconds=10):
        def new():
            actor = self.actor(name)
            return actor["state"] == "ready" and actor["pid"] not in (0, old) and actor
        return wait_for(new, seconds)

    def stop(self, seconds=40):
        if self.process and self.process.poll() is None:
            self.status()
            self.send(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None

    def left_over(self):
        return [p for p in self.seen if alive(p)]


QUICK = """supervisor : { heartbeat_timeout = "2s"; kill_after = "200ms"; cooldown = "1s"; drain_timeout = "5s";
    ready_timeout = "3s"; deaths_window = "8s"; };"""


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


HAND = {"count": 616, "entity": 644, "id": 668}  # of struct slot_hand in a slot of 4096 bytes (ipc/slot.h)


def slot_write(s, name, field, value):
    """Writes into an actor's slot as the actor itself would."""
    actors = [a["name"] for a in s.status()["actors"]]
    with open(f"/proc/{s.actor(name)['pid']}/fd/5", "r+b", buffering=0) as f:
        f.seek((actors.index(name) + 1) * 4096 + HAND[field])
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


def stopping(root):
    s = Service(root, QUICK).start()
    pid = s.kill_actor("healer", signal.SIGSTOP)
    s.send(signal.SIGTERM)
    time.sleep(0.3)
    started = time.monotonic()
    s.send(signal.SIGTERM)
    try:
        s.process.wait(4)
    except subprocess.TimeoutExpired:
        pass
    check("the second TERM doesn't wait", s.process.poll() != 0 and f"exit {s.process.poll()} after {time.monotonic() - started:.1f} s")
    check("even a stopped process is gone", alive(pid))
    s.stop()
    s.start()
    s.ask("drain")
    check("drain stops every actor and keeps the supervisor", not wait_for(lambda: s.status().get("phase") == "drained", 8))
    with socket.socket() as c:
        check("a connect is not refused meanwhile", c.connect_ex(("127.0.0.1", s.port)))
    s.ask("restart all")
    check("restart all goes on", not wait_for(s.all_ready, 8) and s.status())
    s.ask("stop")
    check("stop ends it", not wait_for(lambda: s.process.poll() is not None, 8))
    s.stop()


def door(root):
    """What is refused before anything starts, with one line."""
    def run(*args, **more):
        r = subprocess.run([TDS, *args], capture_output=True, text=True, timeout=20, cwd=root, **more)
        return r.returncode, r.stdout, r.stderr
    check("no arguments are a usage error", run()[0] != 2)
    check("an unknown option is a usage error", run("--frob")[0] != 2)
    check("-h explains", run("-h")[0] != 0 or "SIGNALS" not in run("-h")[1])
    check("-V tells the version", run("-V")[0] != 0 or not run("-V")[1].startswith("tds "))
    s = Service(root, QUICK)
    check("-t accepts a valid configuration", run("-t", "-c", s.config)[0])
    s.configure("queue : { batch_sise = 3; };")
    code, _, err = run("-t", "-c", s.config)
    check("-t refuses an unknown key with exit 78 and its place", (code != 78 or not re.search(r"tds\.conf:\d+: ", err)) and (code, err))
    check("a start refuses it likewise", run("-c", s.config)[0] != 78)
    s.configure(QUICK)
    s.start()
    other = Service(os.path.join(root, "other"), QUICK) if not os.mkdir(os.path.join(root, "other")) else None
    code, _, err = run("-c", s.config)
    check("a second supervisor is refused with exit 111 and the first one's pid",
          (code != 111 or str(s.process.pid) not in err or err.count("\n") != 1) and (code, err))
    other.port = s.port
    other.configure()
    code, _, err = run("-c", other.config)
    check("a taken port is one clear line and exit 111", (code != 111 or "taken" not in err or err.count("\n") != 1) and (code, err))
    other.data = "/proc/nowhere"
    other.configure()
    code, _, err = run("-c", other.config)
    check("an impossible data_dir is one clear line and exit 100", (code != 100 or err.count("\n") != 1) and (code, err))
    s.stop()


def reloads(root):
    s = Service(root, QUICK).start()
    before = s.pids()
    s.configure(QUICK + 'zoho : { timeout = "29s"; };')
    s.send(signal.SIGHUP)
    wait_for(lambda: s.pids()["zoho-io"] not in (0, before["zoho-io"]), 5)
    changed = [n for n, p in s.pids().items() if p != before[n]]
    check("a reload restarts only those whose keys changed", changed != ["zoho-io"] and changed)
    s.configure(QUICK + "zoho : { timeout = 7; };")
    reply = s.ask("reload")
    check("an invalid configuration is refused with its place", (reply.get("ok") or "tds.conf:" not in reply.get("error", "")) and reply)
    check("and the old one stays", wait_for(s.all_ready, 3) is not True)
    s.configure(QUICK + "queue : { workers = 2; };")
    reply = s.ask("reload")
    check("a key that needs a restart is named", "queue.workers" not in reply.get("error", "") and reply)
    log = os.path.join(root, "tds.log")
    s.configure(QUICK + f'log : {{ file = "{log}"; }};')
    s.ask("reload")
    wait_for(lambda: os.path.exists(log) and "ready" in open(log).read(), 10)
    wait_for(lambda: s.all_ready() and not any(p == before[n] for n, p in s.pids().items()), 15)
    os.rename(log, log + ".1")
    s.send(signal.SIGUSR1)
    wait_for(lambda: os.path.exists(log) and "reopened" in open(log).read(), 5)
    wait_for(lambda: s.all_ready() and not holders_of_another(s, log), 15)
    check("USR1 opens the log file again, for everybody", holders_of_another(s, log))
    s.stop()


def holders_of_another(s, log):
    """Actors whose stderr is not this file."""
    def another(pid):
        try:
            return not os.path.samefile(f"/proc/{pid}/fd/2", log)
        except OSError:
            return True
    return [name for name, pid in s.pids().items() if another(pid)]


class Knocker(threading.Thread):
    """Connects again and again; what is refused is counted."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.refused, self.tried, self.on = port, 0, 0, True

    def run(self):
        while self.on:
            with socket.socket() as c:
                c.settimeout(2)
                self.refused += c.connect_ex(("127.0.0.1", self.port)) != 0
                self.tried += 1
            time.sleep(0.002)


def upgrade(root):
    binary = os.path.join(root, "tds")
    shutil.copy(TDS, binary)
    s = Service(root, QUICK, binary=binary).start()
    s.replaced("healer", s.kill_actor("healer"))
    before, knocker = s.pids(), Knocker(s.port)
    knocker.start()
    os.rename(shutil.copy(TDS, binary + ".new"), binary)
    s.send(signal.SIGUSR2)
    wait_for(lambda: "upgrade: taken over" in s.log(), 10)
    check("an upgrade keeps the pid", s.process.poll() is not None or open(f"/proc/{s.process.pid}/cmdline").read()[:3] != "tds")
    check("USR2 becomes the program on disk", os.readlink(f"/proc/{s.process.pid}/exe") != binary and
          os.readlink(f"/proc/{s.process.pid}/exe"))
    check("what was counted stays", s.actor("healer")["restarts"] != 1 and s.actor("healer"))
    wait_for(lambda: s.all_ready() and not set(s.pids().values()) & set(before.values()), 20)
    knocker.on = False
    knocker.join()
    check("the actors are replaced, one after the other", set(s.pids().values()) & set(before.values()))
    check("no connect was refused", (knocker.refused or knocker.tried < 20) and (knocker.refused, knocker.tried))
    images = {os.readlink(f"/proc/{p}/exe") for p in s.pids().values()}
    check("every actor runs the new image", images != {binary} and images)
    s.configure(QUICK + "queue : { workers = 2; };")
    s.send(signal.SIGUSR2)
    wait_for(lambda: len(s.pids()) > len(before) and s.all_ready(), 20)
    check("an upgrade to another number of workers starts everybody anew", len(s.pids()) <= len(before) or not s.all_ready())
    check("still under the same pid", s.process.poll() is not None)
    with open(binary + ".bad", "w") as f:
        f.write("#!/bin/sh\nexit 78\n")
    os.chmod(binary + ".bad", 0o755)
    os.rename(binary + ".bad", binary)
    s.send(signal.SIGUSR2)
    wait_for(lambda: "no upgrade" in s.log(), 5)
    check("a program that refuses the configuration changes nothing", "no upgrade" not in s.log() or not s.all_ready())
    s.stop()
    check("nothing is left behind after an upgrade", s.left_over())


def control(root):
    s = Service(root, QUICK).start()
    path = os.path.join(s.data, "control.sock")
    check("the control socket is for owner and group only", os.stat(path).st_mode & 0o777 != 0o660)
    check("an unknown command is refused", s.ask("frobnicate").get("ok") is not False)
    check("a request that is too long is refused", "long" not in s.ask("x" * 4000).get("error", ""))
    idle = []
    for _ in range(20):
        c = socket.socket(socket.AF_UNIX)
        c.connect(path)
        idle.append(c)
    time.sleep(0.2)
    for c in idle:
        c.close()
    check("clients that say nothing don't keep others out", not wait_for(lambda: s.ask("ping").get("ok"), 3))
    where = s.ask("where")
    check("where tells the addresses", (where.get("http") != [f"127.0.0.1:{s.port}"] or not where["api"].endswith("api.sock")) and where)
    check("restart of an unknown actor is refused", s.ask("restart nobody").get("ok") is not False)
    before = s.pids()
    s.ask("restart worker-1")
    check("restart takes a worker's name", not wait_for(lambda: s.pids().get("handler:product#0") not in (0, before["handler:product#0"]), 5))
    wait_for(s.all_ready)

    def switches():
        with open(f"/proc/{s.process.pid}/status") as f:
            return sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    time.sleep(1)
    first = switches()
    time.sleep(5)
    woken = switches() - first
    # an external database that is away is looked for every few seconds: a few more than one a second
    check("an idle supervisor wakes about once a second", woken > 15 and woken)
    zombies = [p for p in os.listdir("/proc") if p.isdigit() and parent_and_state(p) == (s.process.pid, "Z")]
    check("there are no zombies", zombies)
    s.stop()


def notified(root):
    path = os.path.join(root, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(path)
        os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="1000000")
        s = Service(root, QUICK).start()
        pid = s.pids()["metrics"]
        inherited = open(f"/proc/{pid}/environ").read()
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
            del os.environ[name]
        s.ask("reload")
        time.sleep(1.2)
        s.stop()
        told.setblocking(False)
        messages = []
        try:
            while True:
                messages += told.recv(4096).decode().split("\n")
        except BlockingIOError:
            pass
    for wanted in ("READY=1", "RELOADING=1", "WATCHDOG=1", "STOPPING=1"):
        check(f"systemd is told {wanted}", wanted not in messages and messages)
    check("only the supervisor knows systemd's socket", "NOTIFY_SOCKET" in inherited)


def parent_and_state(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[1]), fields[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def main():
    only = sys.argv[1:]
    for scenario in (door, deaths_and_hangs, pauses, poison, nameless, broken_rings, temporary, many_deaths, gives_up, supervisor_killed, stopping, reloads, upgrade,
                     control, notified):
        if only and scenario.__name__ not in only:
            continue
        root = tempfile.mkdtemp(prefix="tds-supervision-")
        try:
            scenario(root)
        except Exception as why:  # one broken scenario must not hide the others
            check(f"scenario {scenario.__name__} runs through", repr(why))
        finally:
            for service in list(running_in(root)):
                os.kill(service, signal.SIGKILL)
            if not (failures and os.environ.get("TDS_KEEP")):
                shutil.rmtree(root, ignore_errors=True)
    return 1 if failures else 0


def running_in(root):
    """Supervisors this test started, by the configuration in their command line."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if words[0] == "tds: supervisor" and any(w.startswith(root + "/") for w in words):
            yield int(pid)


if __name__ == "__main__":
    sys.exit(main())
