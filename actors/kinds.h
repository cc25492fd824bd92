/* The enums and names behind actors.def, entities.def, counters.def and routes.def, for whoever needs to name an actor,
 * an entity, a counter or a route without knowing more of it. */
#pragma once
#include <stddef.h>
#include "ipc/message.h"

enum actor_kind {
	ACTOR_SUPERVISOR,
#define ACTOR(id, symbol, name, essential, database, many) ACTOR_##id,
#include "actors/actors.def"
#undef ACTOR
	ACTOR_KINDS
};

enum entity_id {
	ENTITY_NONE,
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol) ENTITY_##id,
#include "actors/entities.def"
#undef ENTITY
	ENTITIES
};

struct entity_names {
	const char *name, *webhook, *bulk, *wrapper, *id_key, *alias_wrapper, *alias_id, *whole;
};
extern const struct entity_names entity_names[ENTITIES]; /* [ENTITY_NONE] holds empty strings */
extern const char entity_array[];			 /* every name, as PostgreSQL's text[] has it */
enum entity_id entity_by_name(struct str name);		 /* ENTITY_NONE: no such */
enum entity_id entity_by_bulk(struct str bulk);

enum counted_by {
#define ACTOR(id, symbol, name, essential, database, many) BY_##id = 1 << ACTOR_##id,
#include "actors/actors.def"
#undef ACTOR
	BY_ANY = (1 << ACTOR_KINDS) - 1
};
enum counter_id {
#define COUNTER(id, name, by, help) COUNT_##id,
#include "actors/counters.def"
#undef COUNTER
	COUNTERS
};
struct counter_names {
	const char *name, *help;
	unsigned by; /* enum counted_by */
};
extern const struct counter_names counter_names[COUNTERS];

const char *actor_kind_name(enum actor_kind);
enum actor_kind actor_kind_of(const char *name); /* of "handler:product#1"; ACTOR_SUPERVISOR: no actor's */

enum route_id {
#define ROUTE(id, method, path, owner, text) ROUTE_##id,
#include "actors/routes.def"
#undef ROUTE
	ROUTES
};
struct route {
	const char *method, *path; /* "{id}" stands for one segment */
	enum actor_kind owner;
	const char *text; /* what it does, for /openapi.json */
};
extern const struct route routes[ROUTES];

/* Operations of an event, as in tds_operation_type and MSG event.operation. */
enum operation { OP_UPSERT, OP_CREATE, OP_UPDATE, OP_DELETE };
extern const char *const operation_names[];

/* What became of a record or event; names as in processing_result.outcome. */
enum apply_outcome {
	OUTCOME_APPLIED,	  /* created or updated */
	OUTCOME_UNCHANGED,	  /* same content */
	OUTCOME_STALE,		  /* a newer version was there */
	OUTCOME_SUPERSEDED,	  /* a newer event made it superfluous */
	OUTCOME_DEAD_LETTER,	  /* given up, with its reason */
	OUTCOME_SKIPPED,	  /* locked by somebody else or gone: not done */
	OUTCOME_RETRY,		  /* scheduled again */
	OUTCOME_REFETCH,	  /* not applied: Zoho must be asked for the whole record */
	OUTCOME_AND_REFETCH = 16, /* added to the others: two contents of one version were seen, Zoho must say */
};
extern const char *const outcome_names[];

/* Instead of an SQLSTATE: the entity doesn't fit the tables that it is mapped to. Its handler has told people. */
#define SQLSTATE_MISFIT "42TDS"

enum lane {
#define LANE(id, name, suffix, counter, leaves, text) LANE_##id,
#include "actors/lanes.def"
#undef LANE
	LANES
};
extern const char *const lane_names[LANES];

enum { ZOHO_PRODUCTS = 2, BREAKERS = LANES * ZOHO_PRODUCTS + 1 };
/* By lane, and in it by product (enum product); the last is that of the accounts host. */
extern const char *const breaker_names[BREAKERS];
