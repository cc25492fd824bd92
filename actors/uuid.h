/* Uuids (RFC 9562), made here so that a reply needs no round trip for its id. */
#pragma once
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT_BYTES = 37 };
struct uuid {
	uint8_t b[UUID_BYTES];
};
struct uuid uuid_random(void); /* version 4 */
/* Version 7: begins with the time, in ms, so that the rows of a table stand in its index one behind the other. Of a wall clock
 * that is set back only the order suffers. */
struct uuid uuid_timed(void);
void uuid_text(struct uuid, char to[UUID_TEXT_BYTES]);
