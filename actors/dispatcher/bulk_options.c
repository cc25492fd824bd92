/* What a request for a bulk sync asks for: the options of its query and of its body, by one table, checked (http-api: "Bulk sync").
 * One that isn't known is refused: who misspells dry_run would have the real thing. */
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "actors/dispatcher/runs.h"

enum { BATCH_SIZE_MIN = 10, BATCH_SIZE_MAX = 200, BODY_DEPTH_MAX = 8, NAME_BYTES = 40, VALUE_BYTES = 64 };

struct asked { /* what was read so far, and the first thing that is wrong with it */
	struct run_options *options;
	bool stock, says_active_only, wrong;
	const char *where;
	char field[NAME_BYTES], text[256];
};

struct value {
	const char *text;
	json_type type;
	bool in_query; /* where everything is text */
};

static void complain(struct asked *a, const char *field, const char *text)
{
	if (a->wrong)
		return;
	a->wrong = true;
	snprintf(a->field, sizeof a->field, "%s", field);
	snprintf(a->text, sizeof a->text, "%s", text);
}

/* YYYY-MM-DD, or with a time and an offset or Z, as RFC 3339 has it. */
static bool is_time(const char *z)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y, mo, d, n = 0, h, mi, s;
	if (sscanf(z, "%4d-%2d-%2d%n", &y, &mo, &d, &n) != 3 || n != 10 || y < 1970 || mo < 1 || mo > 12 || d < 1)
		return false;
	bool leap = mo == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (d > days[mo - 1] + leap)
		return false;
	if (!z[10])
		return true;
	return (z[10] == 'T' || z[10] == ' ') && sscanf(z + 11, "%2d:%2d:%2d", &h, &mi, &s) == 3 && h < 24 && mi < 60 &&
	       s < 61 && strlen(z) < 36 && strspn(z, "0123456789-:T+.Z ") == strlen(z);
}

static const char *take_flag(const struct value *v, void *to)
{
	bool yes = !strcasecmp(v->text, "true") || (v->in_query && !strcmp(v->text, "1")),
	     no = !strcasecmp(v->text, "false") || (v->in_query && !strcmp(v->text, "0"));
	*(bool *)to = yes;
	return (yes || no) && (v->in_query || v->type == json_type_boolean) ? NULL : "value must be true or false";
}

static const char *take_size(const struct value *v, void *to)
{
	char *end;
	long n = strtol(v->text, &end, 10);
	bool number = v->in_query ? *v->text && !*end : v->type == json_type_int;
	*(int *)to = (int)n;
	return number && n >= BATCH_SIZE_MIN && n <= BATCH_SIZE_MAX ? NULL
								    : "value must be a whole number from 10 to 200";
}

static const char *take_time(const struct value *v, void *to)
{
	if (!v->in_query && v->type == json_type_null)
		return NULL;
	if ((!v->in_query && v->type != json_type_string) || !is_time(v->text))
		return "value must be a date (YYYY-MM-DD) or an RFC 3339 time";
	snprintf(to, sizeof((struct run_options *)0)->since, "%s", v->text);
	return NULL;
}

static const struct option {
	const char *name;
	const char *(*take)(const struct value *, void *to); /* what is wrong with it, or NULL */
	size_t at;
	bool stock; /* means something to a sync of stock alone */
} all[] = {
	{"incremental", take_flag, offsetof(struct run_options, incremental), false},
	{"modified_since", take_time, offsetof(struct run_options, since), false},
	{"batch_size", take_size, offsetof(struct run_options, per_page), true},
	{"active_only", take_flag, offsetof(struct run_options, active_only), true},
	{"with_stock_only", take_flag, offsetof(struct run_options, with_stock_only), true},
	{"sync_images", take_flag, offsetof(struct run_options, sync_images), false},
	{"dry_run", take_flag, offsetof(struct run_options, dry_run), true},
	{"verify", take_flag, offsetof(struct run_options, verify), false},
	{"confirm_deletes", take_flag, offsetof(struct run_options, confirm_deletes), false},
};
enum { OPTIONS = sizeof all / sizeof *all };

static void unknown(struct asked *a, const char *name)
{
	char text[sizeof a->text];
	int n = snprintf(text, sizeof text, "no such option; there are:");
	for (size_t i = 0; i < OPTIONS; i++)
		if (!a->stock || all[i].stock)
			n += snprintf(text + n, sizeof text - (size_t)n, " %s", all[i].name);
	complain(a, name, text);
}

static void take(struct asked *a, const char *name, const struct value *v)
{
	const char *wrong;
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strcmp(name, all[i].name) != 0 || (a->stock && !all[i].stock))
			continue;
		a->says_active_only |= !strcmp(name, "active_only");
		if ((wrong = all[i].take(v, (char *)a->options + all[i].at)))
			complain(a, name, wrong);
		return;
	}
	unknown(a, name);
}

/* ?dry_run=true&…; "wait" is http-ingest's. */
static void read_query(struct asked *a, struct str query)
{
	char name[NAME_BYTES], text[VALUE_BYTES];
	a->where = "query";
	for (size_t at = 0, end; at < query.len && !a->wrong; at = end + 1) {
		const char *amp = memchr(query.data + at, '&', query.len - at), *equals;
		end = amp ? (size_t)(amp - query.data) : query.len;
		equals = memchr(query.data + at, '=', end - at);
		snprintf(name, sizeof name, "%.*s",
			equals ? (int)(equals - query.data - (ptrdiff_t)at) : (int)(end - at), query.data + at);
		if (!*name || !strcmp(name, "wait"))
			continue;
		if (!query_value(query, name, text, sizeof text))
			*text = 0;
		take(a, name, &(struct value){.text = text, .in_query = true});
	}
}

static void read_body(struct asked *a, struct str body)
{
	struct json_tokener *tok = body.len ? json_tokener_new_ex(BODY_DEPTH_MAX) : NULL;
	if (!tok)
		return;
	a->where = "body";
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	struct json_object *doc = json_tokener_parse_ex(tok, body.data, (int)body.len);
	if (json_tokener_get_error(tok) != json_tokener_success || !json_object_is_type(doc, json_type_object)) {
		complain(a, "", "the body must be a JSON object, or empty");
	} else {
		json_object_object_foreach(doc, key, v)
		{
			const char *text = json_object_get_string(v);
			take(a, key, &(struct value){.text = text ? text : "", .type = json_object_get_type(v)});
		}
	}
	json_object_put(doc);
	json_tokener_free(tok);
}

static void refuse(struct actor *actor, struct edge *in, uint64_t request, const struct asked *a)
{
	struct buf b = {0};
	buf_fmt(&b, "{\"detail\":[{\"loc\":[\"%s\"", a->where);
	if (*a->field) {
		buf_str(&b, ",");
		buf_json(&b, a->field, strlen(a->field));
	}
	buf_str(&b, "],\"msg\":");
	buf_json(&b, a->text, strlen(a->text));
	buf_str(&b, ",\"type\":\"value_error\"}]}");
	actor_reply(actor, in, request, 422, "", b.data, b.len);
	buf_free(&b);
}

bool bulk_options(struct actor *actor, struct edge *in, const struct msg_http_request *m, struct run_options *o)
{
	struct asked a = {.options = o, .stock = o->kind == RUN_STOCK, .where = "body"};
	read_query(&a, m->query);
	if (!a.wrong)
		read_body(&a, m->body);
	bool whole = o->verify || o->confirm_deletes; /* which a list of the active ones isn't */
	o->active_only = o->active_only && (!whole || a.says_active_only);
	if (!a.wrong && whole && (o->incremental || *o->since))
		complain(&a, o->verify ? "verify" : "confirm_deletes",
			"takes the whole list: it goes with neither incremental nor modified_since");
	if (o->kind == RUN_STOCK && o->per_page > MANY_MAX)
		o->per_page = MANY_MAX; /* a call names a hundred at most */
	if (a.wrong)
		refuse(actor, in, m->request, &a);
	return !a.wrong;
}
