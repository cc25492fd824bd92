/* Owns the way from bytes to a request. The head is kept whole, so that names and values point into it; the body grows
 * as it comes. llhttp sees exactly the bytes that the guard gave to this request, and has to end where the guard did.
 */
#include "actors/http_ingest/parser.h"
#include <string.h>

static struct request *request_of(llhttp_t *p)
{
	return ((struct http_parser *)p->data)->request;
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
	struct request *r = request_of(p);
	const char *query;

	if (n > 7 && *at != '/' && *at != '*') { /* absolute-form, whose host the guard compared */
		const char *slash = memchr(at + 7, '/', n - 7);

		n -= slash ? (size_t)(slash - at) : 0;
		at = slash ? slash : at;
	}
	query = memchr(at, '?', n);
	r->path = (struct str){at, query ? (size_t)(query - at) : n};
	r->query = query ? (struct str){query + 1, n - r->path.len - 1} : (struct str){0};
	return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t n)
{
	struct request *r = request_of(p);

	if (!((struct http_parser *)p->data)->head_told &&
		r->headers_n < ((struct http_parser *)p->data)->guard.headers)
		r->headers[r->headers_n] = (struct http_header){{at, n}, {at, 0}};
	return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
	struct request *r = request_of(p);

	if (((struct http_parser *)p->data)->head_told ||
		r->headers_n >= ((struct http_parser *)p->data)->guard.headers)
		return 0; /* a trailer says nothing */
	while (n && (at[n - 1] == ' ' || at[n - 1] == '\t'))
		n--;
	r->headers[r->headers_n++].value = (struct str){at, n};
	return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct request *r = request_of(p);
	size_t size = r->body_size ? r->body_size : 1024;

	while (size - r->body_n <= n)
		size *= 2;
	if (size != r->body_size)
		r->body = http_arena_grow(&r->arena, r->body, r->body_size, size);
	r->body_size = size;
	memcpy(r->body + r->body_n, at, n);
	r->body_n += n;
	r->body[r->body_n] = 0;
	return 0;
}

static int on_complete(llhttp_t *p)
{
	struct http_parser *parser = p->data;

	parser->request->keep_alive = llhttp_should_keep_alive(p) != 0;
	parser->complete = true;
	return 0;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

void http_parser_start(struct http_parser *p, struct request *r, const struct http_limits *limits)
{
	p->request = r;
	p->head_told = p->complete = false;
	http_guard_start(&p->guard, limits);
	llhttp_init(&p->llhttp, HTTP_REQUEST, &settings);
	p->llhttp.data = p;
}

bool http_parser_begun(const struct http_parser *p)
{
	return p->guard.phase > GUARD_HEAD || (p->guard.phase == GUARD_HEAD && p->guard.head_bytes > 0);
}

static enum http_parsed refuse(struct http_parser *p, int status, const char *why)
{
	if (p->guard.phase != GUARD_REFUSED) {
		p->guard.status = status;
		p->guard.why = why;
	}
	p->guard.phase = GUARD_REFUSED;
	return PARSED_REFUSED;
}

static void keep_head(struct request *r, const char *bytes, size_t n)
{
	size_t size = r->head_size ? r->head_size : 1024;

	while (size - r->head_n < n)
		size *= 2;
	if (size != r->head_size)
		r->head = http_arena_grow(&r->arena, r->head, r->head_size, size);
	r->head_size = size;
	memcpy(r->head + r->head_n, bytes, n);
	r->head_n += n;
}

/* llhttp says "upgrade" where a client offers one; nothing is upgraded here, so that is an ordinary end. */
static bool llhttp_reads(struct http_parser *p, const char *bytes, size_t n)
{
	llhttp_errno_t e = llhttp_execute(&p->llhttp, bytes, n);

	if (e == HPE_PAUSED_UPGRADE && p->complete)
		return llhttp_get_error_pos(&p->llhttp) == bytes + n;
	return e == HPE_OK;
}

static enum http_parsed head_done(struct http_parser *p)
{
	struct request *r = p->request;
	struct str expect;

	http_guard_head(&p->guard, r->head, r->head_n);
	if (p->guard.phase == GUARD_REFUSED)
		return PARSED_REFUSED;
	r->headers = http_arena_alloc(&r->arena, p->guard.headers * sizeof *r->headers);
	if (!llhttp_reads(p, r->head, r->head_n) || p->complete != (p->guard.phase == GUARD_DONE))
		return refuse(p, 400, "the request can't be read");
	p->head_told = true;
	r->method = (struct str){r->head, (size_t)((char *)memchr(r->head, ' ', r->head_n) - r->head)};
	r->http_1_0 = p->guard.minor == 0;
	r->head_only = str_eq(r->method, "HEAD");
	expect = request_header(r, "Expect");
	r->expects = request_header_has(r, "Expect", "100-continue") && !r->http_1_0;
	if (expect.data && !r->expects && !r->http_1_0)
		return refuse(p, 417, "only the expectation 100-continue is met here");
	return p->guard.phase == GUARD_DONE ? PARSED_DONE : PARSED_HEAD;
}

enum http_parsed http_parser_feed(struct http_parser *p, const char *bytes, size_t n, size_t *used)
{
	*used = 0;
	while (*used < n && p->guard.phase != GUARD_REFUSED) {
		enum http_guard_phase before = p->guard.phase;
		size_t took = http_guard_feed(&p->guard, bytes + *used, n - *used);
		const char *part = bytes + *used;

		*used += took;
		if (before == GUARD_HEAD && p->guard.phase != GUARD_REFUSED)
			keep_head(p->request, part, took);
		if (p->guard.phase == GUARD_HEAD_DONE)
			return head_done(p);
		if (before != GUARD_BODY || p->guard.phase == GUARD_REFUSED)
			continue;
		if (!llhttp_reads(p, part, took) || p->complete != (p->guard.phase == GUARD_DONE))
			return refuse(p, 400, "the request's body can't be read");
		if (p->complete)
			return PARSED_DONE;
	}
	return p->guard.phase == GUARD_REFUSED ? PARSED_REFUSED : PARSED_MORE;
}
