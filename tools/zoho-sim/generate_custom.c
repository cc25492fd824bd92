/* Owns custom fields: the array, the hash beside it, and the cf_ keys at top level, which all tell the same. */
#include <stdio.h>

#include "generate.h"
#include "record_json.h"
#include "render.h"

static json_object *member(json_object *values, const char *key, json_object *(*make)(void))
{
	json_object *found;

	if (!json_object_object_get_ex(values, key, &found)) {
		found = make();
		json_object_object_add(values, key, found);
	}
	return found;
}

void set_custom_field(json_object *values, const char *name, const char *label, const char *value)
{
	json_object *fields = member(values, "custom_fields", json_object_new_array),
		    *hash = member(values, "custom_field_hash", json_object_new_object),
		    *entry = json_object_new_object();
	char api_name[64], plain[80];

	snprintf(api_name, sizeof api_name, "cf_%s", name);
	snprintf(plain, sizeof plain, "%s_unformatted", api_name);
	set_text(entry, "field_id", ID_PREFIX "000088001");
	set_text(entry, "customfield_id", ID_PREFIX "000088001");
	set_number(entry, "index", (int64_t)json_object_array_length(fields) + 1);
	set_text(entry, "label", label);
	set_text(entry, "api_name", api_name);
	set_text(entry, "placeholder", api_name);
	set_text(entry, "data_type", "string");
	set_text(entry, "value", value);
	set_text(entry, "value_formatted", value);
	set_flag(entry, "show_on_pdf", false);
	json_object_array_add(fields, entry);
	set_text(hash, api_name, value);
	set_text(hash, plain, value);
}

void set_custom_keys(json_object *values, const char *name, const char *value)
{
	json_object *extra = member(values, EXTRA_KEY, json_object_new_object);
	char api_name[64], plain[80];

	snprintf(api_name, sizeof api_name, "cf_%s", name);
	snprintf(plain, sizeof plain, "%s_unformatted", api_name);
	set_text(extra, api_name, value);
	set_text(extra, plain, value);
}
