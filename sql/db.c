/* Owns the life of a connection: opened, lost, come back by itself, closed. Whatever happens, an operation of the loop
 * is reaped before libpq closes the socket under it, and every call gets its one answer. */
#include "sql/db_private.h"
#include "ipc/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t fallback_connect_ns = 10LL * 1000 * 1000 * 1000, fallback_backoff_ns = 100LL * 1000 * 1000,
		     fallback_backoff_max_ns = 10LL * 1000 * 1000 * 1000;
enum { doublings_max = 20 };

void *db_grow(void *memory, size_t bytes)
{
	memory = realloc(memory, bytes);
	if (!memory)
		die(EXIT_TEMPORARY, "out of memory: %zu bytes for a database call", bytes);
	return memory;
}

static char *copy(const char *text)
{
	size_t bytes = strlen(text ? text : "") + 1;
	return memcpy(db_grow(NULL, bytes), text ? text : "", bytes);
}

void db_soon(struct db *db)
{
	if (!loop_busy(&db->soon))
		loop_timer(db->loop, &db->soon, 0);
}

void db_tell(struct db *db, bool up)
{
	const char *why = up ? "" : db->why;
	if (db->closed || (db->told && up == db->told_up && !strcmp(why, db->told_why)))
		return;
	db->told = true;
	db->told_up = up;
	snprintf(db->told_why, sizeof db->told_why, "%s", why);
	if (db->options.state)
		db->options.state(db->options.ctx, up, why);
}

/* Between half the time and all of it, so that many actors don't come back at once. */
static int64_t backoff(struct db *db)
{
	unsigned doublings = db->failures ? db->failures - 1 : 0;
	int64_t most = db->options.backoff_min_ns << (doublings < doublings_max ? doublings : doublings_max);
	if (most > db->options.backoff_max_ns ||
		most >> (doublings < doublings_max ? doublings : doublings_max) != db->options.backoff_min_ns)
		most = db->options.backoff_max_ns;
	db->random ^= db->random << 13;
	db->random ^= db->random >> 7;
	db->random ^= db->random << 17;
	return most / 2 + (int64_t)(db->random % (uint64_t)(most / 2 + 1));
}

static void hang_up(struct db *db)
{
	if (db->first) {
		*(db->lost ? &db->lost_last->next : &db->lost) = db->first;
		db->lost_last = db->last;
		db->first = db->last = NULL;
	}
	db->state = DB_LEAVING;
	loop_cancel(db->loop, &db->readable);
	loop_cancel(db->loop, &db->writable);
	loop_cancel(db->loop, &db->timer);
	db_soon(db);
}

void db_lost(struct db *db, const char *why)
{
	if (db->state == DB_LEAVING || db->state == DB_RESTING)
		return;
	db_conninfo_why(db->conn, db->url, why, db->why);
	/* A connection that never answered is an attempt that failed; the first attempt after a good one comes at once.
	 */
	db->failures = db->proved ? 0 : db->failures + 1;
	hang_up(db);
}

void db_answer(struct db_call *call, const struct db_reply *reply)
{
	call->db->waiting -= !call->own;
	if (call->done)
		call->done(call->ctx, reply);
	db_recycle(call);
}

/* Those that are lost now; what their answers start is answered in another turn. */
static void answer_lost(struct db *db)
{
	char message[DB_WHY_BYTES];
	struct db_reply reply = {.failure = DB_ENVIRONMENT,
		.sqlstate = "08006",
		.message = message,
		.detail = "",
		.table = "",
		.column = "",
		.constraint = "",
		.failed = -1};
	struct db_call *call = db->lost;
	snprintf(message, sizeof message, "%s", *db->why ? db->why : "not connected yet");
	db->lost = db->lost_last = NULL;
	for (struct db_call *next; call; call = next) {
		next = call->next;
		if (call->own) {
			db_recycle(call);
			continue;
		}
		reply.n = call->n;
		db_answer(call, &reply);
	}
}

static void end_connection(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	if (db->prepared)
		memset(db->prepared, 0, db->prepared_room * sizeof *db->prepared);
	db->prepared_n = 0;
	db->words[0] = '\0';
	db->state = DB_RESTING;
	db->proved = false;
}

static void release(struct db *db)
{
	for (struct db_call *call; (call = db->kept);) {
		db->kept = call->next;
		free(call);
	}
	free(db->spare.bytes);
	free(db->prepared);
	free(db->url);
	free(db->schema);
	free(db->name);
	free(db);
}

/* Everything that must not happen inside a caller's stack: the end of a connection, its news, the answers. */
static void on_soon(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	struct db *db = ctx;
	bool idle = !loop_busy(&db->readable) && !loop_busy(&db->writable) && !loop_busy(&db->timer);
	if (db->state == DB_LEAVING && !idle)
		return; /* the last of them calls again */
	if (db->state == DB_LEAVING) {
		end_connection(db);
		if (!db->closed)
			loop_timer(db->loop, &db->timer, db->failures ? backoff(db) : 0);
		db_tell(db, false);
	}
	answer_lost(db);
	if (!db->closed)
		return;
	if (db->lost || db->state != DB_RESTING || loop_busy(&db->timer))
		db_soon(db);
	else
		release(db);
}

static void on_timer(void *ctx, int result, unsigned flags)
{
	(void)flags;
	struct db *db = ctx;
	if (db->state == DB_LEAVING || db->closed)
		db_soon(db);
	else if (db->state == DB_RESTING)
		db_connect(db);
	else if (db->state != DB_READY && result == 0)
		db_lost(db, "connecting took too long");
}

static void on_ready_to(struct db *db, int result)
{
	if (db->state == DB_LEAVING)
		db_soon(db);
	else if (result < 0)
		db_lost(db, strerror(-result));
	else if (db->state == DB_CONNECTING)
		db_connect_step(db);
}

static void on_readable(void *ctx, int result, unsigned flags)
{
	(void)flags;
	struct db *db = ctx;
	on_ready_to(db, result);
	if (result >= 0 && (db->state == DB_GREETING || db->state == DB_READY))
		db_receive(db);
}

static void on_writable(void *ctx, int result, unsigned flags)
{
	(void)flags;
	struct db *db = ctx;
	on_ready_to(db, result);
	if (result >= 0 && (db->state == DB_GREETING || db->state == DB_READY))
		db_flush(db);
}

struct db *db_open(struct loop *loop, const struct db_options *options)
{
	struct db *db = memset(db_grow(NULL, sizeof *db), 0, sizeof *db);
	db->loop = loop;
	db->options = *options;
	db->options.url = db->url = copy(options->url);
	db->options.schema = db->schema = copy(options->schema && *options->schema ? options->schema : "public");
	db->options.name = db->name = copy(options->name ? options->name : "tds");
	if (options->connect_timeout_ns <= 0)
		db->options.connect_timeout_ns = fallback_connect_ns;
	if (options->backoff_min_ns <= 0)
		db->options.backoff_min_ns = fallback_backoff_ns;
	if (options->backoff_max_ns < db->options.backoff_min_ns)
		db->options.backoff_max_ns = fallback_backoff_max_ns > db->options.backoff_min_ns
						     ? fallback_backoff_max_ns
						     : db->options.backoff_min_ns;
	db->random = ((uint64_t)loop_clock() ^ (uint64_t)(uintptr_t)db) | 1;
	db->readable = (struct loop_op){.done = on_readable, .ctx = db};
	db->writable = (struct loop_op){.done = on_writable, .ctx = db};
	db->timer = (struct loop_op){.done = on_timer, .ctx = db};
	db->soon = (struct loop_op){.done = on_soon, .ctx = db};
	loop_timer(loop, &db->timer, 0);
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_lost(db, "closed");
	db->closed = true;
	loop_cancel(db->loop, &db->timer);
	answer_lost(db);
	db_soon(db);
}

void db_reset(struct db *db)
{
	db_lost(db, "reset");
}

bool db_up(const struct db *db)
{
	return db->state == DB_READY;
}

int db_waiting(const struct db *db)
{
	return db->waiting;
}
