/* Checks a record's texts by the rules of its fields: runs only for records that PostgreSQL refused. */
#include "actors/handler/diagnose.h"
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/slices.h"

static struct json_object *descend(struct json_object *at, const char *path, size_t n);

/* Of the numbers that are added up the one that is none; else the first. */
static struct json_object *worst(struct json_object *list, const char *path, size_t n)
{
	struct json_object *found = NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *v = descend(json_object_array_get_idx(list, i), path, n);
		if (v && diagnose_value(RULE_NUMBER, v))
			return v;
		found = found ? found : v;
	}
	return found;
}

/* "a", "a.0.b" or "a.*.b", n bytes of it. */
static struct json_object *descend(struct json_object *at, const char *path, size_t n)
{
	char step[96];
	while (at && n) {
		size_t end = 0;
		while (end < n && path[end] != '.')
			end++;
		snprintf(step, sizeof step, "%.*s", (int)end, path);
		if (json_object_is_type(at, json_type_array) && !strcmp(step, "*"))
			return worst(at, path + end + 1, n - end - 1);
		if (json_object_is_type(at, json_type_array))
			at = json_object_array_get_idx(at, strtoul(step, NULL, 10));
		else if (!json_object_object_get_ex(at, step, &at))
			at = NULL;
		path += end < n ? end + 1 : end;
		n -= end < n ? end + 1 : end;
	}
	return at;
}

/* The first alternative that has a value, as the statements have it; its name goes to *name, *name_n. */
static struct json_object *lookup(struct json_object *doc, const char *path, const char **name, int *name_n)
{
	for (const char *p = path; p;) {
		const char *bar = strchr(p, '|');
		*name_n = bar ? (int)(bar - p) : (int)strlen(p);
		*name = p;
		struct json_object *found = descend(doc, p, (size_t)*name_n);
		if (found)
			return found;
		p = bar ? bar + 1 : NULL;
	}
	return NULL;
}

/* What stands for none, as statement_list has it. */
static bool is_unset(struct json_object *v)
{
	return !v || !*json_object_get_string(v) ||
	       (json_object_is_type(v, json_type_array) && !json_object_array_length(v)) ||
	       (json_object_is_type(v, json_type_object) && !json_object_object_length(v));
}

/* The same of a list: of the alternatives the first that is set, or is there. */
static struct json_object *lookup_list(struct json_object *doc, const char *path, const char **name, int *name_n)
{
	for (const char *p = path, *bar; p; p = bar ? bar + 1 : NULL) {
		bar = strchr(p, '|');
		*name_n = bar ? (int)(bar - p) : (int)strlen(p);
		*name = p;
		struct json_object *found = descend(doc, p, (size_t)*name_n);
		if (!is_unset(found))
			return found;
	}
	return lookup(doc, path, name, name_n);
}

/* What is to be added up ("a.*.b") and is no list of objects; else NULL. */
static struct json_object *no_terms(struct json_object *doc, const char *path, int n)
{
	const char *star = memmem(path, (size_t)n, ".*.", 3);
	struct json_object *list = star ? descend(doc, path, (size_t)(star - path)) : NULL;
	if (is_unset(list))
		return NULL;
	if (!json_object_is_type(list, json_type_array))
		return list;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
			return list;
	return NULL;
}

/* What one field is refused for: by its rule, by its column, or by PostgreSQL's words about it. */
static bool refusal_of(const struct field *f, struct json_object *v, const char *words, struct buf *why)
{
	const char *by_rule = diagnose_value(f->rule, v), *text = v ? json_object_get_string(v) : "";
	bool in_column = f->type && *text && f->rule != RULE_LINK && f->rule != RULE_ACTIVE && f->rule != RULE_WHOLE;
	if (by_rule)
		buf_str(why, by_rule);
	else if (in_column && !diagnose_column(f->type, text, why) && diagnose_words(f->type, text, words))
		buf_fmt(why, "is refused: %s", words);
	return why->len > 0;
}

static bool check(const struct field *fields, struct json_object *doc, const char *prefix, const char *words,
	struct buf *to, struct buf *field)
{
	bool refused = false;
	for (const struct field *f = fields; f->path && !refused; f++) {
		const char *name = f->path;
		int n = (int)strlen(name);
		struct buf why = {0};
		struct json_object *v = f->custom	  ? diagnose_custom(doc, f->custom)
					: *f->path == '^' ? NULL
							  : lookup(doc, f->path, &name, &n);
		if (!v && f->api_name) {
			name = f->api_name;
			n = (int)strlen(name);
			v = diagnose_custom(doc, &(struct custom){.from = f->api_name});
		}
		struct json_object *terms = no_terms(doc, name, n);
		if (terms)
			buf_str(&why, "is not a list of objects");
		v = terms ? terms : v;
		refused = terms || refusal_of(f, v, words, &why);
		if (refused) {
			buf_fmt(field, "%s%.*s", prefix, n, name);
			buf_fmt(to, "field %s: \"%.80s\" %s", field->data, json_object_get_string(v), why.data);
		}
		buf_free(&why);
	}
	return refused;
}

/* What stands in place of the lines. */
static bool check_no_lines(
	struct json_object *v, const char *prefix, const char *name, int n, struct buf *to, struct buf *field)
{
	if (is_unset(v))
		return false;
	buf_fmt(field, "%s%.*s", prefix, n, name);
	buf_fmt(to, "field %s: \"%.80s\" is not a list", field->data, json_object_get_string(v));
	return true;
}

/* What a nested line carries stands over what the line does that it is in (NULL: it is in none). */
static bool has_any(struct json_object *line, struct json_object *within, const char *path)
{
	char key[96];
	for (const char *p = path, *bar; p; p = bar ? bar + 1 : NULL) {
		struct json_object *v = NULL;
		bar = strchr(p, '|');
		snprintf(key, sizeof key, "%.*s", bar ? (int)(bar - p) : (int)strlen(p), p);
		if (!json_object_object_get_ex(line, key, &v))
			json_object_object_get_ex(within, key, &v);
		if (v && *json_object_get_string(v))
			return true;
	}
	return false;
}

/* A line says what it is. */
static bool check_line(const struct lines *l, struct json_object *line, struct json_object *within, const char *prefix,
	struct buf *to, struct buf *field)
{
	bool object = json_object_is_type(line, json_type_object);
	if (object && has_any(line, within, l->id_path))
		return false;
	buf_fmt(field, "%.*s", (int)strlen(prefix) - 1, prefix);
	buf_fmt(to, "field %s: \"%.80s\" is ", field->data, line ? json_object_get_string(line) : "null");
	if (object)
		buf_fmt(to, "a line without any of %s", l->id_path);
	else
		buf_str(to, "not a line");
	return true;
}

/* Whether what is nested in a line of the record stands for rows, or would if it were a list. */
static bool counts(const struct lines *l, struct json_object *doc, struct json_object *line)
{
	struct json_object *said = NULL, *list = NULL;
	if (!l->nested || !l->single || !json_object_object_get_ex(doc, l->single_path, &said) || !said ||
		strcmp(json_object_get_string(said), l->single) != 0)
		return l->nested != NULL;
	return json_object_object_get_ex(line, l->nested, &list) && !json_object_is_type(list, json_type_array);
}

static bool check_lines(const struct lines *l, const char *path, struct json_object *doc, const char *outer,
	const char *words, struct buf *to, struct buf *field)
{
	const char *name = path;
	int n = 0;
	struct json_object *list = lookup_list(doc, path, &name, &n);
	if (!json_object_is_type(list, json_type_array))
		return check_no_lines(list, outer, name, n, to, field);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *line = json_object_array_get_idx(list, i);
		char prefix[160];
		snprintf(prefix, sizeof prefix, "%s%.*s[%zu].", outer, n, name, i);
		if (check_line(l, line, *outer ? doc : NULL, prefix, to, field))
			return true;
		if (check(l->fields, line, prefix, words, to, field))
			return true;
		if (!*outer && counts(l, doc, line) && check_lines(l, l->nested, line, prefix, words, to, field))
			return true;
	}
	return false;
}

/* The id by which the record is known; a record of the queue may be named beside it. */
static bool check_id(const struct entity *e, struct json_object *doc, struct buf *to, struct buf *field)
{
	const char *name = e->id_path;
	int n = (int)strcspn(name, "|");
	struct json_object *v = lookup(doc, e->id_path, &name, &n);
	const char *text = v ? json_object_get_string(v) : "";
	if (diagnose_is_id(text))
		return false;
	buf_fmt(field, "%.*s", v ? n : (int)strcspn(e->id_path, "|"), v ? name : e->id_path);
	if (*text)
		buf_fmt(to, "field %s: \"%.80s\" is not an id (1 to 19 digits)", field->data, text);
	else
		buf_fmt(to, "field %s: the record carries no id", field->data);
	return true;
}

/* A \u0000 or a half of a surrogate pair, which jsonb can't hold, whatever field it is in. */
static bool is_unstorable(struct str text)
{
	for (const char *p = text.data, *end = p + text.len; p < end; p++) {
		unsigned code = 0, next = 0;
		if (*p != '\\')
			continue;
		p++;
		if (end - p < 5 || *p != 'u' || sscanf(p + 1, "%4x", &code) != 1)
			continue;
		p += 4;
		bool high = code >= 0xd800 && code < 0xdc00;
		if (high && end - p > 6 && p[1] == '\\' && p[2] == 'u' && sscanf(p + 3, "%4x", &next) == 1 &&
			next >= 0xdc00 && next < 0xe000)
			p += 6;
		else if (!code || (code >= 0xd800 && code < 0xe000))
			return true;
	}
	return false;
}

static bool check_storable(struct str record, struct buf *to, struct buf *field)
{
	struct slice_walk walk = slice_walk(record);
	struct str key, value;
	while (slice_next(&walk, &key, &value)) {
		if (!is_unstorable(value))
			continue;
		buf_add(field, key.data, key.len);
		buf_fmt(to,
			"field %s: it has a character that PostgreSQL can't hold (\\u0000, or half of a surrogate pair)",
			field->data);
		return true;
	}
	return false;
}

void diagnose(
	const struct entity *e, bool named, struct str record, const char *words, struct buf *to, struct buf *field)
{
	const struct field version[] = {{.path = e->version_path, .column = "", .rule = RULE_TIME}, {0}};
	struct json_tokener *tok = json_tokener_new_ex(SLICE_DEPTH_MAX);
	struct json_object *doc = tok ? json_tokener_parse_ex(tok, record.data, (int)record.len) : NULL;
	bool parsed = tok && json_tokener_get_error(tok) == json_tokener_success,
	     object = json_object_is_type(doc, json_type_object);
	if (parsed && !object) {
		buf_fmt(field, "%.*s", (int)strcspn(e->id_path, "|"), e->id_path);
		buf_fmt(to, "field %s: \"%.*s\" is not a record", field->data, (int)(record.len < 80 ? record.len : 80),
			record.data);
	} else if (object && !check_storable(record, to, field) &&
		   !(!named && (check_id(e, doc, to, field) || check(version, doc, "", words, to, field))) &&
		   !check(e->fields, doc, "", words, to, field) && e->lines)
		check_lines(e->lines, e->lines->path, doc, "", words, to, field);
	json_object_put(doc);
	json_tokener_free(tok);
}
