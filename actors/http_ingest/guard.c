/* Owns the question where a request ends: the bytes of the head and the frames of the body. What the head's lines mean
 * is judged in guard_head.c. */
#include "actors/http_ingest/guard.h"
#include <string.h>

enum { LINE_START, LINE, LINE_LF, END_LF };				   /* in the head, and in trailers */
enum { BEFORE_ANY, BEFORE_LF };						   /* one empty line may precede a request */
enum { SIZE_FIRST = 8, SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF }; /* in a chunked body */

static void refuse(struct http_guard *g, int status, const char *why)
{
	g->phase = GUARD_REFUSED;
	g->status = status;
	g->why = why;
}

void http_guard_start(struct http_guard *g, const struct http_limits *limits)
{
	*g = (struct http_guard){.limits = limits, .phase = GUARD_BEFORE, .state = BEFORE_ANY};
}

static size_t feed_before(struct http_guard *g, unsigned char c)
{
	size_t size;

	if (g->state == BEFORE_ANY && c == '\r') {
		g->state = BEFORE_LF;
		return 1;
	}
	if (g->state == BEFORE_LF && c != '\n') {
		refuse(g, 400, "a CR stands alone");
		return 0;
	}
	size = g->state == BEFORE_LF ? 1 : 0;
	g->phase = GUARD_HEAD;
	g->state = LINE_START;
	return size;
}

/* One byte of a head or trailer line; true when the empty line is complete. */
static bool line_byte(struct http_guard *g, unsigned char c, bool first)
{
	if (g->state == LINE_LF || g->state == END_LF) {
		bool end = g->state == END_LF;

		if (c != '\n')
			refuse(g, 400, "a CR stands alone");
		g->state = LINE_START;
		return c == '\n' && end;
	}
	if (c == '\r') {
		if (g->state == LINE_START && first)
			refuse(g, 400, "the request line is missing");
		g->state = g->state == LINE_START ? END_LF : LINE_LF;
		return false;
	}
	if (c == '\n')
		refuse(g, 400, "a line ends without CR");
	else if ((c < 0x20 && c != '\t') || c == 0x7F)
		refuse(g, 400, "a control character stands in the head");
	else if (g->state == LINE_START && (c == ' ' || c == '\t'))
		refuse(g, 400, "a header line is folded or begins with white space");
	g->state = LINE;
	return false;
}

static size_t feed_head(struct http_guard *g, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool end;

		if (g->head_bytes++ >= g->limits->head_bytes_max) {
			refuse(g, 431, "the request's head is too large");
			return i;
		}
		end = line_byte(g, (unsigned char)bytes[i], g->head_bytes == 1);
		if (g->phase == GUARD_REFUSED)
			return i;
		if (end) {
			g->phase = GUARD_HEAD_DONE;
			return i + 1;
		}
	}
	return n;
}

static int hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void chunk_size_done(struct http_guard *g)
{
	g->length += g->left;
	if (g->length > g->limits->body_bytes_max)
		refuse(g, 413, "the request's body is too large");
	g->digits = 0;
	g->state = g->left ? DATA : LINE_START; /* after the last chunk come the trailers */
}

static void chunk_size_byte(struct http_guard *g, unsigned char c)
{
	int digit = hex(c);

	if (digit >= 0 && g->digits < 8) {
		g->left = (g->digits++ ? g->left * 16 : 0) + (uint64_t)digit;
		g->state = SIZE;
	} else if (c == '\r' && g->state == SIZE) {
		g->state = SIZE_LF;
	} else if (c == ';' && g->state == SIZE) {
		g->state = EXTENSION;
	} else {
		refuse(g, 400, "a chunk's size is malformed");
	}
}

static void extension_byte(struct http_guard *g, unsigned char c)
{
	if (c == '\r')
		g->state = SIZE_LF;
	else if (c < 0x20 || c == 0x7F || ++g->extension_bytes > GUARD_EXTENSION_BYTES_MAX)
		refuse(g, 400, "a chunk's extension is malformed or too large");
}

static void trailer_byte(struct http_guard *g, unsigned char c)
{
	if (++g->trailer_bytes > GUARD_TRAILER_BYTES_MAX)
		refuse(g, 431, "the trailers are too large");
	else if (line_byte(g, c, false) && g->phase != GUARD_REFUSED)
		g->phase = GUARD_DONE;
}

static void chunk_byte(struct http_guard *g, unsigned char c)
{
	switch (g->state) {
	case SIZE_FIRST:
	case SIZE:
		chunk_size_byte(g, c);
		break;
	case EXTENSION:
		extension_byte(g, c);
		break;
	case SIZE_LF:
		if (c == '\n')
			chunk_size_done(g);
		else
			refuse(g, 400, "a chunk's size isn't followed by CRLF");
		break;
	case DATA_CR:
	case DATA_LF:
		if (c != (g->state == DATA_CR ? '\r' : '\n'))
			refuse(g, 400, "a chunk isn't followed by CRLF");
		else
			g->state = g->state == DATA_CR ? DATA_LF : SIZE_FIRST;
		break;
	default:
		trailer_byte(g, c);
	}
}

static size_t feed_body(struct http_guard *g, const char *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && g->phase == GUARD_BODY) {
		if (!g->chunked || g->state == DATA) {
			size_t take = g->left < n - i ? (size_t)g->left : n - i;

			i += take;
			g->left -= take;
			if (g->left == 0 && g->chunked)
				g->state = DATA_CR;
			else if (g->left == 0)
				g->phase = GUARD_DONE;
		} else {
			chunk_byte(g, (unsigned char)bytes[i]);
			i += g->phase != GUARD_REFUSED;
		}
	}
	return i;
}

size_t http_guard_feed(struct http_guard *g, const char *bytes, size_t n)
{
	size_t used = 0;

	switch (g->phase) {
	case GUARD_BEFORE:
		while (used < n && g->phase == GUARD_BEFORE)
			used += feed_before(g, (unsigned char)bytes[used]);
		return used;
	case GUARD_HEAD:
		return feed_head(g, bytes, n);
	case GUARD_BODY:
		return feed_body(g, bytes, n);
	default:
		return 0;
	}
}

void http_guard_body(struct http_guard *g, bool chunked, uint64_t length)
{
	g->chunked = chunked;
	g->length = chunked ? 0 : length;
	g->left = g->length;
	g->state = chunked ? SIZE_FIRST : DATA;
	g->phase = chunked || length ? GUARD_BODY : GUARD_DONE;
	if (length > g->limits->body_bytes_max)
		refuse(g, 413, "the request's body is too large");
}
