/* Owns bringing a database to this program's tables: blocking, one migration after the other, each in its own
 * transaction, one migrator at a time. */
#include "ipc/log.h"
#include "sql/db.h"
#include "sql/db_conninfo.h"
#include "sql_embedded.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t connect_timeout_ns = 10LL * 1000 * 1000 * 1000;
enum { server_version_min = 140000, params_max = 4 };

struct migrator {
	PGconn *conn;
	const char *url, *schema;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct migrator *m, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(m->error, m->error_size, format, args);
	va_end(args);
	return code;
}

/* A statement that failed: `what` was being done. Frees the result. */
static int failed(const struct migrator *m, PGresult *result, const char *what)
{
	char why[DB_WHY_BYTES];
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = "";
	int code = EXIT_PERMANENT;
	if (PQstatus(m->conn) != CONNECTION_OK || !state || db_classify(state) == DB_ENVIRONMENT)
		code = EXIT_TEMPORARY;
	else if (!strcmp(state, "42501"))
		hint = " (this role lacks a right: let the tables' owner start tds once, or grant it)";
	db_conninfo_why(m->conn, m->url, message, why);
	fail(m, code, "database: %s: %s%s%s%s", what, why, state ? ", SQLSTATE " : "", state ? state : "", hint);
	PQclear(result);
	return code;
}

static PGresult *run(const struct migrator *m, const char *sql, int n, ...)
{
	const char *values[params_max];
	va_list args;
	assert(n <= params_max);
	va_start(args, n);
	for (int i = 0; i < n; i++)
		values[i] = va_arg(args, const char *);
	va_end(args);
	return PQexecParams(m->conn, sql, n, NULL, values, NULL, NULL, 0);
}

static bool is_fine(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

static int done(const struct migrator *m, PGresult *result, const char *what)
{
	if (!is_fine(result))
		return failed(m, result, what);
	PQclear(result);
	return 0;
}

static void on_notice(void *ctx, const PGresult *result)
{
	(void)ctx;
	log_warn("database says", LF_STR("words", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

static int connect_to(struct migrator *m)
{
	char why[DB_WHY_BYTES];
	m->conn = db_conninfo_connect(m->url, "tds:migrate", connect_timeout_ns, false);
	if (!m->conn || PQstatus(m->conn) != CONNECTION_OK) {
		db_conninfo_why(m->conn, m->url, NULL, why);
		return fail(m, strncmp(why, "database.url", 12) ? EXIT_TEMPORARY : EXIT_PERMANENT, "database: %s", why);
	}
	int version = PQserverVersion(m->conn);
	if (version < server_version_min)
		return fail(m, EXIT_PERMANENT, "database: PostgreSQL %d.%d is too old, 14 or newer is needed",
			version / 10000, version % 10000);
	PQsetNoticeReceiver(m->conn, on_notice, NULL);
	int code = done(m, run(m, SQL_MIGRATE_SESSION, 1, m->schema), "setting up the session");
	return code ? code : done(m, run(m, SQL_MIGRATE_LOCK, 1, m->schema), "waiting for another migration");
}

/* Makes the schema where it is missing. */
static int enter_schema(const struct migrator *m)
{
	char create[256];
	PGresult *result = run(m, SQL_MIGRATE_SCHEMA, 1, m->schema);
	if (!is_fine(result))
		return failed(m, result, "looking for the schema");
	int code = 0;
	const char *quoted = PQgetvalue(result, 0, 1), *role = PQgetvalue(result, 0, 2);
	if (PQgetisnull(result, 0, 0)) {
		snprintf(create, sizeof create, "CREATE SCHEMA IF NOT EXISTS %s", quoted);
		code = done(m, PQexec(m->conn, create), "creating the schema");
	} else if (strcmp(PQgetvalue(result, 0, 0), "t") != 0) {
		code = fail(m, EXIT_PERMANENT,
			"database: role %s may not create tables in schema %s: GRANT USAGE, CREATE ON SCHEMA %s TO %s",
			role, quoted, quoted, role);
	}
	PQclear(result);
	return code;
}

static int check_newest(const struct migrator *m)
{
	PGresult *result = run(m, SQL_MIGRATE_NEWEST, 0);
	if (!is_fine(result))
		return failed(m, result, "reading the schema's version");
	int newest = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	if (newest <= db_schema_version())
		return 0;
	return fail(m, EXIT_PERMANENT,
		"database schema version %d is newer than this program's %d: install a newer tds", newest,
		db_schema_version());
}

static int apply(const struct migrator *m, const struct sql_migration *migration, const char *version)
{
	int code = done(m, PQexec(m->conn, "BEGIN"), migration->name);
	if (!code)
		code = done(m, PQexec(m->conn, migration->text), migration->name);
	if (!code)
		code = done(m, run(m, SQL_MIGRATE_RECORD, 4, version, migration->name, migration->text, TDS_VERSION),
			migration->name);
	if (!code)
		code = done(m, PQexec(m->conn, "COMMIT"), migration->name);
	if (!code)
		log_info("migration applied", LF_STR("name", migration->name));
	return code;
}

static int apply_missing(const struct migrator *m)
{
	int code = 0;
	for (int i = 0; i < sql_migrations_n && !code; i++) {
		const struct sql_migration *migration = &sql_migrations[i];
		char version[12];
		snprintf(version, sizeof version, "%d", migration->version);
		PGresult *result = run(m, SQL_MIGRATE_APPLIED, 2, version, migration->text);
		if (!is_fine(result))
			return failed(m, result, migration->name);
		bool applied = PQntuples(result) > 0, same = applied && *PQgetvalue(result, 0, 0) == 't';
		PQclear(result);
		if (!applied)
			code = apply(m, migration, version);
		else if (!same)
			log_warn("migration differs from the one applied", LF_STR("name", migration->name));
	}
	return code;
}

int db_migrate(const char *url, const char *schema, char *error, size_t error_size)
{
	struct migrator m = {
		.url = url, .schema = schema && *schema ? schema : "public", .error = error, .error_size = error_size};
	if (error_size)
		*error = '\0';
	int code = connect_to(&m);
	if (!code)
		code = enter_schema(&m);
	if (!code)
		code = done(&m, run(&m, SQL_MIGRATE_LEDGER, 0), "creating tds_schema_version");
	if (!code)
		code = check_newest(&m);
	if (!code)
		code = apply_missing(&m);
	PQfinish(m.conn);
	return code;
}

int db_schema_version(void)
{
	return sql_migrations[sql_migrations_n - 1].version;
}
