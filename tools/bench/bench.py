"""What every benchmark shares: a TDS and a simulated Zoho of its own on free ports in a folder of its own, which end and
go with it, and the one way in which a figure is printed, so that tools/run-bench can put all of them into one table."""
import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("TDS_BUILD", os.path.join(HERE, "..", "..", "build")))
ORGANIZATION = "10234695"
figures = []
ending = []  # what stop() has to be called of, newest last


def figure(name, value, unit, limit=None, lower=True, ratios=(), note=""):
    """One result. `limit` is the target and `lower` says whether less is better; `ratios` are (peer's name, its value)."""
    met = None if limit is None else (value <= limit if lower else value >= limit)
    said = [] if limit is None else [f"target {'≤' if lower else '≥'} {limit:g}, ratio to the limit {value / limit if limit else 0:.2f}"]
    said += [f"ratio {value / peer:.2f} to {what} ({peer:.4g})" for what, peer in ratios if peer]
    said += [note] if note else []
    print(f"{'MISS ' if met is False else ''}{name}: {value:.4g} {unit}{' (' + '; '.join(said) + ')' if said else ''}", flush=True)
    figures.append({"name": name, "value": value, "unit": unit, "limit": limit, "lower": lower, "met": met,
                    "ratios": [(what, value / peer) for what, peer in ratios if peer], "note": note})
    return met


def median(values):
    return statistics.median(values) if values else float("nan")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def table(rows):
    """The rows of figures as text, misses marked."""
    lines = []
    for f in rows:
        mark = {True: "pass", False: "MISS", None: "    "}[f["met"]]
        limit = "" if f["limit"] is None else f"{'≤' if f['lower'] else '≥'} {f['limit']:g}"
        ratios = ", ".join(f"{r:.2f} of {what}" for what, r in f["ratios"])
        lines.append(f"{mark}  {f['name']:<58} {f['value']:>10.4g} {f['unit']:<10} {limit:<10} {ratios}")
    return "\n".join(lines)


def main(measure, seconds=170):
    """Runs one benchmark; whatever happens, what it started ends. SIGTERM and SIGALRM (too late) are ends like any other."""
    def end(number, _frame):
        raise SystemExit(f"ended by {signal.Signals(number).name}")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    atexit.register(clean)
    signal.alarm(int(os.environ.get("TDS_BENCH_SECONDS", seconds)))
    try:
        measure()
    finally:
        signal.alarm(0)
        clean()
        if len(figures) > 1:
            print("\n" + table(figures), flush=True)
        if os.environ.get("TDS_BENCH_OUT"):
            with open(os.environ["TDS_BENCH_OUT"], "w") as f:
                json.dump(figures, f)
    sys.exit(0)


def clean():
    while ending:
        ending.pop().stop()


def program(name):
    path = os.path.join(BUILD, name)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} isn't there; make bench builds it")
    return path


def c_bench(name, *words, seconds=120):
    """What a benchmark written in C answers: one JSON object per line."""
    done = subprocess.run([program("bench/" + name), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=seconds, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stderr.strip() or done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds, words):
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise SystemExit(f"waited {seconds} s in vain for {words}")
        time.sleep(0.01)


def ask(port, method, path, body=None, seconds=60, headers=None):
    """One HTTP request on a connection of its own: status and text."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        c.request(method, path, body, {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})})
        r = c.getresponse()
        return r.status, r.read().decode()
    finally:
        c.close()


def end_process(process, seconds):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Sim:
    """A zoho-sim. The limits are wide open unless words say otherwise: each benchmark sets those it is about."""

    def __init__(self, *words):
        self.folder = tempfile.mkdtemp(prefix="tds-bench-sim-")
        ending.append(self)
        port_file = os.path.join(self.folder, "port")
        self.process = subprocess.Popen([program("zoho-sim"), "--listen", "127.0.0.1:0", "--port-file", port_file,
                                         "--calls-per-minute", "100000", "--calls-per-day", "1000000", *map(str, words)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(port_file) and os.path.getsize(port_file), 10, "the simulator")
        with open(port_file) as f:
            self.port = int(f.read())

    def calls(self):
        return json.loads(ask(self.port, "GET", "/_sim/calls")[1])

    def reset(self):
        ask(self.port, "POST", "/_sim/reset-counters", "")

    def stop(self):
        end_process(self.process, 5)
        shutil.rmtree(self.folder, ignore_errors=True)


class Tds:
    """A tds with a private PostgreSQL, ready when the constructor returns. It asks Zoho for nothing by itself, details only when told so."""

    def __init__(self, sim=None, settings="", calls_per_minute=100000, at_once=5, start=True, details=False):
        self.folder = tempfile.mkdtemp(prefix="tds-bench-")
        os.chmod(self.folder, 0o755)
        self.port, self.process = free_port(), None
        ending.append(self)
        zoho = "" if not sim else f"""accounts_url = "http://127.0.0.1:{sim.port}"; api_url = "http://127.0.0.1:{sim.port}";
            client_id = "sim-client"; client_secret = "sim-secret"; refresh_token = "sim-refresh";"""
        with open(os.path.join(self.folder, "tds.conf"), "w") as f:
            f.write(f"""data_dir = "{self.folder}/data"; log : {{ level = "warn"; }};
                http : {{ listen = [ "127.0.0.1:{self.port}" ]; requests_per_connection_max = 1000000000; }};
                zoho : {{ organization_id = "{ORGANIZATION}"; calls_per_minute_max = {min(calls_per_minute, 100000)};
                    concurrent_calls_max = {at_once}; {zoho} }};
                sync : {{ schedule = (); details = {str(details).lower()}; images = false; }};\n{settings}\n""")
        os.chmod(os.path.join(self.folder, "tds.conf"), 0o600)
        if start:
            self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([program("tds"), "-c", os.path.join(self.folder, "tds.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder)
        wait_for(lambda: self.process.poll() is not None or self.ready(), 60, "tds to be ready")
        if self.process.poll() is not None:
            raise SystemExit("tds: " + self.log()[-500:])
        self.url = self.control("where")["database"]

    def ready(self):
        s = self.control("status")
        return s.get("phase") == "running" and s.get("ready") and all(a["database_up"] for a in s.get("actors", []))

    def control(self, command):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(os.path.join(self.folder, "data", "control.sock"))
                s.sendall(command.encode() + b"\n")
                return json.loads(b"".join(iter(lambda: s.recv(65536), b"")))
        except (OSError, ValueError):
            return {}

    def pids(self):
        """Supervisor and actors, without PostgreSQL."""
        s = self.control("status")
        return {"supervisor": s["pid"], **{a["name"]: a["pid"] for a in s["actors"]}}

    def database(self):
        import psycopg2  # pylint: disable=import-outside-toplevel
        c = psycopg2.connect(self.url)
        c.autocommit = True
        return c

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()

    def bulk(self, name, body="{}", seconds=120):
        """A bulk sync as its caller sees it: the seconds it took and its reply."""
        begin = time.monotonic()
        status, text = ask(self.port, "POST", "/api/zoho/bulk-sync/" + name, body, seconds)
        took = time.monotonic() - begin
        reply = json.loads(text)
        if status != 200 or not reply.get("success"):
            raise SystemExit(f"bulk-sync {name}: {status} {text[:300]}")
        return took, reply

    def stop(self):
        if self.process:
            end_process(self.process, 40)
        shutil.rmtree(self.folder, ignore_errors=True)
