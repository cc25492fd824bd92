/* The table of entities, by enum entity_id: `entity_<symbol>` for each line of entities.def. */
#include "actors/handler/entity.h"

#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, lines, symbol)                       \
	extern const struct entity entity_##symbol;
#include "actors/entities.def"
#undef ENTITY

const struct entity *const entities[ENTITIES] = {
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, lines, symbol)                       \
	[ENTITY_##id] = &entity_##symbol,
#include "actors/entities.def"
#undef ENTITY
};

const struct entity *entity_of(uint64_t id)
{
	return id < ENTITIES ? entities[id] : NULL;
}

const char *zoho_product_path(enum product product)
{
	return product == PRODUCT_BOOKS ? "/books/v3" : "/inventory/v1";
}
