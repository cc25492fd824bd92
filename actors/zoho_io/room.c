/* Owns the room in the handlers' rings: a call starts only where its reply will have a place, so that no page is
 * fetched to be thrown away, and a slow handler slows its own entity only. */
#include "actors/zoho_io/zoho.h"

enum {
	RECORD_OVERHEAD_BYTES = 512,
	PAGE_BYTES_FIRST = 1 << 20,
	RECORD_BYTES_FIRST = 128 * 1024,
	PAGE_BYTES_LEAST = 64 * 1024
};

static size_t *reserved_of(struct zoho *z, const struct edge *e)
{
	return &z->reserved[e - z->actor->edges];
}

/* Bytes not published and not reserved; ring_room looks at the consumer's head. */
static size_t unused(struct zoho *z, struct edge *e)
{
	size_t one = ring_room(&e->ring), used = (size_t)(e->ring.tail - e->ring.head), promised = *reserved_of(z, e);
	size_t all = e->ring.capacity > used + promised ? (size_t)e->ring.capacity - used - promised : 0;
	return one < all ? one : all;
}

static size_t expected(struct zoho *z, bool list)
{
	size_t most = (size_t)z->actor->config.zoho_page_bytes_max;
	size_t learned = list ? (z->page_bytes ? z->page_bytes : PAGE_BYTES_FIRST)
			      : (z->record_bytes ? z->record_bytes : RECORD_BYTES_FIRST);
	return learned < most ? learned : most;
}

bool zoho_room(struct zoho *z, struct call *call, size_t bytes)
{
	if (call->reserved)
		return true;
	size_t needed = (bytes ? bytes : expected(z, call->list)) + RECORD_OVERHEAD_BYTES;
	if (unused(z, call->to) < needed) {
		ring_want_room(&call->to->ring);
		if (unused(z, call->to) < needed)
			return false;
	}
	call->reserved = needed;
	*reserved_of(z, call->to) += needed;
	return true;
}

void zoho_room_back(struct call *call)
{
	if (call->reserved)
		*reserved_of(call->zoho, call->to) -= call->reserved;
	call->reserved = 0;
}

void zoho_room_learn(struct zoho *z, const struct call *call, size_t length)
{
	size_t *largest = call->list ? &z->page_bytes : &z->record_bytes;
	size_t with_headroom = length + length / 4 + PAGE_BYTES_LEAST;
	if (with_headroom > *largest)
		*largest = with_headroom;
}

bool zoho_hand_over(struct call *call, enum message_type type, const void *message, size_t length)
{
	zoho_room_back(call);
	if (ring_room(&call->to->ring) < length + RECORD_OVERHEAD_BYTES) {
		ring_want_room(&call->to->ring);
		if (ring_room(&call->to->ring) < length + RECORD_OVERHEAD_BYTES)
			return false;
	}
	return actor_send(call->zoho->actor, call->to, type, message);
}
