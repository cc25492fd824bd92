/* How a ring lies in memory. Private to ring*.c and to tests that play the hostile peer.
 *
 * Each side must come back, after a SIGKILL between any two instructions, with an index and the sequence that belongs
 * to it. Only the index is stored last and at once; the sequence stands beside a copy of the index in one of two marks,
 * and the mark whose position equals the published index is the valid one. The other one is the mark before, or one
 * that was being written for an index that was never published. */
#pragma once
#include "ipc/ring.h"
#include <stdalign.h>
#include <stdatomic.h>

#define RING_MAGIC UINT64_C(0x31474e4952534454)		     /* "TDSRING1" */
enum { RING_PAGE = RING_HEADER_BYTES / 2, RING_LINE = 128 }; /* two cache lines: they are fetched in pairs */

struct ring_mark {
	_Atomic uint64_t position, sequence;
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): what the two sides write lies apart */
struct ring_producer_page {
	_Atomic uint64_t magic; /* stored last by ring_reset */
	uint64_t capacity;
	uint64_t epoch;
	uint32_t version;
	alignas(RING_LINE) _Atomic uint64_t tail;
	alignas(RING_LINE) struct ring_mark marks[2];  /* {tail, last sent}; by parity of the sequence */
	alignas(RING_LINE) _Atomic uint64_t want_room; /* number of the last request for a room bell, 0 = none */
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct ring_consumer_page {
	alignas(RING_LINE) _Atomic uint64_t head;
	alignas(RING_LINE) _Atomic uint64_t waiting;  /* sleep number, 0 = awake */
	_Atomic uint64_t sleeps;		      /* last sleep number given: never given twice in an epoch */
	alignas(RING_LINE) struct ring_mark marks[2]; /* {head, last done} */
	_Atomic uint64_t in_hand;		      /* sequence last taken; > last done: it was in hand */
};

_Static_assert(sizeof(struct ring_producer_page) <= RING_PAGE, "the producer's part is one page");
_Static_assert(sizeof(struct ring_consumer_page) <= RING_PAGE, "the consumer's part is one page");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock in shared memory would not survive its holder");

/* Keeps the compiler from moving stores over this line: a kill sees a process's stores in program order, so that is
 * all that recovery needs. */
static inline void ring_in_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void ring_mark_set(struct ring_mark marks[2], uint64_t position, uint64_t sequence)
{
	struct ring_mark *mark = &marks[sequence & 1];
	ring_in_order();
	atomic_store_explicit(&mark->position, position, memory_order_relaxed);
	atomic_store_explicit(&mark->sequence, sequence, memory_order_relaxed);
	ring_in_order();
}
