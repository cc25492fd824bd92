/* The HTTP side of bulk syncs: what a request asks for, checked, and what it is answered when the work is done
 * (http-api: "Bulk sync"). */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"

enum { BATCH_SIZE_MIN = 10, BATCH_SIZE_MAX = 200, BODY_DEPTH_MAX = 8 };

struct complaint { /* one 422 */
	char field[40], text[160];
};

static bool complain(struct complaint *c, const char *field, const char *text)
{
	snprintf(c->field, sizeof c->field, "%s", field);
	snprintf(c->text, sizeof c->text, "%s", text);
	return false;
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

static bool take_flag(struct json_object *v, const char *key, bool *to, struct complaint *c)
{
	if (!json_object_is_type(v, json_type_boolean))
		return complain(c, key, "value must be true or false");
	*to = json_object_get_boolean(v);
	return true;
}

static bool take(const char *key, struct json_object *v, struct run_options *o, struct complaint *c)
{
	const struct {
		const char *key;
		bool *to;
	} flags[] = {{"incremental", &o->incremental}, {"active_only", &o->active_only},
		{"with_stock_only", &o->with_stock_only}, {"sync_images", &o->sync_images}, {"dry_run", &o->dry_run},
		{"verify", &o->verify}, {"confirm_deletes", &o->confirm_deletes}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (!strcmp(key, flags[i].key))
			return take_flag(v, key, flags[i].to, c);
	if (!strcmp(key, "batch_size")) {
		int64_t n = json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : 0;
		if (n < BATCH_SIZE_MIN || n > BATCH_SIZE_MAX)
			return complain(c, key, "value must be a whole number from 10 to 200");
		o->per_page = (int)n;
	} else if (!strcmp(key, "modified_since") && !json_object_is_type(v, json_type_null)) {
		if (!json_object_is_type(v, json_type_string) || !is_time(json_object_get_string(v)))
			return complain(c, key, "value must be a date (YYYY-MM-DD) or an RFC 3339 time");
		snprintf(o->since, sizeof o->since, "%s", json_object_get_string(v));
	}
	return true;
}

static bool read_body(struct str body, struct run_options *o, struct complaint *c)
{
	bool fine = true;
	struct json_tokener *tok = body.len ? json_tokener_new_ex(BODY_DEPTH_MAX) : NULL;
	if (!tok)
		return true;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	struct json_object *doc = json_tokener_parse_ex(tok, body.data, (int)body.len);
	enum json_tokener_error error = json_tokener_get_error(tok);
	if (error != json_tokener_success || !json_object_is_type(doc, json_type_object)) {
		fine = complain(c, "", "the body must be a JSON object, or empty");
	} else {
		json_object_object_foreach(doc, key, v) fine = fine && take(key, v, o, c);
		bool whole = o->verify || o->confirm_deletes; /* which a list of the active ones isn't */
		o->active_only = o->active_only && (!whole || json_object_object_get(doc, "active_only"));
		if (fine && whole && (o->incremental || *o->since))
			fine = complain(c, o->verify ? "verify" : "confirm_deletes",
				"takes the whole list: it goes with neither incremental nor modified_since");
	}
	json_object_put(doc);
	json_tokener_free(tok);
	return fine;
}

static void refuse(struct actor *a, struct edge *in, uint64_t request, const struct complaint *c)
{
	struct buf b = {0};
	buf_str(&b, "{\"detail\":[{\"loc\":[\"body\"");
	if (*c->field) {
		buf_str(&b, ",");
		buf_json(&b, c->field, strlen(c->field));
	}
	buf_str(&b, "],\"msg\":");
	buf_json(&b, c->text, strlen(c->text));
	buf_str(&b, ",\"type\":\"value_error\"}]}");
	actor_reply(a, in, request, 422, "", b.data, b.len);
	buf_free(&b);
}

bool bulk_available(struct actor *a, struct edge *in, uint64_t request)
{
	struct dispatcher *d = a->state;
	if (!db_up(d->db))
		actor_refuse(a, in, request, 503, "PostgreSQL is away; nothing can be written now");
	else if (d->zoho.known && !d->zoho.authorized)
		actor_refuse(a, in, request, 503, "Zoho can't be asked: %s", d->zoho.why);
	else
		return true;
	return false;
}

bool bulk_paused(struct actor *a, struct edge *in, uint64_t request, enum entity_id entity)
{
	const char *what = entity == ENTITY_NONE ? "ENTITY" : entity_names[entity].name;
	bool paused = pause_holds(a->state, entity);
	if (paused)
		actor_refuse(a, in, request, 409,
			"It is paused: tdsctl resume %s, or POST /api/bff/tds/entities/%s/resume", what, what);
	return paused;
}

#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, lines, symbol) bulk " "
static const char bulk_list[] =
#include "actors/entities.def"
	;
#undef ENTITY

void bulk_sync(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct dispatcher *d = a->state;
	struct str name = path_segment(m->path, 3);
	enum entity_id entity = entity_by_bulk(name);
	if (entity == ENTITY_NONE) /* tdsctl sync product */
		entity = entity_by_name(name);
	struct run_options o = {.active_only = true, .wait = m->wait, .per_page = (int)a->config.sync_page_size};
	struct complaint c = {0};
	char since[40], correlation[64];
	bool stock = stock_named(name, &o, &entity);
	if (entity == ENTITY_NONE && !stock && !str_eq(name, "sync-all")) {
		actor_refuse(a, in, m->request, 404,
			"No bulk sync of that name; there are: %sitems-with-stock stock images sync-all", bulk_list);
		return;
	}
	bool fine = read_body(m->body, &o, &c);
	if (o.kind == RUN_STOCK && o.per_page > MANY_MAX)
		o.per_page = MANY_MAX;
	if (fine && query_value(m->query, "modified_since", since, sizeof since)) {
		if (is_time(since))
			snprintf(o.since, sizeof o.since, "%s", since);
		else
			fine = complain(&c, "modified_since", "value must be a date (YYYY-MM-DD) or an RFC 3339 time");
	}
	if (!fine) {
		refuse(a, in, m->request, &c);
		return;
	}
	if (!bulk_available(a, in, m->request) ||
		bulk_paused(a, in, m->request, o.kind == RUN_PULL ? entity : ENTITY_PRODUCT))
		return;
	snprintf(correlation, sizeof correlation, "%.*s", (int)m->correlation.len,
		m->correlation.data ? m->correlation.data : "");
	run_start(
		d, entity, &o, correlation, "api", LANE_USER, &(struct run_waiter){.edge = in, .request = m->request});
}

/* An incremental sync that reads all, and why; "" for others. */
static const char *reads_all(const struct run *r)
{
	if (!r->entity || run_is_many(r) || !r->options.incremental)
		return "";
	if (!r->since_us)
		return "; there was no cursor yet, so it was a full pull (one of active items only sets no cursor)";
	return entities[r->entity]->since == SINCE_NOT ? "; Zoho lists these only as a whole, so every row was compared"
						       : "";
}

void bulk_accepted(struct dispatcher *d, const struct run_waiter *w, const char *id)
{
	struct buf b = {0};
	const struct run *r = run_find(d, str_of(id), 0);
	const char *all = r ? reads_all(r) : "";
	buf_fmt(&b, "{\"success\":true,\"run_id\":\"%s\",\"status_url\":\"/api/bff/tds/runs/%s\"", id, id);
	if (*all)
		buf_fmt(&b, ",\"message\":\"Incremental sync started%s\"", all);
	buf_str(&b, "}");
	actor_reply(d->actor, w->edge, w->request, 202, "", b.data, b.len);
	buf_free(&b);
}

void bulk_stats(struct buf *b, const struct run *r)
{
	const struct run_counts *c = &r->counts;
	buf_fmt(b,
		"{\"total_processed\":%" PRIu64 ",\"successful\":%" PRIu64 ",\"failed\":%" PRIu64
		",\"skipped\":%" PRIu64 ",\"created\":%" PRIu64 ",\"updated\":%" PRIu64 ",\"unchanged\":%" PRIu64
		",\"deleted\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"stock_updated\":%" PRIu64 "}",
		c->total, c->processed, c->failed, c->skipped, c->created, c->updated, c->unchanged, c->deleted,
		c->missing, c->stock);
}

static void add_error(struct buf *b, const struct run *r)
{
	buf_str(b, ",\"error\":");
	if (*r->error)
		buf_json(b, r->error, strlen(r->error));
	else
		buf_str(b, "null");
}

/* Of runs whose records are named: those that didn't come, or weren't written, and why. */
static void add_errors(struct buf *b, const struct run *r)
{
	if (run_is_many(r))
		buf_fmt(b, ",\"errors\":%s", r->results.len ? r->results.data : "[]");
}

/* Of a pull of products: what the run of their images answered; of that as a dry run: which ones. */
static void add_images(struct buf *b, const struct run *r)
{
	if ((r->followed || images_of_run(r)) && r->results.len)
		buf_fmt(b, ",%s", r->results.data);
}

/* "Products bulk sync completed". */
static void add_message(struct buf *b, const struct run *r, bool well)
{
	char name[40];
	snprintf(name, sizeof name, "%s", r->entity || r->options.kind ? run_name(r) : "Complete");
	name[0] = (char)(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 32 : name[0]);
	buf_fmt(b, "\"message\":\"%s bulk sync %s%s%s", name, r->options.dry_run ? "(dry run) " : "",
		well ? "completed" : "failed", reads_all(r));
	if (r->full_pulls)
		buf_fmt(b, "; of %u there was no cursor yet, so those were full pulls", r->full_pulls);
	buf_str(b, "\"");
}

static void add_answer(struct buf *b, struct run *r, bool well)
{
	buf_fmt(b, "{\"success\":%s,", well ? "true" : "false");
	add_message(b, r, well);
	buf_fmt(b, ",\"run_id\":\"%s\",", r->id);
	if (r->entity || r->options.kind) {
		buf_str(b, "\"stats\":");
		bulk_stats(b, r);
		if (r->options.kind == RUN_ITEMS_WITH_STOCK)
			buf_fmt(b, ",\"results\":{%s}", r->results.data ? r->results.data : "");
		add_images(b, r);
	} else {
		buf_fmt(b,
			"\"results\":{%s},\"totals\":{\"items\":%" PRIu64 ",\"successful\":%" PRIu64
			",\"failed\":%" PRIu64 "}",
			r->results.data ? r->results.data : "", r->totals.total, r->totals.processed, r->totals.failed);
	}
	buf_fmt(b, ",\"duration_seconds\":%.3f,\"api_calls\":%" PRIu64, r->counts.seconds, r->calls);
	add_errors(b, r);
	add_error(b, r);
	buf_str(b, "}");
}

static void tell_parent(const struct run *r, bool well)
{
	struct run *p = r->parent;
	buf_fmt(&p->results, "%s\"%s\":{\"success\":%s,", p->results.len ? "," : "", run_name(r),
		well ? "true" : "false");
	add_message(&p->results, r, well);
	buf_str(&p->results, ",\"stats\":");
	p->full_pulls += r->options.incremental && r->options.kind == RUN_PULL && !r->since_us;
	bulk_stats(&p->results, r);
	add_images(&p->results, r);
	buf_fmt(&p->results, ",\"duration_seconds\":%.3f,\"api_calls\":%" PRIu64, r->counts.seconds, r->calls);
	add_errors(&p->results, r);
	add_error(&p->results, r);
	buf_str(&p->results, "}");
	p->totals.total += r->counts.total;
	p->totals.processed += r->counts.processed;
	p->totals.failed += r->counts.failed;
	p->calls += r->calls;
	p->reached |= r->reached;
	p->all_well &= well;
	p->children_left--;
	stock_part_done(p, r, well);
}

void bulk_finished(struct dispatcher *d, struct run *r)
{
	if (images_follow(d, r))
		return;
	bool well = !*r->error && r->all_well;
	int status = well || r->reached ? 200 : 502;
	struct buf b = {0};
	struct run *parent = r->parent;
	add_answer(&b, r, well);
	log_info(well ? "run completed" : "run failed", LF_STR("run", r->id), LF_STR("name", run_name(r)),
		LF_INT("rows", r->counts.total), LF_INT("failed", r->counts.failed), LF_INT("calls", r->calls),
		LF_INT("ms", r->counts.seconds * 1000), LF_STR("error", *r->error ? r->error : NULL));
	for (unsigned i = 0; i < r->waiters_n; i++)
		if (r->waiters[i].stock)
			stock_answer(d, r, &r->waiters[i], well);
		else
			actor_reply(d->actor, r->waiters[i].edge, r->waiters[i].request, status, "", b.data, b.len);
	buf_free(&b);
	if (parent)
		tell_parent(r, well);
	run_free(d, r);
	wanted_changed(d);
	if (parent)
		run_check(d, parent);
}
