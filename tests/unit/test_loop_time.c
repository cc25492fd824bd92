/* What the loop promises about time, on both backends: order of timers, never early, and sleep while nothing happens.
 */
#include "tests/unit/loop_fixture.h"

#include <sys/resource.h>

struct named {
	char *log; /* NUL-filled */
	char name;
};

static void append(void *ctx, int result, unsigned flags)
{
	(void)flags;
	const struct named *timer = ctx;
	cr_assert(result == 0);
	timer->log[strlen(timer->log)] = timer->name;
}

BOTH(timers_end_in_the_order_of_their_times)
{
	char log[16] = "";
	struct named names[] = {{log, 'a'}, {log, 'b'}, {log, 'c'}, {log, 'd'}, {log, 'e'}};
	struct loop_op ops[5];
	static const int after[] = {20, 5, 30, 0, 10};
	int64_t start = loop_now(loop);
	for (int i = 0; i < 5; i++) {
		ops[i] = (struct loop_op){.done = append, .ctx = &names[i]};
		loop_timer(loop, &ops[i], after[i] * ms);
	}
	for (size_t seen = 0; seen < 5;) { /* however late: a loaded machine is */
		turn_for(loop, ms);
		for (; seen < strlen(log); seen++)
			cr_assert(loop_clock() - start >= after[log[seen] - 'a'] * ms);
	}
	cr_assert_str_eq(log, "dbeac");
	cr_assert(loop_clock() - start >= 30 * ms && loop_now(loop) - start >= 30 * ms);
}

struct ordered {
	struct notes notes;
	int64_t due, *last_due;
};

static void note_in_order(void *ctx, int result, unsigned flags)
{
	struct ordered *timer = ctx;
	note(&timer->notes, result, flags);
	if (result == 0) {
		cr_assert(timer->due >= *timer->last_due && loop_clock() >= timer->due);
		*timer->last_due = timer->due;
	}
}

BOTH(thousands_of_timers_end_in_order_never_early_and_those_cancelled_once)
{
	enum { count = 3000 };
	struct ordered *timers = calloc(count, sizeof *timers);
	int64_t last_due = 0;
	int fired = 0, cancelled = 0;
	srand(3);
	for (int i = 0; i < count; i++) {
		int64_t after = (int64_t)(rand() % 20000) * 1000;
		timers[i].last_due = &last_due;
		timers[i].notes.op = (struct loop_op){.done = note_in_order, .ctx = &timers[i]};
		loop_timer(loop, &timers[i].notes.op, after);
		timers[i].due = timers[i].notes.op.due_ns;
	}
	for (int i = 0; i < count; i += 3)
		loop_cancel(loop, &timers[i].notes.op);
	turn_for(loop, 40 * ms);
	for (int i = 0; i < count; i++) {
		cr_assert(timers[i].notes.calls == 1 && timers[i].notes.finals == 1);
		fired += timers[i].notes.last == 0;
		cancelled += timers[i].notes.last == -ECANCELED;
	}
	cr_assert(cancelled == count / 3 && fired == count - cancelled);
	free(timers);
}

BOTH(a_turn_without_events_waits_as_long_as_it_was_told)
{
	struct notes received = {0}, rung = {0}, slow = {0};
	struct rusage before, after;
	int ends[2];
	char buf[4];
	connect_pair(ends);
	loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
	loop_bell(loop, noted(&rung), eventfd(0, EFD_CLOEXEC));
	loop_timer(loop, noted(&slow), 10000 * ms);
	loop_turn(loop, 0);
	int64_t start = loop_clock();
	getrusage(RUSAGE_SELF, &before);
	cr_assert(loop_turn(loop, 100 * ms) == 0);
	getrusage(RUSAGE_SELF, &after);
	cr_assert(loop_clock() - start >= 100 * ms);
	cr_assert(after.ru_utime.tv_usec + after.ru_stime.tv_usec + (after.ru_utime.tv_sec != before.ru_utime.tv_sec) -
			  before.ru_utime.tv_usec - before.ru_stime.tv_usec <
		  20000);
	start = loop_clock();
	cr_assert(loop_turn(loop, 0) == 0 && loop_clock() - start < 50 * ms);
	cr_assert(loop_now(loop) >= start);
}
