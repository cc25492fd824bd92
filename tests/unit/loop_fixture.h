/* What the tests of the loop share: sockets on loopback, a `done` that takes notes, turns with a deadline, and BOTH,
 * which runs a test once per backend. */
#pragma once
#include "ipc/loop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BOTH(name)                                                                                                     \
	static void name(struct loop *);                                                                               \
	Test(loop, name##_on_io_uring)                                                                                 \
	{                                                                                                              \
		with_loop(LOOP_URING, name);                                                                           \
	}                                                                                                              \
	Test(loop, name##_on_epoll)                                                                                    \
	{                                                                                                              \
		with_loop(LOOP_EPOLL, name);                                                                           \
	}                                                                                                              \
	static void name(struct loop *loop)

/* Where no ring can be had (a container), that half says so instead of failing. */
static inline void with_loop(enum loop_backend backend, void (*test)(struct loop *))
{
	struct loop *loop = loop_new(backend);
	if (!loop && backend == LOOP_URING)
		cr_skip_test("no io_uring here");
	cr_assert(loop);
	test(loop);
	loop_free(loop);
}

struct notes {
	struct loop_op op;
	int calls, last, finals; /* `finals`: calls without LOOP_MORE */
	int seen[8];
};

static inline void note(void *ctx, int result, unsigned flags)
{
	struct notes *notes = ctx;
	if (notes->calls < 8)
		notes->seen[notes->calls] = result;
	notes->calls++;
	notes->last = result;
	notes->finals += !(flags & LOOP_MORE);
}

static inline struct loop_op *noted(struct notes *notes)
{
	notes->op.done = note;
	notes->op.ctx = notes;
	return &notes->op;
}

static const int64_t ms = INT64_C(1000) * 1000;

/* Turns until `*count` is at least `wanted`, for two seconds at most. */
static inline void turn_until(struct loop *loop, const int *count, int wanted)
{
	int64_t end = loop_clock() + 2000 * ms;
	while (*count < wanted && loop_clock() < end)
		cr_assert(loop_turn(loop, 50 * ms) >= 0);
	cr_assert(*count >= wanted, "%d of %d happened", *count, wanted);
}

static inline void turn_for(struct loop *loop, int64_t time)
{
	for (int64_t end = loop_clock() + time, left; (left = end - loop_clock()) > 0;)
		cr_assert(loop_turn(loop, left) >= 0);
}

static inline int listen_on_loopback(struct sockaddr_in *address)
{
	socklen_t len = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	cr_assert(bind(fd, (struct sockaddr *)address, len) == 0 && listen(fd, 512) == 0);
	cr_assert(getsockname(fd, (struct sockaddr *)address, &len) == 0);
	return fd;
}

static inline int connect_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(connect(fd, (const struct sockaddr *)address, sizeof *address) == 0);
	return fd;
}

/* A TCP connection: ends[0] is ours and non-blocking, as accept gives it; ends[1] the peer's. */
static inline void connect_pair(int ends[2])
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address);
	ends[1] = connect_to(&address);
	ends[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	cr_assert(ends[0] >= 0);
	close(listener);
}

static inline void make_pipe(int ends[2])
{
	cr_assert(pipe(ends) == 0);
}

static inline void ring_bell(int fd, uint64_t times)
{
	cr_assert(write(fd, &times, sizeof times) == sizeof times);
}
