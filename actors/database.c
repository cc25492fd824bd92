/* The actor's database connection: opened with the configured limits; whether it is up stands in the slot. */
#include <stdio.h>
#include <stdlib.h>
#include "actors/runtime.h"

struct watch {
	struct actor *actor;
	void (*state)(void *ctx, bool up, const char *why);
	void *ctx;
	bool told;
	char note[SLOT_WORDS_BYTES];
};

static void on_state(void *ctx, bool up, const char *why)
{
	struct watch *w = ctx;
	bool was = atomic_exchange(&w->actor->slot->database_up, up);
	if (up)
		log_info("database connected");
	else if (was || !w->told)
		log_warn("database away, retrying", LF_STR("why", why));
	w->told = true;
	snprintf(w->note, sizeof w->note, "database away: %s", why ? why : "");
	actor_note(w->actor, up ? NULL : w->note);
	if (w->state)
		w->state(w->ctx, up, why);
}

static struct db *open_as(struct actor *a, void (*state)(void *ctx, bool up, const char *why), void *ctx)
{
	const struct config *c = &a->config;
	char name[48];
	snprintf(name, sizeof name, "tds:%s", a->boot->name);
	struct db_options options = {.url = a->boot->database_url,
		.schema = c->database_schema,
		.name = name,
		.statement_timeout_ns = c->database_statement_timeout,
		.lock_timeout_ns = c->database_lock_timeout,
		.connect_timeout_ns = c->database_connect_timeout,
		.backoff_min_ns = c->database_backoff_min,
		.backoff_max_ns = c->database_backoff_max,
		.by_key = a->type->kind == ACTOR_HANDLER || a->type->kind == ACTOR_HTTP_INGEST,
		.state = state,
		.ctx = ctx};
	return db_open(a->loop, &options);
}

struct db *actor_database(struct actor *a, void (*state)(void *ctx, bool up, const char *why), void *ctx)
{
	struct watch *w = calloc(1, sizeof *w);
	if (!w)
		die(EXIT_TEMPORARY, "out of memory");
	*w = (struct watch){.actor = a, .state = state, .ctx = ctx};
	return open_as(a, on_state, w);
}

struct db *actor_database_more(struct actor *a)
{
	return open_as(a, NULL, NULL);
}
