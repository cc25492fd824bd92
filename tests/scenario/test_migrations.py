#!/usr/bin/python3
"""Migrations: a new database, the former service's hand-made one with its rows, an ERP's own tables, other schemas, other
owners. Each sentence is checked against a real PostgreSQL; the migrator is the program's own, called as `tds: migrate` calls it."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("TDS_BUILD", "build"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PG = "/usr/lib/postgresql/15/bin"
TEN = ("tds_inbox_events", "tds_sync_queue", "tds_sync_runs", "tds_sync_logs", "tds_dead_letter_queue", "tds_sync_cursors",
       "tds_audit_trail", "tds_alerts", "tds_configuration", "tds_metrics")
NEWEST = max(int(os.path.basename(f)[:4]) for f in glob.glob(os.path.join(ROOT, "sql/migrations/*.sql")))
DRIVER = """
#include "sql/db.h"
#include <stdio.h>
int main(int n, char **argv)
{
	char error[1024];
	int code = n == 3 ? db_migrate(argv[1], argv[2], error, sizeof error) : 2;
	puts(error);
	return code;
}
"""
failures = 0


def check(sentence, problem):
    """Prints the verdict: `problem` is falsy, or says why not."""
    global failures
    failures += bool(problem)
    print(f"not ok - {sentence}: {problem}" if problem else f"ok - {sentence}", flush=True)


def same(sentence, have, want):
    check(sentence, have != want and f"have {have!r:.300}, want {want!r:.300}")


class Server:
    """A private PostgreSQL in a temporary folder, and the migrator."""

    def __init__(self, root):
        self.root = root
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        os.chmod(root, 0o755)
        self.data = os.path.join(root, "pg")
        os.mkdir(self.data, 0o700)
        if self.user:
            shutil.chown(self.data, "postgres")
        self.call("initdb", "-D", self.data + "/data", "-U", "tds", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        self.call("pg_ctl", "-D", self.data + "/data", "-w", "-l", self.data + "/log", "-o",
                  f"-k {self.data} -c listen_addresses= -c fsync=off", "start")
        self.migrator = os.path.join(root, "migrate")
        self.build()

    def call(self, program, *arguments):
        subprocess.run([*self.user, f"{PG}/{program}", *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def build(self):
        source = os.path.join(self.root, "migrate.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(DRIVER)
        objects = [o for folder in ("sql", "ipc", "gen") for o in glob.glob(f"{BUILD}/obj/{folder}/*.o")]
        includes = subprocess.run(["pkg-config", "--cflags", "libpq"], capture_output=True, text=True, check=True).stdout.split()
        libraries = "-lpq -luring -lcrypto -ljson-c -lmsgpackc -lseccomp -lm".split()
        for sanitizers in ([], ["-fsanitize=address,undefined"], ["-fsanitize=thread"]):
            r = subprocess.run([os.environ.get("CC", "cc"), *sanitizers, "-I" + ROOT, *includes, "-o", self.migrator, source, *objects,
                                *libraries], capture_output=True, text=True)
            if r.returncode == 0:
                return
        raise RuntimeError(r.stderr[-500:])

    def url(self, database, user="tds"):
        return f"host={self.data} user={user} dbname={database}"

    def sql(self, database, statement, user="tds"):
        r = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database, user), "-c", statement], capture_output=True, text=True)
        return r.stdout.strip() if r.returncode == 0 else "failed: " + r.stderr.strip()

    def rows(self, database, table):
        return json.loads(self.sql(database, f"SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]') FROM {table} t"))

    def create(self, database, *files):
        self.sql("postgres", f"CREATE DATABASE {database}")
        for file in files:
            subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-f", file], check=True, stdout=subprocess.DEVNULL)

    def migrate(self, database, schema="public", user="tds"):
        r = subprocess.run([self.migrator, self.url(database, user), schema], capture_output=True, text=True)
        return r.returncode, r.stdout.strip(), r.stderr

    def stop(self):
        self.call("pg_ctl", "-D", self.data + "/data", "-m", "immediate", "-w", "stop")


def shape(server, database, schema="public"):
    """Every column with type, nullability and default, and every index, without the partitions that depend on the day."""
    return server.sql(database, f"""
        SELECT table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' ' ||
            coalesce(replace(replace(column_default, '"', ''), '{schema}.', ''), '') FROM information_schema.columns
        WHERE table_schema = '{schema}' AND table_name ~ '^tds_' AND table_name !~ '[0-9]$' ORDER BY 1""").splitlines(), \
        server.sql(database, f"""SELECT replace(replace(indexdef, '"', ''), '{schema}.', '') FROM pg_indexes WHERE schemaname = '{schema}'
        AND tablename ~ '^tds_' AND tablename !~ '[0-9]$' ORDER BY 1""").splitlines()


def fresh(server):
    server.create("fresh")
    same("a new database is brought to the newest version", server.migrate("fresh")[:2], (0, ""))
    same("and knows it", server.sql("fresh", "SELECT max(version), count(*), count(DISTINCT checksum) FROM tds_schema_version"),
         f"{NEWEST}|{NEWEST}|{NEWEST}")
    same("a second time changes nothing", server.migrate("fresh")[:2], (0, ""))
    missing = [t for t in TEN + ("tds_entity_state", "tds_run_pages") if server.sql("fresh", f"SELECT count(organization_id) FROM {t}") != "0"]
    check("every table is there and knows its organisation", missing)
    same("no column has a length limit", server.sql("fresh", """SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'character varying'"""), "0")
    same("one run per entity can be running", "tds_sync_runs_running" in server.sql("fresh", """
        INSERT INTO tds_sync_runs (organization_id, run_type, entity_type, status) SELECT '1', 'products', 'product', 'running' FROM generate_series(1, 2)"""), True)
    same("a sync-all run beside it, too, but only one", "tds_sync_runs_running_all" in server.sql("fresh", """
        INSERT INTO tds_sync_runs (organization_id, run_type, status) SELECT '1', 'sync-all', 'running' FROM generate_series(1, 2)"""), True)
    same("lines go with their parent", server.sql("fresh", """
        INSERT INTO invoices (organization_id, zoho_invoice_id) VALUES ('1', 'i');
        INSERT INTO invoice_line_items (organization_id, zoho_invoice_id, invoice_id) SELECT '1', 'i', id FROM invoices;
        DELETE FROM invoices; SELECT count(*) FROM invoice_line_items"""), "0")
    explained = server.sql("fresh", """SET enable_seqscan = off; EXPLAIN SELECT 1 FROM tds_sync_queue WHERE organization_id = '1' AND entity_type = 'product'
        AND source_entity_id = '5' AND status IN ('pending', 'retry')""")
    check("waiting rows of a record are found by their own small index", "tds_sync_queue_waiting" not in explained and explained)


def partitions(server):
    server.create("partitions")
    server.migrate("partitions")
    log = "INSERT INTO tds_sync_logs (organization_id, entity_type, source_entity_id, operation_status, timestamp) VALUES ('1', 'product', '5', 'completed', {})"
    server.sql("partitions", log.format("now()"))
    same("today's rows have a partition of their own", server.sql("partitions", "SELECT count(*) FROM tds_sync_logs_default"), "0")
    server.sql("partitions", log.format("now() + interval '9 days'"))
    server.sql("partitions", log.format("now() - interval '100 days'"))
    same("rows without a partition aren't lost", server.sql("partitions", "SELECT count(*) FROM tds_sync_logs_default"), "2")
    same("and move when theirs is made", server.sql("partitions",
         "SELECT tds_partitions_ahead(10) > 0; SELECT (SELECT count(*) FROM tds_sync_logs_default), (SELECT count(*) FROM tds_sync_logs)"), "t\n1|3")
    same("making them again makes none", server.sql("partitions", "SELECT tds_partitions_ahead(10)"), "0")
    same("old rows go in batches", server.sql("partitions", "SELECT tds_partitions_drop('tds_sync_logs', now() - interval '90 days', 10)"), "1")
    same("old partitions as a whole", server.sql("partitions", """SELECT tds_partitions_drop('tds_sync_logs', now() + interval '2 days') > 0;
        SELECT count(*) FROM tds_sync_logs"""), "t\n1")


def label(text):
    low = text.lower()
    return "vendor" if low == "supplier" else low


def kept(table, old, new):
    """What of an old row is not in the new one: [(column, old value, new value)]."""
    lost = []
    beside = new.get("context_data") or {} if table == "tds_sync_logs" else new.get("tags") or {} if table == "tds_metrics" else {}
    for column, value in old.items():
        have = new.get(column, beside.get(column) if isinstance(beside, dict) else None)
        want = value
        if value is None:
            continue
        if column in ("entity_type", "status", "operation_status", "last_sync_status", "run_type"):
            want = label(value)
        if (table, column) == ("tds_sync_queue", "status") and value == "processing":
            want = "pending"
        if (table, column) == ("tds_sync_queue", "locked_by") and old["status"] == "processing":
            want = None
        if (table, column) == ("tds_sync_runs", "status") and value == "processing":
            want = "failed"
        if (table, column) == ("tds_sync_runs", "error_summary"):
            want, have = value, (have or {}).get("summary", have)
        if (table, column) == ("tds_dead_letter_queue", "priority"):
            want = {9: "critical", 2: "low"}[value]
        if (table, column) == ("tds_dead_letter_queue", "resolved") and old["failure_reason"] == "first":
            want = True
        if table == "tds_metrics" and column == "value" and not isinstance(value, (int, float)):
            have = beside.get("value")
        if column in ("context_data", "tags"):
            have = {k: have.get(k) for k in value} if isinstance(value, dict) else have.get(column)
        if have != want:
            lost.append((column, value, have))
    return lost


def legacy(server):
    server.create("legacy", os.path.join(ROOT, "tests/scenario/legacy_schema.sql"))
    before = {t: server.rows("legacy", t) for t in TEN + ("products", "customers")}
    views = {v: server.rows("legacy", v) for v in ("run_overview", "slow_runs")}
    code, error, _ = server.migrate("legacy")
    same("the former service's schema is migrated", (code, error), (0, ""))
    after = {t: server.rows("legacy", t) for t in before}
    for table in TEN:
        new = {row["id"]: row for row in after[table]}
        gone = [row["id"] for row in before[table] if row["id"] not in new]
        if table == "tds_sync_cursors":  # a vendor's two positions became the older one
            same("of a vendor's two cursors the older one stays", (len(gone), [r["cursor_value"][:10] for r in after[table] if r["entity_type"] == "vendor"]),
                 (1, ["2025-11-02"]))
            gone = []
        check(f"no row of {table} is lost", gone)
        check(f"no value of {table} is lost", [(i["id"], k) for i in before[table] if i["id"] in new for k in [kept(table, i, new[i["id"]])] if k])
    for table, key in (("products", "id"), ("customers", "customer_no")):
        new = {row[key]: row for row in after[table]}
        check(f"the ERP's {table} keep their columns and values", [r for r in before[table] if any(new[r[key]][c] != v for c, v in r.items())])
    have, fresh_shape = shape(server, "legacy"), shape(server, "fresh")
    check("the result has every column of a new schema, as it is there", sorted(set(fresh_shape[0]) - set(have[0])))
    same("and the same indexes", have[1], fresh_shape[1])
    same("no row has an odd label left", server.sql("legacy", """SELECT count(*) FROM tds_inbox_events, tds_sync_queue q
        WHERE q.entity_type::text IN ('supplier', 'INVOICE') OR tds_inbox_events.entity_type::text IN ('supplier', 'INVOICE')"""), "0")
    same("rows given up without a dead letter have one now", server.sql("legacy", """SELECT count(*) FROM tds_sync_queue q WHERE status = 'dead_letter'
        AND NOT EXISTS (SELECT FROM tds_dead_letter_queue d WHERE d.sync_queue_id = q.id AND last_payload IS NOT NULL AND failure_reason <> '')"""), "0")
    same("numbers follow the arrival", server.sql("legacy", "SELECT bool_and(seq = n) FROM (SELECT seq, row_number() OVER (ORDER BY created_at, id) n FROM tds_sync_queue) o"), "t")
    same("new rows come after them, with defaults", server.sql("legacy", """INSERT INTO tds_sync_queue (organization_id, entity_type, source_entity_id) VALUES ('9', 'return', '5')
        RETURNING seq, status, priority, attempt_count, max_retry_attempts"""), "41|pending|5|0|3")
    same("nothing old passes for new", server.sql("legacy", "SELECT count(*) FROM tds_sync_queue WHERE observed_at > now() - interval '1 day' AND organization_id = ''"), "0")
    same("nothing is left in a hand that is gone", server.sql("legacy", "SELECT count(*) FROM tds_sync_queue WHERE status = 'processing' OR locked_by IS NOT NULL OR status = 'retry' AND next_retry_at IS NULL"), "0")
    same("an event can go while its queue row stays", server.sql("legacy", "DELETE FROM tds_inbox_events WHERE id = md5('inbox3')::uuid RETURNING 1"), "1")
    same("a column that only the former service filled is in nobody's way", server.sql("legacy", """INSERT INTO tds_inbox_events
        (organization_id, entity_type, source_entity_id, idempotency_key) VALUES ('9', 'user', '5', 'k') RETURNING 1"""), "1")
    check("views give what they gave", [v for v in views if server.rows("legacy", v) != views[v]])
    organisation(server)
    same("a second time changes nothing", server.migrate("legacy")[:2], (0, ""))


def organisation(server):
    without = " UNION ALL ".join(f"SELECT organization_id FROM {t}" for t in TEN + ("products", "customers"))
    check("rows of a time without organisations get theirs", int(server.sql("legacy", "SELECT tds_adopt_organization('77')")) < 100)
    same("all of them", server.sql("legacy", f"SELECT count(*) FROM ({without}) t WHERE organization_id = ''"), "0")
    same("once", server.sql("legacy", "SELECT tds_adopt_organization('88')"), "0")
    same("and so do rows that the ERP itself adds", server.sql("legacy", "INSERT INTO products (sku, name) VALUES ('n', 'n') RETURNING organization_id, is_active"), "77|t")
    same("lines refer to the ERP's products by its own kind of id", server.sql("legacy", """SELECT data_type FROM information_schema.columns
        WHERE table_name = 'invoice_line_items' AND column_name = 'product_id'"""), "integer")


def beside(server):
    server.create("beside", os.path.join(ROOT, "tests/scenario/legacy_schema.sql"))
    same("another schema beside it is made and filled", server.migrate("beside", "TDS beside")[:2], (0, ""))
    same("and leaves the old one alone", server.sql("beside", "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id'"), "0")
    same("with the same tables", shape(server, "beside", "TDS beside"), shape(server, "fresh"))
    server.sql("beside", "CREATE ROLE app LOGIN; GRANT CREATE ON DATABASE beside TO app")
    same("a role that may make schemas needs no more", server.migrate("beside", "apps", "app")[:2], (0, ""))
    code, error, _ = server.migrate("beside", "public", "app")
    check("one that may not use a schema is told what it lacks", (code != 100 or "GRANT USAGE, CREATE ON SCHEMA public TO app" not in error) and error)


def foreign(server):
    server.create("foreign_owner")
    server.sql("foreign_owner", """CREATE ROLE erp; CREATE ROLE sync LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO sync;
        CREATE TABLE products (id int PRIMARY KEY, name varchar(20) NOT NULL); ALTER TABLE products OWNER TO erp;
        CREATE TABLE base (customer text); CREATE VIEW customers AS SELECT * FROM base;
        CREATE TABLE invoices (id bigint, zoho_invoice_id text, total money); GRANT ALL ON ALL TABLES IN SCHEMA public TO sync""")
    server.sql("foreign_owner", "ALTER TABLE invoices OWNER TO sync; ALTER VIEW customers OWNER TO sync")
    code, error, log = server.migrate("foreign_owner", "public", "sync")
    same("tables of another owner, views and odd keys don't stop a migration", (code, error), (0, ""))
    check("but are named", ("table products: left as it is" not in log) and log)
    same("and stay as they are", server.sql("foreign_owner", "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name IN ('products', 'customers')"), "id,name,customer")


def interrupted(server):
    server.create("interrupted", os.path.join(ROOT, "tests/scenario/legacy_schema.sql"))
    holder = subprocess.Popen(["psql", "-Xq", "-d", server.url("interrupted"), "-c", "BEGIN; LOCK tds_sync_runs; SELECT pg_sleep(60)"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while server.sql("interrupted", "SELECT count(*) FROM pg_locks WHERE relation = 'tds_sync_runs'::regclass AND mode = 'AccessExclusiveLock'") != "1":
        time.sleep(0.05)
    migrator = subprocess.Popen([server.migrator, server.url("interrupted"), "public"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while server.sql("interrupted", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tds:migrate' AND wait_event_type = 'Lock'") != "1":
        time.sleep(0.05)
    migrator.kill()
    migrator.wait()
    holder.kill()
    holder.wait()
    server.sql("interrupted", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()")
    same("a migrator killed in the middle is followed by one that goes on", server.migrate("interrupted")[:2], (0, ""))
    same("with nothing missing", shape(server, "interrupted"), shape(server, "legacy"))


def main():
    if not os.access(f"{PG}/postgres", os.X_OK):
        print(f"skipped: no PostgreSQL in {PG}")
        return 0
    root = tempfile.mkdtemp(prefix="tds-migrations-")
    server = None
    try:
        server = Server(root)
        for scenario in (fresh, partitions, legacy, beside, foreign, interrupted):
            try:
                scenario(server)
            except Exception as why:  # one broken scenario must not hide the others
                check(f"scenario {scenario.__name__} runs through", repr(why))
    finally:
        if server:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
