#!/usr/bin/python3
"""How fast the handler writes pages of a bulk sync: all new, all changed, all unchanged, beside one hand-written statement per
page over the same pages in the same tables, beside one that keeps a state row by record as TDS does, and beside one that also
leaves the fields alone that a record doesn't carry. (What TDS does and none of them: a row in tds_sync_logs per record.) Then the
same with two shards of the handler, of which each has a connection; the loops have one.

Every page is in the handler's ring before it may begin (a lock on tds_entity_state holds it), so fetching costs nothing while
the time runs: from the lock's release to the reply of the sync, that is to the commit of the last page and the run's end."""
import json
import threading
import time
import urllib.parse
import bench
import plain
from lists import token

PAGES, PER_PAGE, RUNS = 40, 200, 7
RECORDS = PAGES * PER_PAGE
SYNCS = {  # entity: name of its sync, where Zoho lists it, filter, key of the list, a column that is to differ
    "product": ("products", "/inventory/v1/items", {"filter_by": "Status.Active"}, "items", "sku"),
    "customer": ("customers", "/books/v3/contacts", {"contact_type": "customer", "filter_by": "Status.All"}, "contacts", "email"),
}
SETTINGS = 'database : { lock_timeout = "30s"; };'


def pages_of(sim, entity):
    """The pages as Zoho sends them: the JSON array of each."""
    _, path, filter_by, root, _ = SYNCS[entity]
    bearer, pages = token(sim), []
    for page in range(1, PAGES + 1):
        query = urllib.parse.urlencode({"organization_id": bench.ORGANIZATION, "page": page, "per_page": PER_PAGE, **filter_by})
        status, text = bench.ask(sim.port, "GET", f"{path}?{query}", headers={"Authorization": "Zoho-oauthtoken " + bearer})
        if status != 200:
            raise SystemExit(f"{path}: {status} {text[:200]}")
        start = text.index(f'"{root}":') + len(root) + 3
        pages.append(text[start:json.JSONDecoder().raw_decode(text, start)[1]].encode())
    return pages


def all_new(cursor, entity):
    cursor.execute(f"TRUNCATE {plain.checker.TABLES[entity][0]} CASCADE; TRUNCATE tds_entity_state, tds_sync_logs")


def all_changed(cursor, entity):
    """Every stored record is older and differs in a column; the dead rows of that are gone again."""
    table, column = plain.checker.TABLES[entity][0], SYNCS[entity][4]
    cursor.execute("UPDATE tds_entity_state SET list_hash = 0, last_modified = last_modified - interval '1 day'")
    cursor.execute(f"UPDATE {table} SET {column} = 'before', zoho_last_modified = zoho_last_modified - interval '1 day'")
    cursor.execute(f"VACUUM {table}")
    cursor.execute("VACUUM tds_entity_state")


def all_unchanged(_cursor, _entity):
    pass


STATES = {"new": all_new, "changed": all_changed, "unchanged": all_unchanged}
COUNTED = {"new": "created", "changed": "updated", "unchanged": "unchanged"}


def fetched(tds):
    return next(a for a in tds.control("status")["actors"] if a["name"] == "zoho-io")["counters"]["pages"]


def through_tds(tds, database, entity, state):
    """Seconds for all pages, by TDS."""
    got, before = [], fetched(tds)
    sync = threading.Thread(target=lambda: got.append(tds.bulk(SYNCS[entity][0])[1]))
    with database.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE tds_entity_state IN EXCLUSIVE MODE")
        sync.start()
        bench.wait_for(lambda: fetched(tds) >= before + PAGES, 20, "all pages to be fetched")
        begin = time.monotonic()
        cursor.execute("COMMIT")
    sync.join()
    took = time.monotonic() - begin
    if not got or got[0]["stats"][COUNTED[state]] != RECORDS:
        raise SystemExit(f"{entity}, all {state}: {got}")
    return took


def through_loop(connection, statement, pages):
    begin = time.monotonic()
    for page in pages:
        connection.run(statement, bench.ORGANIZATION, page)
    return time.monotonic() - begin


def peers(tds, entity):
    """The loops on connections of their own."""
    sql = {"bare": plain.upsert(entity, f"({plain.records(entity)}) x"),
           "kept": "WITH " + plain.with_state(entity, plain.records(entity)),
           "present": "WITH " + plain.with_state(entity, plain.records(entity), write=lambda *of: ", " + plain.absent_stays(*of))}
    made = {name: plain.Connection(tds.url) for name in sql}
    for name, connection in made.items():
        connection.prepare("page", sql[name])
    return made


def ready(database, entity, state):
    with database.cursor() as cursor:
        STATES[state](cursor, entity)
        cursor.execute("CHECKPOINT")


def seconds_of(database, entity, run_of):
    """Seconds by what and state, run by run: run_of[what](state) gives those of one."""
    took = {(who, state): [] for who in run_of for state in STATES}
    for run in range(RUNS + 1):
        for who, run_it in run_of.items():
            for state in STATES:
                ready(database, entity, state)
                seconds = run_it(state)
                if run:  # the first warms caches and plans
                    took[who, state].append(seconds)
    return took


def rate(took, who, state):
    return RECORDS / bench.median(took[who, state])


def share(took, peer, state):
    """How fast TDS is beside a peer. What slows the machine for a while slows both of a run: each run by itself, then the median."""
    return bench.median([peers / own for own, peers in zip(took["tds", state], took[peer, state])])


PEERS = {  # name: what it is, and the least share of its speed that is asked for
    "bare": ("one statement a page", {"changed": 0.5, "unchanged": 1.2}),
    "kept": ("one that keeps state rows, too", dict.fromkeys(STATES, 0.85)),
    "present": ("one that keeps state rows and leaves absent fields alone", dict.fromkeys(STATES, 0.85)),
}


def measure_entity(tds, database, sim, entity):
    pages, loops = pages_of(sim, entity), peers(tds, entity)
    tds.bulk(SYNCS[entity][0])  # how many pages there are is known
    took = seconds_of(database, entity, {
        "tds": lambda state: through_tds(tds, database, entity, state),
        **{name: lambda _, loop=loops[name]: through_loop(loop, "page", pages) for name in PEERS}})
    for state in STATES:
        bench.figure(f"{entity} pages applied, all {state}", rate(took, "tds", state), "rows/s",
                     ratios=[(what, rate(took, name, state)) for name, (what, _) in PEERS.items()])
        for name, (what, least) in PEERS.items():
            if state in least:
                bench.figure(f"  share of {what}, run by run", share(took, name, state), "", least[state], lower=False)
    return took


def measure_two_shards(sim, entity, one):
    """Two shards of the handler, beside the one of `one` and its loops."""
    tds = bench.Tds(sim, SETTINGS + " queue : { workers = 2; };")
    database = tds.database()
    tds.bulk(SYNCS[entity][0])
    took = seconds_of(database, entity, {"tds": lambda state: through_tds(tds, database, entity, state)})
    for state in STATES:
        bench.figure(f"{entity} pages applied by two shards, all {state}", rate(took, "tds", state), "rows/s", ratios=[
            ("one shard", rate(one, "tds", state)), *((what, rate(one, name, state)) for name, (what, _) in PEERS.items())])


def measure():
    sim = bench.Sim("--items", RECORDS, "--active-items", RECORDS, "--customers", RECORDS)
    tds = bench.Tds(sim, SETTINGS)
    took = {entity: measure_entity(tds, tds.database(), sim, entity) for entity in SYNCS}
    for entity in SYNCS:
        measure_two_shards(sim, entity, took[entity])


if __name__ == "__main__":
    bench.main(measure)
