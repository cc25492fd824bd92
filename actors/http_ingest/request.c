/* Owns the request as a value: where its headers are found, how it begins and ends. */
#include "actors/http_ingest/request.h"
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct request *request_new(struct connection *connection)
{
	struct http_arena arena = {0};
	struct request *r = http_arena_alloc(&arena, sizeof *r);

	*r = (struct request){.connection = connection, .arena = arena, .route = ROUTES};
	r->out.arena = &r->arena;
	return r;
}

void request_free(struct request *r)
{
	struct http_arena arena = r->arena; /* the request lives in it */

	if (r->file)
		close(r->file);
	http_arena_free(&arena);
}

static bool named(const struct http_header *h, const char *name)
{
	return h->name.len == strlen(name) && strncasecmp(h->name.data, name, h->name.len) == 0;
}

struct str request_header(const struct request *r, const char *name)
{
	for (unsigned i = 0; i < r->headers_n; i++)
		if (named(&r->headers[i], name))
			return r->headers[i].value;
	return (struct str){0};
}

unsigned request_header_count(const struct request *r, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->headers_n; i++)
		n += named(&r->headers[i], name);
	return n;
}

bool request_header_starts(const struct request *r, const char *prefix)
{
	size_t n = strlen(prefix);

	for (unsigned i = 0; i < r->headers_n; i++)
		if (r->headers[i].name.len >= n && strncasecmp(r->headers[i].name.data, prefix, n) == 0)
			return true;
	return false;
}

static bool list_has(struct str list, const char *token)
{
	size_t n = strlen(token);

	for (size_t i = 0; i < list.len;) {
		size_t end = i;

		while (end < list.len && list.data[end] != ',')
			end++;
		while (i < end && (list.data[i] == ' ' || list.data[i] == '\t'))
			i++;
		if (end - i >= n && strncasecmp(list.data + i, token, n) == 0 &&
			(end - i == n || strchr(" \t;", list.data[i + n])))
			return true;
		i = end + 1;
	}
	return false;
}

bool request_header_has(const struct request *r, const char *name, const char *token)
{
	for (unsigned i = 0; i < r->headers_n; i++)
		if (named(&r->headers[i], name) && list_has(r->headers[i].value, token))
			return true;
	return false;
}
