#!/usr/bin/python3
"""tdsctl against the real program: what it shows, what it does, what it ends with, and what it says when nobody is there."""
import json
import os
import pty
import select
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import BUILD, SLOW, Sim, Tds, accepted, check, differs, numbers, run, unless, wait_for, world, wrap

TDSCTL = os.path.join(BUILD, "tdsctl")
sim = tds = None


class Done:
    def __init__(self, code, out, error):
        self.code, self.out, self.error = code, out, error

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}, {self.out[-700:]!r}, {self.error[-700:]!r}"


def execute(*words, environment=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TDS_C", "PG"))}
    done = subprocess.run([TDSCTL, *words], capture_output=True, text=True, timeout=60 * SLOW, env={**clean, **(environment or {})},
                          stdin=subprocess.DEVNULL)
    return Done(done.returncode, done.stdout, done.stderr)


def ctl(*words, service=None, **more):
    return execute("-s", os.path.join((service or tds).data, "control.sock"), *words, **more)


def fine(sentence, done, *texts):
    check(sentence, differs(done.code, 0) and repr(done) or unless(all(t in done.out for t in texts), done))
    return done


def refused(sentence, done, code, text=""):
    check(sentence, unless(done.code == code and done.error.count("\n") == 1 and text in done.error and not done.out, done))


def seeing():
    """What is read, for people and for programs."""
    names = list(tds.pids())
    status = fine("status shows every actor and PostgreSQL", ctl("status"), "postgres", *names, *(str(p) for p in tds.pids().values()))
    check("without escapes where no terminal is", unless("\033" not in status.out, status))
    check("status --json is one document of the supervisor", differs([a["name"] for a in ctl("--json", "status").json["actors"]], names))
    check("--json may stand behind the command", differs(ctl("status", "--json").json["pid"], tds.process.pid))
    fine("the socket may be named by its variable", execute("status", environment={"TDS_CONTROL": tds.data + "/control.sock"}))
    fine("or by the configuration", execute("-c", tds.config, "status"))
    fine("which means what it names, whatever the environment says", execute("-c", tds.config, "status", environment={"TDS_CONTROL": "/nowhere/control.sock"}))
    fine("or by the configuration's variable", execute("status", environment={"TDS_CONFIG": tds.config}))
    health = ctl("health")
    check("health is one line and a plugin's code", unless(health.code in (0, 1) and health.out.count("\n") == 1 and
                                                           health.out.split()[0] in ("OK", "WARNING"), health))
    fine("version, queue, breakers, alerts, logs are there", ctl("version"), "0.")
    fine("the breakers are listed", ctl("breaker", "list"), "zoho-books", "closed")
    fine("a breaker is reset", ctl("breaker", "reset", "zoho-books"), "CLOSED")
    fine("alerts are listed", ctl("alert", "list"))
    fine("where the log is", ctl("logs"))
    fine("the configuration is the running one's", ctl("config", "show", "--changed"), tds.data, "<set>")
    check("its secrets aren't shown", unless("sim-secret" not in ctl("config", "show").out, "the client secret"))
    fine("every parameter is explained", ctl("config", "reference"), "`queue.batch_size`", "`healer.every`")
    fine("psql gets its arguments as they are", ctl("psql", "-Atc", "SELECT 40 + 2"), "42")


def help_and_usage():
    """The table of commands is the help; mistakes are one line and exit 2."""
    listed = [line.split("  ")[1].strip() for line in fine("help lists the commands", execute("help"), "dead-letter retry").out.splitlines()
              if line.startswith("  ") and line[2] not in " -"]
    for name in listed:
        text = execute("help", *name.split())
        if text.code or len(text.out.splitlines()) < 3:
            check(f"help {name} is a manual", text)
    check("each of them has a manual", unless(len(listed) > 25, listed))
    fine("a group's manual is that of all its commands", execute("help", "run"), "tdsctl run list", "tdsctl run cancel")
    fine("--help behind a command is its manual", execute("sync", "--help"), "tdsctl sync NAME")
    for words, text in ((["nothing"], "no such command"), (["run"], "list, show, cancel"), (["status", "--fast"], "unknown option"), (["run", "show"], "missing"),
                        (["queue", "x"], "too much"), (["-x"], "unknown option"), (["-s"], "needs a path"), (["help", "nothing"], "no such command"),
                        (["sync", "products", "--batch-size"], "needs a value"), (["sync", "products", "--batch-size", "many"], "whole number")):
        refused(f"tdsctl {' '.join(words)} is a mistake", execute(*words), 2, text)
    refused("a bad configuration is exit 78", execute("-c", "/nonexistent/tds.conf", "status"), 78)


def syncing():
    """sync waits, shows and sums up."""
    fine("a dry run writes nothing", ctl("sync", "products", "--dry-run"), "(dry run)", "12")
    check("indeed nothing", differs(tds.value("SELECT count(*) FROM products"), 0))
    fine("a sync says what it did", ctl("sync", "products"), "Products bulk sync completed", "created", "12")
    check("it did", differs(tds.value("SELECT count(*) FROM products"), 12))
    fine("all of them are a table", ctl("sync", "sync-all", "--batch-size", "10"), "products", "customers", "vendors", "invoices", "orders")
    fine("incremental and since are options", ctl("sync", "products", "--incremental"), "completed")
    fine("since as well", ctl("sync", "products", "--since", "2099-01-01"), "completed")
    reply = ctl("sync", "vendors", "--json")
    check("--json is the API's answer", differs(reply.json["stats"]["successful"], 2))
    number = ctl("sync", "products", "--no-wait").out.split()[-1]
    check("--no-wait says the run's id", differs(str(uuid.UUID(number)), number) or differs(tds.run_done(number), "completed"))
    fine("the run is shown", ctl("run", "show", number), number, "completed", "pages")
    fine("runs are listed", ctl("run", "list", "--limit", "3"), number)
    fine("by entity and status", ctl("run", "list", "--entity", "vendor", "--status", "completed"), "vendors")
    refused("an unknown run is said", ctl("run", "show", "x"), 1, "not found")
    refused("an unknown sync is said", ctl("sync", "planets"), 1)
    refused("a bad batch size is said", ctl("sync", "products", "--batch-size", "5"), 1, "batch_size")
    sim.fault(kind="500")
    done = ctl("sync", "vendors")
    check("a failed sync is exit 1", differs(done.code, 1) and repr(done))
    sim.no_faults()


def terminal():
    """On a terminal the progress is written over itself."""
    tds.rows("UPDATE tds_sync_cursors SET cursor_value = NULL")
    sim.fault(kind="slow", delay_ms=1500)
    child, fd = pty.fork()
    if not child:
        os.environ["TERM"] = "xterm"
        os.execv(TDSCTL, [TDSCTL, "-s", tds.data + "/control.sock", "sync", "products"])
    text, until = b"", time.monotonic() + 20 * SLOW
    while time.monotonic() < until:
        try:
            part = os.read(fd, 4096) if select.select([fd], [], [], 1)[0] else b""
        except OSError:
            break
        text += part
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(fd)
    sim.no_faults()
    check("the progress is shown and wiped", unless(code == 0 and b"\r\x1b[K" in text and b"product " in text and b"completed" in text, (code, text)))


def dead_letters():
    record = numbers(sim.record("product", sim.ids("product")[0])["record"])
    letters = []
    for price in ("bad", "worse"):
        record["rate"] = price
        event = accepted(tds.webhook("products", wrap("product", record)))
        tds.finished(event)
        letters.append(tds.value("SELECT id::text FROM tds_dead_letter_queue WHERE inbox_event_id = %s", event))
    fine("dead letters are listed", ctl("dead-letter", "list", "--entity", "product"), *letters)
    fine("one is shown whole", ctl("dead-letter", "show", letters[0]), "last_payload", '"rate"')
    health = ctl("health")
    check("health isn't green meanwhile", unless(health.code in (1, 2) and "dead letter" in health.out, health))
    fine("one is retried", ctl("dead-letter", "retry", letters[0]), "moved from DLQ")
    refused("twice it isn't", ctl("dead-letter", "retry", letters[0]), 1, "already resolved")
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved") == 2)
    fine("all are retried", ctl("dead-letter", "retry", "--all", "--entity", "product"), "2")
    wait_for(lambda: tds.value("SELECT count(*) FROM tds_dead_letter_queue WHERE NOT resolved") == 2)
    for letter in tds.rows("SELECT id::text FROM tds_dead_letter_queue WHERE NOT resolved"):
        fine("one is closed by hand", ctl("dead-letter", "resolve", letter[0], "--notes", 'a "quote" \\ and ü'))
    check("with its notes", differs(tds.rows("SELECT DISTINCT resolution_notes FROM tds_dead_letter_queue WHERE resolution_notes LIKE 'a %%'"),
                                    [('a "quote" \\ and ü',)]))
    refused("an unknown one is said", ctl("dead-letter", "show", str(uuid.uuid4())), 1, "not found")
    fine("healing by hand", ctl("heal"), "Auto-healing complete")
    fine("an entity is paused", ctl("pause", "product"), "product")
    event = accepted(tds.webhook("products", wrap("product", {**record, "rate": 1, "item_id": "777", "name": "later"})))
    fine("its events wait", ctl("queue"), "product")
    check("indeed", differs(tds.outcome(event)[0], "pending"))
    fine("it goes on", ctl("resume", "product"), "product")
    check("and is applied", differs(tds.finished(event)[0], "completed"))


def processes():
    old = tds.actor("metrics")["pid"]
    fine("an actor is restarted", ctl("restart", "metrics"))
    check("it has another pid", unless(tds.replaced("metrics", old), tds.actor("metrics")))
    refused("an unknown actor is said", ctl("restart", "planet"), 1, "no such actor; status")
    refused("an empty name is nobody's", ctl("restart", ""), 2, "empty")
    check("not the supervisor's either", differs(tds.ask("restart ").get("error", "")[:13], "no such actor"))
    fine("the configuration is read again", ctl("reload"))
    tds.configure(queue={"batch_size": 0})
    refused("a bad one is named with its line", ctl("reload"), 78, "batch_size")
    refused("who looks for the socket in it is told of -s", execute("-c", tds.config, "status"), 78, "-s SOCKET")
    tds.configure(queue={"batch_size": 100})
    fine("it drains", ctl("drain"))
    check("and rests", unless(wait_for(lambda: tds.status().get("phase") == "drained"), tds.status().get("phase")))
    fine("and goes on", ctl("restart", "all"))
    check("all of it", unless(wait_for(lambda: tds.status().get("ready")), tds.status()))
    fine("it stops", ctl("stop"))
    check("with exit 0", differs(wait_for(lambda: tds.process.poll() is not None) and tds.process.returncode, 0))
    refused("then nobody is there, and it says what to do", ctl("status"), 1, "start it")
    health = ctl("health")
    check("and health isn't green", unless(health.code in (2, 3) and health.out.count("\n") == 1, health))


def password():
    """A password never stands in a command line."""
    other = Tds(start=False, template=False, database={"url": "host=/nonexistent user=u dbname=d password=open-sesame"})
    other.start(ready=False)
    wait_for(lambda: other.ask("ping"))
    folder = os.path.join(other.folder, "bin")
    os.mkdir(folder)
    with open(os.path.join(folder, "psql"), "w") as file:
        file.write('#!/bin/sh\necho "$@"; echo "password=$PGPASSWORD"\n')
    os.chmod(os.path.join(folder, "psql"), 0o755)
    done = ctl("psql", "-l", service=other, environment={"PATH": folder + ":" + os.environ["PATH"]})
    check("psql gets it through its environment", unless(done.out.endswith("password=open-sesame\n") and done.out.count("sesame") == 1 and
                                                         "dbname='d'" in done.out and " -l" in done.out, done))
    check("where doesn't tell it", unless("sesame" not in json.dumps(other.ask("where")), "the password"))
    other.remove()


def long():
    """A sync that takes longer than HTTP may is followed to its end."""
    slow = Sim(items=30, **{"active-items": 30, "latency-ms": 1500})
    service = Tds(slow, http={"reply_timeout": "1s"})
    done = ctl("sync", "products", "--batch-size", "10", service=service)
    check("it is followed to its end", differs(done.code, 0) and repr(done) or unless("completed after" in done.out, done))
    service.remove()
    slow.stop()


def begin():
    global sim, tds
    sim, tds = world(sim={"items": 12, "active-items": 12, "customers": 3, "vendors": 2, "orders": 2, "invoices": 2}, sync={"details": False})


if __name__ == "__main__":
    begin()
    run(seeing, help_and_usage, syncing, terminal, dead_letters, processes, password, long)
