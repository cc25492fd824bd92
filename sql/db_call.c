/* Owns calls on their way to the server: built in an arena, sent in one go, followed by one Sync. */
#include "sql/db_private.h"
#include "ipc/seam.h"

#include <assert.h>
#include <poll.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct db_call *take_call(struct db *db)
{
	struct db_call *call = db->kept;
	if (call) {
		db->kept = call->next;
		db->kept_n--;
	} else {
		call = db_grow(NULL, sizeof *call);
	}
	return memset(call, 0, offsetof(struct db_call, steps));
}

struct db_call *db_begin(struct db *db)
{
	struct db_call *call = take_call(db);
	call->db = db;
	call->failed = -1;
	call->dead = db->state != DB_READY;
	call->arena = db->spare;
	call->arena.used = 0;
	db->spare = (struct db_arena){0};
	return call;
}

/* The arena is free again once libpq has the parameters in its own buffer. */
static void return_arena(struct db_call *call)
{
	struct db *db = call->db;
	if (db->spare.bytes || call->arena.room > DB_ARENA_KEPT)
		free(call->arena.bytes);
	else
		db->spare = call->arena;
	call->arena = (struct db_arena){0};
}

void db_recycle(struct db_call *call)
{
	struct db *db = call->db;
	for (int i = 0; i < call->n; i++)
		if (call->results[i] != call->error)
			PQclear(call->results[i]);
	PQclear(call->error);
	if (db->kept_n == DB_CALLS_KEPT) {
		free(call);
		return;
	}
	call->next = db->kept;
	db->kept = call;
	db->kept_n++;
}

static size_t reserve(struct db_arena *arena, size_t bytes, size_t alignment)
{
	size_t at = (arena->used + alignment - 1) & ~(alignment - 1);
	if (at + bytes > arena->room) {
		arena->room = (at + bytes) * 2;
		arena->bytes = db_grow(arena->bytes, arena->room);
	}
	arena->used = at + bytes;
	return at;
}

void db_add(struct db_call *call, const struct db_statement *statement, int params, const struct db_param *param)
{
	assert(call->n < DB_STATEMENTS_MAX && params >= 0 && params <= DB_PARAMS_MAX);
	assert(strlen(statement->name) <= DB_NAME_MAX);
	struct db_step *step = &call->steps[call->n++];
	*step = (struct db_step){.name = statement->name, .sql = statement->sql, .params = params};
	if (call->dead)
		return;
	step->values = reserve(&call->arena, (size_t)params * sizeof(struct db_value), alignof(struct db_value));
	for (int i = 0; i < params; i++) {
		struct db_value value = {.null = !param[i].value, .binary = param[i].binary};
		if (!value.null) {
			size_t bytes = value.binary ? (size_t)param[i].length : strlen(param[i].value) + 1;
			value.length = value.binary ? param[i].length : 0;
			value.at = reserve(&call->arena, bytes, 1);
			memcpy(call->arena.bytes + value.at, param[i].value, bytes);
		}
		memcpy(call->arena.bytes + step->values + (size_t)i * sizeof value, &value, sizeof value);
	}
}

/* One statement with its PREPARE where this connection has none yet. While the first PREPARE is under way nobody knows
 * whether it will be reached, so what comes meanwhile goes unprepared. */
static bool send_step(struct db *db, struct db_call *call, struct db_step *step)
{
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
	for (int i = 0; i < step->params; i++) {
		struct db_value value;
		memcpy(&value, call->arena.bytes + step->values + (size_t)i * sizeof value, sizeof value);
		values[i] = value.null ? NULL : call->arena.bytes + value.at;
		lengths[i] = value.length;
		formats[i] = value.binary;
	}
	struct db_prepared *prepared = db_prepared(db, step->name);
	if (prepared->state == DB_SENT)
		return SEAM_CALL(PQ_SEND, PQsendQueryParams(db->conn, step->sql, step->params, NULL, values, lengths,
						  formats, 0)) == 1;
	if (prepared->state == DB_UNKNOWN) {
		if (SEAM_CALL(PQ_SEND, PQsendPrepare(db->conn, step->name, step->sql, 0, NULL)) != 1)
			return false;
		prepared->state = DB_SENT;
		step->preparing = true;
	}
	return SEAM_CALL(PQ_SEND,
		       PQsendQueryPrepared(db->conn, step->name, step->params, values, lengths, formats, 0)) == 1;
}

static bool says(const struct db_call *call, int i, const char *word)
{
	return call->n > 1 && !strncasecmp(call->steps[i].sql, word, strlen(word));
}

/* A call that is a whole transaction of its own words stays behind in a failed one when it fails; what was sent after
 * it must not notice. */
static void tidy_up(struct db *db, const struct db_call *call)
{
	static const struct db_statement statement = {"tds_rollback", "ROLLBACK"};
	if (!says(call, 0, "BEGIN") || !(says(call, call->n - 1, "COMMIT") || says(call, call->n - 1, "ROLLBACK")))
		return;
	if (says(call, call->n - 1, "ROLLBACK TO"))
		return;
	struct db_call *rollback = db_begin(db);
	rollback->own = true;
	db_add(rollback, &statement, 0, NULL);
	db_run(rollback, NULL, NULL);
}

void db_flush(struct db *db)
{
	int left = PQflush(db->conn);
	if (left < 0)
		db_lost(db, NULL);
	else if (left > 0 && !loop_busy(&db->writable))
		loop_poll(db->loop, &db->writable, PQsocket(db->conn), POLLOUT);
}

void db_listen(struct db *db)
{
	if (!loop_busy(&db->readable))
		loop_poll(db->loop, &db->readable, PQsocket(db->conn), POLLIN);
}

void db_send(struct db *db, struct db_call *call)
{
	bool sent = true;
	*(db->first ? &db->last->next : &db->first) = call;
	db->last = call;
	for (int i = 0; sent && i < call->n; i++)
		sent = send_step(db, call, &call->steps[i]);
	return_arena(call);
	if (!sent || SEAM_CALL(PQ_SEND, PQpipelineSync(db->conn)) != 1)
		db_lost(db, NULL);
	else
		db_flush(db);
}

void db_run(struct db_call *call, db_done done, void *ctx)
{
	struct db *db = call->db;
	call->done = done;
	call->ctx = ctx;
	db->waiting += !call->own;
	bool usable = db->state == DB_READY || (call->own && db->state == DB_GREETING);
	if (call->dead || !usable) {
		return_arena(call);
		*(db->lost ? &db->lost_last->next : &db->lost) = call;
		db->lost_last = call;
		db_soon(db);
		return;
	}
	db_send(db, call);
	if (db->state == DB_READY && !call->own)
		tidy_up(db, call);
}

void db_query(struct db *db, const struct db_statement *statement, db_done done, void *ctx, int params, ...)
{
	struct db_param list[DB_PARAMS_MAX];
	struct db_call *call = db_begin(db);
	va_list args;
	assert(params <= DB_PARAMS_MAX);
	va_start(args, params);
	for (int i = 0; i < params; i++)
		list[i] = DB_TEXT(va_arg(args, const char *));
	va_end(args);
	db_add(call, statement, params, list);
	db_run(call, done, ctx);
}
