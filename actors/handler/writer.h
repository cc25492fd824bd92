/* A connection, and the job on it. A handler has two writers: while one has the message in hand, the other writes the page behind
 * it, for a list's pages come faster than one connection writes them. That is an attempt: whatever stands in its way, it is rolled
 * back as if nothing had been, and the page is done when its turn comes. So all care (halving, dead letters, retries, poison) is
 * the business of the job in hand alone. */
#pragma once
#include "actors/handler/intake.h"

enum writer_state {
	WRITER_IDLE,  /* or at the message in hand */
	WRITER_AHEAD, /* writes a page ahead of its turn */
	WRITER_WROTE, /* it is written, and told; its message is still to come to hand */
};

struct writer {
	struct actor *actor;
	struct db *db; /* of the second NULL until there is a page for it, and when there was none for a while */
	struct applier applier;
	struct job job;
	struct cut own, *cut; /* of the page ahead */
	struct msg_page page; /* that */
	enum writer_state state;
	int64_t used_ns;
	void (*ended)(struct actor *, struct writer *);
};

/* `ended` is called when a page ahead of its turn is written, or given up. */
void writer_init(struct writer *, struct actor *, const struct entity *, struct db *,
	void (*ended)(struct actor *, struct writer *));
/* Whether it may have a job now; one without a connection opens it. */
bool writer_ready(struct writer *);
/* Begins to write a page that was cut ahead of its turn. */
void writer_begin(struct writer *, struct intake *, const struct msg_page *);
bool writer_has(const struct writer *, const struct msg_page *, enum writer_state);
/* Done at least once a second, while it has no job. `spare`: its connection is given back when it wasn't used for a while. */
void writer_rest(struct writer *, bool spare);
