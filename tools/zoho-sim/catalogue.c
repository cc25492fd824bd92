/* Owns reading items from a JSON catalogue, so that a real assortment can be served instead of an invented one. */
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "record_json.h"

#define CATALOGUE_START INT64_C(1672531200) /* 2023-01-01 */
#define CATALOGUE_STEP 12000		    /* seconds from one item to the next */

static void set_same_money(json_object *item, const char *key, json_object *entry, const char *entry_key)
{
	set_money(item, key, get_micro(entry, entry_key));
}

/* The catalogue of another program: its names on the right, Zoho's on the left. */
static json_object *item_of(json_object *entry, struct random *random)
{
	json_object *item = json_object_new_object(), *more = NULL;
	const char *type;

	json_object_object_get_ex(entry, "specifications", &more);
	type = get_text(more, "item_type");
	set_text(item, "item_id", get_text(entry, "zoho_item_id"));
	set_text(item, "name", get_text(entry, "name"));
	set_text(item, "sku", get_text(entry, "code"));
	set_text(item, "description", get_text(entry, "description"));
	set_text(item, "brand", get_text(entry, "brand"));
	set_text(item, "unit", get_text(entry, "unit"));
	set_text(item, "status", get_flag(entry, "is_active") ? "active" : "inactive");
	set_same_money(item, "rate", entry, "selling_price");
	set_same_money(item, "purchase_rate", entry, "cost_price");
	set_text(item, "item_type", *type ? type : "sales");
	set_text(item, "source", get_text(more, "source"));
	if (*get_text(more, "category"))
		set_text(item, "category_name", get_text(more, "category"));
	set_flag(item, "track_inventory", !strcmp(type, "inventory"));
	set_flag(item, "can_be_purchased", strcmp(type, "sales") != 0);
	if (!strcmp(type, "inventory")) {
		set_quantity(item, "reorder_level", get_micro(entry, "reorder_level"));
		set_stock(item, random_between(random, -5, 200) * MICRO);
	}
	return item;
}

bool catalogue_load(const char *path)
{
	json_object *catalogue = json_object_from_file(path), *entry;
	struct random random = {1};
	size_t i;
	time_t when = CATALOGUE_START;

	if (!json_object_is_type(catalogue, json_type_array)) {
		fprintf(stderr, "zoho-sim: %s: not a JSON array of items: %s\n", path,
			catalogue ? "another type" : json_util_get_last_err());
		json_object_put(catalogue);
		return false;
	}
	for (i = 0; i < json_object_array_length(catalogue); i++, when += CATALOGUE_STEP) {
		entry = json_object_array_get_idx(catalogue, i);
		if (!json_object_is_type(entry, json_type_object) || !*get_text(entry, "zoho_item_id") ||
			!store_add(&entities[PRODUCT], item_of(entry, &random), when, when)) {
			fprintf(stderr, "zoho-sim: %s: item %zu: no zoho_item_id, or one that was there before\n", path,
				i);
			json_object_put(catalogue);
			return false;
		}
	}
	json_object_put(catalogue);
	return true;
}
