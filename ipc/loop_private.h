/* What the loop's front and its two backends share: the states of an operation, the lists it stands in, and the
 * driver that each backend fills in. Nobody outside ipc/loop*.c reads this. */
#pragma once
#include "ipc/loop.h"

enum loop_kind { LOOP_ACCEPT, LOOP_RECV, LOOP_SEND, LOOP_POLL, LOOP_TIMER, LOOP_BELL };

enum loop_state {
	LOOP_IDLE,	/* not under way: the memory is the caller's */
	LOOP_SLEEPING,	/* in the timer heap: a timer, or an accept that backs off */
	LOOP_FINISHED,	/* its result is known and waits in `finished` */
	LOOP_UNDERWAY,	/* with the backend */
	LOOP_CANCELLED, /* with the backend, which was asked to end it */
	LOOP_TRYING,	/* epoll: call it in the next turn without asking for readiness */
	LOOP_WAITING,	/* epoll: in its descriptor's list until that is ready */
	LOOP_READY,	/* epoll: its descriptor is ready, call it in this turn */
};

struct loop_list {
	struct loop_op *first, *last;
};

struct loop_heap {
	struct loop_op **ops; /* from 1 on; ops[i] is due no later than ops[2i] and ops[2i+1] */
	size_t count, room;
	uint64_t started; /* numbers the timers, so that equal times keep their order */
};

struct loop_driver {
	const char *name;
	void (*start)(struct loop *, struct loop_op *);
	void (*cancel)(struct loop *, struct loop_op *); /* of a state that belongs to the backend */
	void (*close)(struct loop *, int fd);
	/* Waits at most wait_ns (-1: for ever), calls loop_woke(), then delivers. 0, or -errno when broken. */
	int (*turn)(struct loop *, int64_t wait_ns);
	void (*free)(struct loop *);
};

struct loop {
	const struct loop_driver *driver;
	void *backend; /* the driver's own */
	int64_t now;
	int called; /* `done`s in this turn */
	bool turning;
	struct loop_heap timers;
	struct loop_list finished;
	char why[96];
};

/* Each makes loop->backend and sets loop->driver, or returns -errno; the ring says in `why` which step failed. */
int loop_epoll_open(struct loop *);
int loop_uring_open(struct loop *);

void loop_push(struct loop_list *, struct loop_op *);
void loop_unlink(struct loop_list *, struct loop_op *);
struct loop_op *loop_pop(struct loop_list *);

bool loop_heap_add(struct loop_heap *, struct loop_op *, int64_t due_ns); /* false: no memory */
void loop_heap_remove(struct loop_heap *, struct loop_op *);

void loop_woke(struct loop *);
/* Calls `done` now; without LOOP_MORE the op is the caller's again and may be gone on return. */
void loop_deliver(struct loop *, struct loop_op *, int result, unsigned flags);
/* Calls `done` at the end of this turn or of the next; the op must be in no list. */
void loop_finish(struct loop *, struct loop_op *, int result);
/* Delivers one result of accept. True: the op still exists and is LOOP_UNDERWAY (go on), LOOP_CANCELLED (end it) or
 * LOOP_SLEEPING (it backs off and is started again). False: it was the last. */
bool loop_accepted(struct loop *, struct loop_op *, int result);
