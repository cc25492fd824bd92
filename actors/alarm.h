/* A timer that may be set again at any time, over the loop's one-shot ones. */
#pragma once
#include "ipc/loop.h"

struct alarm {
	struct loop *loop;
	struct loop_op op;
	int64_t due_ns;	  /* wanted; INT64_MAX = off */
	int64_t armed_ns; /* what the operation under way waits for */
	void (*ring)(void *ctx);
	void *ctx;
};

void alarm_open(struct alarm *, struct loop *, void (*ring)(void *), void *ctx);
/* At this time of loop_clock(); INT64_MAX: not at all. Replaces the time before. */
void alarm_set(struct alarm *, int64_t due_ns);
