/* What the handler's files share: the actor's state. */
#pragma once
#include "actors/handler/fitting.h"
#include "actors/handler/writer.h"

enum { WRITERS = 2 };

struct handler {
	struct writer writers[WRITERS]; /* the first one's connection is the actor's */
	struct writer *hand;		/* at the message in hand */
	struct waiting *now;		/* that; NULL: none */
	bool was_begun;			/* ahead of its turn */
	struct fitting fitting;
	const struct entity *entity;
	struct intake intake;
	struct loop_op timer;
	int64_t retry_ns;
	uint32_t skips_left; /* poison still to be set aside: nothing else before it */
	bool single_step, skipping;
	bool looked_again; /* at the tables, because of the job in hand */
	struct loop_op soon;
};

/* hand.c. Takes the next message in hand, unless there is one, or nothing may be done now. */
void hand_next(struct actor *);
/* A page comes that was written ahead of its turn: it is done with. */
bool hand_was_written(struct handler *, const struct msg_page *);
/* Nothing is in hand, nor under way ahead of its turn. */
bool hand_is_empty(const struct handler *);
void hand_open(struct actor *, struct db *);
/* At least once a second. */
void hand_rest(struct handler *);
/* Tries again after a while, which grows. */
void hand_later(struct actor *);
/* handler.c. Sets the next poison aside. */
void handler_skip(struct actor *);
