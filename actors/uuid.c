/* Owns the supply of random bytes for ids: taken from the kernel 4 KiB at a time. */
#include "actors/uuid.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "actors/actor.h"

static struct uuid versioned(struct uuid u, unsigned version)
{
	u.b[6] = (uint8_t)((u.b[6] & 0x0F) | version << 4);
	u.b[8] = (uint8_t)((u.b[8] & 0x3F) | 0x80);
	return u;
}

static struct uuid random_bytes(void)
{
	static uint8_t pool[4096];
	static size_t left;
	struct uuid u;

	if (left < sizeof u) {
		for (left = 0; left < sizeof pool;) { /* more than 256 bytes may be interrupted */
			ssize_t n = getrandom(pool + left, sizeof pool - left < 256 ? sizeof pool - left : 256, 0);

			if (n < 0)
				die(EXIT_TEMPORARY, "getrandom failed");
			left += (size_t)n;
		}
	}
	left -= sizeof u;
	memcpy(&u, pool + left, sizeof u);
	return u;
}

struct uuid uuid_random(void)
{
	return versioned(random_bytes(), 4);
}

struct uuid uuid_timed(void)
{
	struct uuid u = random_bytes();
	uint64_t ms = (uint64_t)now_us() / 1000;

	for (int i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	return versioned(u, 7);
}

void uuid_text(struct uuid u, char to[UUID_TEXT_BYTES])
{
	static const char hex[] = "0123456789abcdef";
	char *at = to;

	for (int i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex[u.b[i] >> 4];
		*at++ = hex[u.b[i] & 15];
	}
	*at = 0;
}
