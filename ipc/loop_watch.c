/* Owns the table of descriptors behind the epoll backend.
 *
 * Level-triggered, with what is registered remembered per descriptor. Interest in reading is kept when a recv is done,
 * as the next one usually follows, so request and answer cost no epoll_ctl; an event that nobody wants ends it. The
 * memory is trusted for recv and send only: libpq and libcurl close the descriptors they have polled themselves. */
#include "ipc/loop_watch.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	fd_max = 1 << 20, /* the kernel's own limit per process, unless raised */
	watches_first = 64,
	poll_mask = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND | POLLRDHUP,
	always = EPOLLERR | EPOLLHUP,
};

static uint32_t wanted(const struct loop_op *op)
{
	switch (op->kind) {
	case LOOP_SEND:
		return EPOLLOUT;
	case LOOP_POLL:
		return (uint32_t)op->events & poll_mask;
	default:
		return EPOLLIN;
	}
}

/* Polls alone are armed once: their descriptor may be closed, or shared with another process, without our knowing. */
static uint32_t wanted_by_all(const struct watch *watch)
{
	uint32_t events = 0, once = EPOLLONESHOT;
	for (const struct loop_op *op = watch->ops.first; op; op = op->next) {
		events |= wanted(op);
		if (op->kind != LOOP_POLL)
			once = 0;
	}
	return events | once;
}

static int control(struct loop_watches *watches, int fd, uint32_t events)
{
	struct watch *watch = &watches->by_fd[fd];
	struct epoll_event event = {.events = events, .data.fd = fd};
	int result = epoll_ctl(watches->epoll_fd, watch->known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	if (result < 0 && (errno == ENOENT || errno == EEXIST))
		result = epoll_ctl(watches->epoll_fd, errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	watch->known = watch->sure = result == 0;
	watch->armed = result == 0 ? events : 0;
	return result == 0 ? 0 : -errno;
}

static bool has(const struct loop_watches *watches, int fd)
{
	return fd >= 0 && fd < watches->count;
}

static void fail_all(struct loop_watches *watches, int fd, int error)
{
	for (struct loop_op *op; (op = loop_pop(&watches->by_fd[fd].ops));)
		loop_finish(watches->loop, op, error);
}

void loop_watch_settle(struct loop_watches *watches, int fd)
{
	if (!has(watches, fd))
		return;
	struct watch *watch = &watches->by_fd[fd];
	if (watch->ops.first) {
		uint32_t events = wanted_by_all(watch);
		int error = watch->sure && events == watch->armed ? 0 : control(watches, fd, events);
		if (error)
			fail_all(watches, fd, error);
	} else {
		if (watch->known)
			epoll_ctl(watches->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		*watch = (struct watch){0};
	}
}

static int make_room(struct loop_watches *watches, int fd)
{
	if (fd < 0 || fd >= fd_max)
		return -EBADF;
	if (fd < watches->count)
		return 0;
	int count = watches->count ? watches->count : watches_first;
	while (count <= fd)
		count *= 2;
	struct watch *by_fd = realloc(watches->by_fd, (size_t)count * sizeof *by_fd);
	if (!by_fd)
		return -ENOMEM;
	memset(by_fd + watches->count, 0, (size_t)(count - watches->count) * sizeof *by_fd);
	watches->by_fd = by_fd;
	watches->count = count;
	return 0;
}

bool loop_watch_is_armed(const struct loop_watches *watches, const struct loop_op *op)
{
	if (!has(watches, op->fd) || op->kind == LOOP_POLL)
		return false;
	const struct watch *watch = &watches->by_fd[op->fd];
	return watch->sure && !(watch->armed & EPOLLONESHOT) && !(wanted(op) & ~watch->armed);
}

void loop_watch(struct loop_watches *watches, struct loop_op *op)
{
	int error = make_room(watches, op->fd);
	if (!error) {
		struct loop_list *ops = &watches->by_fd[op->fd].ops;
		loop_push(ops, op);
		op->state = LOOP_WAITING;
		if (loop_watch_is_armed(watches, op))
			return;
		error = control(watches, op->fd, wanted_by_all(&watches->by_fd[op->fd]));
		if (!error)
			return;
		loop_unlink(ops, op);
	}
	/* epoll refuses regular files, which poll(2) and the ring call always ready. */
	if (error == -EPERM && op->kind == LOOP_POLL)
		error = (int)(op->events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
	loop_finish(watches->loop, op, error);
}

void loop_watch_unlink(struct loop_watches *watches, struct loop_op *op)
{
	loop_unlink(&watches->by_fd[op->fd].ops, op);
}

void loop_watch_doubt(struct loop_watches *watches, int fd)
{
	if (has(watches, fd))
		watches->by_fd[fd].sure = false;
}

void loop_watch_reset(struct loop_watches *watches, int fd)
{
	if (!has(watches, fd))
		return;
	assert(!watches->by_fd[fd].ops.first);
	watches->by_fd[fd] = (struct watch){0};
}

/* Calls nothing, so that no `done` can change what the other events of this turn refer to. */
void loop_watch_take(struct loop_watches *watches, int fd, uint32_t events, struct loop_list *ready)
{
	struct watch *watch = &watches->by_fd[fd];
	bool unwanted = true, once = watch->armed & EPOLLONESHOT;
	for (struct loop_op *op = watch->ops.first, *next; op; op = next) {
		uint32_t seen = events & (wanted(op) | always);
		next = op->next;
		if (!seen)
			continue;
		loop_unlink(&watch->ops, op);
		op->state = LOOP_READY;
		op->value = (int)seen;
		loop_push(ready, op);
		unwanted = false;
	}
	if (once) {
		watch->armed = 0;
		watch->sure = false;
	}
	/* Room to send is nearly always there: it must not stay armed, or every wait would end at once. */
	if (unwanted || (once && watch->ops.first) || (!once && events & EPOLLOUT))
		loop_watch_settle(watches, fd);
}
