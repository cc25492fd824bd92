/* The ring that ours is held against, ck_ring with fixed slots of one message: here, so that bench/ring.c builds the
 * same where libck-dev is missing. Included once, by ring.c, after what it uses: struct message, MESSAGES, spin, check.
 */
#pragma once
#if __has_include(<ck_ring.h>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <ck_ring.h>
CK_RING_PROTOTYPE(message, message)
#pragma GCC diagnostic pop

enum { PEER_SLOTS = 16384 };
static struct peer {
	ck_ring_t ring CK_CC_CACHELINE;
	struct message slots[PEER_SLOTS];
} * peer_ring;

static bool peer_ready(void)
{
	if (!peer_ring)
		peer_ring = mmap(NULL, sizeof *peer_ring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (peer_ring == MAP_FAILED)
		fail("mmap");
	ck_ring_init(&peer_ring->ring, PEER_SLOTS);
	return true;
}

static void peer_produce(void)
{
	struct message m = {0};
	for (uint64_t i = 0; i < MESSAGES; i++) {
		m.words[0] = i;
		while (!CK_RING_ENQUEUE_SPSC(message, &peer_ring->ring, peer_ring->slots, &m))
			spin();
	}
}

static void peer_consume(void)
{
	struct message m;
	for (uint64_t i = 0; i < MESSAGES; i++) {
		while (!CK_RING_DEQUEUE_SPSC(message, &peer_ring->ring, peer_ring->slots, &m))
			spin();
		check(m.words[0], i);
	}
}
#else
static bool peer_ready(void)
{
	return false;
}

static void peer_produce(void)
{
}

static void peer_consume(void)
{
}
#endif
