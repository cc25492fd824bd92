/* The queue as the dispatcher sees it: events that are due, grouped by record, records that are ready grouped by the
 * handler they belong to. PostgreSQL holds the truth; this holds at most EVENTS_MAX of it and can be thrown away. */
#pragma once
#include <stdbool.h>
#include <sys/queue.h>
#include <uthash.h>
#include "actors/actor.h"

enum { EVENTS_MAX = 50000, SHARDS_MAX = 8 * ENTITIES, RECORD_ID_BYTES = 64, BATCHES_IN_FLIGHT_MAX = 2 };

struct event { /* one waiting queue row */
	uint64_t seq;
	struct record *record;
	TAILQ_ENTRY(event) in_record; /* by seq */
	int64_t last_modified_us;     /* 0: unknown */
	unsigned attempts;
	bool full, thin, deletes;
	bool proof; /* whether a record that a scan missed is gone: nobody waits for it */
	UT_hash_handle hh;
};

TAILQ_HEAD(event_list, event);

enum record_state {
	RECORD_IDLE,	 /* nothing to do now */
	RECORD_READY,	 /* in its lane's list */
	RECORD_BATCHED,	 /* `current` is with the handler */
	RECORD_TO_FETCH, /* in queue.to_fetch: Zoho is to be asked */
	RECORD_FETCHING, /* zoho-io or the handler has it */
};

struct record_key {
	uint32_t entity;
	char id[RECORD_ID_BYTES];
};

struct record {
	struct record_key key;
	struct shard *shard;
	struct event_list events;
	struct event *current; /* NULL: a fetch without an event */
	enum record_state state;
	bool proving;	  /* being fetched for a proof */
	int64_t since_ns; /* of the state */
	TAILQ_ENTRY(record) in_list;
	UT_hash_handle hh;
};
TAILQ_HEAD(record_list, record);

struct shard { /* one handler */
	struct edge *edge;
	enum entity_id entity;
	unsigned number;
	struct record_list ready, batched;
	size_t ready_n;
	unsigned in_flight; /* batches */
	uint64_t next_batch;
	int64_t not_before_ns; /* parked or backing off */
	unsigned failures;     /* environment failures in a row */
	bool parked;	       /* it was, and nothing has been written since */
};

struct queue {
	struct event *by_seq;
	struct record *by_key;
	struct shard shards[SHARDS_MAX];
	int shards_n;
	struct record_list to_fetch, fetching;
	unsigned fetching_n, proving_n; /* proving: of those, proofs */
	bool paused[ENTITIES];
	bool full; /* EVENTS_MAX reached: the sweep finds the rest later */
};

void queue_init(struct queue *, struct actor *);
size_t queue_events(const struct queue *);
struct shard *queue_shard(struct queue *, enum entity_id, struct str id);

struct arrival { /* a due event, as a hint or the sweep tells of it */
	uint64_t seq;
	enum entity_id entity;
	struct str id;
	bool full, thin, deletes, proof;
	int64_t last_modified_us; /* 0: unknown */
	unsigned attempts;
};
/* Adds a due event, unless it is known. Its record becomes ready if it was idle, or only waited for Zoho. */
void queue_add(struct queue *, const struct arrival *);
struct event *queue_event(struct queue *, uint64_t seq);
struct record *queue_record(struct queue *, enum entity_id, struct str id, bool make);
/* The event is settled (or put off in PostgreSQL): forget it. Call queue_settle on its record afterwards. */
void queue_forget(struct queue *, struct event *);
/* PostgreSQL says that work on another event of its record closed this one: it is forgotten, and a record that is left without
 * any, or with such as Zoho must be asked for, is no longer ready. One that is with the handler stays; its answer settles it. */
void queue_close(struct queue *, uint64_t seq, int64_t now_ns);
/* A record's work is done for now: ready again if events wait, else forgotten. */
void queue_settle(struct queue *, struct record *, int64_t now_ns);
void queue_to_state(struct queue *, struct record *, enum record_state, int64_t now_ns);
/* The event to do first: the newest whole record, which makes the others superfluous, else the oldest that needs no fetch:
 * nothing waits for Zoho that can be done without. */
struct event *queue_choose(struct record *);
