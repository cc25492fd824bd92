/* The life of a ring apart from its traffic: making, mapping, resetting and giving memory back, so that ring.c holds
 * nothing but the path that messages take. */
#include "ipc/ring.h"
#include "ipc/ring_layout.h"
#include "ipc/ring_memory.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAPACITY_MIN UINT64_C(65536)
#define CAPACITY_MAX (UINT64_C(1) << 32)

static bool capacity_fits(uint64_t capacity)
{
	return capacity >= CAPACITY_MIN && capacity <= CAPACITY_MAX && (capacity & (capacity - 1)) == 0;
}

/* Data bytes of the ring behind `fd`, 0 when it isn't one. */
static uint64_t capacity_of(int fd)
{
	size_t size = sealed_size(fd);
	uint64_t capacity = size > RING_HEADER_BYTES ? size - RING_HEADER_BYTES : 0;
	return capacity_fits(capacity) ? capacity : 0;
}

int ring_create(const char *name, uint64_t capacity, uint32_t version)
{
	if (!capacity_fits(capacity)) {
		errno = EINVAL;
		return -1;
	}
	int fd = sealed_memory(name, RING_HEADER_BYTES + capacity);
	if (fd < 0)
		return -1;
	int failed = ring_reset(fd, version);
	if (failed == 0)
		return fd;
	close(fd);
	errno = -failed;
	return -1;
}

/* Without its magic the ring can't be attached, so a reset cut short is no ring rather than half a one. */
int ring_reset(int fd, uint32_t version)
{
	uint64_t capacity = capacity_of(fd);
	if (capacity == 0)
		return -EPROTO;
	struct ring_producer_page *producer = sealed_map(fd, 0, RING_HEADER_BYTES, true);
	if (!producer)
		return -errno;
	uint64_t epoch = producer->epoch + 1;
	atomic_store(&producer->magic, 0);
	memset((uint8_t *)producer, 0, RING_HEADER_BYTES);
	producer->capacity = capacity;
	producer->epoch = epoch;
	producer->version = version;
	atomic_store(&producer->magic, RING_MAGIC);
	munmap(producer, RING_HEADER_BYTES);
	/* Nobody looks beyond the tail; this only saves memory, and a kernel that can't does no harm. */
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, RING_HEADER_BYTES, (off_t)capacity);
	return 0;
}

static bool mark_find(const struct ring_mark marks[2], uint64_t position, uint64_t *sequence)
{
	for (int i = 1; i >= 0; i--)
		if (atomic_load(&marks[i].position) == position) {
			*sequence = atomic_load(&marks[i].sequence);
			return true;
		}
	return false;
}

/* Takes up the indices where this side's predecessor left them; false when they or the peer's are impossible. */
static bool continue_from(struct ring *r)
{
	r->tail = atomic_load(&r->producer->tail);
	r->head = atomic_load(&r->consumer->head);
	if (r->tail % RING_ALIGN || r->head % RING_ALIGN || r->head > r->tail || r->tail - r->head > r->capacity)
		return false;
	if (r->role == RING_PRODUCER)
		return mark_find(r->producer->marks, r->tail, &r->sequence);
	atomic_store(&r->consumer->waiting, 0);
	return mark_find(r->consumer->marks, r->head, &r->sequence);
}

/* One mapping, read-only but for this side's own part. */
static int map_side(struct ring *r, int fd)
{
	uint8_t *base = sealed_map(fd, 0, RING_HEADER_BYTES + r->capacity, false);
	if (!base)
		return -errno;
	r->producer = (struct ring_producer_page *)base;
	r->consumer = (struct ring_consumer_page *)(base + RING_PAGE);
	r->data = base + RING_HEADER_BYTES;
	int failed;
	if (r->role == RING_PRODUCER)
		failed = mprotect(r->producer, RING_PAGE, PROT_READ | PROT_WRITE) |
			 mprotect(r->data, r->capacity, PROT_READ | PROT_WRITE);
	else
		failed = mprotect(r->consumer, RING_PAGE, PROT_READ | PROT_WRITE);
	return failed ? -errno : 0;
}

int ring_attach(struct ring *r, int fd, enum ring_role role, uint32_t version, int bell_fd)
{
	*r = (struct ring){.role = role, .bell_fd = bell_fd, .room_bell_fd = -1, .trimmed_at = UINT64_MAX};
	r->capacity = capacity_of(fd);
	if (r->capacity == 0)
		return -EPROTO;
	int failed = map_side(r, fd);
	if (failed == 0 && (atomic_load(&r->producer->magic) != RING_MAGIC || r->producer->version != version ||
				   r->producer->capacity != r->capacity || !continue_from(r)))
		failed = -EPROTO;
	if (failed)
		ring_detach(r);
	return failed;
}

void ring_detach(struct ring *r)
{
	if (r->producer)
		munmap(r->producer, RING_HEADER_BYTES + r->capacity);
	*r = (struct ring){.role = r->role, .bell_fd = -1, .room_bell_fd = -1, .broken = true};
}

size_t ring_trim(struct ring *r, int fd)
{
	assert(r->role == RING_PRODUCER);
	struct stat before, after;
	if (r->broken || r->reserved || r->tail == r->trimmed_at ||
		atomic_load_explicit(&r->consumer->head, memory_order_acquire) != r->tail)
		return 0;
	r->head = r->tail;
	if (fstat(fd, &before) != 0 ||
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, RING_HEADER_BYTES, (off_t)r->capacity) != 0 ||
		fstat(fd, &after) != 0)
		return 0;
	r->trimmed_at = r->tail;
	return before.st_blocks > after.st_blocks ? (size_t)(before.st_blocks - after.st_blocks) * 512 : 0;
}
