/* Owns the way from no connection to one that is ready: libpq's handshake, whose socket may change between any two
 * steps, pipeline mode, the session's settings. (Host names are looked up by libpq, which blocks; addresses aren't.) */
#include "sql/db_private.h"
#include "ipc/log.h"
#include "sql_embedded.h"

#include <poll.h>
#include <stdio.h>

static const int64_t ns_per_ms = 1000000;

static void on_notice(void *ctx, const PGresult *result)
{
	struct db *db = ctx;
	const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	snprintf(db->words, sizeof db->words, "%s", words ? words : "");
	log_debug("database says", LF_STR("words", words));
}

static void on_greeted(void *ctx, const struct db_reply *reply)
{
	struct db *db = ctx;
	if (reply->failure != DB_OK) {
		db_lost(db, reply->message);
		return;
	}
	loop_cancel(db->loop, &db->timer);
	db->state = DB_READY;
	db_tell(db, true);
}

static void greet(struct db *db)
{
	static const struct db_statement session = {"tds_session", SQL_SESSION};
	char statement_ms[24], lock_ms[24];
	if (PQsetnonblocking(db->conn, 1) != 0 || PQenterPipelineMode(db->conn) != 1) {
		db_lost(db, NULL);
		return;
	}
	snprintf(statement_ms, sizeof statement_ms, "%lld", (long long)(db->options.statement_timeout_ns / ns_per_ms));
	snprintf(lock_ms, sizeof lock_ms, "%lld", (long long)(db->options.lock_timeout_ns / ns_per_ms));
	db->state = DB_GREETING;
	db_listen(db);
	struct db_call *call = db_begin(db);
	call->own = true;
	call->dead = false;
	const struct db_param params[] = {DB_TEXT(db->schema), DB_TEXT(statement_ms), DB_TEXT(lock_ms),
		DB_TEXT(db->options.by_key ? "true" : "false")};
	db_add(call, &session, 4, params);
	db_run(call, on_greeted, db);
}

void db_connect_step(struct db *db)
{
	switch (PQconnectPoll(db->conn)) {
	case PGRES_POLLING_READING:
		loop_poll(db->loop, &db->readable, PQsocket(db->conn), POLLIN);
		break;
	case PGRES_POLLING_WRITING:
		loop_poll(db->loop, &db->writable, PQsocket(db->conn), POLLOUT);
		break;
	case PGRES_POLLING_OK:
		greet(db);
		break;
	default:
		db_lost(db, NULL);
	}
}

void db_connect(struct db *db)
{
	db->conn = db_conninfo_connect(db->url, db->name, db->options.connect_timeout_ns, true);
	db->state = DB_CONNECTING;
	if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD) {
		db_lost(db, NULL);
		return;
	}
	PQsetNoticeReceiver(db->conn, on_notice, db);
	loop_timer(db->loop, &db->timer, db->options.connect_timeout_ns);
	loop_poll(db->loop, &db->writable, PQsocket(db->conn), POLLOUT);
}
