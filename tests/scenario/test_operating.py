#!/usr/bin/python3
"""Starting, stopping, reloading, upgrading and asking the real program, one sentence per check."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import service
from service import QUICK, Service, TDS, parent_and_state
from tds import alive, check, wait_for


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
    s.configure(QUICK + "ingest : { processes = 2; };")
    reply = s.ask("reload")
    check("a key that needs a restart is named", "ingest.processes" not in reply.get("error", "") and reply)
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


if __name__ == "__main__":
    service.run(door, stopping, reloads, upgrade, control, notified)
