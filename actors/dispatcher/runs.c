/* Runs: the pages of a scan on their way through zoho-io and the handler, until every one of them is applied and the
 * run is closed. A run interrupted anywhere goes on with the pages that aren't applied. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "sql_embedded.h"

static const struct db_statement resume = {"dispatch_runs_resume", SQL_DISPATCH_RUNS_RESUME};

struct run *run_make(struct dispatcher *d)
{
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		die(EXIT_TEMPORARY, "out of memory");
	r->fence = (uint64_t)now_us();
	r->opened_us = now_us();
	r->first = 1;
	r->all_well = true;
	TAILQ_INSERT_TAIL(&d->runs, r, in_list);
	return r;
}

void run_free(struct dispatcher *d, struct run *r)
{
	TAILQ_REMOVE(&d->runs, r, in_list);
	buf_free(&r->results);
	buf_free(&r->many.named);
	free(r->applied);
	free(r);
}

struct run *run_find(struct dispatcher *d, struct str id, uint64_t fence)
{
	struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	if (str_eq(id, r->id) && (!fence || r->fence == fence))
		return r;
	return NULL;
}

void run_scan(struct dispatcher *d, struct run *r)
{
	struct msg_scan m = {.run = str_of(r->id),
		.fence = r->fence,
		.entity = r->entity,
		.lane = r->lane,
		.first = r->first,
		.expected = r->expected,
		.per_page = (uint64_t)r->options.per_page,
		.filter = str_of(r->filter),
		.since_us = r->since_us,
		.dry_run = r->options.dry_run,
		.verify = r->options.verify,
		.stocked_only = r->options.with_stock_only};
	r->scanning = actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_SCAN, &m);
}

static bool mark_applied(struct run *r, uint64_t page)
{
	if (page == 0 || page > RUN_PAGES_MAX)
		return false;
	if (page >= r->pages_size) {
		size_t size = page + 64;
		uint8_t *p = realloc(r->applied, size);
		if (!p)
			die(EXIT_TEMPORARY, "out of memory");
		memset(p + r->pages_size, 0, size - r->pages_size);
		r->applied = p;
		r->pages_size = size;
	}
	if (r->applied[page])
		return false;
	r->applied[page] = 1;
	while (r->applied_n + 1 < r->pages_size && r->applied[r->applied_n + 1])
		r->applied_n++;
	return true;
}

void run_check(struct dispatcher *d, struct run *r)
{
	if (r->followed && r->children_left == 0) {
		bulk_finished(d, r);
		return;
	}
	if (r->closing || r->opening || r->waits || images_of_run(r))
		return;
	if (r->entity == ENTITY_NONE ? r->children_left != 0 : !r->last || r->applied_n < r->last)
		return;
	if (proofs_wanted(r))
		proofs_go_on(d, r);
	else if (run_details_wanted(r))
		run_details_go_on(d, r);
	else if (!stock_next_part(d, r))
		run_close(d, r);
}

void run_fail(struct dispatcher *d, struct run *r, const char *error)
{
	if (r->closing)
		return;
	snprintf(r->error, sizeof r->error, "%s", error);
	if (r->scanning)
		actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_SCAN_STOP,
			&(struct msg_scan_stop){.run = str_of(r->id), .fence = r->fence});
	run_close(d, r);
}

/* Zoho's Date (0: none): the earliest one, and how far its clock is ahead of ours; late news make that less, never more. */
static void note_date(struct run *r, int64_t date_us)
{
	int64_t ahead = date_us - now_us();
	if (!date_us)
		return;
	if (!r->zoho_date_us || ahead < r->zoho_ahead_us)
		r->zoho_ahead_us = ahead;
	if (!r->zoho_date_us || date_us < r->zoho_date_us)
		r->zoho_date_us = date_us;
}

void runs_fetched(struct dispatcher *d, const struct msg_page_fetched *m)
{
	struct run *r = run_find(d, m->run, m->fence);
	char why[256];
	if (!r)
		return;
	r->calls += m->calls;
	note_date(r, m->date_us);
	if (m->failed && run_is_many(r) && many_refused(d, r, m))
		return;
	if (m->failed) {
		snprintf(why, sizeof why, "page %" PRIu64 " could not be fetched: %.*s", m->page, (int)m->error.len,
			m->error.data ? m->error.data : "");
		run_fail(d, r, why);
		return;
	}
	r->reached = true;
	if (!m->more && !run_is_many(r) && (!r->last || m->page < r->last))
		r->last = m->page;
	run_check(d, r);
}

void runs_applied(struct dispatcher *d, const struct msg_page_applied *m)
{
	struct run *r = run_find(d, m->run, m->fence);
	char why[256];
	if (!r)
		return;
	if (m->retry) {
		snprintf(why, sizeof why, "page %" PRIu64 " could not be applied: %.*s", m->page, (int)m->error.len,
			m->error.data ? m->error.data : "");
		run_fail(d, r, why);
		return;
	}
	bool first = mark_applied(r, m->page);
	if (run_is_many(r))
		many_applied(d, r);
	if (!first)
		return;
	r->counts.total += m->rows;
	r->counts.processed += m->rows - m->failed - m->skipped;
	r->counts.failed += m->failed;
	r->counts.skipped += m->stale + m->skipped;
	r->counts.stock += m->stock;
	r->counts.created += m->created;
	r->counts.updated += m->updated;
	r->counts.unchanged += m->unchanged;
	run_check(d, r);
}

void run_scan_again(struct dispatcher *d, struct run *r)
{
	if (r->last && r->applied_n >= r->last)
		return; /* all of it is there; it waits for something else */
	while (r->first < r->pages_size && r->applied[r->first])
		r->first++;
	if (r->expected < r->first)
		r->expected = 0; /* the list has grown beyond what was expected: nobody knows how far */
	run_scan(d, r);
}

/* zoho-io was restarted: it knows nothing of scans. The pages on their way to a handler are in their ring; asking for
 * them once more is harmless. */
void runs_resend(struct dispatcher *d)
{
	struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	{
		if (r->entity == ENTITY_NONE || r->closing || r->opening || r->waits)
			continue;
		if (run_is_many(r)) {
			many_again(d, r);
			continue;
		}
		run_scan_again(d, r);
	}
}

void runs_tick(struct dispatcher *d)
{
	struct run *r, *next;
	run_waiting_go_on(d);
	for (r = TAILQ_FIRST(&d->runs); r; r = next) {
		next = TAILQ_NEXT(r, in_list);
		if (r->closing || r->opening || r->waits)
			continue;
		if (*r->error)
			run_close(d, r);
		else if (run_is_many(r))
			many_go_on(d, r);
		else if (images_of_run(r))
			images_step(d, r);
		else if (r->entity != ENTITY_NONE && !r->scanning)
			run_scan(d, r);
		else
			run_check(d, r);
	}
}

static enum lane lane_of(const char *who)
{
	return !strcmp(who, "drift") ? LANE_DRIFT : !strcmp(who, "api") ? LANE_USER : LANE_SCHEDULED;
}

static void adopt(struct dispatcher *d, const PGresult *res, int row, uint64_t fence)
{
	struct run *r = run_make(d);
	snprintf(r->id, sizeof r->id, "%s", PQgetvalue(res, row, 0));
	r->fence = fence;
	r->taken_over = true;
	r->entity = entity_by_name(str_of(PQgetvalue(res, row, 2)));
	r->lane = lane_of(PQgetvalue(res, row, 20));
	r->options.per_page = (int)strtol(PQgetvalue(res, row, 3), NULL, 10);
	snprintf(r->filter, sizeof r->filter, "%s", PQgetvalue(res, row, 4));
	r->since_us = strtoll(PQgetvalue(res, row, 5), NULL, 10);
	r->options.dry_run = *PQgetvalue(res, row, 6) == 't';
	r->options.verify = *PQgetvalue(res, row, 10) == 't';
	r->first = strtoull(PQgetvalue(res, row, 8), NULL, 10);
	r->calls = strtoull(PQgetvalue(res, row, 9), NULL, 10);
	r->reached = true;
	r->options.with_stock_only = *PQgetvalue(res, row, 11) == 't';
	r->options.active_only = *PQgetvalue(res, row, 12) == 't';
	r->options.kind = stock_kind(PQgetvalue(res, row, 1));
	r->expected = run_is_many(r) ? strtoull(PQgetvalue(res, row, 13), NULL, 10) : 0;
	r->pulled = strstr(PQgetvalue(res, row, 14), "products");
	r->stocked = strstr(PQgetvalue(res, row, 14), "stock");
	r->pictured = strstr(PQgetvalue(res, row, 14), "images");
	r->all_well = *PQgetvalue(res, row, 15) != 't';
	r->options.incremental = *PQgetvalue(res, row, 16) == 't';
	snprintf(r->options.since, sizeof r->options.since, "%s", PQgetvalue(res, row, 17));
	r->options.confirm_deletes = *PQgetvalue(res, row, 18) == 't';
	r->options.sync_images = *PQgetvalue(res, row, 19) == 't';
	for (uint64_t page = 1; page < r->first && !run_is_many(r); page++)
		mark_applied(r, page);
	log_info("run goes on", LF_STR("run", r->id), LF_STR("entity", entity_names[r->entity].name),
		LF_INT("page", r->first));
}

static void on_resumed(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d = ctx;
	struct run *r, *child;
	if (reply->failure != DB_OK) {
		d->resumed = false;
		return;
	}
	const PGresult *res = reply->results[0];
	for (int i = 0; i < PQntuples(res); i++)
		if (!run_find(d, str_of(PQgetvalue(res, i, 0)), 0))
			adopt(d, res, i, d->resume_fence);
	for (int i = 0; i < PQntuples(res); i++) {
		child = run_find(d, str_of(PQgetvalue(res, i, 0)), 0);
		r = *PQgetvalue(res, i, 7) ? run_find(d, str_of(PQgetvalue(res, i, 7)), 0) : NULL;
		if (child && r && !child->parent) {
			child->parent = r;
			child->lane = r->lane;
			r->children_left++;
		}
	}
	for (int i = 0; i < PQntuples(res); i++) {
		r = run_find(d, str_of(PQgetvalue(res, i, 0)), d->resume_fence);
		if (r && !r->entity && r->options.kind == RUN_PULL)
			run_children(d, r, PQgetvalue(res, i, 14));
	}
	for (r = TAILQ_FIRST(&d->runs); r; r = child) {
		child = TAILQ_NEXT(r, in_list);
		run_check(d, r);
	}
}

void runs_resume(struct dispatcher *d)
{
	char fence[24];
	if (d->resumed)
		return;
	d->resumed = true;
	d->resume_fence = (uint64_t)now_us();
	snprintf(fence, sizeof fence, "%" PRIu64, d->resume_fence);
	db_query(d->db, &resume, on_resumed, d, 2, d->actor->config.zoho_organization_id, fence);
}
