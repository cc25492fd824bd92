/* How a death is answered: at once, after a pause, after a rest, or not at all. Arithmetic only, so that it can be
 * tested without processes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DEATHS_KEPT = 256, DEATHS_OF_ANY_KIND_FREE = 5 };

enum death_cause {
	DEATH_ASKED,	 /* drained because the supervisor said so */
	DEATH_EXIT,	 /* ended by itself, exit 0 or an ordinary signal such as TERM */
	DEATH_CRASH,	 /* a fatal signal, or an exit code that means nothing good */
	DEATH_HUNG,	 /* the supervisor ended it for its silence */
	DEATH_OUTSIDE,	 /* SIGKILL that the supervisor didn't send: no fault of the actor */
	DEATH_TEMPORARY, /* exit 111 */
	DEATH_PERMANENT, /* exit 100 or 78: not before a reload */
	DEATH_CAUSES
};
extern const char *const death_names[DEATH_CAUSES];

struct restart_limits {
	int64_t backoff_min_ns, backoff_max_ns, window_ns, cooldown_ns;
	int64_t deaths_max, outside_kills_max, essential_cooldowns_max;
	bool essential;
};

struct death {
	enum death_cause cause;
	int64_t at_ns, uptime_ns; /* CLOCK_MONOTONIC */
	bool unheard;		  /* before its first message was handled */
	bool suspect;		  /* one record was in hand: blame it, not the actor */
};

enum verdict { START_NOW, START_LATER, COOL_DOWN, PARK, GIVE_UP };
struct judgement {
	enum verdict verdict;
	int64_t pause_ns; /* START_LATER, COOL_DOWN */
};

/* What is remembered of one actor's deaths. A series ends when the actor lives longer than the window. */
struct deaths {
	int64_t crashes_ns[DEATHS_KEPT]; /* the last ones, a ring */
	uint64_t crashes;
	uint32_t unheard, any;	   /* in this series */
	uint32_t relapses;	   /* crashes after a cool-down in a row */
	int64_t probation_ends_ns; /* 0 = never cooled down */
	int64_t outside_since_ns;
	int64_t outside;
};

/* `random` spreads the pauses of actors that died together. */
struct judgement deaths_judge(struct deaths *, const struct restart_limits *, const struct death *, uint32_t random);
/* The rest is over: from now until a window later a single crash is a relapse. */
void deaths_after_cooldown(struct deaths *, int64_t now_ns, int64_t window_ns);
/* The n-th pause (1, 2, …): doubling from min to max, ± a quarter. */
int64_t backoff(int64_t min_ns, int64_t max_ns, uint32_t nth, uint32_t random);
