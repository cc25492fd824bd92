/* What of a refusal comes from a mapping: why a value doesn't fit its column, in a person's words (PostgreSQL's name no column),
 * and where a custom field's value stands. */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/diagnose.h"

/* Characters of UTF-8, blanks at the end apart: PostgreSQL cuts those. */
static int characters(const char *text)
{
	size_t len = strlen(text);
	int n = 0;
	while (len && text[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Digits behind the point that count. */
static int decimals(const char *text)
{
	const char *point = strchr(text, '.');
	int n = 0;
	for (int i = 1; point && isdigit((unsigned char)point[i]); i++)
		if (point[i] != '0')
			n = i;
	return n;
}

static int whole_digits(const char *text)
{
	text += *text == '-' || *text == '+';
	text += strspn(text, "0");
	return (int)strspn(text, "0123456789");
}

static bool in_range(const char *text, const char *type)
{
	errno = 0;
	long long n = strtoll(text, NULL, 10);
	if (errno == ERANGE)
		return false;
	return !strcmp(type, "smallint")  ? n >= INT16_MIN && n <= INT16_MAX
	       : !strcmp(type, "integer") ? n >= INT32_MIN && n <= INT32_MAX
					  : true;
}

bool diagnose_column(const struct column *c, const char *text, struct buf *why)
{
	bool number = *text && text[strspn(text, "+-0123456789.")] == 0;
	if (!c)
		return false;
	if (c->family == FAMILY_TEXT && c->chars_max && characters(text) > c->chars_max)
		buf_fmt(why, "is longer than the %d characters of column %s", c->chars_max, c->name);
	else if (c->family == FAMILY_INTEGER && number && decimals(text))
		buf_fmt(why, "is not a whole number, which column %s takes", c->name);
	else if (c->family == FAMILY_INTEGER && number && !in_range(text, c->type))
		buf_fmt(why, "is beyond what column %s takes (%s)", c->name, c->type);
	else if (c->family == FAMILY_NUMBER && c->precision && number && decimals(text) > c->scale)
		buf_fmt(why, "has more decimals than the %d of column %s", c->scale, c->name);
	else if (c->family == FAMILY_NUMBER && c->precision && number && whole_digits(text) > c->precision - c->scale)
		buf_fmt(why, "is beyond what column %s takes (%d digits before the point)", c->name,
			c->precision - c->scale);
	return why->len > 0;
}

bool diagnose_words(const struct column *c, const char *text, const char *words)
{
	char quoted[160];
	if (!c)
		return false;
	if (*c->domain && strstr(words, c->domain))
		return true;
	snprintf(quoted, sizeof quoted, "\"%.150s\"", text);
	return *text && c->family != FAMILY_TEXT && strstr(words, quoted);
}

/* An entry of custom_fields[] by its API name, label or id. */
static struct json_object *custom_entry(struct json_object *doc, const char *from)
{
	static const char *const names[] = {"api_name", "label", "customfield_id", "field_id"};
	struct json_object *list, *name, *value;
	if (!json_object_object_get_ex(doc, "custom_fields", &list) || !json_object_is_type(list, json_type_array))
		return NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		for (size_t n = 0; n < sizeof names / sizeof *names; n++)
			if (json_object_object_get_ex(entry, names[n], &name) &&
				!strcmp(name ? json_object_get_string(name) : "", from) &&
				json_object_object_get_ex(entry, "value", &value))
				return value;
	}
	return NULL;
}

struct json_object *diagnose_custom(struct json_object *doc, const struct custom *c)
{
	char raw[160];
	struct json_object *value;
	snprintf(raw, sizeof raw, "%.128s_unformatted", c->from);
	if (c->raw && (json_object_object_get_ex(doc, raw, &value) || json_object_object_get_ex(doc, c->from, &value)))
		return value;
	return custom_entry(doc, c->from);
}
