"""A tds whose actors have no database, or a private one: for what the supervisor alone promises."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import tds
from tds import BUILD, alive, check, free_port, wait_for

TDS = os.path.join(BUILD, "tds")


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


def parent_and_state(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[1]), fields[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def children_of(pid):
    """Everybody who descends from it."""
    found = [int(p) for p in os.listdir("/proc") if p.isdigit() and (parent_and_state(p) or (0,))[0] == pid]
    return found + [g for f in found for g in children_of(f)]


def running_in(root):
    """Supervisors that a test started, by the configuration in their command line."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if words[0] == "tds: supervisor" and any(w.startswith(root + "/") for w in words):
            yield int(pid)


def run(*scenarios):
    """Runs scenarios, each in a folder of its own; arguments name the functions to be run, without any it is all of them."""
    for scenario in scenarios:
        if sys.argv[1:] and scenario.__name__ not in sys.argv[1:]:
            continue
        root = tempfile.mkdtemp(prefix="tds-service-")
        try:
            scenario(root)
        except Exception as why:  # one broken scenario must not hide the others
            check(f"scenario {scenario.__name__} runs through", repr(why))
        finally:
            for service in list(running_in(root)):
                family = children_of(service)
                os.kill(service, signal.SIGKILL)
                wait_for(lambda: not any(map(alive, family)), 10)
            if not (tds.failures and os.environ.get("TDS_KEEP")):
                shutil.rmtree(root, ignore_errors=True)
    sys.exit(1 if tds.failures else 0)
