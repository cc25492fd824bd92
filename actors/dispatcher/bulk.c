/* The HTTP side of bulk syncs: a request becomes a run, and is answered when the work is done (http-api: "Bulk sync"). */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"

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

#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol) bulk " "
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
	char correlation[64];
	bool stock = stock_named(name, &o, &entity);
	if (entity == ENTITY_NONE && !stock && !str_eq(name, "sync-all")) {
		actor_refuse(a, in, m->request, 404,
			"No bulk sync of that name; there are: %sitems-with-stock stock images sync-all", bulk_list);
		return;
	}
	if (!bulk_options(a, in, m, &o))
		return;
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
		return *r->filter
			       ? "; there was no cursor yet, so it was a full pull (one of active items only sets none)"
			       : "; there was no cursor yet, so it was a full pull";
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

/* What went wrong: the run itself; or, of a run that did its work, with some of what it read. */
static void add_error(struct buf *b, const struct run *r)
{
	char some[96];
	bool single = r->entity || r->options.kind;
	uint64_t failed = single ? r->counts.failed : r->totals.failed,
		 total = single ? r->counts.total : r->totals.total;
	snprintf(some, sizeof some, "%" PRIu64 " of %" PRIu64 " failed%s", failed, total,
		r->options.kind == RUN_PULL && !r->options.dry_run ? ": the dead letters say why" : "");
	const char *error = *r->error	     ? r->error
			    : !r->all_well   ? "some of its parts failed"
			    : failed	     ? some
			    : r->some_failed ? "some of its parts failed in part"
					     : "";
	buf_str(b, ",\"error\":");
	if (*error)
		buf_json(b, error, strlen(error));
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
static void add_message(struct buf *b, const struct run *r)
{
	char name[40];
	bool done = !*r->error && r->all_well;
	snprintf(name, sizeof name, "%s", r->entity || r->options.kind ? run_name(r) : "Complete");
	name[0] = (char)(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 32 : name[0]);
	buf_fmt(b, "\"message\":\"%s bulk sync %s%s%s", name, r->options.dry_run ? "(dry run) " : "",
		done ? "completed" : "failed", reads_all(r));
	if (r->full_pulls)
		buf_fmt(b, "; of %u there was no cursor yet, so those were full pulls", r->full_pulls);
	buf_str(b, "\"");
}

static void add_answer(struct buf *b, struct run *r, bool well)
{
	buf_fmt(b, "{\"success\":%s,", well ? "true" : "false");
	add_message(b, r);
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
	add_message(&p->results, r);
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
	p->all_well &= !*r->error && r->all_well;
	p->some_failed |= !well;
	p->children_left--;
	stock_part_done(p, r, well);
}

void bulk_finished(struct dispatcher *d, struct run *r)
{
	if (images_follow(d, r))
		return;
	bool done = !*r->error && r->all_well, well = done && !r->counts.failed && !r->some_failed;
	int status = done || r->reached ? 200 : 502;
	struct buf b = {0};
	struct run *parent = r->parent;
	add_answer(&b, r, well);
	log_info(done ? "run completed" : "run failed", LF_STR("run", r->id), LF_STR("name", run_name(r)),
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
	run_waiting_go_on(d);
}
