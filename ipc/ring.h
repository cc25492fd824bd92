/* A single-producer single-consumer byte ring in a sealed memfd, one per edge of the topology. The supervisor makes
 * and keeps it, so it outlives either side and a restarted side goes on where the dead one stopped.
 *
 * Layout: producer page {magic, version, epoch, tail}, consumer page {head, waiting, in-hand sequence}, data. Each
 * side maps only its own page writable (the producer also the data). Positions are 64-bit byte counts that never
 * wrap; records {length, type, flags, sequence, trace} + payload are 16-byte aligned, with one padding record at the
 * wrap. The tail is stored once, last: a producer killed in the middle has published nothing. The head moves after a
 * message was handled: at-least-once, the repeat window being the one message in hand.
 *
 * What the peer wrote is never trusted: indices are loaded once and checked, a record is copied out before it is
 * looked at; anything impossible is RING_BROKEN, upon which the owner resets the edge. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ring_role { RING_PRODUCER, RING_CONSUMER };
enum { RING_HEADER_BYTES = 2 * 4096, RING_ALIGN = 16 };

struct ring_record {	 /* as published; payload follows */
	uint32_t length; /* of the payload, bytes */
	uint16_t type;	 /* message type; 0 = padding */
	uint16_t flags;
	uint64_t sequence; /* 1, 2, 3 … per edge and epoch */
	uint64_t trace;	   /* opaque to the ring */
};

struct ring { /* one side's view; private to ring.c but for reading */
	enum ring_role role;
	uint64_t capacity; /* data bytes, a power of two */
	struct ring_producer_page *producer;
	struct ring_consumer_page *consumer;
	uint8_t *data;
	uint64_t head, tail;   /* own index, and the last seen of the peer */
	uint64_t sequence;     /* last sent (producer) / in hand (consumer) */
	uint64_t rung_for;     /* producer: the sleep number it last rang for */
	uint64_t doorbells;    /* producer: eventfd writes made */
	uint64_t hand_length;  /* consumer: bytes to step over on ring_done; 0 = nothing in hand */
	uint64_t ahead_length; /* consumer: the same of the message that ring_ahead copied; 0 = none */
	struct ring_record ahead;
	uint64_t reserved, skip; /* producer: bytes of the open reservation, and of the padding before it */
	uint64_t trimmed_at;	 /* producer: the tail when data was last given back */
	uint64_t room_rung_for;	 /* consumer: the request for room it last rang for */
	int bell_fd;		 /* the consumer's doorbell (producer side), -1 none */
	int room_bell_fd;	 /* the producer's doorbell (consumer side), -1 none */
	bool broken;		 /* the peer wrote something impossible; stays until the edge is reset */
};

/* Makes the sealed memfd of a ring with `capacity` data bytes (power of two, ≥ 64 KiB); `version` is a hash of the
 * message table. Returns the descriptor (CLOEXEC) or -1 with errno. */
int ring_create(const char *name, uint64_t capacity, uint32_t version);

/* Maps one side. Producer: continues at the published tail and next sequence. Consumer: continues at its head, so the
 * message that was in hand comes again. 0, or -errno (EPROTO: magic, version or size don't fit → reset needed). */
int ring_attach(struct ring *, int fd, enum ring_role, uint32_t version, int bell_fd);
void ring_detach(struct ring *);

/* Empties the ring and starts a new epoch; only while neither side runs (the supervisor does it). 0 or -errno. */
int ring_reset(int fd, uint32_t version);

/* Producer: reserves room for `length` payload bytes and returns where to write them, NULL when there is no room
 * (nobody is blocked: what a ring carries can be had again). ring_publish makes it visible, with its final length. */
void *ring_reserve(struct ring *, size_t length);
void ring_publish(struct ring *, uint16_t type, uint16_t flags, uint64_t trace, size_t length);
/* reserve + copy + publish: false = full. */
bool ring_send(struct ring *, uint16_t type, uint16_t flags, uint64_t trace, const void *payload, size_t length);
/* Payload bytes that a single message could have now, reservations by others not counted. */
size_t ring_room(struct ring *);
/* The largest payload that an empty ring takes whatever its position: just under half the data. Larger: never. */
size_t ring_message_max(const struct ring *);
/* Either side: the peer broke the rules. A producer then has no room any more; the owner resets the edge. */
bool ring_broken(const struct ring *);
uint64_t ring_epoch(const struct ring *);
/* Gives the empty part of the data back to the kernel (hole punching) when the ring is empty; an idle producer does it.
 * Returns bytes given back. */
size_t ring_trim(struct ring *, int fd);

/* Consumer: copies the next message into `buffer` of `size` bytes. 1 = got one (in hand until ring_done), 0 = empty,
 * RING_BROKEN, or RING_TOO_BIG (larger than buffer; ring_done skips it). Never returns a second one before ring_done:
 * until then, 0. */
enum { RING_BROKEN = -1, RING_TOO_BIG = -2, RING_AHEAD = 2 };
int ring_next(struct ring *, struct ring_record *, void *buffer, size_t size);
/* Copies the message behind the one in hand, to be prepared meanwhile; it is in hand only after ring_done and ring_next, which
 * then returns RING_AHEAD and copies nothing: it lies where it was copied to. Whoever dies between gets it for the first time.
 * false: there is none (yet), it doesn't fit, or it has been copied already. */
bool ring_ahead(struct ring *, struct ring_record *, void *buffer, size_t size);
void ring_done(struct ring *);
bool ring_empty(struct ring *); /* a look without taking: true where ring_next would return 0 */

/* The consumer's sleep protocol over all its rings: ring_sleep writes a new sleep number into `waiting`, fences and
 * looks again: true = really empty, go to sleep. ring_awake clears it. The producer rings once per sleep number. With a
 * message in hand it is true at once and asks for no bell: nothing that comes could be taken before ring_done. */
bool ring_sleep(struct ring *);
void ring_awake(struct ring *);

/* For producers waiting for room (pages): ask to be rung when the head moves. The consumer calls ring_done as ever; it
 * rings `room_bell_fd` once per request. Look at ring_room once more after asking: the head may just have moved. */
void ring_want_room(struct ring *);
void ring_room_bell(struct ring *, int room_bell_fd);
