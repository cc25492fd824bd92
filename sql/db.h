/* The one door for SQL: a libpq connection in pipeline mode on the event loop, that reconnects by itself with backoff.
 * A call is a list of prepared statements sent together and followed by one Sync: one round trip and, unless it says
 * BEGIN itself, one transaction (PostgreSQL documentation, "Pipeline Mode"). Several calls may be under way on one
 * connection; they are answered in order. Parameters only, never formatted into SQL. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ipc/loop.h"

enum { DB_STATEMENTS_MAX = 12, DB_PARAMS_MAX = 24, SQLSTATE_BYTES = 6 };

struct db;

struct db_options {
	const char *url;    /* libpq connection string, copied */
	const char *schema; /* search_path */
	const char *name;   /* application_name, "tds:dispatcher" */
	int64_t statement_timeout_ns, lock_timeout_ns, connect_timeout_ns, backoff_min_ns, backoff_max_ns;
	bool by_key; /* its statements look rows up by key: no table is ever read through, however small it seems; plans are kept */
	/* Called at every change; `why` in words where down (no secrets). */
	void (*state)(void *ctx, bool up, const char *why);
	void *ctx;
};

/* A statement is prepared under its name on first use of each connection. `sql` may be embedded (SQL_…) or generated
 * once; both must live as long as the db. */
struct db_statement {
	const char *name;
	const char *sql;
};

struct db_param {
	const char *value; /* text format: NUL-terminated; binary: `length` bytes; NULL = SQL NULL */
	int length;
	bool binary; /* bytea and the like; text otherwise */
};
#define DB_TEXT(v) ((struct db_param){.value = (v)})
#define DB_BYTES(v, n) ((struct db_param){.value = (v), .length = (int)(n), .binary = true})
#define DB_NULL ((struct db_param){0})

enum db_failure { /* what an SQLSTATE asks for (architecture.md, "Errors by SQLSTATE") */
	DB_OK,
	DB_DATA,	/* 22, 23 but not 23503: these data, every time */
	DB_REFERENCE,	/* 23503: retry later */
	DB_RAISED,	/* P0001: a trigger of the ERP's has something against this record */
	DB_ENVIRONMENT, /* 08 25006 40 53 55 57 58: retry the whole with backoff */
	DB_PROGRAM,	/* 42 and what else there is: park */
};

struct db_reply { /* valid during `done` only */
	enum db_failure failure;
	char sqlstate[SQLSTATE_BYTES]; /* "" = fine; "08006" when the connection was lost */
	const char *message;	       /* PostgreSQL's primary message, "" */
	const char *detail;	       /* its detail, "" */
	const char *table;	       /* table named by the error, "" */
	const char *column;	       /* column named by the error, "" */
	const char *constraint;	       /* constraint named by the error, "" */
	int failed;		       /* which statement, -1 none */
	int n;
	const PGresult *results[DB_STATEMENTS_MAX]; /* one per statement; those after a failed one NULL */
};
typedef void (*db_done)(void *ctx, const struct db_reply *);

struct db *db_open(struct loop *, const struct db_options *);
void db_close(struct db *); /* outstanding calls are answered with 08006 first; the loop frees it in its next turns */
bool db_up(const struct db *);
int db_waiting(const struct db *); /* calls sent and not answered */

/* Starts a call, adds statements (parameters are copied), sends it. `done` is called exactly once, never inside these.
 * A call begun while the connection is down is answered with 08006. `done` may be NULL. A call that begins with BEGIN
 * and ends with COMMIT or ROLLBACK leaves no transaction behind when it fails; one that begins without ending is its
 * caller's to end. SQLSTATE 26000 and "cached plan must not change result type" (a migration under prepared statements)
 * are answered as DB_ENVIRONMENT, on a connection that is then made anew. */
struct db_call *db_begin(struct db *);
void db_add(struct db_call *, const struct db_statement *, int params, const struct db_param *);
void db_run(struct db_call *, db_done done, void *ctx);
/* One statement with text parameters (NULL = SQL NULL): db_query(db, &stmt, done, ctx, 2, a, b). */
void db_query(struct db *, const struct db_statement *, db_done done, void *ctx, int params, ...);
/* Drops the connection and connects anew (after SQLSTATE 25006: the primary moved). */
void db_reset(struct db *);

enum db_failure db_classify(const char sqlstate[SQLSTATE_BYTES]);

/* Brings the schema up to date, blocking, under an advisory lock, each migration in its own transaction; used by the
 * one-shot child `tds: migrate`. 0; EXIT_TEMPORARY (database away), EXIT_PERMANENT (newer than this program, no right),
 * with one clear line in `error`. */
int db_migrate(const char *url, const char *schema, char *error, size_t error_size);
int db_schema_version(void); /* what this program brings */
