/* Owns repeatable randomness: the same seed gives the same organisation. */
#ifndef ZOHO_SIM_RANDOM_H
#define ZOHO_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);
/* 0 <= result < bound; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);
int64_t random_between(struct random *random, int64_t low, int64_t high);
/* True in share of the cases, 0.0 to 1.0. */
bool random_chance(struct random *random, double share);
const char *random_pick(struct random *random, const char *const *words, size_t count);

#endif
