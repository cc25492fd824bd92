/* The tables of the ERP's that records are written to: by name as the configuration has them (config/mapping.h), then
 * checked against the catalogue. What comes out is an entity like those of entities.def, with the ERP's names, from which
 * the same statements are made; or words that say which column doesn't fit and what to do. */
#pragma once
#include "actors/handler/catalogue.h"
#include "actors/handler/entity.h"
#include "config/config.h"
#include "ipc/buf.h"

enum { MAPPING_PLACES = 2 * ENTITIES }; /* by 2 * entity: its table; one more: that of its lines */

struct mapping;

/* Of all entities. Texts are borrowed from the configuration; never freed. */
struct mapping *mapping_of(const struct config *);
/* Whether the statements of one depend on how the other is mapped: by its links, or by rows that wait for it. */
bool mapping_concerns(enum entity_id, enum entity_id other);
/* Neither it nor what it concerns is mapped; of ENTITY_NONE, nothing is. */
bool mapping_default(const struct mapping *, enum entity_id);
/* The tables that have to be known for an entity's statements (ENTITY_NONE: all of them); the others are "". */
void mapping_places(const struct mapping *, enum entity_id, struct place places[MAPPING_PLACES]);

struct fitted {
	const struct entity *entity; /* NULL: it doesn't fit, and `why` says so */
	struct buf why;		     /* all that is wrong, with what to do */
	struct buf notes;	     /* what is left out though it could be there */
	const char *probe; /* a statement that fails where a constant isn't what its column takes; NULL: none */
};

/* The entity as it is to be written, given what the catalogue knows (by place). The caller frees why and notes. */
struct fitted mapping_fit(const struct mapping *, enum entity_id, const struct table *tables);
/* Changes with where the entity's records are written to; "default" for the default tables. */
const char *mapping_mark(const struct config *, enum entity_id);
