/* What the parts of the healer share: its state, and what each part does for the others. */
#pragma once
#include "actors/actor.h"
#include "actors/query.h"
#include "ipc/buf.h"

enum { WHO_BYTES = 64, CORRELATION_BYTES = 64, NODE_BYTES = 160, UUID_LENGTH = 36 };

struct asked { /* a request that waits for PostgreSQL */
	struct asked *next;
	struct healer *healer;
	struct edge *in;
	uint64_t request;
	char who[WHO_BYTES], correlation[CORRELATION_BYTES];
	const char *done;			       /* what an alert's change is answered with */
	char entity[WORD_BYTES], priority[WORD_BYTES]; /* filters */
	uint64_t retried;			       /* so far, where all matching dead letters are asked for */
};

enum tally { TALLY_NONE, TALLY_STUCK, TALLY_RETRIED, TALLY_ALERTS, TALLY_LOCKS, TALLY_LINKED, TALLY_REMOVED, TALLIES };

struct run { /* the healing run that is under way */
	bool on;
	size_t step;
	unsigned repeated;
	uint64_t tallies[TALLIES];
	char error[256];
	struct asked *waiters;
	char who[WHO_BYTES], correlation[CORRELATION_BYTES]; /* who "" = the timer */
};

struct obituary_desk { /* the obituary in hand, until PostgreSQL has it */
	struct edge *held;
	struct msg_obituary message; /* what is held */
	struct buf text;	     /* what is being written; empty = nothing */
	bool from_slot, looking;
	int slots_told; /* at start: how many slots' obituaries were looked at */
};

struct healer {
	struct actor *actor;
	struct db *db;
	struct loop_op tick, obituary_again, slots_look;
	int64_t next_run_us;
	bool adopted;
	char node[NODE_BYTES]; /* who holds the lease */
	struct run run;
	struct obituary_desk desk;
	const struct mapping *mapping;
};

/* asked.c: what the routes have in common. */
struct asked *asked_new(struct actor *, struct edge *in, const struct msg_http_request *);
void asked_failed(struct asked *, const struct db_reply *); /* answers with PostgreSQL's refusal; the request is over */
/* The id in a path /api/bff/tds/<kind>/{id}...; false: answered with 404. */
bool path_uuid(struct actor *, struct edge *, const struct msg_http_request *, const char *not_found,
	char id[UUID_LENGTH + 1]);
/* healer.c */
void tell_dispatcher(struct healer *, uint64_t rows);
/* "{product,customer,...}": those that have a handler. */
const char *entities_handled(void);

/* run.c: the healing run, by timer and by request. */
void heal_start(struct healer *, struct asked *waiter); /* waiter NULL: by timer; joins the one under way */
void healing_run(struct actor *, struct edge *, const struct msg_http_request *);
void healing_stats(struct actor *, struct edge *, const struct msg_http_request *);

/* steps.c: what a run does, in this order; the links of link.c come last. */
enum { STEP_LEASE, STEP_PARAMS_MAX = 12 };
typedef void (*step_param)(const struct healer *, struct buf *); /* adds nothing = NULL */
struct step {
	struct db_statement statement;
	step_param params[STEP_PARAMS_MAX];
	enum tally first, second; /* what its numbers count */
	bool repeats, puts_back;  /* while it fills a batch; rows for the dispatcher */
};
size_t steps_count(void);
const struct step *step_at(size_t);
const struct db_statement *step_statement(size_t);

/* link.c: documents whose customer or product arrived after them. */
void links_ask(struct healer *); /* before a run: by what names ERP tables go now; its steps come after the answer */
size_t links_count(void);
const struct db_statement *link_statement(size_t);
const char *link_fixed(size_t); /* its third parameter; NULL: it has none */

/* obituaries.c */
void on_obituary(struct actor *, struct edge *, const union message *);
void obituaries_start(struct healer *);

/* letters.c, letters_retry.c */
extern const char letter_not_found[];
void letters_list(struct actor *, struct edge *, const struct msg_http_request *);
void letters_show(struct actor *, struct edge *, const struct msg_http_request *);
void letters_resolve(struct actor *, struct edge *, const struct msg_http_request *);
void letters_retry(struct actor *, struct edge *, const struct msg_http_request *);
void letters_retry_all(struct actor *, struct edge *, const struct msg_http_request *);
/* Answers why nothing was moved or closed (healer_letter_state.sql); the request is over. */
void letters_not_moved(struct asked *, const PGresult *state);
/* entity_type and priority of a query; false: answered with 422. */
bool letters_filter(struct actor *, struct edge *, const struct msg_http_request *, char entity[WORD_BYTES],
	char priority[WORD_BYTES]);

/* alerts.c */
void alerts_list(struct actor *, struct edge *, const struct msg_http_request *);
void alerts_acknowledge(struct actor *, struct edge *, const struct msg_http_request *);
void alerts_resolve(struct actor *, struct edge *, const struct msg_http_request *);
