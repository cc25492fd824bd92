/* Parking: a handler whose entity PostgreSQL refuses altogether, or that doesn't fit its tables, gets nothing for a while;
 * then one thing to try. The events wait, and nobody else waits with them. */
#include <stdio.h>
#include <string.h>
#include "actors/dispatcher/dispatcher.h"
#include "sql_embedded.h"

static const int64_t parked_wait_ns = 60000000000;
static const struct db_statement alert = {"dispatch_alert", SQL_DISPATCH_ALERT};

static void tell(struct dispatcher *d, enum entity_id entity, const char *code, const char *error)
{
	const char *name = entity_names[entity].name;
	char key[64], title[96], message[512];
	snprintf(key, sizeof key, "entity-parked:%s", name);
	snprintf(title, sizeof title, "%s is not being applied", name);
	snprintf(message, sizeof message,
		"PostgreSQL refuses every record (%s: %s). The events wait; it is tried again every minute.", code,
		error);
	log_error("entity parked: the database refuses all of it", LF_STR("entity", name), LF_STR("sqlstate", code),
		LF_STR("error", error));
	db_query(d->db, &alert, NULL, NULL, 7, d->actor->config.zoho_organization_id, "entity_parked", key, "error",
		title, message, name);
}

void park(struct dispatcher *d, struct shard *s, struct str sqlstate, struct str words)
{
	char code[SQLSTATE_BYTES], error[256];
	snprintf(code, sizeof code, "%.*s", (int)sqlstate.len, sqlstate.data ? sqlstate.data : "");
	snprintf(error, sizeof error, "%.*s", (int)words.len, words.data ? words.data : "");
	s->parked = true;
	s->not_before_ns = loop_now(d->actor->loop) + parked_wait_ns;
	if (strcmp(code, SQLSTATE_MISFIT) != 0)
		tell(d, s->entity, code, error);
}

bool parked(const struct dispatcher *d, const struct shard *s)
{
	return s->parked && loop_now(d->actor->loop) < s->not_before_ns;
}

bool parked_entity(const struct dispatcher *d, enum entity_id entity)
{
	bool any = false;
	for (int i = 0; i < d->queue.shards_n; i++)
		any = any || (d->queue.shards[i].entity == entity && parked(d, &d->queue.shards[i]));
	return any;
}

/* Of one that was parked, one record shows whether it goes on. */
bool park_holds(const struct dispatcher *d, const struct shard *s)
{
	const struct record *r;
	if (!s->parked)
		return false;
	if (parked(d, s))
		return true;
	TAILQ_FOREACH(r, &d->queue.fetching, in_list)
	if (r->shard == s)
		return true;
	return false;
}

void park_over(struct dispatcher *d, const struct edge *e)
{
	for (int i = 0; i < d->queue.shards_n; i++)
		if (d->queue.shards[i].edge == e)
			d->queue.shards[i].not_before_ns = 0;
	batches_send(d);
	fetches_send(d);
}
