/* Pausing an entity: its events are accepted and wait, nothing of it is applied; remembered across restarts. */
#include <stdio.h>
#include <string.h>
#include "actors/dispatcher/dispatcher.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

static const struct db_statement remember = {"dispatch_pause", SQL_DISPATCH_PAUSE};
static const struct db_statement pauses = {"dispatch_pauses", SQL_DISPATCH_PAUSES};

static void on_pauses(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	for (int i = 0; r->failure == DB_OK && i < PQntuples(r->results[0]); i++)
		d->queue.paused[entity_by_name(str_of(PQgetvalue(r->results[0], i, 0)))] = true;
	if (r->failure == DB_OK)
		sweep_now(d, true);
}

void pause_load(struct dispatcher *d)
{
	db_query(d->db, &pauses, on_pauses, d, 1, d->actor->config.zoho_organization_id);
}

static void set(struct actor *a, struct edge *in, const struct msg_http_request *m, bool paused)
{
	struct dispatcher *d = a->state;
	enum entity_id e = entity_by_name(path_segment(m->path, 4));
	char key[48], reply[128];
	if (e == ENTITY_NONE) {
		actor_refuse(a, in, m->request, 404, "No such entity");
		return;
	}
	if (!db_up(d->db)) {
		actor_refuse(a, in, m->request, 503, "PostgreSQL is away; a pause can't be remembered now");
		return;
	}
	snprintf(key, sizeof key, "paused:%s", entity_names[e].name);
	db_query(d->db, &remember, NULL, NULL, 3, a->config.zoho_organization_id, key, paused ? "true" : "false");
	d->queue.paused[e] = paused;
	for (int i = 0; i < d->queue.shards_n && !paused; i++)
		if (d->queue.shards[i].entity == e)
			d->queue.shards[i].not_before_ns = 0;
	batches_send(d);
	int n = snprintf(reply, sizeof reply, "{\"success\":true,\"entity_type\":\"%s\",\"paused\":%s}",
		entity_names[e].name, paused ? "true" : "false");
	log_info(paused ? "entity paused" : "entity resumed", LF_STR("entity", entity_names[e].name));
	actor_reply(a, in, m->request, 200, "", reply, (size_t)n);
}

void pause_entity(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	set(a, in, m, true);
}

void resume_entity(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	set(a, in, m, false);
}
