/* Owns turning a record into the JSON that Zoho would serve: the field table decides which keys stand where. */
#include "render.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "quirks.h"
#include "record_json.h"

static void render_object(
	struct text *out, const struct field *fields, unsigned forms, const struct record *record, json_object *values);

/* "Due in 30 days", "Overdue by 3 days", "" once paid: it changes daily without anybody touching the record. */
static void render_due(struct text *out, json_object *values, bool as_number)
{
	const char *status = get_text(values, "status");
	char today_text[TIME_TEXT_MAX];
	time_t due, today = 0;
	long days;

	clock_parse_date(clock_date(clock_now(), today_text), &today);
	if (!clock_parse_date(get_text(values, "due_date"), &due) || !strcmp(status, "paid") ||
		!strcmp(status, "void")) {
		text_puts(out, "\"\"");
		return;
	}
	days = (long)(due - today) / 86400;
	if (as_number)
		text_printf(out, "%ld", days);
	else if (days < 0)
		text_printf(out, "\"Overdue by %ld days\"", -days);
	else
		text_printf(out, "\"Due in %ld days\"", days);
}

/* "$1,234.50" */
static void render_money(struct text *out, json_object *values, const char *key)
{
	int64_t cents = get_micro(values, key) / CENT, whole = (cents < 0 ? -cents : cents) / 100;

	text_printf(out, "\"%s$", cents < 0 ? "-" : "");
	if (whole >= 1000000)
		text_printf(out, "%" PRId64 ",%03" PRId64 ",%03" PRId64, whole / 1000000, whole / 1000 % 1000,
			whole % 1000);
	else if (whole >= 1000)
		text_printf(out, "%" PRId64 ",%03" PRId64, whole / 1000, whole % 1000);
	else
		text_printf(out, "%" PRId64, whole);
	text_printf(out, ".%02" PRId64 "\"", (cents < 0 ? -cents : cents) % 100);
}

static void render_computed(struct text *out, const char *name, const struct record *record, json_object *values)
{
	char text[TIME_TEXT_MAX];
	time_t when = strncmp(name, "modified", 8) ? record->created : record->modified;
	const char *form = strchr(name, '_');

	if (!strncmp(name, "money:", 6))
		render_money(out, values, name + 6);
	else if (!strcmp(name, "due_days") || !strcmp(name, "due_in_days"))
		render_due(out, values, !strcmp(name, "due_in_days"));
	else if (!strcmp(name, "contact_type"))
		text_puts(out, record->entity == &entities[VENDOR] ? "\"Vendors\"" : "\"Customers\"");
	else if (!form)
		text_printf(out, "\"%s\"", clock_text(when, text));
	else if (!strcmp(form, "_date"))
		text_printf(out, "\"%s\"", clock_date(when, text));
	else
		text_printf(out, "\"%s\"", clock_display(when, !strcmp(form, "_minute"), text));
}

static void render_sub(struct text *out, const struct field *field, const struct record *record, json_object *value)
{
	size_t i, count;

	if (!json_object_is_type(value, json_type_array)) {
		render_object(out, field->sub, BOTH, record, value);
		return;
	}
	count = json_object_array_length(value);
	text_puts(out, "[");
	for (i = 0; i < count; i++) {
		if (i)
			text_puts(out, ",");
		render_object(out, field->sub, BOTH, record, json_object_array_get_idx(value, i));
	}
	text_puts(out, "]");
}

static void render_value(struct text *out, const struct field *field, const struct record *record, json_object *values,
	json_object *value)
{
	if (value && field->sub && !json_object_is_type(value, json_type_string))
		render_sub(out, field, record, value);
	else if (value)
		text_json(out, value);
	else if (*field->value == '@')
		render_computed(out, field->value + 1, record, values);
	else if (field->sub && (*field->value == '{' || *field->value == '='))
		render_object(out, field->sub, BOTH, record, NULL);
	else
		text_puts(out, *field->value == '=' ? BLANK : field->value);
}

/* The default of what an alias points to, so that an alias of an unset price is 0.00 and not "". */
static const struct field *alias_target(const struct field *fields, const struct field *field)
{
	const struct field *target = fields_find(fields, field->value + 1);

	return target && target->value && *target->value != '=' && !field->sub ? target : field;
}

static const char *render_field(struct text *out, const char *separator, const struct field *fields,
	const struct field *field, const struct record *record, json_object *values)
{
	bool alias = field->value && *field->value == '=';
	json_object *value = NULL;
	size_t start;

	if (values && !json_object_object_get_ex(values, field->key, &value) && alias)
		json_object_object_get_ex(values, field->value + 1, &value);
	if (!value && !field->value)
		return separator;
	if (quirk_leaves_out(record->entity, field->key))
		return separator;
	text_puts(out, separator);
	text_json_string(out, field->key);
	text_puts(out, ":");
	start = out->length;
	render_value(out, alias && !value ? alias_target(fields, field) : field, record, values, value);
	quirk_form(out, start, record->entity, field->key, record->id);
	return ",";
}

static void render_object(
	struct text *out, const struct field *fields, unsigned forms, const struct record *record, json_object *values)
{
	const char *separator = "{";
	const struct field *field;
	json_object *extra;

	for (field = fields; field->key; field++) {
		if (field->forms & forms || forms == BOTH ||
			(field->sub && forms == LIST && quirk_of(QUIRK_LIST_LINES, record->entity)))
			separator = render_field(out, separator, fields, field, record, values);
	}
	if (values && json_object_object_get_ex(values, EXTRA_KEY, &extra)) {
		json_object_object_foreach(extra, key, member)
		{
			size_t start;

			text_puts(out, separator);
			text_json_string(out, key);
			text_puts(out, ":");
			start = out->length;
			text_json(out, member);
			quirk_form(out, start, record->entity, key, record->id);
			separator = ",";
		}
	}
	text_puts(out, *separator == '{' ? "{}" : "}");
}

void render_record(struct text *out, const struct record *record, enum form form)
{
	render_object(out, entity_fields(record->entity), form, record, record->values);
}
