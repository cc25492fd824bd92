/* One HTTP request from its first byte to the last byte of its answer. All its memory is its arena's. */
#pragma once
#include "actors/http_ingest/arena.h"
#include "actors/kinds.h"

struct connection;
struct webhook;

enum { HTTP_CORRELATION_BYTES_MAX = 128 };
enum request_state { REQUEST_READING, REQUEST_WAITING, REQUEST_STREAMING, REQUEST_ANSWERED };

struct http_header {
	struct str name, value;
};

struct request {
	struct connection *connection; /* NULL once the client is gone */
	struct request *next;	       /* of the same connection, in the order of arrival */
	struct http_arena arena;
	enum request_state state;
	struct str method, path, query;
	struct str correlation;
	struct http_header *headers;
	unsigned headers_n;
	bool keep_alive, expects, head_only, http_1_0;
	bool continue_due; /* "100 Continue" is to be sent when its turn comes */
	char *head, *body;
	size_t head_n, head_size, body_n, body_size;
	int64_t started_ns; /* when it was complete */
	enum route_id route;
	uint64_t forward; /* id of the message to the owner, 0 = none */
	struct webhook *webhook;
	int status;
	bool close, stream_heads_out;
	struct http_text out; /* what is to be sent, head and body */
	size_t sent;
	int file; /* of which the rest of the body is read when `out` is sent, 0 = none */
	size_t file_left;
	const char *cors_origin; /* answered to, NULL = none */
};

struct request *request_new(struct connection *);
void request_free(struct request *);
/* The value of the first header of that name, absent when there is none. */
struct str request_header(const struct request *, const char *name);
unsigned request_header_count(const struct request *, const char *name);
bool request_header_starts(const struct request *, const char *prefix);
/* Whether a comma-separated header names this token, case-insensitively. */
bool request_header_has(const struct request *, const char *name, const char *token);
