"""What a benchmark's peer needs: prepared statements over libpq with nothing in between, and the statements that someone
would write by hand to bring Zoho's records into TDS's own tables. Columns come from the checker's description."""
import ctypes
import os
import sys
import bench
import lists

sys.path.insert(0, os.path.join(bench.HERE, "..", "..", "tests", "scenario", "lib"))
import checker  # pylint: disable=wrong-import-position

CASTS = {checker.number: "nullif({}, '')::numeric", checker.flag: "nullif({}, '')::boolean", checker.day: "nullif({}, '')::date",
         checker.text: "nullif({}, '')", checker.ident: "nullif({}, '')", checker.active: "coalesce({} = 'active', true)"}
ID = {entity: of.key for entity, of in lists.OF.items()}


class Connection:
    """One libpq connection. run() blocks without Python's lock, so two of them in two threads work at once."""

    pq = ctypes.CDLL("libpq.so.5")
    for name in ("PQconnectdb", "PQprepare", "PQexecPrepared"):
        getattr(pq, name).restype = ctypes.c_void_p
    for name in ("PQresultErrorMessage", "PQerrorMessage", "PQcmdTuples"):
        getattr(pq, name).restype = ctypes.c_char_p

    def __init__(self, url):
        self.handle = ctypes.c_void_p(self.pq.PQconnectdb(url.encode()))
        self.prepare("jit", "SET jit = off")
        self.run("jit")

    def check(self, result):
        result = ctypes.c_void_p(result)
        status, why = self.pq.PQresultStatus(result), self.pq.PQresultErrorMessage(result).decode()
        rows = self.pq.PQcmdTuples(result)
        self.pq.PQclear(result)
        if status not in (1, 2):  # PGRES_COMMAND_OK, PGRES_TUPLES_OK
            raise SystemExit(f"the peer's statement: {why}")
        return int(rows or 0)

    def prepare(self, name, sql):
        self.check(self.pq.PQprepare(self.handle, name.encode(), sql.encode(), 0, None))

    def run(self, name, *values):
        """Executes a prepared statement; how many rows it says it touched. Values are bytes or texts."""
        texts = [v if isinstance(v, bytes) else str(v).encode() for v in values]
        array = (ctypes.c_char_p * max(1, len(texts)))(*texts)
        return self.check(self.pq.PQexecPrepared(self.handle, name.encode(), len(texts), array, None, None, 0))

    def close(self):
        self.pq.PQfinish(self.handle)


def value(path, kind):
    """The value of a path in x.doc."""
    if kind is checker.document:
        return f"CASE WHEN x.doc->'{path}' IN ('\"\"', '{{}}', '[]', 'null') THEN NULL ELSE x.doc->'{path}' END"
    return CASTS[kind].format(f"x.doc->>'{path}'")


def columns(entity):
    """The entity's columns and their expressions over x.doc."""
    return [(column, value(path, kind)) for path, column, kind in checker.TABLES[entity][2]]


def upsert(entity, source):
    """INSERT ... ON CONFLICT of every record of `source`, x(id, doc, lm)."""
    table, key, _ = checker.TABLES[entity]
    both = columns(entity) + [("zoho_last_modified", "x.lm"), ("last_synced", "now()"), ("updated_at", "now()")]
    return f"""INSERT INTO {table} (organization_id, {key}, {', '.join(c for c, _ in both)})
        SELECT $1, x.id, {', '.join(e for _, e in both)} FROM {source}
        ON CONFLICT (organization_id, {key}) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c, _ in both)}"""


def records(entity):
    """The records of the page $2 (a JSON array)."""
    return f"""SELECT doc->>'{ID[entity]}' AS id, doc, (doc->>'last_modified_time')::timestamptz AS lm
        FROM jsonb_array_elements($2::jsonb) AS e(doc)"""


def absent_stays(entity, source):
    """The same of which a field that a record doesn't carry is left as it is: what ON CONFLICT can't tell (an absent field and
    one that is null are the same to it) takes an UPDATE and an INSERT of what is missing."""
    table, key, described = checker.TABLES[entity]
    stamps = "zoho_last_modified = x.lm, last_synced = now(), updated_at = now()"
    sets = ", ".join(f"{c} = CASE WHEN x.doc ? '{path}' THEN {value(path, kind)} ELSE t.{c} END" for path, c, kind in described)
    both = columns(entity) + [("zoho_last_modified", "x.lm"), ("last_synced", "now()"), ("updated_at", "now()")]
    return f"""upd AS (UPDATE {table} t SET {sets}, {stamps} FROM {source} WHERE t.organization_id = $1 AND t.{key} = x.id RETURNING t.{key} AS id)
        INSERT INTO {table} (organization_id, {key}, {', '.join(c for c, _ in both)})
        SELECT $1, x.id, {', '.join(e for _, e in both)} FROM {source} WHERE NOT EXISTS (SELECT FROM upd WHERE upd.id = x.id)"""


def with_lines(entity):
    """The record $2 and the rows inside it, which weren't there yet, in one statement."""
    of = checker.LINES[entity]
    both = [(column, value(path, kind)) for path, column, kind in of.fields]
    return f"""WITH src AS (SELECT id, doc, lm FROM (SELECT doc->>'{ID[entity]}' AS id, doc, (doc->>'last_modified_time')::timestamptz AS lm
            FROM (SELECT $2::jsonb AS doc) one) two), written AS ({upsert(entity, "src x")} RETURNING id, {of.parent_key} AS key)
        INSERT INTO {of.table} (organization_id, {of.parent_id}, {of.parent_key}, {of.order}, {', '.join(c for c, _ in both)})
        SELECT $1, w.id, w.key, x.nr, {', '.join(e for _, e in both)} FROM written w, src s,
            jsonb_array_elements(s.doc->'{of.path}') WITH ORDINALITY AS x(doc, nr)"""


def with_state(entity, source, more="", write=lambda entity, source: " " + upsert(entity, source)):
    """The same that keeps a state row by record, too: its version is compared, a hash of the mapped columns says whether there
    is anything to write. `source` selects id, doc, lm; `more` is done in the same statement; `write` writes what won."""
    hashed = ", ".join(f"x.doc->>'{path}'" for path, _, _ in checker.TABLES[entity][2])
    return f"""src AS MATERIALIZED ({source}), won AS (
            INSERT INTO tds_entity_state AS s (organization_id, entity_type, source_entity_id, last_modified, observed_at, list_hash)
            SELECT $1, '{entity}', x.id, x.lm, now(), hash_record_extended(ROW({hashed}), 0) FROM src x ORDER BY x.id
            ON CONFLICT (organization_id, entity_type, source_entity_id) DO UPDATE
            SET last_modified = excluded.last_modified, observed_at = excluded.observed_at, list_hash = excluded.list_hash
            WHERE excluded.last_modified >= s.last_modified AND excluded.list_hash IS DISTINCT FROM s.list_hash
            RETURNING source_entity_id AS id){more}
        """ + write(entity, "(SELECT * FROM src JOIN won USING (id)) x")
