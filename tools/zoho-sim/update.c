/* Owns merging fields given from outside into a record, so that they are served as Zoho would serve them. */
#include <string.h>

#include "clock.h"
#include "generate.h"
#include "record_json.h"
#include "render.h"
#include "store.h"

static int64_t micro_of(json_object *value)
{
	int64_t micro = 0;

	if (json_object_is_type(value, json_type_int))
		micro = json_object_get_int64(value) * MICRO;
	else if (json_object_get_userdata(value))
		decimal_parse(json_object_get_userdata(value), &micro);
	return micro;
}

/* Decimals keep the number of digits their field has: 12 becomes 12.00, 3 becomes 3.000000. */
static json_object *with_decimals(const struct field *field, json_object *value)
{
	const char *unset = field ? field->value : NULL;
	int64_t micro;

	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return json_object_get(value);
	if (json_object_is_type(value, json_type_int))
		micro = json_object_get_int64(value) * MICRO;
	else if (!json_object_get_userdata(value) || !decimal_parse(json_object_get_userdata(value), &micro))
		return json_object_get(value);
	if (unset && !strcmp(unset, ZERO))
		return decimal_json_at_least(micro, DECIMALS_MONEY);
	if ((unset && !strcmp(unset, ZERO_QUANTITY)) || (field && !unset && strstr(field->key, "stock")))
		return decimal_json(micro, DECIMALS_QUANTITY);
	return json_object_get(value);
}

static json_object *lines_with_decimals(const struct field *field, json_object *lines)
{
	json_object *copy = json_object_new_array(), *line;
	size_t i;

	for (i = 0; i < json_object_array_length(lines); i++) {
		line = json_object_new_object();
		json_object_object_foreach(json_object_array_get_idx(lines, i), key, value)
		{
			json_object_object_add(line, key, with_decimals(fields_find(field->sub, key), value));
		}
		json_object_array_add(copy, line);
	}
	return copy;
}

static bool is_array_of_objects(json_object *value)
{
	size_t i;

	if (!json_object_is_type(value, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(value); i++) {
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_object))
			return false;
	}
	return true;
}

static void set_extra(json_object *values, const char *key, json_object *value)
{
	json_object *extra;

	if (!json_object_object_get_ex(values, EXTRA_KEY, &extra)) {
		extra = json_object_new_object();
		json_object_object_add(values, EXTRA_KEY, extra);
	}
	json_object_object_add(extra, key, json_object_get(value));
}

static bool update_one(struct record *record, const char *key, json_object *value)
{
	const struct field *field = fields_find(entity_fields(record->entity), key);
	const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

	if (!strcmp(key, record->entity->id_key))
		return !strcmp(text, record->id);
	if (!strcmp(key, "created_time"))
		return clock_parse(text, &record->created);
	if (!strcmp(key, "last_modified_time"))
		return clock_parse(text, &record->modified);
	if (field && field->value && *field->value == '@')
		return false;
	if (field && field->value && *field->value == '=' && !field->sub)
		key = field->value + 1;
	if (!strcmp(key, "stock_on_hand") && !json_object_is_type(value, json_type_string))
		set_stock(record->values, micro_of(value));
	else if (!field)
		set_extra(record->values, key, value);
	else if (field->sub && is_array_of_objects(value))
		json_object_object_add(record->values, key, lines_with_decimals(field, value));
	else
		json_object_object_add(
			record->values, key, with_decimals(fields_find(entity_fields(record->entity), key), value));
	return true;
}

bool record_update(struct record *record, json_object *fields, const char **refused)
{
	json_object_object_foreach(fields, key, value)
	{
		if (!update_one(record, key, value)) {
			*refused = key;
			return false;
		}
	}
	return true;
}
