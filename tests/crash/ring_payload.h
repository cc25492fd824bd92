/* Messages that follow from their number, so that whoever gets one knows what every byte must be. The number is the
 * ring's own sequence: a gap or a repeat shows without any agreement between the two sides. */
#pragma once
#include "ipc/ring.h"
#include <string.h>

enum { PAYLOAD_TYPE = 5, PAYLOAD_WORDS_MAX = 1024 };

static inline uint64_t mix(uint64_t x) /* splitmix64 */
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline uint64_t chance(uint64_t *state, uint64_t below)
{
	return mix((*state)++) % below;
}

/* Mostly short, now and then long; of any alignment. */
static inline size_t payload_length(uint64_t number)
{
	uint64_t x = mix(number);
	return x % 16 ? x / 16 % 200 : x / 16 % (PAYLOAD_WORDS_MAX * sizeof(uint64_t));
}

static inline void payload_compose(uint64_t number, uint64_t words[PAYLOAD_WORDS_MAX])
{
	for (uint64_t i = 0; i * sizeof *words < payload_length(number); i++)
		words[i] = mix(number ^ (i << 40));
}

static inline bool payload_sound(const struct ring_record *record, const void *payload)
{
	static uint64_t wanted[PAYLOAD_WORDS_MAX];
	payload_compose(record->sequence, wanted);
	return record->type == PAYLOAD_TYPE && record->trace == mix(record->sequence) &&
	       record->length == payload_length(record->sequence) && memcmp(payload, wanted, record->length) == 0;
}
