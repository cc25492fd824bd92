/* The framing guard: decides on its own where a request begins and ends, and refuses whatever two HTTP programs could
 * read differently (RFC 9112 sections 2.2, 3.2, 5.2, 6, 7.1). llhttp then reads the same bytes; if it finds another
 * end, the request is refused. Works on any split of the bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_guard_phase { GUARD_BEFORE, GUARD_HEAD, GUARD_HEAD_DONE, GUARD_BODY, GUARD_DONE, GUARD_REFUSED };
enum {
	GUARD_HEADERS_MAX = 100,
	GUARD_EXTENSION_BYTES_MAX = 4096, /* chunk extensions of one request, all together */
	GUARD_TRAILER_BYTES_MAX = 4096,
};

struct http_limits {
	size_t head_bytes_max, body_bytes_max;
};

struct http_guard {
	const struct http_limits *limits;
	enum http_guard_phase phase;
	uint8_t state;	/* within the phase */
	uint8_t digits; /* of the chunk size */
	bool chunked, has_length;
	uint8_t minor; /* HTTP/1.minor */
	size_t head_bytes;
	unsigned headers;
	uint64_t left;	 /* body bytes to come: of the request, or of the chunk */
	uint64_t length; /* body bytes announced or seen */
	size_t extension_bytes, trailer_bytes;
	int status; /* refused: what to answer, and why */
	const char *why;
};

void http_guard_start(struct http_guard *, const struct http_limits *);
/* Looks at up to `n` bytes and returns how many belong to the current phase; call again while it isn't GUARD_DONE. It
 * stops at the end of the head, which the caller keeps and hands to http_guard_head. */
size_t http_guard_feed(struct http_guard *, const char *bytes, size_t n);
/* Judges the complete head, from the request line to the empty line, and goes on to GUARD_BODY, GUARD_DONE or refused.
 */
void http_guard_head(struct http_guard *, const char *head, size_t n);
/* Says which body follows; for http_guard_head. */
void http_guard_body(struct http_guard *, bool chunked, uint64_t length);
