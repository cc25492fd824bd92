#!/usr/bin/python3
"""The private PostgreSQL: made at the first start, supervised like an actor, and never left behind."""
import os
import pwd
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import service
from service import QUICK, TDS, Service, children_of
from tds import alive, check, wait_for


def postmaster(s):
    return (s.status().get("database", {}).get("postgres") or {}).get("pid", 0)


def postgres_state(s):
    return (s.status().get("database", {}).get("postgres") or {}).get("state")


def psql(s, statement):
    r = subprocess.run(["psql", "-XAtq", "-d", s.ask("where").get("database", ""), "-c", statement], capture_output=True, text=True,
                       timeout=20)
    return r.stdout.strip() if r.returncode == 0 else "failed: " + r.stderr.strip()


def life(root):
    started = time.monotonic()
    s = Service(root, QUICK, database="").start()
    status = s.status()
    check("a first start makes a database and everybody is ready",
          (not status.get("ready") or not status["database"]["migrated"]) and s.log()[-1500:])
    check("that takes seconds, not minutes", time.monotonic() - started > 20)
    check("it works where only root can search the parents of data_dir", psql(s, "select 1") != "1" and psql(s, "select 1"))
    pid = postmaster(s)
    check("it doesn't run as root", os.stat(f"/proc/{pid}").st_uid == 0)
    run = psql(s, "show unix_socket_directories")
    check("its socket is in a directory of its own, closed to others", (stat.S_IMODE(os.stat(run).st_mode), os.stat(run).st_uid) != (0o700, os.stat(f"/proc/{pid}").st_uid))
    check("where those who may not search data_dir's parents can go", os.geteuid() == 0 and os.path.commonpath([run, s.data]) == s.data and run)
    check("it doesn't listen on TCP", psql(s, "show listen_addresses"))
    check("what it confirms is on disk", psql(s, "select current_setting('fsync') || current_setting('synchronous_commit')") != "onon")
    check("names and texts are UTF-8, compared as bytes", psql(s, "select pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || datctype "
                                                               "from pg_database where datname='tds'") != "UTF8 C C.UTF-8")

    psql(s, "create table kept (n int); insert into kept values (7)")
    before, backend = s.pids(), children_of(pid)[0]
    os.kill(backend, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    check("a new PostgreSQL waits for what a killed one left in its memory",
          not wait_for(lambda: "waiting for the previous PostgreSQL" in s.log(), 10) and s.log()[-800:])
    os.kill(backend, signal.SIGCONT)
    wait_for(lambda: postmaster(s) not in (0, pid) and postgres_state(s) == "ready", 15)
    check("a killed PostgreSQL is restarted", psql(s, "select n from kept") != "7" and psql(s, "select n from kept"))
    check("and no actor is restarted for it", s.pids() != before)
    check("its death has an obituary", "postgres (pid" not in s.log())
    check("which the status shows", "SIGKILL" not in s.status()["database"]["postgres"]["obituary"] and s.status()["database"])

    s.replaced("metrics", s.kill_actor("metrics", signal.SIGSEGV))
    deaths = "select count(*) from tds_audit_trail where operation = 'actor death' and context::text like '%metrics%'"
    check("an actor's obituary reaches the database", not wait_for(lambda: psql(s, deaths) == "1", 10) and psql(s, deaths))

    orphans = children_of(s.process.pid)
    s.process.kill()
    s.process.wait()
    check("nothing outlives a killed supervisor, PostgreSQL included",
          not wait_for(lambda: not any(map(alive, orphans)), 10) and [p for p in orphans if alive(p)])
    s.start()
    check("the next start finds everything as it was", psql(s, "select n from kept") != "7" and s.log()[-800:])
    s.process.kill()
    s.process.wait()
    s.start()
    check("a start right after a kill waits for the old PostgreSQL to end", psql(s, "select n from kept") != "7" and s.log()[-800:])

    pid = postmaster(s)
    s.stop()
    check("TERM shuts it down cleanly", alive(pid) or os.path.exists(os.path.join(s.data, "postgres", "data", "postmaster.pid")))
    check("nothing is left behind", s.left_over())
    stranger(s)


def stranger(s):
    """postmaster.pid of a crash names a pid that now belongs to somebody else of the same user."""
    owner = os.stat(os.path.join(s.data, "postgres", "data")).st_uid
    more = {"user": pwd.getpwuid(owner).pw_name} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["sleep", "60"], cwd="/", **more)
    with open(os.path.join(s.data, "postgres", "data", "postmaster.pid"), "w") as f:
        f.write(f"{other.pid}\n{s.data}/postgres/data\n{int(time.time())}\n5432\n/nowhere\n\n  5432001  99999999\nready\n")
    os.chown(f.name, owner, -1)
    s.start()
    check("a stale pid file with a stranger's pid doesn't keep it from starting", psql(s, "select n from kept") != "7" and s.log()[-800:])
    check("the stranger lives on", not alive(other.pid))
    other.kill()
    other.wait()
    s.stop()


def cut_short(root):
    s = Service(root, QUICK, database="")
    new = os.path.join(s.data, "postgres", "data.new")
    s.start(until=None)
    wait_for(lambda: os.path.exists(os.path.join(new, "PG_VERSION")), 10)
    family = children_of(s.process.pid)
    s.process.kill()
    s.process.wait()
    check("a first start that is killed leaves no process", not wait_for(lambda: not any(map(alive, family)), 5) and
          [p for p in family if alive(p)])
    check("and nothing that looks like a database", os.path.exists(os.path.join(s.data, "postgres", "data")))
    s.start()
    check("the next start begins anew", psql(s, "select 1") != "1" and s.log()[-800:])

    pid, before = postmaster(s), s.pids()
    s.send(signal.SIGUSR2)
    wait_for(lambda: s.all_ready() and not set(s.pids().values()) & set(before.values()), 20)
    check("an upgrade replaces every actor", set(s.pids().values()) & set(before.values()))
    check("and keeps PostgreSQL running", postmaster(s) != pid or psql(s, "select 1") != "1")
    def wakeups():
        with open(f"/proc/{s.process.pid}/status") as f:
            return sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)
    time.sleep(2)
    first = wakeups()
    time.sleep(5)
    check("an idle supervisor wakes once a second", wakeups() - first > 7 and wakeups() - first)
    s.ask("drain")
    wait_for(lambda: s.status().get("phase") == "drained", 8)
    check("drain leaves PostgreSQL to the administrator", psql(s, "select 1") != "1")
    psql(s, "insert into tds_schema_version select (jsonb_populate_record(v, '{\"version\": 9999, \"name\": \"later\"}')).* "
            "from tds_schema_version v order by version desc limit 1")
    s.stop()
    s.start()
    check("a schema newer than the program ends it with exit 100 and the reason",
          (wait_for(lambda: s.process.poll() is not None, 10) and s.process.returncode != 100 or "9999" not in s.log()) and s.log()[-800:])
    s.stop()


def long_path(root):
    deep = os.path.join(root, "d" * (80 - len(root)))
    os.mkdir(deep)
    s = Service(deep, QUICK, database="").start()
    check("a path too long for PostgreSQL's socket gets a stand-in", psql(s, "select 1") != "1" and s.log()[-800:])
    run = s.ask("where").get("database", "").split("host='")[-1].split("'")[0]
    s.stop()
    check("which goes away again", os.path.exists(run))
    deeper = os.path.join(deep, "e" * 60)
    os.mkdir(deeper)
    r = subprocess.run([TDS, "-c", Service(deeper, QUICK, database="").config], capture_output=True, text=True, timeout=20)
    check("a path too long for any socket is one clear line and exit 78", (r.returncode != 78 or r.stderr.count("\n") != 1) and r)


if __name__ == "__main__":
    service.run(life, cut_short, long_path)
