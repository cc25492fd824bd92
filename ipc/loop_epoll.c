/* Owns the epoll backend: where no ring can be had, each operation is a system call made when its descriptor is ready,
 * or at once where it probably is, and the caller can't tell the difference. */
#include "ipc/loop_watch.h"
#include "ipc/seam.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { events_per_turn_max = 256, accepts_per_turn_max = 64 };

struct epoll {
	struct loop_watches watches;
	bool whole_ms; /* epoll_pwait2 is refused */
	struct loop_list trying, ready;
	struct epoll_event events[events_per_turn_max];
};

static void epoll_start(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	if (op->kind == LOOP_ACCEPT) {
		/* There is no "don't wait" for accept4. The flag reaches whoever shares the listener: all use loops. */
		int flags = fcntl(op->fd, F_GETFL);
		if (flags >= 0 && !(flags & O_NONBLOCK))
			fcntl(op->fd, F_SETFL, flags | O_NONBLOCK);
	}
	if (op->kind == LOOP_POLL || op->kind == LOOP_BELL ||
		(op->kind == LOOP_RECV && loop_watch_is_armed(&epoll->watches, op))) {
		loop_watch(&epoll->watches, op);
		return;
	}
	op->state = LOOP_TRYING;
	loop_push(&epoll->trying, op);
}

static void epoll_cancel(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	switch (op->state) {
	case LOOP_UNDERWAY: /* inside its own `done` */
		op->state = LOOP_CANCELLED;
		return;
	case LOOP_TRYING:
		loop_unlink(&epoll->trying, op);
		break;
	case LOOP_READY:
		loop_unlink(&epoll->ready, op);
		break;
	default:
		assert(op->state == LOOP_WAITING);
		loop_watch_unlink(&epoll->watches, op);
	}
	loop_watch_settle(&epoll->watches, op->fd);
	loop_finish(loop, op, -ECANCELED);
}

static void epoll_close(struct loop *loop, int fd)
{
	struct epoll *epoll = loop->backend;
	loop_watch_settle(&epoll->watches, fd);
	loop_watch_reset(&epoll->watches, fd);
	close(fd);
}

/* After an event of a multishot operation: on, unless its `done` cancelled it. */
static void go_on(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	if (op->state == LOOP_UNDERWAY) {
		loop_watch(&epoll->watches, op);
	} else if (op->state == LOOP_CANCELLED) {
		loop_watch_settle(&epoll->watches, op->fd);
		loop_finish(loop, op, -ECANCELED);
	}
}

static void accept_some(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	for (int i = 0; i < accepts_per_turn_max && op->state == LOOP_UNDERWAY; i++) {
		int listener = op->fd, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && errno == EAGAIN)
			break;
		loop_watch_reset(&epoll->watches, fd);
		if (!loop_accepted(loop, op, fd < 0 ? -errno : fd)) {
			loop_watch_settle(&epoll->watches, listener);
			return;
		}
	}
	go_on(loop, op);
}

static void read_bell(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	int fd = op->fd;
	uint64_t counter;
	ssize_t got = read(fd, &counter, sizeof counter);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		loop_watch(&epoll->watches, op);
	} else if (got < 0) {
		loop_deliver(loop, op, -errno, 0);
		loop_watch_settle(&epoll->watches, fd);
	} else {
		loop_deliver(loop, op, 1, LOOP_MORE);
		go_on(loop, op);
	}
}

static void transfer(struct loop *loop, struct loop_op *op)
{
	struct epoll *epoll = loop->backend;
	ssize_t moved = op->kind == LOOP_RECV ? recv(op->fd, op->buf, op->len, MSG_DONTWAIT)
					      : send(op->fd, op->buf, op->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (moved < 0 && errno == EAGAIN) {
		loop_watch(&epoll->watches, op);
		return;
	}
	int result = moved < 0 ? -errno : moved > INT_MAX ? INT_MAX : (int)moved;
	if (result <= 0)
		loop_watch_doubt(&epoll->watches, op->fd); /* a close is likely to follow */
	loop_deliver(loop, op, result, 0);
}

static void run_ready(struct loop *loop)
{
	struct epoll *epoll = loop->backend;
	for (struct loop_op *op; (op = loop_pop(&epoll->ready));) {
		op->state = LOOP_UNDERWAY;
		if (op->kind == LOOP_ACCEPT)
			accept_some(loop, op);
		else if (op->kind == LOOP_BELL)
			read_bell(loop, op);
		else if (op->kind == LOOP_POLL)
			loop_deliver(loop, op, (int)op->value, 0);
		else
			transfer(loop, op);
	}
}

static int wait_for_events(struct epoll *epoll, int64_t wait_ns)
{
	int count = -1;
	if (!epoll->whole_ms) {
		struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
		count = epoll_pwait2(
			epoll->watches.epoll_fd, epoll->events, events_per_turn_max, wait_ns < 0 ? NULL : &wait, NULL);
		epoll->whole_ms = count < 0 && (errno == ENOSYS || errno == EPERM);
	}
	if (epoll->whole_ms) {
		int64_t ms = wait_ns < 0 ? -1 : wait_ns / 1000000 + (wait_ns % 1000000 != 0);
		count = epoll_wait(
			epoll->watches.epoll_fd, epoll->events, events_per_turn_max, ms > INT_MAX ? INT_MAX : (int)ms);
	}
	return count < 0 && errno == EINTR ? 0 : count;
}

static int epoll_turn(struct loop *loop, int64_t wait_ns)
{
	struct epoll *epoll = loop->backend;
	for (struct loop_op *op; (op = loop_pop(&epoll->trying)); loop_push(&epoll->ready, op))
		op->state = LOOP_READY;
	run_ready(loop);
	if (loop->called || epoll->trying.first || loop->finished.first)
		wait_ns = 0;
	int count = SEAM_CALL(EPOLL_WAIT, wait_for_events(epoll, wait_ns));
	if (count < 0)
		return -errno;
	loop_woke(loop);
	for (int i = 0; i < count; i++)
		loop_watch_take(&epoll->watches, epoll->events[i].data.fd, epoll->events[i].events, &epoll->ready);
	run_ready(loop);
	return 0;
}

static void epoll_free(struct loop *loop)
{
	struct epoll *epoll = loop->backend;
	close(epoll->watches.epoll_fd);
	free(epoll->watches.by_fd);
	free(epoll);
}

static const struct loop_driver epoll_driver = {
	.name = "epoll",
	.start = epoll_start,
	.cancel = epoll_cancel,
	.close = epoll_close,
	.turn = epoll_turn,
	.free = epoll_free,
};

int loop_epoll_open(struct loop *loop)
{
	struct epoll *epoll = calloc(1, sizeof *epoll);
	if (!epoll)
		return -ENOMEM;
	int fd = SEAM_CALL(EPOLL_CREATE, epoll_create1(EPOLL_CLOEXEC));
	if (fd < 0) {
		int error = -errno;
		free(epoll);
		return error;
	}
	epoll->watches = (struct loop_watches){.loop = loop, .epoll_fd = fd};
	loop->backend = epoll;
	loop->driver = &epoll_driver;
	return 0;
}
