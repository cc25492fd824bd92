/* Owns the routes that put dead letters back into the queue: one, or all that match, a batch per transaction. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/healer/healer.h"
#include "sql_embedded.h"

enum { RETRY_BATCH = 1000 };
static const char retry_batch[] = "1000";
static const struct db_statement retry_sql = {"healer_retry", SQL_HEALER_RETRY};
static const struct db_statement state_sql = {"healer_letter_state", SQL_HEALER_LETTER_STATE};

static void add_retry(struct db_call *call, const struct asked *q, const char *id)
{
	db_add(call, &retry_sql, 11,
		(struct db_param[]){DB_TEXT(q->healer->actor->config.zoho_organization_id), id ? DB_TEXT(id) : DB_NULL,
			*q->entity ? DB_TEXT(q->entity) : DB_NULL, *q->priority ? DB_TEXT(q->priority) : DB_NULL,
			DB_TEXT("false"), DB_TEXT("0"), DB_TEXT("0"), DB_TEXT(retry_batch), DB_TEXT(q->who),
			DB_TEXT(entities_handled()), DB_TEXT(q->correlation)});
}

static void on_moved(void *ctx, const struct db_reply *r)
{
	struct asked *q = ctx;
	struct buf b = {0};
	if (r->failure != DB_OK) {
		asked_failed(q, r);
		return;
	}
	if (*PQgetvalue(r->results[0], 0, 0) == '0') {
		letters_not_moved(q, r->results[1]);
		return;
	}
	tell_dispatcher(q->healer, 1);
	buf_fmt(&b, "{\"success\":true,\"message\":\"Event moved from DLQ to processing queue\",\"queue_id\":\"%s\"}",
		PQgetvalue(r->results[0], 0, 1));
	actor_reply(q->healer->actor, q->in, q->request, 200, "", b.data, b.len);
	buf_free(&b);
	free(q);
}

void letters_retry(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct healer *h = a->state;
	char id[UUID_LENGTH + 1];
	if (!path_uuid(a, in, m, letter_not_found, id))
		return;
	struct asked *q = asked_new(a, in, m);
	struct db_call *call = db_begin(h->db);
	add_retry(call, q, id);
	db_add(call, &state_sql, 2, (struct db_param[]){DB_TEXT(a->config.zoho_organization_id), DB_TEXT(id)});
	db_run(call, on_moved, q);
}

static void on_batch(void *, const struct db_reply *);

static void send_batch(struct asked *q)
{
	struct db_call *call = db_begin(q->healer->db);
	add_retry(call, q, NULL);
	db_run(call, on_batch, q);
}

static void on_batch(void *ctx, const struct db_reply *r)
{
	struct asked *q = ctx;
	struct buf b = {0};
	if (r->failure != DB_OK) {
		tell_dispatcher(q->healer, q->retried);
		asked_failed(q, r);
		return;
	}
	uint64_t moved = strtoull(PQgetvalue(r->results[0], 0, 0), NULL, 10);
	q->retried += moved;
	if (moved == RETRY_BATCH) {
		send_batch(q);
		return;
	}
	tell_dispatcher(q->healer, q->retried);
	buf_fmt(&b, "{\"success\":true,\"retried\":%" PRIu64 "}", q->retried);
	actor_reply(q->healer->actor, q->in, q->request, 200, "", b.data, b.len);
	buf_free(&b);
	free(q);
}

void letters_retry_all(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	char entity[WORD_BYTES], priority[WORD_BYTES];
	if (!letters_filter(a, in, m, entity, priority))
		return;
	struct asked *q = asked_new(a, in, m);
	snprintf(q->entity, sizeof q->entity, "%s", entity);
	snprintf(q->priority, sizeof q->priority, "%s", priority);
	send_batch(q);
}
