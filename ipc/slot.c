/* The actors' pages in shared memory: making and mapping them, and naming the record in hand so that a death has its
 * suspect. The fields are written by their owners directly; only what needs an order of stores is here. */
#include "ipc/slot.h"
#include "ipc/ring_memory.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

int slots_create(int actors)
{
	if (actors < 1 || actors > SLOT_ACTORS_MAX) {
		errno = EINVAL;
		return -1;
	}
	return sealed_memory("tds:slots", (size_t)actors * SLOT_BYTES);
}

static void *map(int fd, int first, int slots, bool writable)
{
	size_t from = (size_t)first * SLOT_BYTES, bytes = (size_t)slots * SLOT_BYTES;
	if (first < 0 || slots < 1 || from + bytes > sealed_size(fd)) {
		errno = EPROTO;
		return NULL;
	}
	return sealed_map(fd, from, bytes, writable);
}

struct slot *slots_map_all(int fd, int actors)
{
	return map(fd, 0, actors, true);
}

const struct slot *slots_map_read(int fd, int actors)
{
	return map(fd, 0, actors, false);
}

struct slot *slot_map_own(int fd, int index)
{
	return map(fd, index, 1, true);
}

const struct slot *slot_of(const struct slot *all, int index)
{
	return (const struct slot *)((const char *)all + (size_t)index * SLOT_BYTES);
}

void slot_beat(struct slot *slot, int64_t now_ns)
{
	atomic_store_explicit(&slot->heartbeat_ns, now_ns, memory_order_relaxed);
}

static void put_words(char *to, size_t size, const char *words)
{
	snprintf(to, size, "%s", words ? words : "");
}

/* Whoever dies in here has nothing in hand: the count is taken away first and comes back last, so it never vouches for
 * half a name. */
static void hand(struct slot *slot, uint32_t count, uint32_t edge, uint64_t sequence, uint32_t index,
	const char *entity, const char *id)
{
	struct slot_hand *h = &slot->hand;
	slot_hand_none(slot);
	h->edge = edge;
	h->sequence = sequence;
	h->index = index;
	put_words(h->entity, sizeof h->entity, entity);
	put_words(h->id, sizeof h->id, id);
	atomic_store_explicit(&h->count, count, memory_order_release);
}

void slot_hand_one(
	struct slot *slot, uint32_t edge, uint64_t sequence, uint32_t index, const char *entity, const char *id)
{
	hand(slot, 1, edge, sequence, index, entity, id);
}

void slot_hand_batch(struct slot *slot, uint32_t edge, uint64_t sequence, uint32_t count, const char *entity)
{
	hand(slot, count, edge, sequence, 0, entity, NULL);
}

void slot_hand_none(struct slot *slot)
{
	atomic_store_explicit(&slot->hand.count, 0, memory_order_relaxed);
	atomic_signal_fence(
		memory_order_seq_cst); /* a death sees stores in program order: only the compiler may reorder */
}
