/* One msgpack item at a time out of bytes that nobody vouches for. No length is believed before it was held against
 * what is there; types that no message uses (maps, floats, extensions) don't exist here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_kind { FRAME_NIL, FRAME_FLAG, FRAME_UNSIGNED, FRAME_NEGATIVE, FRAME_TEXT, FRAME_BYTES, FRAME_ARRAY };

struct frame_item {
	enum frame_kind kind;
	uint64_t number;     /* FLAG, UNSIGNED; NEGATIVE as two's complement; TEXT, BYTES: length; ARRAY: count */
	const uint8_t *data; /* TEXT, BYTES: within the frame */
};

struct frame {
	const uint8_t *at, *end;
};

/* Takes the next item; an array's elements follow as items of their own. false = truncated or none of the types. */
bool frame_take(struct frame *, struct frame_item *);
/* The walk: one array of `fields` items, each a scalar or an array of at most `list_max` numbers, and not a byte more.
 */
bool frame_walk(const void *frame, size_t length, uint64_t fields, uint64_t list_max);
