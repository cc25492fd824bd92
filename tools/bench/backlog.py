#!/usr/bin/python3
"""How fast a backlog of webhooks is worked through: accepted over HTTP while their entities are paused, then resumed; next to
bare SQL on two connections that does the same to a copy of the same inbox and queue rows, with state rows, too."""
import concurrent.futures
import http.client
import json
import time
import bench
import plain

EVENTS, RUNS, POSTED_AT_ONCE = 20000, 3, 100
# entity: webhook name, share of the events. A sixth of the events is about records that an earlier one was about, too.
ENTITIES = {"product": ("products", 0.5), "customer": ("customers", 0.4), "vendor": ("vendors", 0.1)}
REPEATED = 6
LIMITS = {100: 5000, 500: 8000}  # queue.batch_size_max: events a second
LATER = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(time.time() + 3600))  # than all that the simulator has
COPY_OF = "bench-copy"  # an organisation that TDS doesn't look after
EMPTY = """TRUNCATE tds_inbox_events, tds_sync_queue, tds_entity_state, tds_sync_logs, products, customers, vendors CASCADE"""
# (|| '{}' fetches a large document from its TOAST table once, not once per column.)
DRAIN = """WITH o AS MATERIALIZED (
    SELECT q.seq, q.source_entity_id AS id, i.raw_payload || '{}' AS doc, q.last_modified AS lm FROM tds_sync_queue q
    JOIN tds_inbox_events i ON i.id = q.inbox_event_id
    WHERE q.seq = ANY($2::bigint[]) AND q.status = 'pending' FOR UPDATE OF q), """
DONE = """, done AS (UPDATE tds_sync_queue q SET status = 'completed', started_at = now(), completed_at = now(), attempt_count = 1,
    processing_result = jsonb_build_object('outcome', CASE WHEN q.seq = o.seq THEN 'applied' ELSE 'superseded' END) FROM o
    WHERE q.organization_id = $1 AND q.entity_type = '{entity}' AND q.source_entity_id = o.id AND q.seq <= o.seq
    AND q.status = 'pending' RETURNING 1)"""


def bodies(sim):
    """Batches of events, ready to be posted: whole records, the repeated ones as they are a second later."""
    made = []
    for entity, (name, share) in ENTITIES.items():
        events = int(EVENTS * share)
        text = bench.ask(sim.port, "GET", f"/_sim/records/{entity}?limit={events - events // REPEATED}")[1]
        records = [r["record"] for r in json.loads(text)["records"]]
        records += [dict(r, last_modified_time=LATER) for r in records[:events // REPEATED]]
        if len(records) != events:
            raise SystemExit(f"the simulator has {len(records)} instead of {events} {name}")
        for at in range(0, events, POSTED_AT_ONCE):
            batch = [{"event_type": "updated", "entity_type": entity, "entity_id": r[plain.ID[entity]], "data": r}
                     for r in records[at:at + POSTED_AT_ONCE]]
            made.append((name, json.dumps({"events": batch}).encode()))
    return made


def accept(tds, posts):
    """Posts everything and sees it accepted; seconds."""
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", tds.port, timeout=60)
    for name, body in posts:
        connection.request("POST", "/api/tds/webhooks/" + name, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 202:
            raise SystemExit(f"webhooks weren't accepted: {reply.status} {text[:300]}")
    connection.close()
    return time.monotonic() - begin


def switch(tds, word):
    for entity in ENTITIES:
        bench.ask(tds.port, "POST", f"/api/bff/tds/entities/{entity}/{word}", "")


def worked_through(tds):
    """Events that PostgreSQL confirmed, as the handlers count them."""
    return sum(a["counters"]["processed"] + a["counters"]["superseded"] for a in tds.control("status")["actors"])


def through_tds(tds, database):
    before = worked_through(tds)
    begin = time.monotonic()
    switch(tds, "resume")
    bench.wait_for(lambda: worked_through(tds) >= before + EVENTS, 60, "the backlog to be worked through")
    took = time.monotonic() - begin
    with database.cursor() as cursor:
        cursor.execute("SELECT processing_result->>'outcome', count(*) FROM tds_sync_queue WHERE status = 'completed' GROUP BY 1")
        ended = dict(cursor.fetchall())
    if sum(ended.values()) != EVENTS:
        raise SystemExit(f"of {EVENTS} events ended {ended}")
    return took


def keep_copy(cursor):
    """The accepted rows once more, for the peer; TDS's own are to be drained first."""
    cursor.execute("DROP TABLE IF EXISTS copied_inbox, copied_queue")
    for name, table in (("copied_inbox", "tds_inbox_events"), ("copied_queue", "tds_sync_queue")):
        cursor.execute(f"CREATE UNLOGGED TABLE {name} AS SELECT * FROM {table}; UPDATE {name} SET organization_id = '{COPY_OF}'")


def bring_copy(cursor):
    """The peer's backlog: the same rows in the same tables, and the newest event of each record, by entity."""
    cursor.execute(EMPTY)
    cursor.execute("INSERT INTO tds_inbox_events SELECT * FROM copied_inbox; INSERT INTO tds_sync_queue SELECT * FROM copied_queue")
    cursor.execute("SELECT entity_type::text, array_agg(seq ORDER BY seq) FROM (SELECT DISTINCT ON (entity_type, source_entity_id) "
                   "entity_type, seq FROM tds_sync_queue ORDER BY entity_type, source_entity_id, seq DESC) newest GROUP BY 1")
    return dict(cursor.fetchall())


def drain(connection, batches):
    for entity, seqs in batches:
        connection.run(entity, COPY_OF, "{" + ",".join(map(str, seqs)) + "}")


def through_sql(connections, database, batch):
    with database.cursor() as cursor:
        newest = bring_copy(cursor)
        cursor.execute("CHECKPOINT")
    batches = [(entity, seqs[i:i + batch]) for entity, seqs in newest.items() for i in range(0, len(seqs), batch)]
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(drain, connections, (batches[0::2], batches[1::2])))
    took = time.monotonic() - begin
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tds_sync_queue WHERE status <> 'completed'")
        if cursor.fetchone()[0]:
            raise SystemExit("the bare SQL left events behind")
    return took


def peer(tds):
    connection = plain.Connection(tds.url)
    for entity in ENTITIES:
        with_state = plain.with_state(entity, "SELECT id, doc, lm FROM o", DONE.format(entity=entity))
        connection.prepare(entity, DRAIN + with_state)
    return connection


def measure_batch(posts, batch, limit):
    tds = bench.Tds(settings=f"queue : {{ batch_size = 100; batch_size_max = {batch}; }};")
    database, took, accepted, bare = tds.database(), [], [], []
    connections = [peer(tds), peer(tds)]
    for run in range(RUNS):
        switch(tds, "pause")
        with database.cursor() as cursor:
            cursor.execute(EMPTY)
            accepted.append(accept(tds, posts))
            if not run:
                keep_copy(cursor)
            cursor.execute("CHECKPOINT")
        took.append(through_tds(tds, database))
        bare.append(through_sql(connections, database, batch))
    tds.stop()
    rate = [EVENTS / s for s in took]
    bench.figure(f"backlog of {EVENTS} events, batches of at most {batch}", bench.median(rate), "/s", limit, lower=False,
                 ratios=[("bare SQL on two connections", EVENTS / bench.median(bare))], note="runs " + ", ".join(f"{r:.0f}" for r in rate))
    bench.figure(f"  accepted before, {POSTED_AT_ONCE} a request", EVENTS / bench.median(accepted), "/s")


def measure():
    sim = bench.Sim(*(word for entity in ENTITIES for word in (f"--{ENTITIES[entity][0].replace('products', 'items')}", EVENTS)))
    posts = bodies(sim)
    sim.stop()
    for batch, limit in LIMITS.items():
        measure_batch(posts, batch, limit)


if __name__ == "__main__":
    bench.main(measure, seconds=400)
