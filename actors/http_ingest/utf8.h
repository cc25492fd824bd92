/* How many bytes the well-formed UTF-8 character at `p` has (1-4), 0 where it is none (RFC 3629: no surrogates, nothing
 * overlong, nothing above U+10FFFF). */
#pragma once
#include <stddef.h>

static inline size_t utf8_length(const char *p, size_t left)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xC2 ? 0 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : u[0] < 0xF5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xC0) != 0x80)
			return 0;
	if ((u[0] == 0xE0 && u[1] < 0xA0) || (u[0] == 0xED && u[1] > 0x9F) || (u[0] == 0xF0 && u[1] < 0x90) ||
		(u[0] == 0xF4 && u[1] > 0x8F))
		return 0;
	return n;
}
