/* An entity as it is mapped, for actors that read its table without writing to it: known at once by default, else once the
 * catalogue was asked. */
#pragma once
#include "actors/actor.h"
#include "actors/handler/mapping.h"

struct mapped_entity {
	enum entity_id id;
	const struct mapping *mapping;
	bool known;
	const struct entity *now; /* NULL: not known yet, or it doesn't fit its table, of which its handler tells */
	uint64_t seen;
};

/* At start, which is enough for the default, and at every connect: the answer comes after those to calls that were sent before
 * it. */
void mapped_entity_ask(struct mapped_entity *, struct db *, const struct config *);
