/* The runtime that every actor shares: start-up from the boot struct, rings and doorbell, heartbeat, the loop,
 * draining. An actor is one `const struct actor_type`: state, message handlers, start, drain. Handlers run to
 * completion on the loop's thread and never block (PostgreSQL and Zoho are asked asynchronously).
 *
 * At-least-once: the head of an edge moves when the handler of its message returns, or, when the handler called
 * actor_hold, with actor_release. A held edge delivers nothing more; strings of the held message stay valid. */
#pragma once
#include "actors/boot.h"
#include "config/config.h"
#include "ipc/log.h"
#include "ipc/loop.h"
#include "ipc/message.h"
#include "sql/db.h"

struct actor;

struct edge {
	struct actor *actor;
	struct ring ring;
	int ring_fd, bell_fd;
	enum actor_kind peer_kind;
	int peer_slot;
	uint64_t peer_generation; /* last seen; a change = the peer was restarted */
	bool consumer, held;
	uint8_t *buffer; /* consumer: the message in hand */
	uint8_t *ahead;	 /* consumer: the one behind it, where somebody asked for that */
	size_t buffer_size;
	size_t buffer_used; /* bytes, since memory was last given back */
};

typedef void (*message_handler)(struct actor *, struct edge *, const union message *);
typedef void (*actor_route)(struct actor *, struct edge *, const struct msg_http_request *);

struct actor_type {
	enum actor_kind kind;
	size_t state_size;	       /* bytes of `state`, zeroed at start */
	void (*start)(struct actor *); /* open what it needs; a broken environment dies here */
	void (*drain)(struct actor *); /* take nothing new; call actor_drained when done. NULL: at once */
	void (*turn)(struct actor *);  /* after each turn's messages: batch what came together; may be NULL */
	void (*peer_restarted)(struct actor *, struct edge *); /* may be NULL */
	message_handler on[MSG_N];  /* by message type; HTTP requests go by `routes` instead */
	actor_route routes[ROUTES]; /* by route id; only its own */
};

struct actor {
	const struct actor_type *type;
	const struct boot *boot;
	struct config config;
	struct loop *loop;
	struct slot *slot;	  /* own */
	const struct slot *slots; /* all, read only */
	struct edge *edges;
	int edges_n;
	bool draining, drained;
	void *state;
	struct message_scratch *scratch;
	struct loop_op bell, beat;
	int64_t last_turn_ns;
};

/* The child's main: never returns. */
__attribute__((noreturn)) void actor_main(const struct actor_type *);

/* The edge on which this actor speaks to the given kind and instance (for handlers: entity and shard), or NULL. */
struct edge *actor_edge(struct actor *, enum actor_kind, int instance);
struct edge *actor_edge_handler(struct actor *, enum entity_id, uint64_t id_hash);
/* The edge back to the sender of what came over `in`. */
struct edge *actor_edge_back(struct actor *, const struct edge *in);

/* Encodes and publishes; false = the ring is full (counted; nothing is blocked). */
bool actor_send(struct actor *, struct edge *to, enum message_type, const void *msg);
void actor_hold(struct edge *);
void actor_release(struct edge *);
/* The message behind the held one, where there is one already, so that it can be prepared: it is delivered after actor_release as
 * ever, and its strings lie where they lie now. Once per message; lists of numbers of the held one are gone. */
bool actor_ahead(struct edge *, enum message_type *, union message *);

void actor_count(struct actor *, enum counter_id, uint64_t n);
/* Ready: loop runs and configuration is valid. Degraded says in words what is missing (PostgreSQL away). */
void actor_ready(struct actor *);
void actor_note(struct actor *, const char *why); /* NULL or "" = nothing to report */
void actor_drained(struct actor *);

/* Before it is confined, in its `start`: the one directory that it writes files in. Nobody else's are its to write. */
void actor_keeps_files_in(int directory);

/* Opens this actor's database connection with the configured limits; up/down is noted in the slot, then told to
 * `state`. */
struct db *actor_database(struct actor *, void (*state)(void *ctx, bool up, const char *why), void *ctx);
/* A further connection, that the actor can do without: the slot says nothing of it. */
struct db *actor_database_more(struct actor *);

/* HTTP answers from an owner. `headers`: extra lines "Name: value\r\n", may be empty. A body larger than a message
 * goes in parts. Request messages don't hold their edge: the owner copies what it needs and answers when it can. */
void actor_reply(struct actor *, struct edge *in, uint64_t request, int status, const char *headers, const char *body,
	size_t length);
void actor_reply_type(struct actor *, struct edge *in, uint64_t request, int status, const char *type, const char *body,
	size_t length);
/* {"detail":"…"} with the right escaping. */
void actor_refuse(struct actor *, struct edge *in, uint64_t request, int status, const char *detail, ...)
	__attribute__((format(printf, 5, 6)));

uint64_t id_hash(struct str id);		     /* FNV-1a: which shard a record belongs to */
int64_t now_us(void);				     /* wall clock, Unix microseconds */
struct str path_segment(struct str path, int index); /* 0-based, not decoded; absent when there are fewer */
/* The value of a query key, percent-decoded into `to`; false when absent (or when it doesn't fit). */
bool query_value(struct str query, const char *key, char *to, size_t size);
