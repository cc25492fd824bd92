/* Owns the difference between a one-shot operation, which stays until it is reaped, and a time that changes its mind.
 */
#include "actors/alarm.h"

static void arm(struct alarm *a)
{
	int64_t left = a->due_ns - loop_clock();
	a->armed_ns = a->due_ns;
	loop_timer(a->loop, &a->op, left > 0 ? left : 0);
}

static void on_timer(void *ctx, int result, unsigned flags)
{
	struct alarm *a = ctx;
	(void)result, (void)flags;
	if (a->due_ns == INT64_MAX)
		return;
	if (a->due_ns > loop_clock()) {
		arm(a);
		return;
	}
	a->due_ns = INT64_MAX;
	a->ring(a->ctx);
}

void alarm_open(struct alarm *a, struct loop *loop, void (*ring)(void *), void *ctx)
{
	*a = (struct alarm){.loop = loop, .due_ns = INT64_MAX, .ring = ring, .ctx = ctx};
	a->op = (struct loop_op){.done = on_timer, .ctx = a};
}

void alarm_set(struct alarm *a, int64_t due_ns)
{
	a->due_ns = due_ns;
	if (due_ns == INT64_MAX)
		return; /* it rings in vain, once */
	if (!loop_busy(&a->op))
		arm(a);
	else if (due_ns < a->armed_ns)
		loop_cancel(a->loop, &a->op);
}
