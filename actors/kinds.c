/* The names behind the tables, and look-ups by name. */
#include "actors/kinds.h"
#include <string.h>

const struct entity_names entity_names[ENTITIES] = {
	[ENTITY_NONE] = {"", "", "", "", "", "", "", ""},
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol)                       \
	[ENTITY_##id] = {name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole},
#include "actors/entities.def"
#undef ENTITY
};

const char entity_array[] = "{\"\""
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol) "," name
#include "actors/entities.def"
#undef ENTITY
			    "}";

const struct counter_names counter_names[COUNTERS] = {
#define COUNTER(id, name, by, help) [COUNT_##id] = {name, help, by},
#include "actors/counters.def"
#undef COUNTER
};

const struct route routes[ROUTES] = {
#define ROUTE(id, method, path, owner, text) [ROUTE_##id] = {method, path, ACTOR_##owner, text},
#include "actors/routes.def"
#undef ROUTE
};

const char *const lane_names[LANES] = {
#define LANE(id, name, suffix, counter, leaves, text) name,
#include "actors/lanes.def"
#undef LANE
};

const char *const breaker_names[BREAKERS] = {
#define LANE(id, name, suffix, counter, leaves, text) "zoho-books" suffix, "zoho-inventory" suffix,
#include "actors/lanes.def"
#undef LANE
	"zoho-auth"};

const char *const operation_names[] = {"upsert", "create", "update", "delete"};
const char *const outcome_names[] = {
	"applied", "unchanged", "stale", "superseded", "dead_letter", "skipped", "retry", "refetch"};

enum entity_id entity_by_name(struct str name)
{
	for (int e = 1; e < ENTITIES; e++)
		if (str_eq(name, entity_names[e].name))
			return (enum entity_id)e;
	return ENTITY_NONE;
}

enum entity_id entity_by_bulk(struct str bulk)
{
	for (int e = 1; e < ENTITIES; e++)
		if (str_eq(bulk, entity_names[e].bulk))
			return (enum entity_id)e;
	return ENTITY_NONE;
}

const char *actor_kind_name(enum actor_kind kind)
{
	static const char *const names[ACTOR_KINDS] = {
		[ACTOR_SUPERVISOR] = "supervisor",
#define ACTOR(id, symbol, name, essential, database, many) [ACTOR_##id] = (name),
#include "actors/actors.def"
#undef ACTOR
	};
	return (unsigned)kind < ACTOR_KINDS ? names[kind] : "?";
}

enum actor_kind actor_kind_of(const char *name)
{
	size_t n = strcspn(name, ":#");
	for (int kind = ACTOR_SUPERVISOR + 1; kind < ACTOR_KINDS; kind++)
		if (strlen(actor_kind_name((enum actor_kind)kind)) == n &&
			!strncmp(name, actor_kind_name((enum actor_kind)kind), n))
			return (enum actor_kind)kind;
	return ACTOR_SUPERVISOR;
}
