/* Owns what a webhook looks like: the body in each of its shapes, the query, the signature. */
#include "webhook_body.h"

#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "options.h"
#include "record_json.h"

#define PAIRS_MAX 512

const char *webhook_event_name(enum webhook_event event)
{
	static const char *const names[] = {"created", "updated", "deleted"};

	return names[event];
}

const char *webhook_content_type(unsigned shape)
{
	return shape == SHAPE_FORM_JSON || shape == SHAPE_FORM_FLAT || shape == SHAPE_JSON_AS_FORM
		       ? "application/x-www-form-urlencoded"
		       : "application/json";
}

bool webhook_is_form(unsigned shape)
{
	return shape == SHAPE_FORM_JSON || shape == SHAPE_FORM_FLAT;
}

bool webhook_event_in_query(enum webhook_event event, unsigned shape)
{
	return event == WEBHOOK_DELETED && shape != SHAPE_EVENT && shape != SHAPE_BATCH;
}

static void wrapped(struct text *out, struct record *record, const struct text *detail)
{
	text_printf(out, "{\"%s\":", record->entity->wrapper);
	text_append(out, detail->data, detail->length);
	text_puts(out, "}");
}

static void event_body(struct text *out, struct record *record, const struct text *detail, enum webhook_event event)
{
	text_printf(out, "{\"event_type\":\"%s.%s\",\"entity_type\":\"%s\",\"entity_id\":\"%s\",\"organization_id\":",
		record->entity->wrapper, webhook_event_name(event), record->entity->name, record->id);
	text_json_string(out, options.organization_id);
	text_puts(out, ",\"data\":");
	text_append(out, detail->data, detail->length);
	text_puts(out, "}");
}

/* Top level values that are no objects or arrays. */
static void flat_form(struct text *out, const struct text *text)
{
	json_object *detail = json_tokener_parse(text->data);
	struct text value = {0};
	const char *separator = "";

	json_object_object_foreach(detail, key, member)
	{
		if (json_object_is_type(member, json_type_object) || json_object_is_type(member, json_type_array))
			continue;
		text_clear(&value);
		if (json_object_is_type(member, json_type_string))
			text_puts(&value, json_object_get_string(member));
		else
			text_json(&value, member);
		text_puts(out, separator);
		text_url_encoded(out, key);
		text_puts(out, "=");
		text_url_encoded(out, value.data);
		separator = "&";
	}
	text_free(&value);
	json_object_put(detail);
}

static void form_json(struct text *out, struct record *record, const struct text *detail)
{
	struct text json = {0};

	wrapped(&json, record, detail);
	text_puts(out, "JSONString=");
	text_url_encoded(out, json.data);
	text_free(&json);
}

void webhook_body(
	struct text *out, struct record *record, const struct text *detail, enum webhook_event event, unsigned shape)
{
	switch (shape) {
	case SHAPE_EVENT:
		event_body(out, record, detail, event);
		break;
	case SHAPE_BARE:
		text_append(out, detail->data, detail->length);
		break;
	case SHAPE_FORM_JSON:
		form_json(out, record, detail);
		break;
	case SHAPE_FORM_FLAT:
		flat_form(out, detail);
		break;
	case SHAPE_BATCH:
		text_puts(out, "{\"events\":[");
		event_body(out, record, detail, event);
		text_puts(out, "]}");
		break;
	default:
		wrapped(out, record, detail);
		break;
	}
}

/* By key only; what stands before the first = is the key. */
static int compare_pairs(const void *left, const void *right)
{
	const char *a = *(char *const *)left, *b = *(char *const *)right;
	size_t a_length = (size_t)(strchrnul(a, '=') - a), b_length = (size_t)(strchrnul(b, '=') - b);
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* Adds pointers to the pairs "key=value" of text, which is cut up. */
static size_t split_pairs(char *text, char **pairs, size_t count)
{
	char *pair, *rest;

	for (pair = strtok_r(text, "&", &rest); pair && count < PAIRS_MAX; pair = strtok_r(NULL, "&", &rest)) {
		url_decode(pair);
		pairs[count++] = pair;
	}
	return count;
}

void webhook_sign(const char *secret, const char *query, const char *body, bool form, char *hex)
{
	char *pairs[PAIRS_MAX], *copy = text_format("%s", query), *form_copy = text_format("%s", form ? body : "");
	size_t i, count = split_pairs(copy, pairs, 0);
	struct text text = {0};
	char *equals;

	count = split_pairs(form_copy, pairs, count);
	qsort(pairs, count, sizeof *pairs, compare_pairs);
	for (i = 0; i < count; i++) {
		equals = strchrnul(pairs[i], '=');
		text_append(&text, pairs[i], (size_t)(equals - pairs[i]));
		if (*equals)
			text_puts(&text, equals + 1);
	}
	if (!form)
		text_puts(&text, body);
	hmac_sha256_hex(secret, text.data ? text.data : "", text.length, hex);
	text_free(&text);
	free(copy);
	free(form_copy);
}
