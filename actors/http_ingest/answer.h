/* The one door for HTTP answers. Each request is answered exactly once; it may be gone afterwards. */
#pragma once
#include "actors/http_ingest/request.h"

struct http_answer {
	int status;
	const char *type;    /* NULL: application/json */
	const char *headers; /* extra lines "Name: value\r\n", NULL: none */
	struct str body;
	int file; /* an open one that is the body instead, closed by the answer; 0: none */
	size_t file_bytes;
};
void http_answer(struct request *, const struct http_answer *);
/* {"detail":"…"} with the given status; 503 carries Retry-After, 401 says how to authenticate. */
void http_refuse(struct request *, int status, const char *detail);
/* 422 {"detail":[{"loc":[…],"msg":…,"type":…}]}; `loc` in words, separated by dots: "body.item.item_id". */
void http_refuse_field(struct request *, const char *loc, const char *msg, const char *type);

/* An answer without an end that is known: parts are sent as they come. */
void http_stream_begin(struct request *, const struct http_answer *head);
void http_stream_part(struct request *, struct str part);
void http_stream_end(struct request *);
