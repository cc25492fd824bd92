/* Both sides of one ring in one process, for the tests of the ring. */
#pragma once
#include "ipc/ring.h"
#include "ipc/ring_layout.h"
#ifdef WITHOUT_CRITERION /* under ThreadSanitizer, next to which Criterion's arena finds no place */
#include <assert.h>
#define cr_assert(is, ...) assert(is)
#define cr_assert_eq(a, b, ...) assert((a) == (b))
#define cr_assert_geq(a, b, ...) assert((a) >= (b))
#define Test(suite, name) static void name(void)
#else
#include <criterion/criterion.h>
#endif
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PAIR_CAPACITY = 65536, PAIR_VERSION = 42, PAIR_TYPE = 7 };

struct ring_pair {
	int fd;
	struct ring out, in; /* producer, consumer */
	uint8_t buffer[PAIR_CAPACITY];
	struct ring_record record;
};

static inline void pair_open(struct ring_pair *p)
{
	p->fd = ring_create("test", PAIR_CAPACITY, PAIR_VERSION);
	cr_assert_geq(p->fd, 0);
	cr_assert_eq(ring_attach(&p->out, p->fd, RING_PRODUCER, PAIR_VERSION, -1), 0);
	cr_assert_eq(ring_attach(&p->in, p->fd, RING_CONSUMER, PAIR_VERSION, -1), 0);
}

static inline void pair_close(struct ring_pair *p)
{
	ring_detach(&p->out);
	ring_detach(&p->in);
	close(p->fd);
}

/* A side dies and comes back. */
static inline int pair_restart(struct ring_pair *p, enum ring_role role)
{
	struct ring *r = role == RING_PRODUCER ? &p->out : &p->in;
	ring_detach(r);
	return ring_attach(r, p->fd, role, PAIR_VERSION, -1);
}

/* `length` bytes that tell one message from the next. */
static inline bool pair_send(struct ring_pair *p, size_t length)
{
	static uint8_t bytes[PAIR_CAPACITY];
	memset(bytes, (int)((p->out.sequence + 1) % 251), length);
	return ring_send(&p->out, PAIR_TYPE, 3, length, bytes, length);
}

static inline int pair_next(struct ring_pair *p)
{
	return ring_next(&p->in, &p->record, p->buffer, sizeof p->buffer);
}

/* The next message must be there, be number `sequence` and have these bytes. */
static inline void pair_expect(struct ring_pair *p, uint64_t sequence, size_t length)
{
	cr_assert_eq(pair_next(p), 1);
	cr_assert_eq(p->record.sequence, sequence);
	cr_assert_eq(p->record.length, length);
	cr_assert_eq(p->record.trace, length);
	cr_assert_eq(p->record.type, PAIR_TYPE);
	cr_assert_eq(p->record.flags, 3);
	for (size_t i = 0; i < length; i++)
		cr_assert_eq(p->buffer[i], (uint8_t)(sequence % 251));
}

/* Sends and takes until the tail stands at `offset` in the data. */
static inline void pair_move_to(struct ring_pair *p, uint64_t offset)
{
	while (p->out.tail % PAIR_CAPACITY != offset) {
		uint64_t left = (offset - p->out.tail) % PAIR_CAPACITY;
		cr_assert(pair_send(p, left % 32 == 0 ? 8 : 24)); /* 32 or 48 bytes */
		cr_assert_eq(pair_next(p), 1);
		ring_done(&p->in);
	}
}
