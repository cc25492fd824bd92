/* Random uuids (RFC 9562, version 4), made here so that a reply needs no round trip for its id. */
#pragma once
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT_BYTES = 37 };
struct uuid {
	uint8_t b[UUID_BYTES];
};
struct uuid uuid_new(void);
void uuid_text(struct uuid, char to[UUID_TEXT_BYTES]);
