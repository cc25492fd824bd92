/* What the parts of http-ingest share: the actor's state. One per process, zeroed at start. */
#pragma once
#include "actors/alarm.h"
#include "actors/actor.h"
#include "actors/http_ingest/guard.h"

enum {
	HTTP_INPUT_BYTES = 8192,	     /* receive buffer of a connection */
	HTTP_REFUSING_MAX = 32,		     /* connections beyond http.connections_max that still get their 503 */
	HTTP_LINGER_BYTES_MAX = 4 << 20,     /* read and thrown away after the last answer */
	HTTP_REPLY_BYTES_MAX = 64 << 20,     /* an owner's reply, all parts */
	HTTP_STREAM_WAITING_MAX = 256 << 10, /* of an event stream, not yet sent to a slow reader */
	HTTP_RETRY_AFTER_S = 5,
	INGEST_CONNECTIONS_MAX = 16, /* limit of ingest.connections */
};
#define HTTP_LINGER_NS INT64_C(2000000000)
#define HTTP_DRAIN_GRACE_NS INT64_C(1000000000) /* for the first request of a connection just accepted */
#define HTTP_ACCEPT_PAUSE_NS INT64_C(100000000) /* after accept failed (descriptors used up) */

struct connection;
struct request;
struct ingest;

struct listener {
	struct ingest *ingest;
	struct loop_op accept, pause;
	int fd;
	bool trusted;
};

struct forwards { /* requests that wait for their owner, in a fixed table */
	struct forward *at;
	size_t n, waiting_n;
	uint32_t first_free; /* index + 1, 0 = none */
	uint32_t generation;
};

struct group_lane { /* one database connection */
	struct ingest *ingest;
	struct db *db;
	struct group *group; /* under way, NULL = idle */
};

struct ingest {
	struct actor *actor;
	struct http_limits limits;
	struct listener listeners[BOOT_LISTENERS_MAX];
	unsigned listeners_n;
	struct connection *connections; /* the table */
	struct connection *free_connections;
	size_t connections_n, connections_used, open_n; /* used: how far into the table it ever went */
	struct loop_op deadline; /* one timer for all connections, due at the earliest deadline */
	int64_t deadline_ns;	 /* 0 = not running */
	struct forwards forwards;
	int64_t drain_ns; /* since when no new connections are taken, 0 = they are */
	unsigned streams_n;
	struct access *access; /* tokens, origins, secrets */
	struct group_lane lanes[INGEST_CONNECTIONS_MAX];
	unsigned lanes_n;
	struct alarm slow; /* when a commit under way has taken so long that the next one doesn't wait for it */
	struct delivery *waiting, **waiting_end; /* for a commit */
	size_t waiting_n;
	bool refusing; /* the last commit failed although PostgreSQL is there */
	struct str openapi;
	int images; /* their directory, -1 none */
};
