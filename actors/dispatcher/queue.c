/* The in-memory queue of queue.h. */
#include "actors/dispatcher/queue.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void queue_init(struct queue *q, struct actor *a)
{
	TAILQ_INIT(&q->to_fetch);
	TAILQ_INIT(&q->fetching);
	for (int i = 0; i < a->edges_n && q->shards_n < SHARDS_MAX; i++) {
		struct edge *e = &a->edges[i];
		char entity[SLOT_ENTITY_BYTES];
		unsigned shard;
		if (e->consumer || e->peer_kind != ACTOR_HANDLER ||
			sscanf(slot_of(a->slots, e->peer_slot)->name, "handler:%23[^#]#%u", entity, &shard) != 2)
			continue;
		struct shard *l = &q->shards[q->shards_n++];
		*l = (struct shard){.edge = e, .entity = entity_by_name(str_of(entity)), .number = shard};
		TAILQ_INIT(&l->ready);
		TAILQ_INIT(&l->batched);
	}
}

size_t queue_events(const struct queue *q)
{
	return HASH_COUNT(q->by_seq);
}

struct shard *queue_shard(struct queue *q, enum entity_id entity, struct str id)
{
	unsigned shards = 0;
	for (int i = 0; i < q->shards_n; i++)
		shards += q->shards[i].entity == entity;
	for (int i = 0; i < q->shards_n; i++)
		if (q->shards[i].entity == entity && q->shards[i].number == id_hash(id) % shards)
			return &q->shards[i];
	return NULL;
}

static struct record_list *list_of(struct queue *q, struct record *r)
{
	return r->state == RECORD_READY	     ? &r->shard->ready
	       : r->state == RECORD_BATCHED  ? &r->shard->batched
	       : r->state == RECORD_TO_FETCH ? &q->to_fetch
	       : r->state == RECORD_FETCHING ? &q->fetching
					     : NULL;
}

void queue_to_state(struct queue *q, struct record *r, enum record_state state, int64_t now_ns)
{
	struct record_list *from = list_of(q, r);
	if (from)
		TAILQ_REMOVE(from, r, in_list);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): every record has its shard */
	r->shard->ready_n -= r->state == RECORD_READY;
	q->fetching_n -= r->state == RECORD_FETCHING;
	q->proving_n -= r->proving;
	r->proving = state == RECORD_FETCHING && r->current && r->current->proof;
	r->state = state;
	r->since_ns = now_ns;
	struct record_list *to = list_of(q, r);
	if (to)
		TAILQ_INSERT_TAIL(to, r, in_list);
	r->shard->ready_n += state == RECORD_READY;
	q->fetching_n += state == RECORD_FETCHING;
	q->proving_n += r->proving;
}

struct record *queue_record(struct queue *q, enum entity_id entity, struct str id, bool make)
{
	struct record_key key = {.entity = entity};
	struct record *r = NULL;
	if (!id.len || id.len >= sizeof key.id)
		return NULL;
	memcpy(key.id, id.data, id.len);
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it can't follow an integer's single bytes */
	HASH_FIND(hh, q->by_key, &key, sizeof key, r);
	if (r || !make)
		return r;
	struct shard *shard = queue_shard(q, entity, id);
	r = shard ? calloc(1, sizeof *r) : NULL;
	if (!r)
		return NULL;
	r->key = key;
	r->shard = shard;
	TAILQ_INIT(&r->events);
	HASH_ADD(hh, q->by_key, key, sizeof r->key, r);
	return r;
}

static void insert_by_seq(struct record *r, struct event *e)
{
	struct event *after;
	TAILQ_FOREACH_REVERSE(after, &r->events, event_list, in_record)
	if (after->seq < e->seq)
		break;
	if (after)
		TAILQ_INSERT_AFTER(&r->events, after, e, in_record);
	else
		TAILQ_INSERT_HEAD(&r->events, e, in_record);
}

void queue_add(struct queue *q, const struct arrival *a)
{
	if (queue_event(q, a->seq))
		return;
	q->full = queue_events(q) >= EVENTS_MAX;
	struct record *r = q->full ? NULL : queue_record(q, a->entity, a->id, true);
	struct event *e = r ? calloc(1, sizeof *e) : NULL;
	if (!e)
		return;
	*e = (struct event){.seq = a->seq,
		.record = r,
		.full = a->full,
		.thin = a->thin,
		.deletes = a->deletes,
		.proof = a->proof,
		.last_modified_us = a->last_modified_us,
		.attempts = a->attempts};
	HASH_ADD(hh, q->by_seq, seq, sizeof e->seq, e);
	insert_by_seq(r, e);
	if (r->state == RECORD_IDLE || (r->state >= RECORD_TO_FETCH && !e->thin))
		queue_settle(q, r, 0);
}

struct event *queue_event(struct queue *q, uint64_t seq)
{
	struct event *e;
	HASH_FIND(hh, q->by_seq, &seq, sizeof seq, e);
	return e;
}

void queue_forget(struct queue *q, struct event *e)
{
	struct record *r = e->record;
	if (r->current == e)
		r->current = NULL;
	TAILQ_REMOVE(&r->events, e, in_record);
	HASH_DELETE(hh, q->by_seq, e);
	free(e);
}

struct event *queue_choose(struct record *r)
{
	struct event *e, *newest = NULL, *oldest = NULL;
	TAILQ_FOREACH(e, &r->events, in_record)
	{
		if (e->thin)
			continue;
		if (e->full && (!newest || e->last_modified_us >= newest->last_modified_us))
			newest = e;
		if (!oldest)
			oldest = e;
	}
	return newest ? newest : oldest ? oldest : TAILQ_FIRST(&r->events);
}

void queue_settle(struct queue *q, struct record *r, int64_t now_ns)
{
	r->current = NULL;
	struct event *next = queue_choose(r);
	if (next) {
		queue_to_state(q, r, next->thin ? RECORD_TO_FETCH : RECORD_READY, now_ns);
		r->current = next->thin ? next : NULL;
		return;
	}
	queue_to_state(q, r, RECORD_IDLE, now_ns);
	HASH_DELETE(hh, q->by_key, r);
	free(r);
}

void queue_close(struct queue *q, uint64_t seq, int64_t now_ns)
{
	struct event *e = queue_event(q, seq);
	struct record *r = e ? e->record : NULL;
	if (!e || (r->state == RECORD_BATCHED && r->current == e))
		return;
	queue_forget(q, e);
	if (r->state == RECORD_READY)
		queue_settle(q, r, now_ns);
}
