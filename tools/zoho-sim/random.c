/* Owns repeatable randomness (splitmix64): the same seed gives the same organisation. */
#include "random.h"

uint64_t random_next(struct random *random)
{
	uint64_t mixed = random->state += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	return random_next(random) % bound;
}

int64_t random_between(struct random *random, int64_t low, int64_t high)
{
	return low + (int64_t)random_below(random, (uint64_t)(high - low) + 1);
}

bool random_chance(struct random *random, double share)
{
	return (double)(random_next(random) >> 11) * 0x1p-53 < share;
}

const char *random_pick(struct random *random, const char *const *words, size_t count)
{
	return words[random_below(random, count)];
}
