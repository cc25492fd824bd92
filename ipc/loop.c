/* Owns what both backends have in common, so that they can't differ in it: the life of an operation, timers, finished
 * operations, injected faults and the policy for a listener that can't accept. */
#include "ipc/loop_private.h"
#include "ipc/seam.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t accept_backoff_ns = INT64_C(50) * 1000 * 1000;

int64_t loop_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

struct loop *loop_new(enum loop_backend wanted)
{
	struct loop *loop = calloc(1, sizeof *loop);
	int error = wanted == LOOP_EPOLL ? -ENOSYS : 0;
	if (!loop)
		return NULL;
	if (wanted == LOOP_EPOLL)
		snprintf(loop->why, sizeof loop->why, "epoll is configured");
	else
		error = loop_uring_open(loop);
	if (error && wanted != LOOP_URING)
		error = loop_epoll_open(loop);
	if (error) {
		free(loop);
		errno = -error;
		return NULL;
	}
	loop_woke(loop);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	assert(!loop->turning);
	loop->driver->free(loop);
	free(loop->timers.ops);
	free(loop);
}

const char *loop_name(const struct loop *loop)
{
	return loop->driver->name;
}

const char *loop_why(const struct loop *loop)
{
	return loop->why;
}

bool loop_busy(const struct loop_op *op)
{
	return op->state != LOOP_IDLE;
}

int64_t loop_now(const struct loop *loop)
{
	return loop->now;
}

void loop_woke(struct loop *loop)
{
	loop->now = loop_clock();
}

void loop_deliver(struct loop *loop, struct loop_op *op, int result, unsigned flags)
{
	if (!(flags & LOOP_MORE))
		op->state = LOOP_IDLE;
	loop->called++;
	op->done(op->ctx, result, flags);
}

void loop_finish(struct loop *loop, struct loop_op *op, int result)
{
	op->value = result;
	op->state = LOOP_FINISHED;
	loop_push(&loop->finished, op);
}

/* The fault is injected here and not where the call happens: the n-th operation fails on either backend, however many
 * calls or completions it would have taken, and no received byte is lost by it. */
static void start(struct loop *loop, struct loop_op *op, enum loop_kind kind, int fd, int injected)
{
	assert(op->state == LOOP_IDLE && op->done);
	op->kind = (uint8_t)kind;
	op->flags = 0;
	op->fd = fd;
	op->prev = op->next = NULL;
	if (injected) {
		loop_finish(loop, op, -injected);
		return;
	}
	op->state = LOOP_UNDERWAY;
	loop->driver->start(loop, op);
}

#define INJECTED(point) (__builtin_expect(seam_armed, 0) ? seam_hit(SEAM_##point) : 0)

void loop_accept(struct loop *loop, struct loop_op *op, int fd)
{
	start(loop, op, LOOP_ACCEPT, fd, 0);
}

void loop_recv(struct loop *loop, struct loop_op *op, int fd, void *buf, size_t len)
{
	op->buf = buf;
	op->len = len < INT_MAX ? len : INT_MAX;
	start(loop, op, LOOP_RECV, fd, INJECTED(RECV));
}

void loop_send(struct loop *loop, struct loop_op *op, int fd, const void *buf, size_t len)
{
	op->buf = (void *)buf; /* only read from */
	op->len = len < INT_MAX ? len : INT_MAX;
	start(loop, op, LOOP_SEND, fd, INJECTED(SEND));
}

void loop_poll(struct loop *loop, struct loop_op *op, int fd, unsigned events)
{
	op->events = events;
	start(loop, op, LOOP_POLL, fd, INJECTED(POLL));
}

void loop_bell(struct loop *loop, struct loop_op *op, int eventfd)
{
	start(loop, op, LOOP_BELL, eventfd, 0);
}

void loop_timer(struct loop *loop, struct loop_op *op, int64_t after_ns)
{
	assert(op->state == LOOP_IDLE && op->done);
	op->kind = LOOP_TIMER;
	op->state = LOOP_SLEEPING;
	if (!loop_heap_add(&loop->timers, op, loop_clock() + (after_ns > 0 ? after_ns : 0)))
		loop_finish(loop, op, -ENOMEM);
}

void loop_cancel(struct loop *loop, struct loop_op *op)
{
	if (op->state == LOOP_IDLE || op->state == LOOP_FINISHED || op->state == LOOP_CANCELLED)
		return;
	if (op->state == LOOP_SLEEPING) {
		loop_heap_remove(&loop->timers, op);
		loop_finish(loop, op, -ECANCELED);
	} else {
		loop->driver->cancel(loop, op);
	}
}

void loop_close(struct loop *loop, int fd)
{
	loop->driver->close(loop, fd);
}

static bool ends_accept(int error)
{
	return error == EBADF || error == ENOTSOCK || error == EINVAL || error == EOPNOTSUPP || error == EFAULT ||
	       error == ECANCELED;
}

/* The connection that was lost, not the listener, is to blame. */
static bool is_peers_fault(int error)
{
	return error == ECONNABORTED || error == EPROTO || error == EINTR;
}

/* Lets a test fail the n-th accept the way EMFILE would: reported, and the connection isn't lost by it unless the next
 * try fails, too. */
static void deliver_connection(struct loop *loop, struct loop_op *op, int fd)
{
	int error = INJECTED(ACCEPT);
	if (error) {
		loop_deliver(loop, op, -error, LOOP_MORE);
		error = INJECTED(ACCEPT);
	}
	if (error)
		close(fd);
	loop_deliver(loop, op, error ? -error : fd, LOOP_MORE);
}

bool loop_accepted(struct loop *loop, struct loop_op *op, int result)
{
	if (result >= 0) {
		deliver_connection(loop, op, result);
		return true;
	}
	if (ends_accept(-result)) {
		loop_deliver(loop, op, result, 0);
		return false;
	}
	loop_deliver(loop, op, result, LOOP_MORE);
	/* Out of descriptors or memory: trying again at once would only burn the processor. */
	if (!is_peers_fault(-result) && op->state == LOOP_UNDERWAY) {
		op->state = LOOP_SLEEPING;
		if (!loop_heap_add(&loop->timers, op, loop_clock() + accept_backoff_ns))
			loop_finish(loop, op, -ENOMEM);
	}
	return true;
}

static int64_t shortest_wait(const struct loop *loop, int64_t wait_ns)
{
	if (loop->finished.first)
		return 0;
	if (!loop->timers.count)
		return wait_ns;
	int64_t left = loop->timers.ops[1]->due_ns - loop->now;
	left = left > 0 ? left : 0;
	return wait_ns < 0 || left < wait_ns ? left : wait_ns;
}

/* A timer that a `done` starts is due after `now`, so this ends. */
static void run_timers(struct loop *loop)
{
	while (loop->timers.count && loop->timers.ops[1]->due_ns <= loop->now) {
		struct loop_op *op = loop->timers.ops[1];
		loop_heap_remove(&loop->timers, op);
		op->state = LOOP_UNDERWAY;
		if (op->kind == LOOP_TIMER)
			loop_deliver(loop, op, 0, 0);
		else
			loop->driver->start(loop, op);
	}
}

/* Up to the one that was last on entry: a `done` that starts what fails at once must not keep the turn from ending. */
static void run_finished(struct loop *loop)
{
	struct loop_op *last = loop->finished.last, *op = NULL;
	while (op != last && (op = loop_pop(&loop->finished)))
		loop_deliver(loop, op, (int)op->value, 0);
}

int loop_turn(struct loop *loop, int64_t wait_ns)
{
	assert(!loop->turning);
	loop->turning = true;
	loop->called = 0;
	loop_woke(loop);
	int error = loop->driver->turn(loop, shortest_wait(loop, wait_ns));
	if (!error) {
		run_timers(loop);
		run_finished(loop);
	}
	loop->turning = false;
	return error ? error : loop->called;
}
