#!/usr/bin/python3
"""What TDS takes when there is nothing to do, some seconds after a full sync: processor time of the supervisor and all actors, and
the memory they hold (proportional: what several map is divided among them), each next to their PostgreSQL's."""
import contextlib
import os
import threading
import bench

RUNS, SECONDS = 3, 10
CPU_LIMIT, MEMORY_LIMIT = 1, 60  # percent of a core, MB


def children(pid):
    """A process and all that descends from it."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                found += children(int(child))
    return found


def processor_ns(pids):
    """Time on a processor of all threads, io_uring's workers included, by process; of those that have ended none."""
    spent = {}
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total = 0
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
            spent[pid] = total
    return spent


def memory_mb(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/smaps_rollup") as f:  # PostgreSQL's come and go
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total / 1024


def rings_mb(pid):
    """Pages of the memfds that the supervisor keeps, whoever maps them."""
    held = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("/memfd:"):
            there = os.stat(f"/proc/{pid}/fd/{fd}")
            held[there.st_ino] = there.st_blocks * 512
    return sum(held.values()) / 2**20


def groups(tds):
    postgres = children(tds.control("status")["database"]["postgres"]["pid"])
    return {"tds": list(tds.pids().values()), "postgres": postgres}


def idle(tds):
    """Percent of a core, by group, while nobody asks for anything."""
    before = {name: processor_ns(pids) for name, pids in groups(tds).items()}
    threading.Event().wait(SECONDS)  # the measured time itself
    after = {name: processor_ns(spent) for name, spent in before.items()}
    if len(after["tds"]) < len(before["tds"]):
        raise SystemExit("a process of TDS ended meanwhile")
    # of PostgreSQL's, connections for second pages are given back, and workers of autovacuum end
    return {name: sum(n - before[name][pid] for pid, n in spent.items()) / SECONDS / 1e7 for name, spent in after.items()}


def measure():
    sim = bench.Sim()
    tds = bench.Tds(sim)
    shares, memory, rings, busy = [], [], [], []
    for _ in range(RUNS):
        tds.bulk("sync-all")
        busy.append(memory_mb(groups(tds)["tds"]))
        shares.append(idle(tds))
        memory.append({name: memory_mb(pids) for name, pids in groups(tds).items()})
        rings.append(rings_mb(tds.process.pid))
    bench.figure(f"processor time while idle for {SECONDS} s, all processes", bench.median([s["tds"] for s in shares]), "% of a core",
                 CPU_LIMIT, ratios=[("their PostgreSQL", bench.median([s["postgres"] for s in shares]))],
                 note="runs " + ", ".join(f"{s['tds']:.2f}" for s in shares))
    bench.figure("memory while idle, after a full sync (PSS), all processes", bench.median([m["tds"] for m in memory]), "MB", MEMORY_LIMIT,
                 ratios=[("their PostgreSQL", bench.median([m["postgres"] for m in memory])), ("the moment the sync ended", bench.median(busy))],
                 note="runs " + ", ".join(f"{m['tds']:.1f}" for m in memory))
    bench.figure("  in rings and slots, mapped or not", bench.median(rings), "MB")
    bench.figure("  processes", len(groups(tds)["tds"]), "")


if __name__ == "__main__":
    bench.main(measure)
