/* How operations of the loop end when something is in their way: cancelled, out of descriptors, too many at once, the
 * memory gone, an injected fault, no ring; on both backends. */
#include "ipc/loop_ring.h"
#include "ipc/seam.h"
#include "tests/unit/loop_fixture.h"

#include <sys/resource.h>

struct under_way {
	struct notes accept, recv, send, poll, timer, bell;
	int listener, idle[2], full[2], bell_fd;
	char buf[8], *big;
};

enum { kinds = 6, big_bytes = 8 << 20 };

static void start_one_of_each(struct loop *loop, struct under_way *all)
{
	struct sockaddr_in address;
	memset(all, 0, sizeof *all);
	all->listener = listen_on_loopback(&address);
	all->bell_fd = eventfd(0, EFD_CLOEXEC);
	all->big = calloc(1, big_bytes);
	connect_pair(all->idle);
	connect_pair(all->full);
	while (send(all->full[0], all->big, big_bytes, MSG_DONTWAIT) > 0)
		;
	loop_accept(loop, noted(&all->accept), all->listener);
	loop_recv(loop, noted(&all->recv), all->idle[0], all->buf, sizeof all->buf);
	loop_send(loop, noted(&all->send), all->full[0], all->big, big_bytes);
	loop_poll(loop, noted(&all->poll), all->idle[0], POLLPRI);
	loop_timer(loop, noted(&all->timer), 5000 * ms);
	loop_bell(loop, noted(&all->bell), all->bell_fd);
}

static void cancel_all_and_check(struct loop *loop, struct under_way *all)
{
	struct notes *notes[kinds] = {&all->accept, &all->recv, &all->send, &all->poll, &all->timer, &all->bell};
	for (int i = 0; i < kinds; i++) {
		loop_cancel(loop, &notes[i]->op);
		loop_cancel(loop, &notes[i]->op);
		cr_assert(notes[i]->calls == 0 && loop_busy(&notes[i]->op), "kind %d", i);
	}
	for (int i = 0; i < kinds; i++)
		turn_until(loop, &notes[i]->finals, 1);
	turn_for(loop, 10 * ms);
	for (int i = 0; i < kinds; i++) {
		cr_assert(notes[i]->calls == 1 && notes[i]->last == -ECANCELED, "kind %d: %d", i, notes[i]->last);
		cr_assert(!loop_busy(&notes[i]->op));
		loop_cancel(loop, &notes[i]->op);
	}
	turn_for(loop, 5 * ms);
	for (int i = 0; i < kinds; i++)
		cr_assert(notes[i]->calls == 1);
	free(all->big);
}

BOTH(each_kind_can_be_cancelled_while_it_waits)
{
	struct under_way all;
	start_one_of_each(loop, &all);
	turn_for(loop, 10 * ms);
	cancel_all_and_check(loop, &all);
}

BOTH(each_kind_can_be_cancelled_before_its_first_turn)
{
	struct under_way all;
	start_one_of_each(loop, &all);
	cancel_all_and_check(loop, &all);
}

BOTH(a_loop_can_be_freed_with_operations_under_way)
{
	struct under_way *all = malloc(sizeof *all);
	struct loop *other = loop_new(strcmp(loop_name(loop), "epoll") ? LOOP_URING : LOOP_EPOLL);
	start_one_of_each(other, all);
	turn_for(other, 5 * ms);
	loop_free(other);
	cr_assert(all->recv.calls == 0 && all->accept.calls == 0);
	free(all->big);
	free(all);
}

BOTH(a_descriptor_can_be_read_again_after_a_cancel)
{
	struct notes received = {0};
	int ends[2];
	char buf[4];
	connect_pair(ends);
	for (int i = 0; i < 10; i++) {
		loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
		loop_turn(loop, i % 2 ? 0 : 1 * ms);
		loop_cancel(loop, &received.op);
		turn_until(loop, &received.calls, i + 1);
		cr_assert(received.last == -ECANCELED);
	}
	loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
	cr_assert(write(ends[1], "x", 1) == 1);
	turn_until(loop, &received.calls, 11);
	cr_assert(received.last == 1);
}

static void cancel_in_done(void *ctx, int result, unsigned flags)
{
	struct notes *notes = ((void **)ctx)[1];
	note(notes, result, flags);
	if (flags & LOOP_MORE)
		loop_cancel(((void **)ctx)[0], &notes->op);
}

BOTH(a_multishot_operation_may_be_cancelled_by_its_own_event)
{
	struct sockaddr_in address;
	struct notes accepted = {0}, rung = {0};
	void *accepted_ctx[] = {loop, &accepted}, *rung_ctx[] = {loop, &rung};
	int listener = listen_on_loopback(&address), fd = eventfd(1, EFD_CLOEXEC);
	accepted.op = (struct loop_op){.done = cancel_in_done, .ctx = accepted_ctx};
	rung.op = (struct loop_op){.done = cancel_in_done, .ctx = rung_ctx};
	loop_accept(loop, &accepted.op, listener);
	loop_bell(loop, &rung.op, fd);
	connect_to(&address);
	turn_until(loop, &accepted.finals, 1);
	turn_until(loop, &rung.finals, 1);
	cr_assert(accepted.calls == 2 && accepted.seen[0] >= 0 && accepted.last == -ECANCELED);
	cr_assert(rung.calls == 2 && rung.seen[0] == 1 && rung.last == -ECANCELED);
}

/* The supervisor keeps the listener when an actor drains; what arrives then is none of this loop's business. */
BOTH(a_listener_given_up_here_and_kept_elsewhere_keeps_nobody_awake)
{
	struct sockaddr_in address;
	struct notes accepted = {0};
	int listener = listen_on_loopback(&address), kept = dup(listener);
	loop_accept(loop, noted(&accepted), listener);
	loop_turn(loop, 0);
	loop_cancel(loop, &accepted.op);
	turn_until(loop, &accepted.finals, 1);
	close(listener);
	connect_to(&address);
	int64_t start = loop_clock();
	cr_assert(loop_turn(loop, 50 * ms) == 0 && loop_clock() - start >= 50 * ms);
	close(kept);
}

BOTH(without_free_descriptors_accept_reports_waits_and_recovers)
{
	struct sockaddr_in address;
	struct notes accepted = {0};
	struct rlimit limit, none;
	int listener = listen_on_loopback(&address), client = connect_to(&address), next = dup(client);
	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = limit.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	loop_accept(loop, noted(&accepted), listener);
	turn_until(loop, &accepted.calls, 1);
	cr_assert(accepted.last == -EMFILE && accepted.finals == 0);
	turn_for(loop, 200 * ms);
	int errors = accepted.calls;
	cr_assert(errors >= 2 && errors <= 10, "%d reports in 200 ms", errors);
	setrlimit(RLIMIT_NOFILE, &limit);
	turn_until(loop, &accepted.calls, errors + 1);
	cr_assert(accepted.last >= 0 && accepted.finals == 0);
	loop_cancel(loop, &accepted.op);
	turn_until(loop, &accepted.finals, 1);
}

BOTH(an_accept_can_be_cancelled_while_it_backs_off)
{
	struct sockaddr_in address;
	struct notes accepted = {0};
	struct rlimit limit;
	int listener = listen_on_loopback(&address), client = connect_to(&address), next = dup(client);
	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &limit);
	loop_accept(loop, noted(&accepted), listener);
	turn_until(loop, &accepted.calls, 1);
	loop_cancel(loop, &accepted.op);
	turn_until(loop, &accepted.finals, 1);
	cr_assert(accepted.calls == 2 && accepted.last == -ECANCELED);
	turn_for(loop, 80 * ms);
	cr_assert(accepted.calls == 2);
}

/* More than the ring has room for, in either direction. */
BOTH(five_thousand_operations_at_once_each_complete_once)
{
	enum { count = 5000 };
	struct notes *polls = calloc(count, sizeof *polls);
	int ends[2];
	make_pipe(ends);
	for (int i = 0; i < count; i++)
		loop_poll(loop, noted(&polls[i]), ends[0], POLLIN);
	for (int i = 0; i < count; i += 5)
		loop_cancel(loop, &polls[i].op);
	loop_turn(loop, 0);
	cr_assert(write(ends[1], "x", 1) == 1);
	turn_until(loop, &polls[count - 1].calls, 1);
	turn_for(loop, 20 * ms);
	for (int i = 0; i < count; i++)
		cr_assert(polls[i].calls == 1 && polls[i].last == (i % 5 ? POLLIN : -ECANCELED), "poll %d", i);
	free(polls);
}

/* With its completions all taken the kernel ends a multishot accept early; nobody may notice. */
BOTH(accept_goes_on_when_completions_ran_out)
{
	enum { count = 4000, connections = 20 };
	struct notes *polls = calloc(count, sizeof *polls), accepted = {0};
	struct sockaddr_in address;
	int ends[2], listener = listen_on_loopback(&address);
	make_pipe(ends);
	cr_assert(write(ends[1], "x", 1) == 1);
	for (int i = 0; i < connections; i++)
		connect_to(&address);
	for (int i = 0; i < count; i++)
		loop_poll(loop, noted(&polls[i]), ends[0], POLLIN);
	loop_accept(loop, noted(&accepted), listener);
	turn_until(loop, &polls[count - 1].calls, 1);
	turn_until(loop, &accepted.calls, connections);
	for (int i = 0; i < connections; i++)
		connect_to(&address);
	turn_until(loop, &accepted.calls, 2 * connections);
	cr_assert(accepted.calls == 2 * connections && accepted.finals == 0 && accepted.last >= 0);
	free(polls);
}

static void free_op(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	++*((int **)ctx)[1];
	free(*(struct loop_op **)ctx);
	free(ctx);
}

static struct loop_op *op_that_frees_itself(int *count)
{
	struct loop_op *op = calloc(1, sizeof *op);
	void **ctx = calloc(2, sizeof *ctx);
	ctx[0] = op;
	ctx[1] = count;
	op->done = free_op;
	op->ctx = ctx;
	return op;
}

BOTH(done_may_free_the_operation)
{
	static char buf[4];
	int count = 0, ends[2];
	connect_pair(ends);
	cr_assert(write(ends[1], "abcd", 4) == 4);
	struct loop_op *cancelled = op_that_frees_itself(&count);
	loop_recv(loop, op_that_frees_itself(&count), ends[0], buf, sizeof buf);
	loop_send(loop, op_that_frees_itself(&count), ends[0], "x", 1);
	loop_poll(loop, op_that_frees_itself(&count), ends[0], POLLOUT);
	loop_timer(loop, op_that_frees_itself(&count), 1 * ms);
	loop_bell(loop, op_that_frees_itself(&count), -1);
	loop_accept(loop, op_that_frees_itself(&count), ends[0]);
	loop_timer(loop, cancelled, 1000 * ms);
	loop_cancel(loop, cancelled);
	turn_until(loop, &count, 7);
}
