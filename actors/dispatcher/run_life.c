/* How a run begins and ends: its row in tds_sync_runs opened (or the running one joined), closed with sums over its
 * pages, the cursor moved in the same transaction. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "sql_embedded.h"

static const struct db_statement open_run = {"dispatch_run_open", SQL_DISPATCH_RUN_OPEN};
static const struct db_statement close_run = {"dispatch_run_close", SQL_DISPATCH_RUN_CLOSE};

struct opening { /* what on_opened needs; the run may be freed meanwhile by nobody else */
	struct dispatcher *d;
	struct run *run;
};

const char *run_name(const struct run *r)
{
	const char *stock = stock_run_name(r);
	return stock ? stock : r->entity ? entity_names[r->entity].bulk : "sync-all";
}

static void on_opened(void *ctx, const struct db_reply *reply)
{
	struct opening *o = ctx;
	struct dispatcher *d = o->d;
	struct run *r = o->run;
	free(o);
	r->opening = false;
	if (r->closing)
		return; /* cancelled meanwhile: its end is behind this in the queue */
	if (reply->failure != DB_OK || !PQntuples(reply->results[0])) {
		snprintf(r->error, sizeof r->error, "the run could not be opened: %s", reply->message);
		bulk_finished(d, r);
		return;
	}
	const PGresult *res = reply->results[0];
	if (*PQgetvalue(res, 0, 1) != 't') {
		bool does_it = *PQgetvalue(res, 0, 4) == 't';
		run_meet(d, r, PQgetvalue(res, 0, 0), does_it);
		return;
	}
	r->expected = strtoull(PQgetvalue(res, 0, 2), NULL, 10);
	r->since_us = strtoll(PQgetvalue(res, 0, 3), NULL, 10);
	if (run_is_many(r))
		r->expected = strtoull(PQgetvalue(reply->results[1], 0, 0), NULL, 10);
	log_info("run started", LF_STR("run", r->id), LF_STR("name", run_name(r)),
		LF_INT("expected_pages", r->expected));
	for (unsigned i = 0; i < r->waiters_n && !r->options.wait; i++)
		bulk_accepted(d, &r->waiters[i], r->id);
	if (!r->options.wait)
		r->waiters_n = 0;
	if (run_is_many(r))
		many_go_on(d, r);
	else if (r->options.kind == RUN_ITEMS_WITH_STOCK)
		run_check(d, r);
	else if (images_of_run(r))
		images_step(d, r);
	else if (r->entity == ENTITY_NONE)
		run_children(d, r, "");
	else
		run_scan(d, r);
}

static const char *flag(bool value)
{
	return value ? "true" : "false";
}

static void add(struct db_call *call, const struct db_statement *statement, size_t n, const char *const *values)
{
	struct db_param params[DB_PARAMS_MAX];
	for (size_t i = 0; i < n; i++)
		params[i] = DB_TEXT(values[i]);
	db_add(call, statement, (int)n, params);
}

static void open_row(struct dispatcher *d, struct run *r, const char *who)
{
	const char *organization = d->actor->config.zoho_organization_id;
	char fence[24], per_page[12];
	struct opening *o = calloc(1, sizeof *o);
	if (!o)
		die(EXIT_TEMPORARY, "out of memory");
	*o = (struct opening){d, r};
	r->opening = true;
	snprintf(r->who, sizeof r->who, "%s", who);
	snprintf(fence, sizeof fence, "%" PRIu64, r->fence);
	snprintf(per_page, sizeof per_page, "%d", r->options.per_page);
	const char *params[] = {organization, r->id, run_name(r), r->entity ? entity_names[r->entity].name : NULL,
		fence, per_page, *r->filter ? r->filter : NULL, *r->correlation ? r->correlation : NULL, who,
		r->parent ? r->parent->id : NULL, flag(r->options.dry_run), *r->options.since ? r->options.since : NULL,
		flag(r->options.incremental), flag(r->options.verify), flag(r->options.confirm_deletes),
		flag(r->options.with_stock_only), flag(r->options.active_only), flag(r->options.sync_images)};
	if (r->entity) /* the ERP's table may have been corrected: known anew before its rows are looked at */
		mapped_entity_ask(&d->mapped[r->entity], d->db, &d->actor->config);
	struct db_call *call = db_begin(d->db);
	add(call, &open_run, sizeof params / sizeof *params, params);
	if (run_is_many(r))
		many_plan(d, r, call);
	db_run(call, on_opened, o);
}

void run_waiting_go_on(struct dispatcher *d)
{
	struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	{
		if (!r->waits || r->opening || r->closing)
			continue;
		r->waits = false;
		open_row(d, r, r->who);
	}
}

static struct run *make(struct dispatcher *d, enum entity_id entity, const struct run_options *options,
	const char *correlation, enum lane lane)
{
	struct run *r = run_make(d);
	uuid_text(uuid_timed(), r->id);
	r->entity = entity;
	r->lane = lane;
	r->options = *options;
	snprintf(r->correlation, sizeof r->correlation, "%s", correlation);
	if (entity == ENTITY_PRODUCT && options->kind == RUN_PULL && options->active_only)
		snprintf(r->filter, sizeof r->filter, "filter_by=Status.Active");
	return r;
}

void run_children(struct dispatcher *d, struct run *r, const char *begun)
{
	struct run *children[ENTITIES];
	unsigned n = 0;
	for (int e = 1; e < ENTITIES; e++) {
		if (strstr(begun, entity_names[e].bulk))
			continue;
		if (d->queue.paused[e]) {
			log_info("left out of sync-all: it is paused", LF_STR("entity", entity_names[e].name));
			continue;
		}
		children[n++] = make(d, (enum entity_id)e, &r->options, r->correlation, r->lane);
	}
	r->children_left += n;
	for (unsigned i = 0; i < n; i++) {
		children[i]->parent = r;
		children[i]->options.wait = true;
		open_row(d, children[i], "sync-all");
	}
}

void run_part(struct dispatcher *d, struct run *parent, enum run_kind kind, enum entity_id entity)
{
	struct run_options o = parent->options;
	o.kind = kind;
	o.wait = true;
	o.confirm_deletes = o.confirm_deletes && kind == RUN_PULL;
	o.sync_images = false;
	o.incremental = o.incremental && kind != RUN_IMAGES; /* of all that is in the tables now */
	if (kind == RUN_IMAGES)
		*o.since = 0;
	if (kind == RUN_STOCK && o.per_page > MANY_MAX)
		o.per_page = MANY_MAX;
	struct run *part = make(d, entity, &o, parent->correlation, parent->lane);
	part->parent = parent;
	parent->children_left++;
	open_row(d, part, run_name(parent));
}

void run_start(struct dispatcher *d, enum entity_id entity, const struct run_options *options, const char *correlation,
	const char *who, enum lane lane, const struct run_waiter *waiter)
{
	struct run *r = make(d, entity, options, correlation, lane);
	if (options->kind == RUN_STOCK_SOME)
		r->many.named = *options->named;
	r->options.named = NULL;
	if (waiter)
		r->waiters[r->waiters_n++] = *waiter;
	open_row(d, r, who);
}

static void on_closed(void *ctx, const struct db_reply *reply)
{
	struct opening *o = ctx;
	struct dispatcher *d = o->d;
	struct run *r = o->run;
	free(o);
	if (reply->failure == DB_ENVIRONMENT) {
		r->closing = false; /* the next tick, or the database's return, closes it */
		return;
	}
	const PGresult *res = reply->failure == DB_OK ? reply->results[0] : NULL;
	if (reply->failure != DB_OK)
		snprintf(r->error, sizeof r->error, "the run could not be closed: %s", reply->message);
	if (res && PQntuples(res))
		stock_closed(r, PQgetvalue(res, 0, 11));
	if (res && PQntuples(res) && (r->entity || images_of_run(r))) {
		struct run_counts *c = &r->counts;
		uint64_t *to[] = {&c->total, &c->processed, &c->failed, &c->skipped, &c->created, &c->updated,
			&c->unchanged, NULL, &c->missing, &c->deleted, &c->differing};
		for (size_t i = 0; i < sizeof to / sizeof *to; i++)
			if (to[i])
				*to[i] = strtoull(PQgetvalue(res, 0, (int)i), NULL, 10);
	}
	if (res && run_is_many(r))
		many_ended(r, reply->results[1]);
	r->counts.seconds = (double)(now_us() - r->opened_us) / 1e6;
	bulk_finished(d, r);
}

bool run_complete(const struct run *r)
{
	return r->entity && r->last && !r->since_us && !*r->filter && !*r->error && !r->options.with_stock_only;
}

void run_close(struct dispatcher *d, struct run *r)
{
	bool well = !*r->error && r->all_well;
	char fence[24], last[24], calls[24], date[24], ahead[24], overlap[24];
	struct opening *o = calloc(1, sizeof *o);
	if (!o)
		die(EXIT_TEMPORARY, "out of memory");
	*o = (struct opening){d, r};
	r->closing = true;
	snprintf(fence, sizeof fence, "%" PRIu64, r->fence);
	snprintf(last, sizeof last, "%" PRIu64, r->last);
	snprintf(calls, sizeof calls, "%" PRIu64, r->calls);
	snprintf(date, sizeof date, "%" PRId64, r->zoho_date_us);
	snprintf(ahead, sizeof ahead, "%" PRId64, r->zoho_ahead_us);
	snprintf(overlap, sizeof overlap, "%" PRId64, d->actor->config.sync_overlap / 1000000000);
	bool complete = well && r->entity && run_complete(r) && !r->options.dry_run;
	const char *params[] = {d->actor->config.zoho_organization_id, r->id, fence, well ? "completed" : "failed",
		*r->error ? r->error : NULL, last, calls, date, overlap, flag(complete), r->taken_over ? ahead : NULL};
	struct db_call *call = db_begin(d->db);
	add(call, &close_run, sizeof params / sizeof *params, params);
	if (run_is_many(r))
		many_end(d, r, call);
	db_run(call, on_closed, o);
}
