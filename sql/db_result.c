/* Owns results on their way back: which statement of which call each belongs to, until the call's Sync comes. */
#include "sql/db_private.h"
#include "ipc/seam.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t hash(const char *name)
{
	uint64_t value = 14695981039346656037U;
	for (; *name; name++)
		value = (value ^ (unsigned char)*name) * 1099511628211U;
	return (size_t)value;
}

static struct db_prepared *place(const struct db *db, const char *name)
{
	for (size_t i = hash(name);; i++) {
		struct db_prepared *at = &db->prepared[i & (db->prepared_room - 1)];
		if (!at->name || !strcmp(at->name, name))
			return at;
	}
}

static void make_room(struct db *db)
{
	enum { room_first = 32 };
	struct db_prepared *old = db->prepared;
	size_t old_room = db->prepared_room;
	db->prepared_room = old_room ? old_room * 2 : room_first;
	db->prepared = memset(db_grow(NULL, db->prepared_room * sizeof *old), 0, db->prepared_room * sizeof *old);
	for (size_t i = 0; i < old_room; i++)
		if (old[i].name)
			*place(db, old[i].name) = old[i];
	free(old);
}

struct db_prepared *db_prepared(struct db *db, const char *name)
{
	if (db->prepared_n * 2 >= db->prepared_room)
		make_room(db);
	struct db_prepared *at = place(db, name);
	if (!at->name) {
		at->name = name;
		db->prepared_n++;
	}
	return at;
}

static const char *field(const PGresult *result, int code)
{
	const char *text = result ? PQresultErrorField(result, code) : NULL;
	return text ? text : "";
}

/* What was prepared is not there anymore, or its tables have changed under it: a new connection has it right. */
static bool is_outdated(const char *sqlstate, const char *message)
{
	return !strcmp(sqlstate, "26000") || (!strcmp(sqlstate, "0A000") && strstr(message, "cached plan"));
}

static void finish(struct db *db)
{
	struct db_call *call = db->first;
	struct db_reply reply = {.message = field(call->error, PG_DIAG_MESSAGE_PRIMARY),
		.detail = field(call->error, PG_DIAG_MESSAGE_DETAIL),
		.table = field(call->error, PG_DIAG_TABLE_NAME),
		.column = field(call->error, PG_DIAG_COLUMN_NAME),
		.constraint = field(call->error, PG_DIAG_CONSTRAINT_NAME),
		.failed = call->failed,
		.n = call->n};
	for (int i = 0; i < call->n; i++)
		reply.results[i] = call->results[i];
	if (call->error) {
		const char *sqlstate = field(call->error, PG_DIAG_SQLSTATE);
		snprintf(reply.sqlstate, sizeof reply.sqlstate, "%s", *sqlstate ? sqlstate : "XX000");
		reply.failure = db_classify(reply.sqlstate);
	}
	bool outdated = call->error && is_outdated(reply.sqlstate, reply.message);
	if (outdated)
		reply.failure = DB_ENVIRONMENT;
	db->first = call->next;
	if (!db->first)
		db->last = NULL;
	if (!call->own && reply.failure == DB_OK) {
		db->proved = true;
		db->failures = 0;
	}
	if (outdated)
		db_lost(db, "a prepared statement is outdated");
	db_answer(call, &reply);
}

static void take_error(struct db_call *call, PGresult *result)
{
	if (call->error) {
		PQclear(result);
		return;
	}
	call->error = result;
	call->failed = call->at < call->n ? call->at : call->n - 1; /* at the Sync: the commit */
}

static void take(struct db *db, struct db_call *call, PGresult *result)
{
	struct db_step *step = call->at < call->n ? &call->steps[call->at] : NULL;
	ExecStatusType status = PQresultStatus(result);
	bool fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
	if (step && step->preparing)
		db_prepared(db, step->name)->state = fine ? DB_PREPARED : DB_UNKNOWN;
	if (fine && step && !step->preparing && !call->results[call->at])
		call->results[call->at] = result;
	else if (fine || status == PGRES_PIPELINE_ABORTED)
		PQclear(result);
	else
		take_error(call, result);
}

/* libpq ends each statement's results, a PREPARE's too, with NULL. */
static void next_step(struct db_call *call)
{
	if (call->at == call->n)
		return;
	if (call->steps[call->at].preparing)
		call->steps[call->at].preparing = false;
	else
		call->at++;
}

static void take_results(struct db *db)
{
	while (db->first && (db->state == DB_GREETING || db->state == DB_READY) && !PQisBusy(db->conn)) {
		PGresult *result = PQgetResult(db->conn);
		if (!result) {
			if (PQstatus(db->conn) != CONNECTION_OK)
				return;
			next_step(db->first);
		} else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			finish(db);
		} else {
			take(db, db->first, result);
		}
	}
}

/* PostgreSQL's last words, where it had any, say more than "server closed the connection unexpectedly". */
static void say_goodbye(struct db *db)
{
	char words[DB_WHY_BYTES];
	const char *last = db->first ? field(db->first->error, PG_DIAG_MESSAGE_PRIMARY) : "";
	snprintf(words, sizeof words, "%s", *last ? last : db->words);
	db_lost(db, *words ? words : NULL);
}

/* Answers that came before the end of a connection still count. */
void db_receive(struct db *db)
{
	bool alive = SEAM_CALL(PQ_RESULT, PQconsumeInput(db->conn)) == 1;
	if (!alive) /* libpq may have closed the socket: its number must not be waited for while callers open others */
		loop_cancel(db->loop, &db->writable);
	(void)PQisBusy(db->conn); /* reads what belongs to no call, too */
	take_results(db);
	if (db->state != DB_GREETING && db->state != DB_READY)
		return;
	if (!alive || PQstatus(db->conn) != CONNECTION_OK) {
		say_goodbye(db);
		return;
	}
	db_listen(db);
	db_flush(db);
}
