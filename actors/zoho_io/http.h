/* HTTP calls over libcurl on the actor's loop: keep-alive, HTTP/2 where offered, gzip, TLS verified, no redirects, a
 * limit on time and on decompressed bytes. Knows nothing of Zoho but the headers it wants of a reply. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ipc/loop.h"

struct http;
struct http_call;

struct http_head { /* of a reply; -1 = it had no such header, date_us 0 */
	int64_t date_us, retry_after_s;
	int64_t day_limit, day_left, day_reset_s; /* x-rate-limit-* */
};

struct http_reply {
	const char *error; /* NULL: a whole reply came; else why not */
	bool too_big;	   /* … because it was larger than body_max */
	bool unsent;	   /* … and nothing of the request can have reached the server */
	long status;
	const char *type; /* Content-Type, "" where it had none */
	struct http_head head;
	char *body; /* `done` may take it and set NULL */
	size_t length;
	int64_t took_ns;
};
typedef void (*http_done)(void *ctx, struct http_reply *);

struct http_request {
	const char *url;
	const char *too_big;	/* the words for a body larger than body_max */
	const char *headers[4]; /* "Name: value", ends with NULL; copied */
	const char *post;	/* form body, copied; NULL: GET */
	size_t body_max;
	int64_t timeout_ns, connect_timeout_ns;
};

struct http *zoho_http_new(struct loop *, int connections_max);
/* `done` is called once, never inside this. NULL when there is no memory. */
struct http_call *zoho_http_start(struct http *, const struct http_request *, http_done done, void *ctx);
void zoho_http_abort(struct http_call *); /* `done` isn't called */
/* Plain http is for this machine only: "https://…", or "http://" with a loopback host. */
bool zoho_http_acceptable(const char *url);
bool zoho_http_is_loopback(const char *url);
