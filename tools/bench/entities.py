#!/usr/bin/python3
"""How fast the handlers write pages of each of the thirteen entities, all new, all changed, all unchanged, beside one hand-written
INSERT ... ON CONFLICT per page over the same pages in the same tables; then details with lines, beside a loop that fetches the same
records with as many calls at once and writes each with one statement. (`apply` looks closer at two of them. As there, every page is
in the handler's ring before the time runs.)"""
import concurrent.futures
import http.client
import json
import threading
import time
import bench
import lists
import plain
from apply import COUNTED, fetched

PAGES, RUNS = 20, 3
RECORDS = PAGES * lists.PER_PAGE
ONE_PAGE = 1000  # of branches, whose list isn't paged: more than that the handler takes in no page
DETAILS, AT_ONCE = 1000, 5
SHARES = {"new": 0.35, "changed": 0.4, "unchanged": 1}  # of one statement a page, which keeps no versions and writes all alike
APPLIED = """SELECT count(*) FROM tds_run_pages WHERE run_id = (SELECT id FROM tds_sync_runs WHERE entity_type = %s AND status = 'running')"""
SETTINGS = 'database : { lock_timeout = "30s"; };'


def records_of(entity):
    return ONE_PAGE if entity == "branch" else RECORDS


def pages_of(sim, bearer, entity):
    """The pages as Zoho sends them: the JSON array of each."""
    of, pages = lists.OF[entity], []
    for number in range(1, 2 if entity == "branch" else PAGES + 1):
        status, text = bench.ask(sim.port, "GET", lists.page(of, number), headers={"Authorization": "Zoho-oauthtoken " + bearer})
        if status != 200:
            raise SystemExit(f"{of.path}: {status} {text[:200]}")
        start = text.index(f'"{of.root}":') + len(of.root) + 3
        pages.append(text[start:json.JSONDecoder().raw_decode(text, start)[1]].encode())
    return pages


def ready(database, entity, state):
    """The tables before a run."""
    table, column = plain.checker.TABLES[entity][0], lists.OF[entity].column
    with database.cursor() as cursor:
        if state == "new":
            cursor.execute(f"TRUNCATE {table} CASCADE; TRUNCATE tds_entity_state, tds_sync_logs")
        elif state == "changed":  # every stored record is older and differs in a column; the dead rows of that are gone again
            cursor.execute("UPDATE tds_entity_state SET list_hash = 0, last_modified = last_modified - interval '1 day'")
            cursor.execute(f"UPDATE {table} SET {column} = 'before', zoho_last_modified = zoho_last_modified - interval '1 day'")
            cursor.execute(f"VACUUM {table}")
            cursor.execute("VACUUM tds_entity_state")
        cursor.execute("CHECKPOINT")


def through_tds(tds, database, entity, state):
    """Seconds for all pages, by TDS: from the release of the lock that holds the handler to the reply of the sync. A sync of price
    lists goes on with their details: of that, to the last page."""
    got, before, pages = [], fetched(tds), 1 if entity == "branch" else PAGES
    sync = threading.Thread(target=lambda: got.append(tds.bulk(lists.OF[entity].sync, json.dumps({"active_only": False}))[1]))
    with database.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE tds_entity_state IN EXCLUSIVE MODE")
        sync.start()
        bench.wait_for(lambda: fetched(tds) >= before + pages, 20, f"all pages of {entity} to be fetched")
        begin = time.monotonic()
        cursor.execute("COMMIT")
        if entity == "price_list":
            bench.wait_for(lambda: cursor.execute(APPLIED, (entity,)) or cursor.fetchone()[0] == pages, 60, "all pages to be applied")
            took = time.monotonic() - begin
    sync.join()
    if entity != "price_list":
        took = time.monotonic() - begin
    if not got or got[0]["stats"][COUNTED[state]] != records_of(entity):
        raise SystemExit(f"{entity}, all {state}: {got}")
    return took


def through_loop(connection, pages):
    begin = time.monotonic()
    for page in pages:
        connection.run("page", bench.ORGANIZATION, page)
    return time.monotonic() - begin


def measure_entity(tds, database, pages, entity):
    """The shares of a loop's rate that TDS reached, by state."""
    bare = plain.Connection(tds.url)
    bare.prepare("page", plain.upsert(entity, f"({plain.records(entity)}) x"))
    took = {(who, state): [] for who in ("tds", "bare") for state in COUNTED}
    for run in range(RUNS + 1):
        for state in COUNTED:
            for who in ("bare", "tds"):
                ready(database, entity, state)
                seconds = through_tds(tds, database, entity, state) if who == "tds" else through_loop(bare, pages)
                if run:  # the first warms caches and plans
                    took[who, state].append(seconds)
    bare.close()
    rate = {key: records_of(entity) / bench.median(seconds) for key, seconds in took.items()}
    for state in COUNTED:
        bench.figure(f"{entity}: {records_of(entity)} rows, all {state}", rate["tds", state], "rows/s",
                     ratios=[("one statement a page", rate["bare", state])])
    return {state: rate["tds", state] / rate["bare", state] for state in COUNTED}


def plain_details(sim, tds, bearer, ids):
    """Seconds in which AT_ONCE threads fetch the records and one connection writes them, lines and all."""
    here, writing, connection = threading.local(), threading.Lock(), plain.Connection(tds.url)
    connection.prepare("record", plain.with_lines("invoice"))

    def fetch(number):
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=30)
        here.connection.request("GET", f"/books/v3/invoices/{number}?organization_id={bench.ORGANIZATION}",
                                headers={"Authorization": "Zoho-oauthtoken " + bearer})
        text = here.connection.getresponse().read().decode()
        start = text.index('"invoice":') + 10
        record = text[start:json.JSONDecoder().raw_decode(text, start)[1]]
        with writing:
            connection.run("record", bench.ORGANIZATION, record)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE - 1) as pool:
        list(pool.map(fetch, ids))
    return time.monotonic() - begin


def measure_details():
    """Invoices whose lines stand in no list."""
    sim, took, peer = bench.Sim("--invoices", DETAILS, "--concurrent", AT_ONCE), [], []
    tds, bearer = bench.Tds(sim, at_once=AT_ONCE, details=True), lists.token(sim)
    with tds.database().cursor() as cursor:
        for run in range(RUNS + 1):
            cursor.execute("TRUNCATE invoices CASCADE; TRUNCATE tds_entity_state, tds_sync_logs")
            tds.bulk("invoices")
            begin = time.monotonic()
            bench.wait_for(lambda: cursor.execute("SELECT count(*) FROM tds_entity_state WHERE detail_wanted") or cursor.fetchone()[0] == 0,
                           60, "all details")
            took.append(time.monotonic() - begin)
            cursor.execute("SELECT count(*), array_agg(DISTINCT zoho_invoice_id) FROM invoice_line_items")
            lines, ids = cursor.fetchone()
            cursor.execute("TRUNCATE invoices CASCADE")
            peer.append(plain_details(sim, tds, bearer, ids))
            cursor.execute("SELECT count(*) FROM invoice_line_items")
            if cursor.fetchone()[0] != lines or len(ids) != DETAILS:
                raise SystemExit(f"{lines} lines of {len(ids)} invoices, the loop wrote others")
            if not run:
                took.clear(), peer.clear()
    bench.figure(f"details of {DETAILS} invoices, no delay", DETAILS / bench.median(took), "records/s", ratios=[
        ("a loop that fetches and writes each with one statement", DETAILS / bench.median(peer))],
        note=f"{lines} lines; {AT_ONCE - 1} calls at once")
    bench.figure("  lines", lines / bench.median(took), "lines/s")


def measure_group(entities, *words):
    """Of one simulator: it holds stock by item and location, and prices by item and list, so not all can be many at once."""
    sim = bench.Sim(*words, *(word for e in entities for word in (f"--{lists.OF[e].option}", records_of(e))))
    tds, bearer = bench.Tds(sim, SETTINGS), lists.token(sim)
    shares = [measure_entity(tds, tds.database(), pages_of(sim, bearer, entity), entity) for entity in entities]
    bench.clean()
    return shares


def measure():
    apart = ("price_list", "branch")
    shares = measure_group([e for e in lists.OF if e not in apart], "--active-items", RECORDS)
    shares += measure_group(apart, "--items", 5, "--active-items", 5)
    for state, share in SHARES.items():
        bench.figure(f"share of one statement a page, all {state}, the middle one of {len(shares)} entities",
                     bench.median([s[state] for s in shares]), "", share, lower=False)
    measure_details()


if __name__ == "__main__":
    bench.main(measure, seconds=300)  # thirteen entities, two programs, three states, three runs
