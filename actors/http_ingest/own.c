/* Owns /livez and /readyz: alive without asking anybody, ready when the essential actors are and PostgreSQL answers. */
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"

static const struct {
	bool essential, database;
} kinds[ACTOR_KINDS] = {
#define ACTOR(id, symbol, name, is_essential, uses_database, many) [ACTOR_##id] = {(is_essential), (uses_database)},
#include "actors/actors.def"
#undef ACTOR
};

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {"absent", "starting", "ready", "degraded", "draining", "drained"};

	return state < sizeof names / sizeof *names ? names[state] : "unknown";
}

void own_livez(struct request *r)
{
	http_answer(r, &(struct http_answer){.status = 200, .body = STR("{\"status\":\"alive\"}")});
}

static bool database_up(const struct ingest *in)
{
	for (unsigned i = 0; i < in->lanes_n; i++)
		if (in->lanes[i].db && db_up(in->lanes[i].db))
			return true;
	return false;
}

/* Adds `"name":"state"`; true unless an essential actor isn't there, or without its database. Otherwise degraded is there: it
 * answers and says why. */
static bool look(const struct ingest *in, const struct edge *e, struct http_text *t)
{
	const struct slot *s = slot_of(in->actor->slots, e->peer_slot);
	uint32_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
	bool there = state == SLOT_READY || state == SLOT_DEGRADED;
	bool known = e->peer_kind < ACTOR_KINDS;

	if (known && kinds[e->peer_kind].database && !atomic_load_explicit(&s->database_up, memory_order_relaxed))
		there = false;
	http_text_put(t, ",");
	http_text_json(t, (struct str){s->name, strnlen(s->name, sizeof s->name)});
	http_text_printf(t, ":\"%s\"", state_name(state));
	return there || !known || !kinds[e->peer_kind].essential;
}

void own_readyz(struct request *r)
{
	struct ingest *in = r->connection->ingest;
	struct http_text checks = {.arena = &r->arena}, body = {.arena = &r->arena};
	bool up = database_up(in), ready = up && !in->actor->draining;

	http_text_printf(&checks, ",\"checks\":{\"database\":\"%s\"", up ? "up" : "away");
	for (int i = 0; i < in->actor->edges_n; i++)
		if (!in->actor->edges[i].consumer)
			ready &= look(in, &in->actor->edges[i], &checks);
	http_text_put(&checks, "}");
	http_text_printf(&body, "{\"status\":\"%s\"", ready ? "ready" : "not ready");
	if (memmem(r->query.data ? r->query.data : "", r->query.len, "verbose", 7))
		http_text_add(&body, checks.at, checks.n);
	http_text_put(&body, "}");
	http_answer(r, &(struct http_answer){.status = ready ? 200 : 503,
			       .headers = ready ? NULL : "Retry-After: 1\r\n",
			       .body = {body.at, body.n}});
}
