/* A client's connection: reads requests, sends answers in the order of the requests, ends properly. */
#pragma once
#include <netinet/in.h>
#include "actors/http_ingest/ingest.h"
#include "actors/http_ingest/parser.h"

enum connection_state { CONNECTION_FREE, CONNECTION_OPEN, CONNECTION_LINGERING, CONNECTION_CLOSING };

struct connection {
	struct ingest *ingest;
	struct connection *next_free;
	enum connection_state state;
	int fd;
	bool trusted, loopback;
	bool too_many; /* beyond http.connections_max: gets its 503 and goes */
	bool deaf;     /* nothing more is read from it: refused, closing, or the client's end came */
	bool eof;
	char peer[INET6_ADDRSTRLEN];
	struct loop_op receive, send;
	char *in;
	size_t in_at, in_n; /* received and not yet parsed */
	struct http_parser parser;
	struct request *reading;      /* the newest one, incomplete */
	struct request *first, *last; /* all under way, in order; `reading` is the last of them */
	unsigned complete_n;	      /* of them complete */
	uint64_t requests;
	size_t lingered;
	int64_t phase_ns; /* since when it is idle, reading a head, reading a body, or lingering */
	int64_t send_ns;  /* when bytes last went out */
};

bool connections_start(struct ingest *);
/* Takes a connected descriptor; it is closed at once where even the table for refusals is full. */
void connection_open(struct ingest *, int fd, bool trusted);
/* Sends what is ready at the front; called after an answer was made. */
void connection_pump(struct connection *);
/* Ends it now: what is in flight is cancelled, requests under way lose their client. */
void connection_destroy(struct connection *);
/* At draining: idle ones end, the others after their answers. */
void connections_drain(struct ingest *);

/* Between connection_open.c and connection.c. */
struct request *connection_begin_request(struct connection *);
void connection_receive(struct connection *);
void connection_on_receive(void *ctx, int result, unsigned flags);
void connection_on_send(void *ctx, int result, unsigned flags);

/* Deadlines (deadline.c). */
void connection_deadline(struct connection *);
void deadlines_start(struct ingest *);

/* Listening sockets (listen.c). */
void listeners_start(struct ingest *);
void listeners_stop(struct ingest *);
