/* The actor's place in shared memory: two pages per actor in one sealed memfd, written by the actor (its own page only),
 * read by the supervisor, by metrics and by whoever asks who lives. It stays after a death: that is the obituary. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	SLOT_BYTES = 8192,
	SLOT_ACTORS_MAX = 64,
	SLOT_COUNTERS_MAX = 96,
	SLOT_WORDS_BYTES = 256,
	SLOT_ENTITY_BYTES = 24,
	SLOT_ID_BYTES = 40,
	SLOT_MINUTE_CALLS = 128,
	SLOT_BREAKERS_MAX = 24,
};

enum slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_READY, SLOT_DEGRADED, SLOT_DRAINING, SLOT_DRAINED };

struct slot_hand {		/* the record in hand: who is suspect when the actor dies now */
	_Atomic uint32_t count; /* records in hand; 0 = none, 1 = a named suspect, more = a batch */
	uint32_t edge;
	uint64_t epoch, sequence;
	uint32_t index;
	char entity[SLOT_ENTITY_BYTES], id[SLOT_ID_BYTES];
};

struct slot_breaker {		/* a circuit breaker; atomic what others read */
	_Atomic uint32_t state; /* enum breaker_state */
	uint32_t reserved;
	int64_t failure_count;	 /* in a row */
	int64_t success_count;	 /* of those tried half-open */
	int64_t half_open_calls; /* under way */
	int64_t opened_ms;	 /* CLOCK_MONOTONIC */
	_Atomic uint64_t total, successful, failed, rejected, changes;
	int64_t last_failure_us, last_success_us;
};

/* What a killed zoho-io must not forget: it would burst again, or ask a Zoho that is down. Wall clock ms. */
struct slot_zoho {
	uint64_t target;				    /* whom it is about: hash of organisation and host */
	_Atomic int64_t calls[SLOT_MINUTE_CALLS];	    /* when the last went out, times 2; +1: realtime */
	_Atomic int64_t minute_until_ms;		    /* refused for the minute: not before */
	_Atomic int64_t day_until_ms;			    /* refused for the day: not before */
	_Atomic int64_t day_limit, day_left, day_resets_ms; /* by Zoho's headers; 0 limit = not told yet */
	_Atomic int64_t minute_left;			    /* for those who read */
	struct slot_breaker breakers[SLOT_BREAKERS_MAX];    /* by breaker_names */
};

struct slot {
	char name[32];		/* "handler:product#1" */
	_Atomic uint32_t state; /* enum slot_state */
	_Atomic int32_t pid;
	_Atomic uint64_t generation;	      /* +1 at every start; written by the supervisor before fork */
	_Atomic uint64_t restarts;	      /* deaths followed by a start, written by the supervisor */
	_Atomic int64_t heartbeat_ns;	      /* CLOCK_MONOTONIC */
	_Atomic int64_t started_ns;	      /* CLOCK_MONOTONIC */
	_Atomic int64_t last_death_s;	      /* Unix time, 0 = never; by the supervisor */
	_Atomic uint32_t handled_since_start; /* messages handled */
	_Atomic uint32_t database_up;	      /* 1 = connected */
	char io[16];			      /* "io_uring" or "epoll" */
	char note[SLOT_WORDS_BYTES];	      /* why degraded, in words */
	char words[SLOT_WORDS_BYTES];	      /* last words: written by the crash handler */
	struct slot_hand hand;
	char obituary[SLOT_WORDS_BYTES * 2];	      /* by the supervisor; stays until the healer has written it */
	_Atomic uint64_t counters[SLOT_COUNTERS_MAX]; /* per counters.def; survive restarts */
	struct slot_zoho zoho;			      /* zoho-io's */
};
_Static_assert(sizeof(struct slot) <= SLOT_BYTES, "a slot fits its pages");

int slots_create(int actors);			/* sealed memfd for this many, or -1 */
struct slot *slots_map_all(int fd, int actors); /* read and write: the supervisor */
const struct slot *slots_map_read(int fd, int actors);
struct slot *slot_map_own(int fd, int index); /* the one slot, writable */
const struct slot *slot_of(const struct slot *all, int index);

void slot_beat(struct slot *, int64_t now_ns);
void slot_hand_one(struct slot *, uint32_t edge, uint64_t sequence, uint32_t index, const char *entity, const char *id);
void slot_hand_batch(struct slot *, uint32_t edge, uint64_t sequence, uint32_t count, const char *entity);
void slot_hand_none(struct slot *);
