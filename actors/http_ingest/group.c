/* Owns the group commit: whatever arrived while the previous commit was under way goes to PostgreSQL in one
 * transaction, and only then is anybody told 202. */
#include "actors/http_ingest/group.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t slow_ns = 20000000;

static void on_stored(void *ctx, const struct db_reply *);
static void on_known(void *ctx, const struct db_reply *);

static void on_slow(void *ctx)
{
	group_flush(ctx);
}

void groups_start(struct ingest *in)
{
	in->waiting_end = &in->waiting;
	alarm_open(&in->slow, in->actor->loop, on_slow, in);
	in->lanes_n = (unsigned)in->actor->config.ingest_connections;
	for (unsigned i = 0; i < in->lanes_n; i++) {
		in->lanes[i].ingest = in;
		in->lanes[i].db = actor_database(in->actor, NULL, NULL);
	}
}

bool group_up(const struct ingest *in)
{
	for (unsigned i = 0; i < in->lanes_n; i++)
		if (db_up(in->lanes[i].db))
			return true;
	return false;
}

bool group_busy(const struct ingest *in)
{
	for (unsigned i = 0; i < in->lanes_n; i++)
		if (in->lanes[i].group && in->lanes[i].group->n)
			return true;
	return in->waiting != NULL;
}

static struct group *group_of(struct group_lane *lane)
{
	struct group *g = lane->group;

	if (g)
		return g;
	g = calloc(1, sizeof *g);
	if (g) {
		g->lane = lane;
		g->size = (unsigned)lane->ingest->actor->config.ingest_group_max;
		for (g->table_size = 16; g->table_size < 2 * g->size;)
			g->table_size *= 2;
		g->members = calloc(g->size, sizeof(void *));
		g->table = calloc(g->table_size, sizeof(void *));
	}
	if (!g || !g->members || !g->table)
		die(EXIT_TEMPORARY, "out of memory for a commit");
	return lane->group = g;
}

static void settle(struct ingest *in, struct delivery *d, enum delivery_outcome outcome)
{
	struct delivery *twin = d->twins;

	d->twins = NULL;
	d->outcome = outcome;
	for (struct delivery *next; twin; twin = next) {
		next = twin->twins;
		twin->twins = NULL;
		twin->number = d->number;
		twin->outcome = outcome == DELIVERY_FAILED ? DELIVERY_FAILED : DELIVERY_DUPLICATE;
		if (outcome == DELIVERY_DUPLICATE)
			memcpy(twin->first, d->first, sizeof twin->first);
		else
			uuid_text(d->event, twin->first);
		if (twin->outcome == DELIVERY_DUPLICATE)
			actor_count(in->actor, COUNT_DUPLICATES, 1);
		webhook_done(twin);
	}
	if (outcome == DELIVERY_DUPLICATE)
		actor_count(in->actor, COUNT_DUPLICATES, 1);
	webhook_done(d);
}

static void tell_dispatcher(struct ingest *in, const struct delivery *d)
{
	actor_send(in->actor, actor_edge(in->actor, ACTOR_DISPATCHER, 0), MSG_EVENT,
		&(struct msg_event){.seq = d->seq,
			.entity = (uint64_t)d->entity,
			.id = d->id,
			.full = d->full,
			.thin = d->thin || d->refetch,
			.operation = (uint64_t)d->operation,
			.last_modified_us = d->last_modified_us,
			.received_us = d->received_us});
}

static void settle_stored(struct ingest *in, struct delivery *d, uint64_t seq)
{
	d->seq = seq;
	actor_count(in->actor, COUNT_EVENTS, 1);
	if (!d->unstorable)
		tell_dispatcher(in, d);
	settle(in, d, d->unstorable ? DELIVERY_QUARANTINED : DELIVERY_QUEUED);
}

/* A PostgreSQL that answers and yet stores nothing (no room, read-only) looks well to everybody else: health has to hear
 * of it from here, until a commit succeeds. One that is away is noted by its connections. */
static void note_refusal(struct ingest *in, const struct group *g, const struct db_reply *r)
{
	char why[256];

	if (!r || !db_up(g->lane->db))
		return;
	snprintf(why, sizeof why, "webhooks can't be stored: %s", r->message);
	actor_note(in->actor, why);
	in->refusing = true;
}

static void note_success(struct ingest *in)
{
	if (in->refusing)
		actor_note(in->actor, NULL);
	in->refusing = false;
}

/* Nobody's fault but the environment's: all of them are to come again later. */
static void fail_all(struct ingest *in, struct group *g, const struct db_reply *r)
{
	unsigned n = g->n;

	note_refusal(in, g, r);
	if (n)
		log_warn("webhooks not stored", LF_INT("count", n), LF_STR("sqlstate", r ? r->sqlstate : "08006"),
			LF_STR("error", r ? r->message : "database away"));
	g->n = 0;
	for (unsigned i = 0; i < n; i++)
		settle(in, g->members[i], DELIVERY_FAILED);
}

/* Somebody's data: each alone, and the one that is refused alone is kept as the bytes it is. */
static void retry_alone(struct ingest *in, struct group *g, const struct db_reply *r)
{
	unsigned n = g->n;

	if (n == 1 && g->members[0]->unstorable) {
		fail_all(in, g, r);
		return;
	}
	if (n == 1) {
		struct delivery *d = g->members[0];

		d->unstorable = str_of(http_arena_printf(&d->webhook->request->arena, "%s", r->message)).data;
	}
	g->n = 0;
	for (unsigned i = 0; i < n; i++)
		g->members[i]->alone = true;
	group_put_back(in, g->members, n);
}

/* What to do with a group whose statement failed; true when the same call is to be made again. */
static bool again(struct ingest *in, struct group *g, const struct db_reply *r)
{
	bool conflict = !strcmp(r->sqlstate, "40P01") || !strcmp(r->sqlstate, "40001");
	bool data = r->failure == DB_DATA || !strncmp(r->sqlstate, "54", 2);

	if (conflict && g->members[0]->attempts++ < GROUP_ATTEMPTS_MAX)
		return true;
	if (data)
		retry_alone(in, g, r);
	else
		fail_all(in, g, r);
	return false;
}

static void on_stored(void *ctx, const struct db_reply *r)
{
	struct group *g = ctx;
	struct ingest *in = g->lane->ingest;
	const PGresult *rows = r->failure == DB_OK ? r->results[0] : NULL;
	unsigned left = 0;

	if (!rows) {
		if (again(in, g, r))
			group_call_store(g, on_stored);
		return;
	}
	actor_count(in->actor, COUNT_COMMITS, 1);
	note_success(in);
	for (int i = 0; i < PQntuples(rows); i++) {
		unsigned at = (unsigned)strtoul(PQgetvalue(rows, i, 0), NULL, 10);
		struct delivery *d = at < g->n ? g->members[at] : NULL;

		if (!d)
			continue;
		g->members[at] = NULL;
		settle_stored(in, d, strtoull(PQgetvalue(rows, i, 1), NULL, 10));
	}
	for (unsigned i = 0; i < g->n; i++)
		if (g->members[i])
			g->members[left++] = g->members[i];
	g->n = left;
	if (left)
		group_call_known(g, on_known);
}

static void on_known(void *ctx, const struct db_reply *r)
{
	struct group *g = ctx;
	struct ingest *in = g->lane->ingest;
	const PGresult *rows = r->failure == DB_OK ? r->results[0] : NULL;
	unsigned n = g->n, left = 0;

	if (!rows) {
		if (again(in, g, r))
			group_call_known(g, on_known);
		return;
	}
	g->n = 0;
	for (int i = 0; i < PQntuples(rows); i++) {
		unsigned at = (unsigned)strtoul(PQgetvalue(rows, i, 0), NULL, 10);
		struct delivery *d = at < n ? g->members[at] : NULL;

		if (!d)
			continue;
		if (PQgetisnull(rows, i, 1) && d->attempts++ < GROUP_ATTEMPTS_MAX) {
			d->number = (unsigned)strtoul(PQgetvalue(rows, i, 2), NULL, 10);
			d->refetch = d->operation != OP_DELETE;
			continue;
		}
		g->members[at] = NULL;
		snprintf(d->first, sizeof d->first, "%s", PQgetvalue(rows, i, 1));
		settle(in, d, PQgetisnull(rows, i, 1) ? DELIVERY_FAILED : DELIVERY_DUPLICATE);
	}
	for (unsigned i = 0; i < n; i++)
		if (g->members[i])
			g->members[left++] = g->members[i];
	group_put_back(in, g->members, left);
}

/* The first that has nothing to do: its caches are warm. NULL: none, or what waits isn't worth a commit of its own yet, beside
 * one that has just begun. */
static struct group_lane *free_lane(struct ingest *in)
{
	struct group_lane *free = NULL;
	int64_t begun_ns = 0;

	for (unsigned i = in->lanes_n; i-- > 0;) {
		struct group_lane *l = &in->lanes[i];

		if (db_up(l->db) && !(l->group && l->group->n))
			free = l;
		else if (db_up(l->db) && l->group->begun_ns > begun_ns)
			begun_ns = l->group->begun_ns;
	}
	if (!free || in->waiting_n >= GROUP_BESIDE_MIN || loop_now(in->actor->loop) - begun_ns >= slow_ns)
		return free;
	alarm_set(&in->slow, begun_ns + slow_ns);
	return NULL;
}

void group_flush(struct ingest *in)
{
	struct group_lane *lane;

	while (in->waiting && (lane = free_lane(in))) {
		struct group *g = group_of(lane);

		g->begun_ns = loop_now(in->actor->loop);
		group_fill(in, g);
		group_call_store(g, on_stored);
	}
	if (in->waiting && !group_up(in)) {
		struct group g = {0};
		struct delivery *one;

		for (g.members = &one; in->waiting; fail_all(in, &g, NULL)) {
			one = group_take(in);
			g.n = 1;
		}
	}
}
