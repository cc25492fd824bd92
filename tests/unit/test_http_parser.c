/* Requests are read the same however their bytes are cut, and whatever two programs could read differently is refused.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/parser.h"

static const struct http_limits limits = {.head_bytes_max = 2048, .body_bytes_max = 4096};

struct outcome {
	enum http_parsed result;
	int status;
	struct str body, path, query;
	size_t used;
};

/* Feeds `text` in two parts (cut at `cut`), each from memory of exactly its size. */
static struct outcome parse(struct request *r, struct str text, size_t cut)
{
	struct http_parser p;
	struct outcome o = {.result = PARSED_MORE};
	const size_t parts[] = {cut, text.len - cut};

	http_parser_start(&p, r, &limits);
	for (int i = 0; i < 2 && (o.result == PARSED_MORE || o.result == PARSED_HEAD); i++) {
		char *copy = malloc(parts[i] + 1);
		size_t at = 0, used;

		memcpy(copy, text.data + (i ? cut : 0), parts[i]);
		while (at < parts[i] && (o.result == PARSED_MORE || o.result == PARSED_HEAD)) {
			o.result = http_parser_feed(&p, copy + at, parts[i] - at, &used);
			at += used;
		}
		o.used += at;
		free(copy);
	}
	o.status = p.guard.status;
	o.body = (struct str){r->body, r->body_n};
	o.path = r->path;
	o.query = r->query;
	return o;
}

#define REQUEST(line, headers, body) line " HTTP/1.1\r\nHost: x\r\n" headers "\r\n" body

static void refused(struct str text, int status)
{
	for (size_t cut = 0; cut <= text.len; cut++) {
		struct request *r = request_new(NULL);
		struct outcome o = parse(r, text, cut);

		cr_assert(o.result == PARSED_REFUSED, "not refused, cut at %zu: %.*s", cut, (int)text.len, text.data);
		cr_assert(o.status == status, "%d instead of %d: %.*s", o.status, status, (int)text.len, text.data);
		request_free(r);
	}
}
#define REFUSED(status, text) refused(STR(text), status)

static void read_as(struct str text, const char *path, const char *query, const char *body, bool keep_alive)
{
	for (size_t cut = 0; cut <= text.len; cut++) {
		struct request *r = request_new(NULL);
		struct outcome o = parse(r, text, cut);

		cr_assert(o.result == PARSED_DONE, "cut at %zu: result %d status %d: %.*s", cut, o.result, o.status,
			(int)text.len, text.data);
		cr_assert(str_eq(o.path, path), "%.*s", (int)o.path.len, o.path.data);
		cr_assert(o.query.len == strlen(query) && (!*query || str_eq(o.query, query)));
		cr_assert(o.body.len == strlen(body) && memcmp(o.body.data ? o.body.data : "", body, o.body.len) == 0);
		cr_assert(r->keep_alive == keep_alive);
		cr_assert(o.used == text.len);
		request_free(r);
	}
}
#define READ(text, path, query, body, keep) read_as(STR(text), path, query, body, keep)

Test(http_parser, requests_are_read_wherever_their_bytes_are_cut)
{
	READ(REQUEST("GET /a/b?c=d&e", "", ""), "/a/b", "c=d&e", "", true);
	READ(REQUEST("POST /p", "Content-Length: 5\r\n", "hello"), "/p", "", "hello", true);
	READ(REQUEST("POST /p", "Content-Length: 0\r\n", ""), "/p", "", "", true);
	READ(REQUEST("POST /p", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n"), "/p", "",
		"helloabc", true);
	READ(REQUEST("POST /p", "Transfer-Encoding: Chunked\r\n", "00A\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n"),
		"/p", "", "0123456789", true);
	READ(REQUEST("GET /", "Connection: close\r\n", ""), "/", "", "", false);
	READ("GET / HTTP/1.0\r\n\r\n", "/", "", "", false);
	READ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/", "", "", true);
	READ("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "/", "", "", true);
	READ("GET http://x/y?z HTTP/1.1\r\nHost: X\r\n\r\n", "/y", "z", "", true);
	READ(REQUEST("GET /", "Upgrade: h2c\r\nConnection: Upgrade\r\n", ""), "/", "", "", true);
}

Test(http_parser, a_body_has_one_length)
{
	REFUSED(400, REQUEST("POST /", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello"));
	REFUSED(400, REQUEST("POST /", "Content-Length: 5, 5\r\n", "hello"));
	REFUSED(400, REQUEST("POST /", "Content-Length: +5\r\n", "hello"));
	REFUSED(400, REQUEST("POST /", "Content-Length: 0x5\r\n", "hello"));
	REFUSED(400, REQUEST("POST /", "Content-Length: -1\r\n", ""));
	REFUSED(400, REQUEST("POST /", "Content-Length:\r\n", ""));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"));
	REFUSED(501, REQUEST("POST /", "Transfer-Encoding: gzip\r\n", ""));
	REFUSED(501, REQUEST("POST /", "Transfer-Encoding: xchunked\r\n", ""));
	REFUSED(400, "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	REFUSED(413, REQUEST("POST /", "Content-Length: 4097\r\n", ""));
	REFUSED(413, REQUEST("POST /", "Content-Length: 99999999999999999999\r\n", ""));
}

Test(http_parser, chunks_are_framed_exactly)
{
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "5 \r\nhello\r\n0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "-1\r\nhello\r\n0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "5\nhello\n0\n\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "5\r\nhelloX\r\n0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "\r\nhello"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "fffffffff\r\nx"));
	REFUSED(413, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "ffffffff\r\nx"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "1;a\nb\r\nx\r\n0\r\n\r\n"));
	REFUSED(400, REQUEST("POST /", "Transfer-Encoding: chunked\r\n", "0\r\nA: b\n\r\n"));
}

Test(http_parser, lines_and_names_are_exact)
{
	REFUSED(400, "GET / HTTP/1.1\nHost: x\n\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n");
	REFUSED(400, REQUEST("GET /", "X: a\r\n b\r\n", ""));
	REFUSED(400, REQUEST("GET /", "X : a\r\n", ""));
	REFUSED(400, REQUEST("GET /", "X\r\n", ""));
	REFUSED(400, REQUEST("GET /", ": a\r\n", ""));
	REFUSED(400, REQUEST("GET /", "X: a\x01\r\n", ""));
	REFUSED(400, REQUEST("GET /", "X: a\0b\r\n", ""));
	REFUSED(400, "GET /  HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1 \r\nHost: x\r\n\r\n");
	REFUSED(400, "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, " GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET / http/1.1\r\nHost: x\r\n\r\n");
	REFUSED(505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n");
	REFUSED(505, "GET / HTTP/1.2\r\nHost: x\r\n\r\n");
	REFUSED(501, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(501, "CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n");
}

Test(http_parser, the_target_is_a_path_of_this_host)
{
	REFUSED(400, "GET / HTTP/1.1\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
	REFUSED(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
	REFUSED(400, "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET x HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n");
	REFUSED(400, REQUEST("GET /a#b", "", ""));
	REFUSED(400, REQUEST("GET /a%0", "", ""));
	REFUSED(400, REQUEST("GET /a%00", "", ""));
	REFUSED(400, REQUEST("GET /a\\b", "", ""));
	REFUSED(417, REQUEST("GET /", "Expect: tea\r\n", ""));
}

Test(http_parser, a_head_has_a_limit)
{
	static char text[8192];
	size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	struct request *r = request_new(NULL);

	memset(text + n, 'a', 4000);
	cr_assert(parse(r, (struct str){text, n + 4000}, 100).status == 431);
	request_free(r);
}

Test(http_parser, what_follows_a_request_is_left_for_the_next)
{
	struct str text = STR(REQUEST("POST /", "Content-Length: 2\r\n", "hi") "GET /next HTTP/1.1\r\n");
	struct request *r = request_new(NULL);
	struct outcome o = parse(r, text, text.len);

	cr_assert(o.result == PARSED_DONE && memcmp(text.data + o.used, "GET /next", 9) == 0);
	request_free(r);
}
