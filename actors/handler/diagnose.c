/* Checks a record's texts by the rules of its fields: runs only for records that PostgreSQL refused. */
#include "actors/handler/diagnose.h"
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include "actors/handler/slices.h"

static bool is_number(const char *p)
{
	p += *p == '-' || *p == '+';
	size_t digits = strspn(p, "0123456789");
	p += digits;
	if (*p == '.') {
		size_t more = strspn(++p, "0123456789");
		digits += more;
		p += more;
	}
	if (digits && (*p == 'e' || *p == 'E')) {
		p++;
		p += *p == '-' || *p == '+';
		size_t exponent = strspn(p, "0123456789");
		p += exponent;
		if (!exponent || exponent > 4)
			return false;
	}
	return digits > 0 && digits <= 1000 && *p == 0;
}

static bool is_percent(const char *p)
{
	char number[64];
	size_t n = strlen(p);
	while (n && (p[n - 1] == '%' || p[n - 1] == ' '))
		n--;
	snprintf(number, sizeof number, "%.*s", n < sizeof number ? (int)n : 0, p);
	return !n || is_number(number);
}

static bool is_date(const char *p)
{
	int y, m, d, n = 0;
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (sscanf(p, "%4d-%2d-%2d%n", &y, &m, &d, &n) != 3 || n < 8)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1] && !(m == 2 && d == 29 && !leap) &&
	       (p[n] == 0 || p[n] == 'T' || p[n] == ' ');
}

static bool is_flag(const char *p)
{
	static const char *const words[] = {"true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcasecmp(p, words[i]))
			return true;
	return false;
}

static const char *complaint(enum rule rule, const char *text)
{
	if (!*text)
		return NULL;
	switch (rule) {
	case RULE_NUMBER:
	case RULE_INTEGER:
		return is_number(text) ? NULL : "is not a number";
	case RULE_PERCENT:
		return is_percent(text) ? NULL : "is not a percentage";
	case RULE_DATE:
		return is_date(text) ? NULL : "is not a date (YYYY-MM-DD)";
	case RULE_TIME:
		return is_date(text) ? NULL : "is not a time";
	case RULE_FLAG:
		return is_flag(text) ? NULL : "is neither true nor false";
	default:
		return NULL;
	}
}

static struct json_object *lookup(struct json_object *doc, const char *path)
{
	char key[96];
	struct json_object *found = NULL;
	for (const char *p = path; p;) {
		const char *bar = strchr(p, '|');
		snprintf(key, sizeof key, "%.*s", bar ? (int)(bar - p) : (int)strlen(p), p);
		char *dot = strchr(key, '.');
		if (dot)
			*dot = 0;
		if (json_object_object_get_ex(doc, key, &found) &&
			(!dot || json_object_object_get_ex(found, dot + 1, &found)))
			return found;
		p = bar ? bar + 1 : NULL;
	}
	return NULL;
}

static bool check(
	const struct field *fields, struct json_object *doc, const char *prefix, struct buf *to, struct buf *field)
{
	for (const struct field *f = fields; f->path; f++) {
		struct json_object *v = *f->path == '^' ? NULL : lookup(doc, f->path);
		const char *text = v ? json_object_get_string(v) : "";
		const char *why = complaint(f->rule, text);
		if (why) {
			buf_fmt(field, "%s%s", prefix, f->path);
			buf_fmt(to, "field %s: \"%.80s\" %s", field->data, text, why);
			return true;
		}
	}
	return false;
}

static bool check_lines(const struct lines *l, const char *path, struct json_object *doc, const char *outer,
	struct buf *to, struct buf *field)
{
	struct json_object *list = lookup(doc, path);
	if (!json_object_is_type(list, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *line = json_object_array_get_idx(list, i);
		char prefix[160];
		snprintf(prefix, sizeof prefix, "%s%s[%zu].", outer, path, i);
		if (check(l->fields, line, prefix, to, field))
			return true;
		if (!*outer && l->nested && check_lines(l, l->nested, line, prefix, to, field))
			return true;
	}
	return false;
}

void diagnose(const struct entity *e, struct str record, struct buf *to, struct buf *field)
{
	const struct field version[] = {{.path = e->version_path, .column = "", .rule = RULE_TIME}, {0}};
	struct json_tokener *tok = json_tokener_new_ex(SLICE_DEPTH_MAX);
	struct json_object *doc = tok ? json_tokener_parse_ex(tok, record.data, (int)record.len) : NULL;
	if (json_object_is_type(doc, json_type_object) && !check(version, doc, "", to, field) &&
		!check(e->fields, doc, "", to, field) && e->lines)
		check_lines(e->lines, e->lines->path, doc, "", to, field);
	json_object_put(doc);
	json_tokener_free(tok);
}
