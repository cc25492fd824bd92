#!/usr/bin/python3
"""The HTTP door of the real binary: framing, limits, deadlines, access, draining. Once per kind of event loop."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.path.abspath(os.environ.get("TDS_BUILD", "build"))
failures = []


def check(sentence, good, seen=""):
    print(("ok - " if good else "not ok - ") + sentence + ("" if good else f" (saw: {str(seen)[:300]})"), flush=True)
    if not good:
        failures.append(sentence)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Tds:
    """The real supervisor with a private PostgreSQL, in a folder that goes away with it."""

    def __init__(self, config="", http="", io="auto"):
        self.root = tempfile.mkdtemp(prefix="tds-http-")
        os.chmod(self.root, 0o755)
        self.port = free_port()
        with open(f"{self.root}/tds.conf", "w") as f:
            f.write(f'data_dir = "{self.root}/data";\nio = "{io}";\n'
                    f'http : {{ listen = [ "127.0.0.1:{self.port}" ]; {http} }};\nsync : {{ schedule = ( ); }};\n{config}\n')
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self):
        self.log = open(f"{self.root}/log", "ab")
        self.process = subprocess.Popen([f"{BUILD}/tds", "-c", f"{self.root}/tds.conf"], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.get("/readyz").status == 200:
                    return self
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        print(open(f"{self.root}/log").read()[-3000:], file=sys.stderr)
        self.__exit__()
        raise SystemExit("not ok - TDS starts and becomes ready")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode if self.process else None

    def connect(self, timeout=10):
        return Client(socket.create_connection(("127.0.0.1", self.port), timeout))

    def request(self, method, path, body=None, headers=()):
        with self.connect(60) as c:
            c.send(request(method, path, body, [*headers, ("Connection", "close")]))
            return c.answer(method)

    def get(self, path, headers=()):
        return self.request("GET", path, None, headers)

    def post(self, path, body, headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = [("Content-Type", "application/json"), *headers]
        return self.request("POST", path, body, headers)

    def pid_of(self, name):
        """The child whose title is `tds: <name>`."""
        for p in os.listdir("/proc"):
            try:
                stat = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split() if p.isdigit() else None
                if stat and int(stat[1]) == self.process.pid and open(f"/proc/{p}/cmdline").read().startswith(f"tds: {name}"):
                    return int(p)
            except OSError:
                pass
        return None

    def psql(self, statement):
        r = subprocess.run(["psql", "-XAtq", "-h", f"{self.root}/data/postgres/run", "-U", "postgres", "-d", "tds", "-c", statement],
                           capture_output=True, text=True, timeout=30)
        return r.stdout.strip() if r.returncode == 0 else "failed: " + r.stderr.strip()


def request(method, path, body=None, headers=()):
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"] + [f"{k}: {v}" for k, v in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.headers} {self.body[:200]}"


class Client:
    def __init__(self, s):
        self.s, self.buffer = s, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, data):
        self.s.sendall(data)

    def fill(self):
        try:
            data = self.s.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def answer(self, method="GET"):
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        status = int(lines[0].split()[1])
        length = 0 if method == "HEAD" or status in (100, 204) else int(headers.get("content-length", 0))
        while len(self.buffer) < length and self.fill():
            pass
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(status, headers, body)

    def ended(self):
        """True when the other side closed."""
        try:
            while self.fill():
                pass
            return True
        except TimeoutError:
            return False


ITEM = '{"item":{"item_id":"%d","name":"x"}}'


def framing(t):
    with t.connect() as c:
        c.send(request("POST", "/api/tds/webhooks/products", ITEM % 1) + request("GET", "/livez") + request("GET", "/nope") +
               request("HEAD", "/livez") + request("GET", "/livez", None, [("Connection", "close")]))
        got = [c.answer(), c.answer(), c.answer(), c.answer("HEAD"), c.answer()]
        check("pipelined requests are answered in their order", [a and a.status for a in got] == [202, 200, 404, 200, 200], got)
        check("HEAD has a length and no body", got[3].headers["content-length"] == "18" and not got[3].body)
        check("Connection: close is answered and done", got[4].headers.get("connection") == "close" and c.ended())
    with t.connect() as c:
        c.send(b"".join(request("POST", "/api/tds/webhooks/products", ITEM % (100 + i)) for i in range(40)))
        check("a pipeline deeper than the limit is answered whole", all(c.answer().status == 202 for _ in range(40)))
    with t.connect() as c:
        body = (ITEM % 2).encode()
        c.send(b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(0, len(body), 5):
            c.send(b"%x\r\n%s\r\n" % (len(body[i:i + 5]), body[i:i + 5]))
        c.send(b"0\r\n\r\n")
        check("a chunked body is taken", c.answer().status == 202)
    with t.connect() as c:
        body = (ITEM % 3).encode()
        c.send(request("POST", "/api/tds/webhooks/products", None, [("Expect", "100-continue"), ("Content-Length", len(body))]))
        first = c.answer()
        c.send(body)
        check("Expect: 100-continue is told to go on", first.status == 100 and c.answer().status == 202, first)
    with t.connect() as c:
        c.send(b"GET /livez HTTP/1.0\r\n\r\n")
        check("HTTP/1.0 is answered and closed", c.answer().status == 200 and c.ended())
    with t.connect() as c:
        c.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /livez HTTP/1.0\r\n\r\n")
        check("HTTP/1.0 may keep its connection", c.answer().headers.get("connection") == "keep-alive" and c.answer().status == 200)
    with t.connect() as c:
        c.send(request("POST", "/api/tds/webhooks/products", ITEM % 4))
        c.s.shutdown(socket.SHUT_WR)
        a = c.answer()
        check("a client that closes its half after the request gets its answer", a and a.status == 202 and c.ended(), a)


def smuggling(t):
    cases = {
        "both lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "a folded header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "a space before the colon": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n",
        "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "a bad chunk size": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    }
    for name, text in cases.items():
        with t.connect() as c:
            c.send(text + request("GET", "/livez"))
            a = c.answer()
            check(f"{name} is a 400, and nothing after it is read", a and a.status == 400 and "detail" in a.json and
                  a.headers["connection"] == "close" and c.answer() is None, a)


def limits(t):
    with t.connect() as c:
        head = b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
        try:
            c.send(head + b"x" * 3000000)
        except OSError:
            pass
        a = c.answer()
        check("a body too large is a 413 that its sender can read", a and a.status == 413, a)
    with t.connect() as c:
        c.send(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20000)
        a = c.answer()
        check("a head too large is a 431", a and a.status == 431, a)
    with t.connect() as c:
        c.send(b"GET /livez HTTP/1.1\r\nHost:")
        a = c.answer()
        check("a head that doesn't come in time is a 408", a and a.status == 408 and c.ended(), a)
    with t.connect() as c:
        c.send(b"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        a = c.answer()
        check("a body that doesn't come in time is a 408", a and a.status == 408 and c.ended(), a)
    with t.connect() as c:
        c.send(request("GET", "/livez"))
        check("an idle connection is closed", c.answer().status == 200 and c.ended())
    with t.connect() as c:
        check("a connection on which nothing comes is closed", c.ended())
    held = [t.connect() for _ in range(20)]
    for c in held[:16]:
        c.send(request("GET", "/livez"))
    full = all(c.answer().status == 200 for c in held[:16])
    late = held[19].answer()
    check("a connection too many gets its 503", full and late and late.status == 503 and "retry-after" in late.headers, late)
    for c in held:
        c.s.close()
    time.sleep(0.2)
    check("and when there is room again everything is served", t.get("/livez").status == 200)
    with t.connect() as c:
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.send(request("GET", "/openapi.json") * 400)
        time.sleep(2.5)
        check("who doesn't read its answers is cut off, others don't notice", t.get("/livez").status == 200 and c.ended())


def routes(t):
    a = t.get("/nothing/here")
    check("an unknown path is a 404 with words", a.status == 404 and a.json["detail"], a)
    a = t.request("DELETE", "/api/tds/webhooks/products")
    check("a known path with another method is a 405 that says which", a.status == 405 and "POST" in a.headers["allow"], a)
    a = t.get("/livez", [("X-Correlation-ID", "my-id.1")])
    check("the caller's correlation id comes back", a.headers["x-correlation-id"] == "my-id.1", a)
    a = t.get("/livez", [("X-Correlation-ID", "bad id <x>")])
    check("a malformed one is replaced", len(a.headers["x-correlation-id"]) == 36, a)
    a = t.get("/openapi.json")
    paths = a.json["paths"]
    check("openapi.json describes every path", a.json["openapi"] == "3.0.3" and "post" in paths["/api/tds/webhooks/{name}"] and
          "get" in paths["/readyz"] and len(paths) > 20, list(paths))
    a = t.get("/readyz?verbose")
    check("readyz names the actors it looked at", a.json["status"] == "ready" and "dispatcher" in str(a.json["checks"]), a)
    a = t.get("/api/zoho/bulk-sync/status")
    check("an owner's answer comes through", a.status == 200 and "zoho" in a.json, a)
    a = t.get("/api/zoho/bulk-sync/status", [("X-Forwarded-For", "1.2.3.4")])
    check("without a token a proxied request is a 403 that says why", a.status == 403 and "proxy" in a.json["detail"], a)
    a = t.get("/api/zoho/bulk-sync/status", [("Origin", "https://evil.example.com")])
    check("a page of another origin may not call", a.status == 403 and "access-control-allow-origin" not in a.headers, a)
    a = t.get("/api/zoho/bulk-sync/status", [("Origin", "https://erp.example.com")])
    check("a configured origin may", a.status == 200 and a.headers["access-control-allow-origin"] == "https://erp.example.com", a)
    a = t.request("OPTIONS", "/api/zoho/bulk-sync/products", None,
                  [("Origin", "https://erp.example.com"), ("Access-Control-Request-Method", "POST")])
    check("its preflight is answered", a.status == 204 and "POST" in a.headers["access-control-allow-methods"], a)


def owner_dies(t):
    pid = t.pid_of("dispatcher")
    os.kill(pid, signal.SIGSTOP)
    with t.connect() as c:
        c.send(request("GET", "/api/zoho/bulk-sync/status"))
        time.sleep(0.3)
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        a = c.answer()
        took = time.monotonic() - began
        check("who waits for an actor that dies gets a 503 within 2 s", a and a.status == 503 and "retry-after" in a.headers and took < 2,
              f"{a} after {took:.2f}")
    for _ in range(100):
        if t.get("/api/zoho/bulk-sync/status").status == 200:
            break
        time.sleep(0.1)
    check("and its successor answers again", t.get("/api/zoho/bulk-sync/status").status == 200)


def draining(t):
    idle = t.connect()
    idle.send(request("GET", "/livez"))
    idle.answer()
    slow = t.connect()
    body = (ITEM % 5).encode()
    slow.send(request("POST", "/api/tds/webhooks/products", None, [("Content-Length", len(body))]))
    time.sleep(0.2)
    os.kill(t.pid_of("http-ingest"), signal.SIGTERM)
    began = time.monotonic()
    check("draining closes an idle connection at once", idle.ended() and time.monotonic() - began < 1)
    slow.send(body)
    a = slow.answer()
    check("what is under way is still answered, with Connection: close", a and a.status == 202 and a.headers["connection"] == "close", a)
    idle.s.close()
    slow.s.close()


def no_request_lost(t):
    """Requests on new connections while http-ingest is replaced: each gets its answer."""
    results, stop = [], threading.Event()

    def run():
        while not stop.is_set():
            try:
                a = t.get("/livez")
                results.append(a.status if a else None)
            except OSError as e:
                results.append(e)
    threads = [threading.Thread(target=run) for _ in range(4)]
    for th in threads:
        th.start()
    for _ in range(3):
        time.sleep(0.3)
        pid = t.pid_of("http-ingest")
        if pid:
            os.kill(pid, signal.SIGTERM)
    time.sleep(1)
    stop.set()
    for th in threads:
        th.join()
    bad = [r for r in results if r != 200]
    check(f"no request on a new connection is lost while ingest is replaced ({len(results)} sent)", len(results) > 50 and not bad, bad[:5])


def tokens():
    import hashlib
    with tempfile.NamedTemporaryFile("w", suffix=".tokens") as f:
        f.write("# who may ask\nops secret-1\nhashed sha256:" + hashlib.sha256(b"secret-2").hexdigest() + "\n")
        f.flush()
        with Tds(http=f'tokens_file = "{f.name}";') as t:
            path = "/api/zoho/bulk-sync/status"
            a = t.get(path)
            check("with tokens configured a caller without one is a 401", a.status == 401 and "www-authenticate" in a.headers, a)
            check("so is one with a wrong one", t.get(path, [("Authorization", "Bearer secret-")]).status == 401)
            good = [t.get(path, [("Authorization", "Bearer secret-1")]), t.get(path, [("Authorization", "bearer secret-2"),
                    ("X-Forwarded-For", "1.2.3.4")])]
            check("each configured token opens, through a proxy too", [a.status for a in good] == [200, 200], good)
            local = socket.socket(socket.AF_UNIX)
            local.connect(f"{t.root}/data/api.sock")
            with Client(local) as c:
                c.send(request("GET", path))
                a = c.answer()
                check("the local socket needs none: its file mode is the authentication", a and a.status == 200, a)
            f.seek(0)
            f.truncate()
            f.write("ops secret-3\n")
            f.flush()
            t.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 20
            while t.get(path, [("Authorization", "Bearer secret-3")]).status != 200 and time.monotonic() < deadline:
                time.sleep(0.05)
            check("a reload takes over what stands in the file now", t.get(path, [("Authorization", "Bearer secret-3")]).status == 200)
            check("and a token that was taken out is refused", t.get(path, [("Authorization", "Bearer secret-1")]).status == 401)
            while t.get("/readyz").status != 200 and time.monotonic() < deadline:
                time.sleep(0.05)  # the new process may still be connecting to PostgreSQL
            check("livez, readyz and webhooks need none", t.get("/livez").status == 200 and t.get("/readyz").status == 200 and
                  t.post("/api/tds/webhooks/products", ITEM % 9).status == 202)
            check("a stop ends everything with exit code 0", t.stop() == 0, t.process.returncode)


def main():
    quick = 'header_timeout = "700ms"; body_timeout = "900ms"; idle_timeout = "800ms"; connections_max = 16; '
    for io in ("auto", "epoll"):
        print(f"# io = {io}", flush=True)
        with Tds(io=io, http='cors_origins = [ "https://erp.example.com" ];') as t:
            framing(t)
            smuggling(t)
            routes(t)
            owner_dies(t)
            draining(t)
            time.sleep(0.5)
            no_request_lost(t)
        with Tds(io=io, http=quick) as t:
            limits(t)
    tokens()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
