/* The table of entities, by enum entity_id: `entity_<symbol>` for each line of entities.def. */
#include "actors/handler/entity.h"

#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol)                       \
	extern const struct entity entity_##symbol;
#include "actors/entities.def"
#undef ENTITY

const struct entity *const entities[ENTITIES] = {
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol)                       \
	[ENTITY_##id] = &entity_##symbol,
#include "actors/entities.def"
#undef ENTITY
};

const struct field keep_defaults[KEEPS + 1] = {
	[KEEP_ID] = {.column = "id"},
	[KEEP_ORGANIZATION] = {.column = "organization_id", .rule = RULE_ID},
	[KEEP_ACTIVE] = {.column = "is_active", .rule = RULE_FLAG},
	[KEEP_DELETED] = {.column = "deleted_at", .rule = RULE_TIME},
	[KEEP_MODIFIED] = {.column = "zoho_last_modified", .rule = RULE_TIME},
	[KEEP_SYNCED] = {.column = "last_synced", .rule = RULE_TIME},
	[KEEP_CREATED] = {.column = "created_at", .rule = RULE_TIME},
	[KEEP_UPDATED] = {.column = "updated_at", .rule = RULE_TIME},
	[KEEP_IMAGE] = {.column = "image_url", .rule = RULE_TEXT},
};

const struct entity *entity_of(uint64_t id)
{
	return id < ENTITIES ? entities[id] : NULL;
}

const char *zoho_product_path(enum product product)
{
	return product == PRODUCT_BOOKS ? "/books/v3" : "/inventory/v1";
}
