/* Owns the HTTP server: one request comes in here, one reply goes out here, whatever is simulated behind. */
#ifndef ZOHO_SIM_HTTP_H
#define ZOHO_SIM_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

#define BODY_BYTES_MAX (8u << 20)
#define HEADERS_MAX 8

enum delivery {
	DELIVER_WHOLE,	 /* with Content-Length */
	DELIVER_CHUNKED, /* as Zoho does */
	DELIVER_CUT,	 /* Content-Length says more than is sent, then the connection closes */
	DELIVER_SLOWLY,	 /* in pieces over slow_ms */
	DELIVER_RESET,	 /* nothing but a TCP reset */
	DELIVER_NOTHING, /* the connection closes */
};

struct MHD_Connection;

struct request {
	struct MHD_Connection *connection;
	char *method;
	char *path;
	struct text body;
	bool too_large;
	/* The reply. */
	unsigned status;
	const char *content_type;
	bool gzipped; /* the bytes are a gzip stream already */
	bool undated; /* without a Date header */
	struct text reply;
	enum delivery delivery;
	unsigned slow_ms;
	char *headers[HEADERS_MAX]; /* "Name: value" */
	size_t header_count;
	int code;   /* of the body, for the counters */
	bool stops; /* once the reply is out, the program ends */
};

/* The query's value, decoded; NULL when absent. Lives as long as the request. */
const char *request_query(struct request *request, const char *key);
/* "page=1&per_page=200", decoded, in the order of the request; appended. */
void request_queries(struct request *request, struct text *out);
const char *request_header(struct request *request, const char *key);
void reply_header(struct request *request, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fills in the reply; called on a thread of the connection's own, may take its time. */
typedef void request_handler(struct request *request);

/* listen is ADDRESS:PORT (exits 2 when it is not); false says why on stderr. */
bool http_start(const char *listen_at, request_handler *handler);
unsigned http_port(void);
/* "http://127.0.0.1:9000" */
const char *http_base(void);
void http_stop(void);

/* Sleeps, less when the program stops; false then, and also when the client has gone. */
bool http_sleep(struct request *request, long milliseconds);
/* Makes main() return; safe in a signal handler's thread and anywhere else. */
void stop_ask(void);
bool stop_asked(void);
void stop_wait(void);

#endif
