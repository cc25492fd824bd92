/* The event loop every actor runs: eight operations that complete once each, over io_uring or, where no
 * ring can be had (containers forbid it) or `io = "epoll"`, over an epoll twin that behaves the same.
 *
 * An operation is started with a `struct loop_op` that belongs to the caller and must stay where it is until
 * its `done` was called: exactly once per start (accept and bell: once per event, the last without LOOP_MORE).
 * `done` may start the same or other operations and may free the op's memory. Results are like the system
 * call's: a count or descriptor, or -errno; a cancelled operation completes with -ECANCELED (or with its real
 * result, when that was faster). Nothing completes inside the call that starts it. Not thread safe.
 *
 * Zero a `struct loop_op` before its first use. A descriptor used for recv or send is closed with loop_close, not
 * close(2); a polled one by whoever owns it, once the poll is done or cancelled. Failing to accept for want of
 * descriptors or memory comes as -errno with LOOP_MORE: the loop tries again a little later. No descriptor needs
 * O_NONBLOCK; a listener may be given it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct loop_op;

enum loop_backend { LOOP_AUTO, LOOP_URING, LOOP_EPOLL };
enum { LOOP_MORE = 1 }; /* flag of `done`: this operation goes on (multishot) */

typedef void (*loop_done)(void *ctx, int result, unsigned flags);

struct loop_op {
	loop_done done; /* set by the caller, like ctx, before the start */
	void *ctx;
	/* private to the loop: */
	uint8_t kind, state;
	uint16_t flags;
	int fd;
	void *buf;
	size_t len;
	int64_t due_ns;
	uint64_t events;
	struct loop_op *prev, *next;
	size_t heap_at;
	int64_t value;
};

/* Makes a loop; create it after fork, in the process that uses it. NULL with errno when not even epoll works.
 * LOOP_AUTO falls back to epoll and remembers why (loop_why). LOOP_URING fails instead of falling back. */
struct loop *loop_new(enum loop_backend wanted); /* the ring can do nothing but the operations below */
void loop_free(struct loop *);			 /* no `done` is called; free what ops and buffers use afterwards */
const char *loop_name(const struct loop *);	 /* "io_uring" or "epoll" */
const char *loop_why(const struct loop *);	 /* why it isn't io_uring, "" where it is */

void loop_accept(
	struct loop *, struct loop_op *, int fd); /* multishot; result = connected descriptor (CLOEXEC, non-blocking) */
void loop_recv(struct loop *, struct loop_op *, int fd, void *buf, size_t len);
void loop_send(struct loop *, struct loop_op *, int fd, const void *buf, size_t len); /* MSG_NOSIGNAL; may be short */
void loop_poll(struct loop *, struct loop_op *, int fd, unsigned events);	      /* one-shot; result = revents */
void loop_timer(struct loop *, struct loop_op *, int64_t after_ns);		      /* one-shot; result 0 */
void loop_bell(struct loop *, struct loop_op *, int eventfd); /* multishot; result = 1, counter read */
/* Asks for an end; `done` follows later. Cancelling an op that isn't under way does nothing. */
void loop_cancel(struct loop *, struct loop_op *);
void loop_close(struct loop *, int fd); /* of a descriptor with nothing in flight */
bool loop_busy(const struct loop_op *); /* started and not yet done */

/* One turn: submits, waits at most wait_ns (-1: until something happens, 0: not at all), calls `done`s.
 * Returns how many were called, or -errno when the loop itself is broken. One io_uring_enter per turn. */
int loop_turn(struct loop *, int64_t wait_ns);
int64_t loop_now(const struct loop *); /* CLOCK_MONOTONIC in ns, read once per turn */

int64_t loop_clock(void); /* CLOCK_MONOTONIC now, ns */
