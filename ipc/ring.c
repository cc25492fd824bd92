/* The path of messages through a ring: the producer's and the consumer's half of the protocol that ring.h describes.
 * It owns the two indices, so everything that a peer or a kill can do to them is answered here. */
#include "ipc/ring.h"
#include "ipc/ring_layout.h"
#include "ipc/seam.h"
#include <assert.h>
#include <string.h>
#include <unistd.h>

enum { PADDING = 0, PREFIX_BYTES = 16 }; /* padding may be too short for more than length, type, flags, sequence */
_Static_assert(offsetof(struct ring_record, trace) == PREFIX_BYTES, "16 bytes say that it is padding");
_Static_assert((int)PREFIX_BYTES == (int)RING_ALIGN, "and always fit");

static uint64_t record_bytes(uint64_t length)
{
	return (sizeof(struct ring_record) + length + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

static uint64_t offset_of(const struct ring *r, uint64_t position)
{
	return position & (r->capacity - 1);
}

size_t ring_message_max(const struct ring *r)
{
	return r->capacity / 2 - sizeof(struct ring_record);
}

bool ring_broken(const struct ring *r)
{
	return r->broken;
}

uint64_t ring_epoch(const struct ring *r)
{
	return r->producer->epoch;
}

/* The counter's value doesn't matter; EAGAIN means that it is as loud as can be. */
static bool bell(int fd)
{
	uint64_t one = 1;
	return SEAM_CALL(WRITE, write(fd, &one, sizeof one)) == sizeof one || errno == EAGAIN;
}

/* Producer */

static void look_at_head(struct ring *r)
{
	uint64_t head = atomic_load(&r->consumer->head);
	if (head % RING_ALIGN == 0 && head >= r->head && head <= r->tail)
		r->head = head;
	else
		r->broken = true;
}

static bool has_room(struct ring *r, uint64_t bytes)
{
	if (r->tail - r->head + bytes > r->capacity)
		look_at_head(r);
	return !r->broken && r->tail - r->head + bytes <= r->capacity;
}

size_t ring_room(struct ring *r)
{
	look_at_head(r);
	if (r->broken)
		return 0;
	uint64_t unused = r->capacity - (r->tail - r->head), to_end = r->capacity - offset_of(r, r->tail);
	uint64_t before = unused < to_end ? unused : to_end, after = unused - before;
	uint64_t most = before > after ? before : after;
	if (most > r->capacity / 2)
		most = r->capacity / 2;
	return most > sizeof(struct ring_record) ? most - sizeof(struct ring_record) : 0;
}

void *ring_reserve(struct ring *r, size_t length)
{
	assert(r->role == RING_PRODUCER);
	r->reserved = 0;
	if (r->broken || length > ring_message_max(r))
		return NULL;
	uint64_t bytes = record_bytes(length), to_end = r->capacity - offset_of(r, r->tail);
	uint64_t skip = bytes > to_end ? to_end : 0;
	if (!has_room(r, skip + bytes))
		return NULL;
	r->skip = skip;
	r->reserved = bytes;
	return r->data + offset_of(r, r->tail + skip) + sizeof(struct ring_record);
}

static void write_padding(struct ring *r)
{
	struct ring_record padding = {.length = (uint32_t)r->skip, .type = PADDING};
	memcpy(r->data + offset_of(r, r->tail), &padding, PREFIX_BYTES);
}

/* Rings once per sleep number. The store of the tail and this load are both sequentially consistent, as are the
 * consumer's store of `waiting` and its second look at the tail: one of the two sees the other. */
static void wake_consumer(struct ring *r)
{
	uint64_t sleep = atomic_load(&r->consumer->waiting);
	if (sleep == 0 || sleep == r->rung_for || r->bell_fd < 0)
		return;
	r->doorbells++;
	if (bell(r->bell_fd))
		r->rung_for = sleep;
}

void ring_publish(struct ring *r, uint16_t type, uint16_t flags, uint64_t trace, size_t length)
{
	uint64_t bytes = record_bytes(length), at = r->tail + r->skip;
	assert(type != PADDING && r->reserved != 0 && bytes <= r->reserved);
	if (r->skip)
		write_padding(r);
	struct ring_record record = {(uint32_t)length, type, flags, ++r->sequence, trace};
	memcpy(r->data + offset_of(r, at), &record, sizeof record);
	r->tail = at + bytes;
	r->reserved = r->skip = 0;
	ring_mark_set(r->producer->marks, r->tail, r->sequence);
	atomic_store(&r->producer->tail, r->tail);
	wake_consumer(r);
}

bool ring_send(struct ring *r, uint16_t type, uint16_t flags, uint64_t trace, const void *payload, size_t length)
{
	void *to = ring_reserve(r, length);
	if (!to)
		return false;
	if (length)
		memcpy(to, payload, length);
	ring_publish(r, type, flags, trace, length);
	return true;
}

void ring_want_room(struct ring *r)
{
	uint64_t request = atomic_load_explicit(&r->producer->want_room, memory_order_relaxed) + 1;
	atomic_store(&r->producer->want_room, request);
	look_at_head(r);
}

/* Consumer */

/* True when there is something beyond the head. */
static bool look_at_tail(struct ring *r)
{
	uint64_t tail = atomic_load(&r->producer->tail);
	if (tail % RING_ALIGN == 0 && tail >= r->tail && tail - r->head <= r->capacity)
		r->tail = tail;
	else
		r->broken = true;
	return !r->broken && r->tail != r->head;
}

/* Copies the header of the record at `at` (which lies before the tail) and says whether it can be one. */
static bool read_record(const struct ring *r, uint64_t at, struct ring_record *record)
{
	uint64_t offset = offset_of(r, at), to_end = r->capacity - offset, there = r->tail - at;
	*record = (struct ring_record){0};
	memcpy(record, r->data + offset, to_end < sizeof *record ? PREFIX_BYTES : sizeof *record);
	if (record->type == PADDING)
		return record->length == to_end && to_end < there;
	uint64_t bytes = record_bytes(record->length);
	return record->length <= ring_message_max(r) && bytes <= to_end && bytes <= there &&
	       record->sequence == r->sequence + 1;
}

/* Copies the message that begins at `from`, padding before it aside; `length`: the bytes to step over. As ring_next returns. */
static int copy_message(
	struct ring *r, uint64_t from, struct ring_record *record, void *buffer, size_t size, uint64_t *length)
{
	if (from == r->tail && (!look_at_tail(r) || from == r->tail))
		return r->broken ? RING_BROKEN : 0;
	uint64_t at = from;
	bool sound = read_record(r, at, record);
	if (sound && record->type == PADDING) {
		at += record->length;
		sound = read_record(r, at, record) && record->type != PADDING;
	}
	if (!sound) {
		r->broken = true;
		return RING_BROKEN;
	}
	*length = at - from + record_bytes(record->length);
	if (record->length > size)
		return RING_TOO_BIG;
	if (record->length)
		memcpy(buffer, r->data + offset_of(r, at) + sizeof *record, record->length);
	return 1;
}

int ring_next(struct ring *r, struct ring_record *record, void *buffer, size_t size)
{
	assert(r->role == RING_CONSUMER);
	if (r->broken)
		return RING_BROKEN;
	if (r->hand_length != 0)
		return 0;
	int got = RING_AHEAD;
	if (r->ahead_length == 0) {
		got = copy_message(r, r->head, record, buffer, size, &r->hand_length);
	} else {
		*record = r->ahead;
		r->hand_length = r->ahead_length;
		r->ahead_length = 0;
	}
	if (r->hand_length == 0)
		return got;
	r->sequence = record->sequence;
	atomic_store_explicit(&r->consumer->in_hand, r->sequence, memory_order_relaxed);
	return got;
}

bool ring_ahead(struct ring *r, struct ring_record *record, void *buffer, size_t size)
{
	assert(r->role == RING_CONSUMER);
	uint64_t length;
	if (r->broken || r->hand_length == 0 || r->ahead_length != 0 ||
		copy_message(r, r->head + r->hand_length, record, buffer, size, &length) != 1)
		return false;
	r->ahead = *record;
	r->ahead_length = length;
	return true;
}

/* Like the tail, the head is stored once and last. Only a ring whose producer may wait for room pays for the fence. */
void ring_done(struct ring *r)
{
	assert(r->role == RING_CONSUMER && r->hand_length != 0);
	r->head += r->hand_length;
	r->hand_length = 0;
	ring_mark_set(r->consumer->marks, r->head, r->sequence);
	if (r->room_bell_fd < 0) {
		atomic_store_explicit(&r->consumer->head, r->head, memory_order_release);
		return;
	}
	atomic_store(&r->consumer->head, r->head);
	uint64_t request = atomic_load(&r->producer->want_room);
	if (request != r->room_rung_for && bell(r->room_bell_fd))
		r->room_rung_for = request;
}

bool ring_empty(struct ring *r)
{
	if (r->broken)
		return false;
	return r->hand_length != 0 || (r->head == r->tail && !look_at_tail(r) && !r->broken);
}

bool ring_sleep(struct ring *r)
{
	if (r->broken || r->hand_length != 0)
		return !r->broken;
	uint64_t number = atomic_load_explicit(&r->consumer->sleeps, memory_order_relaxed) + 1;
	atomic_store_explicit(&r->consumer->sleeps, number, memory_order_relaxed);
	ring_in_order();
	atomic_store(&r->consumer->waiting, number);
	look_at_tail(r);
	if (!r->broken && r->head == r->tail)
		return true;
	ring_awake(r);
	return false;
}

void ring_awake(struct ring *r)
{
	if (atomic_load_explicit(&r->consumer->waiting, memory_order_relaxed) != 0)
		atomic_store_explicit(&r->consumer->waiting, 0, memory_order_relaxed);
}

void ring_room_bell(struct ring *r, int room_bell_fd)
{
	r->room_bell_fd = room_bell_fd;
}
