/* Pausing an entity: its events are accepted and wait, nothing of it is fetched or applied; remembered across restarts. */
#include <stdio.h>
#include <string.h>
#include "actors/dispatcher/dispatcher.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

static const struct db_statement remember = {"dispatch_pause", SQL_DISPATCH_PAUSE};
static const struct db_statement pauses = {"dispatch_pauses", SQL_DISPATCH_PAUSES};

#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol) name " "
static const char entity_list[] =
#include "actors/entities.def"
	;
#undef ENTITY

static void on_pauses(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	if (r->failure != DB_OK)
		return;
	for (int i = 0; i < PQntuples(r->results[0]); i++) {
		enum entity_id e = entity_by_name(str_of(PQgetvalue(r->results[0], i, 0)));
		d->queue.paused[e] |= !d->pause_said[e];
	}
	d->pauses_known = true;
	sweep_now(d, true); /* events that were done, if that was lost with a PostgreSQL that died, wait again */
}

void pause_load(struct dispatcher *d)
{
	memset(d->pause_said, 0, sizeof d->pause_said);
	db_query(d->db, &pauses, on_pauses, d, 1, d->actor->config.zoho_organization_id);
}

/* By its name or by that of its sync: product, products. */
static enum entity_id named(struct str name)
{
	enum entity_id e = entity_by_name(name);
	return e == ENTITY_NONE ? entity_by_bulk(name) : e;
}

static void go_on(struct dispatcher *d, enum entity_id e)
{
	for (int i = 0; i < d->queue.shards_n; i++) {
		struct shard *s = &d->queue.shards[i];
		if (s->entity != e)
			continue;
		s->not_before_ns = 0;
		if (!d->queue.paused[e])
			actor_send(d->actor, s->edge, MSG_LOOK, &(struct msg_look){.entity = e});
	}
	batches_send(d);
	fetches_send(d);
}

static void set(struct actor *a, struct edge *in, const struct msg_http_request *m, bool paused)
{
	struct dispatcher *d = a->state;
	enum entity_id e = named(path_segment(m->path, 4));
	char who[64], correlation[64], reply[128];
	if (e == ENTITY_NONE) {
		actor_refuse(a, in, m->request, 404, "No such entity; there are: %s", entity_list);
		return;
	}
	if (!db_up(d->db)) {
		actor_refuse(a, in, m->request, 503, "PostgreSQL is away; a pause can't be remembered now");
		return;
	}
	const char *name = entity_names[e].name;
	snprintf(who, sizeof who, "%.*s", (int)m->who.len, m->who.data ? m->who.data : "");
	snprintf(correlation, sizeof correlation, "%.*s", (int)m->correlation.len,
		m->correlation.data ? m->correlation.data : "");
	db_query(d->db, &remember, NULL, NULL, 5, a->config.zoho_organization_id, name, paused ? "true" : "false", who,
		correlation);
	d->queue.paused[e] = paused;
	d->pause_said[e] = true;
	go_on(d, e);
	int n = snprintf(reply, sizeof reply, "{\"success\":true,\"entity_type\":\"%s\",\"paused\":%s}", name,
		paused ? "true" : "false");
	log_info(paused ? "entity paused" : "entity resumed", LF_STR("entity", name), LF_STR("by", who));
	actor_reply(a, in, m->request, 200, "", reply, (size_t)n);
}

bool pause_holds(const struct dispatcher *d, enum entity_id entity)
{
	bool all = true;
	for (int e = 1; e < ENTITIES; e++)
		all = all && d->queue.paused[e];
	return entity == ENTITY_NONE ? all : d->queue.paused[entity];
}

void pause_awake(const struct dispatcher *d, struct buf *b)
{
	const char *lead = "{";
	for (int e = 1; e < ENTITIES; e++) {
		if (d->queue.paused[e] || parked_entity(d, (enum entity_id)e))
			continue;
		buf_fmt(b, "%s%s", lead, entity_names[e].name);
		lead = ",";
	}
	buf_str(b, *lead == '{' ? "{}" : "}");
}

void pause_entity(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	set(a, in, m, true);
}

void resume_entity(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	set(a, in, m, false);
}
