/* Owns the reading of replies: everything that comes from Zoho is judged here once, and nowhere trusted before. */
#include "actors/zoho_io/reply.h"
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEPTH_MAX = 64, CODE_NO_RECORD = 1002, CODE_NO_PERMISSION = 57, CODE_BAD_TOKEN = 14 };

int64_t zoho_time(const char *text)
{
	struct tm tm = {0};
	char sign = 0;
	int hours = 0, minutes = 0;
	const char *rest = text ? strptime(text, "%Y-%m-%d", &tm) : NULL;
	if (!rest || (*rest != 'T' && *rest != ' '))
		return 0;
	rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (!rest)
		return 0;
	rest += strspn(rest, " ");
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) < 3)
		sscanf(rest, "%c%2d%2d", &sign, &hours, &minutes);
	int64_t offset = (hours * INT64_C(60) + minutes) * 60;
	return ((int64_t)timegm(&tm) - (sign == '-' ? -offset : sign == '+' ? offset : 0)) * 1000000;
}

static struct json_object *parse(const char *body, size_t length)
{
	struct json_tokener *tokener = length && length < INT32_MAX ? json_tokener_new_ex(DEPTH_MAX) : NULL;
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *o = json_tokener_parse_ex(tokener, body, (int)length);
	if (o && (json_tokener_get_error(tokener) != json_tokener_success ||
			 !json_object_is_type(o, json_type_object))) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tokener);
	return o;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && v ? json_object_get_string(v) : NULL;
}

static bool says_otherwise(struct json_object *context, const char *key, const char *wanted)
{
	const char *said = context ? text_of(context, key) : NULL;
	return said && strcmp(said, wanted) != 0;
}

/* A sort parameter may be ignored with 200: then no row says anything of those that come after it. */
static bool is_newest_first(struct json_object *context, struct json_object *rows)
{
	int64_t before = INT64_MAX, at;
	for (size_t i = 0; i < json_object_array_length(rows); i++, before = at) {
		at = zoho_time(text_of(json_object_array_get_idx(rows, i), "last_modified_time"));
		if (!at || at > before)
			return false;
	}
	return !says_otherwise(context, "sort_column", "last_modified_time") &&
	       !says_otherwise(context, "sort_order", "D");
}

/* FNV-1a; never 0. */
static uint64_t look_of(int64_t rows, const char *first)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)rows;
	for (; *first; first++)
		h = (h ^ (unsigned char)*first) * UINT64_C(1099511628211);
	return h | 1;
}

static void read_list(struct reply *r, struct json_object *o, struct json_object *rows)
{
	struct json_object *context = NULL, *more;
	if (json_object_object_get_ex(o, "page_context", &context) && json_object_is_type(context, json_type_array))
		context = json_object_array_get_idx(context, 0); /* so the specification of one list has it */
	if (context && json_object_object_get_ex(context, "has_more_page", &more))
		r->more = json_object_get_boolean(more);
	r->rows = json_object_is_type(rows, json_type_array) ? (int64_t)json_object_array_length(rows) : 1;
	if (!json_object_is_type(rows, json_type_array) || !r->rows)
		return;
	struct json_object *last = json_object_array_get_idx(rows, (size_t)r->rows - 1);
	if (r->more)
		r->look = look_of(r->rows, json_object_to_json_string(json_object_array_get_idx(rows, 0)));
	if (json_object_is_type(last, json_type_object))
		r->oldest_us = zoho_time(text_of(last, "last_modified_time"));
	r->newest_first = is_newest_first(context, rows);
}

static void read_good(struct reply *r, struct json_object *o, const char *root, bool list)
{
	struct json_object *found;
	bool there = json_object_object_get_ex(o, root, &found) && found;
	enum json_type type = there ? json_object_get_type(found) : json_type_null;
	if (type == json_type_object || (list && type == json_type_array)) {
		r->verdict = REPLY_OK;
		if (list)
			read_list(r, o, found);
		return;
	}
	r->verdict = REPLY_TRANSIENT;
	r->code = CODE_SHAPE;
	snprintf(r->why, sizeof r->why, "the reply has no \"%s\"", root);
}

static enum verdict judge(long status, int64_t code)
{
	if (status == 401 || ((code == CODE_NO_PERMISSION || code == CODE_BAD_TOKEN) && status < 500))
		return REPLY_UNAUTHORIZED;
	if (status == 429)
		return REPLY_LIMITED;
	if (status == 404 && code == CODE_NO_RECORD)
		return REPLY_NOT_FOUND;
	return status >= 500 || status == 408 ? REPLY_TRANSIENT : REPLY_REFUSED;
}

/* Zoho's API speaks JSON, also when it refuses a record. What speaks otherwise stands in between, or is an outage. */
static void read_without_json(struct reply *r, const char *body, size_t length)
{
	bool html = length && memchr(body, '<', length < 64 ? length : 64);
	r->verdict = judge(r->status, 0);
	if (r->verdict == REPLY_REFUSED)
		r->verdict = REPLY_TRANSIENT;
	snprintf(r->why, sizeof r->why, "HTTP %ld with %s", r->status,
		html	 ? "HTML instead of JSON"
		: length ? "a body that isn't complete JSON"
			 : "an empty body");
}

void zoho_reply_read(
	struct reply *r, const char *root, bool list, const char *error, long status, const char *body, size_t length)
{
	*r = (struct reply){.status = status};
	if (error) {
		r->verdict = REPLY_TRANSIENT;
		r->code = CODE_NETWORK;
		snprintf(r->why, sizeof r->why, "%s", error);
		return;
	}
	struct json_object *o = parse(body, length), *code = NULL;
	if (!o) {
		read_without_json(r, body, length);
		return;
	}
	bool coded = json_object_object_get_ex(o, "code", &code);
	r->code = coded ? json_object_get_int64(code) : 0;
	if (status / 100 == 2 && coded && r->code == 0) {
		read_good(r, o, root, list);
	} else {
		const char *message = text_of(o, "message");
		r->verdict = judge(status, r->code);
		snprintf(r->why, sizeof r->why, "HTTP %ld: %s", status, message ? message : "no message");
	}
	json_object_put(o);
}
