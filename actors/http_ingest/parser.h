/* Bytes in, requests out: the guard finds the end, llhttp reads, and both must agree. */
#pragma once
#include <llhttp.h>
#include "actors/http_ingest/guard.h"
#include "actors/http_ingest/request.h"

enum http_parsed { PARSED_MORE, PARSED_HEAD, PARSED_DONE, PARSED_REFUSED };

struct http_parser {
	struct http_guard guard;
	llhttp_t llhttp;
	struct request *request;
	bool head_told, complete;
};

void http_parser_start(struct http_parser *, struct request *, const struct http_limits *);
/* Takes up to `n` bytes; `used` says how many were this request's. PARSED_HEAD comes once, when a body will follow.
 * PARSED_REFUSED: guard.status and guard.why say what to answer. */
enum http_parsed http_parser_feed(struct http_parser *, const char *bytes, size_t n, size_t *used);
/* Whether anything of the request has come. */
bool http_parser_begun(const struct http_parser *);
