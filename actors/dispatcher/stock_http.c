/* The routes under /api/bff/tds/sync/stock: what a request asks for, checked, becomes a run. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"

enum { IDS_MAX = 1000, ID_DIGITS_MAX = 19, DEPTH_MAX = 4 };
static const char ids_say[] = "value must be 1 to 1000 ids of Zoho's items, of 1 to 19 digits each";

static void refuse(struct actor *a, const struct run_waiter *w, const char *where, const char *field, const char *text)
{
	struct buf b = {0};
	buf_fmt(&b, "{\"detail\":[{\"loc\":[\"%s\",\"%s\"],\"msg\":", where, field);
	buf_json(&b, text, strlen(text));
	buf_str(&b, ",\"type\":\"value_error\"}]}");
	actor_reply(a, w->edge, w->request, 422, "", b.data, b.len);
	buf_free(&b);
}

static void start(
	struct actor *a, const struct msg_http_request *m, const struct run_options *o, const struct run_waiter *w)
{
	char correlation[64];
	snprintf(correlation, sizeof correlation, "%.*s", (int)m->correlation.len,
		m->correlation.data ? m->correlation.data : "");
	run_start(a->state, ENTITY_PRODUCT, o, correlation, "api", LANE_USER, w);
}

void stock_sync(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	const struct run_waiter w = {in, m->request, .stock = true};
	struct run_options o = {.kind = RUN_STOCK, .active_only = true, .wait = m->wait, .per_page = MANY_MAX};
	if (bulk_options(a, in, m, &o) && bulk_available(a, in, m->request) &&
		!bulk_paused(a, in, m->request, ENTITY_PRODUCT))
		start(a, m, &o, &w);
}

struct ids {		 /* each once, in the order they came */
	struct buf text; /* {a,b} */
	char at[IDS_MAX][ID_DIGITS_MAX + 1];
	unsigned n;
	bool bad;
	char unknown[40]; /* what else was asked for */
};

static void take_id(struct ids *ids, const char *id, size_t length)
{
	ids->bad |= !length || length > ID_DIGITS_MAX;
	for (size_t i = 0; i < length && !ids->bad; i++)
		ids->bad = id[i] < '0' || id[i] > '9';
	for (unsigned i = 0; i < ids->n && !ids->bad; i++)
		if (!strncmp(ids->at[i], id, length) && !ids->at[i][length])
			return;
	ids->bad |= ids->n == IDS_MAX;
	if (ids->bad)
		return;
	snprintf(ids->at[ids->n++], ID_DIGITS_MAX + 1, "%.*s", (int)length, id);
	buf_fmt(&ids->text, "%s%.*s", ids->n > 1 ? "," : "{", (int)length, id);
}

/* item_ids=A&item_ids=B; "wait" is http-ingest's. */
static void take_query(struct ids *ids, struct str query)
{
	static const char key[] = "item_ids=", wait[] = "wait=";
	for (size_t at = 0, end; at < query.len; at = end + 1) {
		const char *amp = memchr(query.data + at, '&', query.len - at);
		end = amp ? (size_t)(amp - query.data) : query.len;
		size_t value = at + sizeof key - 1;
		if (end >= value && !memcmp(query.data + at, key, sizeof key - 1))
			take_id(ids, query.data + value, end - value);
		else if (end > at &&
			 (end - at < sizeof wait - 1 || memcmp(query.data + at, wait, sizeof wait - 1) != 0))
			snprintf(ids->unknown, sizeof ids->unknown, "%.*s", (int)(end - at), query.data + at);
	}
}

static void note_unknown(struct ids *ids, struct json_object *doc)
{
	json_object_object_foreach(doc, key, v)
	{
		(void)v;
		if (strcmp(key, "item_ids") != 0)
			snprintf(ids->unknown, sizeof ids->unknown, "%s", key);
	}
}

/* {"item_ids":[…]}, or the list alone; ids as strings or numbers. */
static void take_body(struct ids *ids, struct str body)
{
	struct json_tokener *tok = body.len ? json_tokener_new_ex(DEPTH_MAX) : NULL;
	if (!tok)
		return;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	struct json_object *doc = json_tokener_parse_ex(tok, body.data, (int)body.len), *list = doc;
	bool whole = json_tokener_get_error(tok) == json_tokener_success;
	if (json_object_is_type(doc, json_type_object))
		note_unknown(ids, doc);
	if (json_object_is_type(doc, json_type_object) && !json_object_object_get_ex(doc, "item_ids", &list))
		list = NULL;
	ids->bad |= !whole || (list && !json_object_is_type(list, json_type_array));
	for (size_t i = 0; list && !ids->bad && i < json_object_array_length(list); i++) {
		struct json_object *id = json_object_array_get_idx(list, i);
		ids->bad |= !json_object_is_type(id, json_type_string) && !json_object_is_type(id, json_type_int);
		const char *text = id ? json_object_get_string(id) : "";
		if (!ids->bad)
			take_id(ids, text, strlen(text));
	}
	json_object_put(doc);
	json_tokener_free(tok);
}

void stock_sync_some(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	const struct run_waiter w = {in, m->request, .stock = true};
	struct run_options o = {.kind = RUN_STOCK_SOME, .wait = m->wait, .per_page = MANY_MAX};
	struct ids *ids = calloc(1, sizeof *ids);
	if (!ids)
		die(EXIT_TEMPORARY, "out of memory");
	take_query(ids, m->query);
	take_body(ids, m->body);
	if (*ids->unknown) {
		refuse(a, &w, m->body.len ? "body" : "query", ids->unknown, "no such option; there is: item_ids");
	} else if (ids->bad || !ids->n) {
		refuse(a, &w, ids->n || !m->body.len ? "query" : "body", "item_ids", ids_say);
	} else if (bulk_available(a, in, m->request) && !bulk_paused(a, in, m->request, ENTITY_PRODUCT)) {
		buf_str(&ids->text, "}");
		o.named = &ids->text;
		o.named_n = ids->n;
		start(a, m, &o, &w);
		ids->text = (struct buf){0}; /* the run has it */
	}
	buf_free(&ids->text);
	free(ids);
}
