/* Drift scans: whole lists compared with the tables, row by row, so that each entity's certificate "complete as of" is never older
 * than sync.certificate_age_max. A scan that the schedule runs counts as well; this starts what that leaves due, one entity after
 * the other, in the lane that gives way to all others, and only where the day's calls allow it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/dispatcher/runs.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

static const int64_t look_every_ms_max = 60000;
enum { DUE_AT_12THS = 11, AGAIN_AFTER_24THS = 1, LOOK_EVERY_24THS = 1 }; /* of certificate_age_max */
static const struct db_statement due = {"dispatch_drift_due", SQL_DISPATCH_DRIFT_DUE};

/* Whether the day's calls, less what is kept for webhooks and people, allow so many. */
static bool is_affordable(const struct dispatcher *d, uint64_t pages)
{
	const struct zoho_view *z = &d->zoho;
	uint64_t kept = z->day_limit * (uint64_t)d->actor->config.zoho_daily_reserve_percent / 100;
	return !z->day_limit || z->day_left >= kept + pages;
}

static void on_due(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	d->drift_asked = false;
	if (r->failure != DB_OK || !PQntuples(r->results[0]))
		return;
	enum entity_id e = entity_by_name(str_of(PQgetvalue(r->results[0], 0, 0)));
	uint64_t pages = strtoull(PQgetvalue(r->results[0], 0, 1), NULL, 10);
	if (!is_affordable(d, pages)) {
		log_warn("drift scan put off: it would take more calls than the day has left",
			LF_STR("entity", entity_names[e].name), LF_INT("pages", pages),
			LF_INT("left", d->zoho.day_left));
		return;
	}
	struct run_options o = {.verify = true, .per_page = (int)d->actor->config.sync_page_size};
	run_start(d, e, &o, "", "drift", LANE_DRIFT, NULL);
	d->drift_ns = 0; /* the next may be due as well */
}

static int64_t look_every(int64_t age_ms)
{
	int64_t ms = age_ms * LOOK_EVERY_24THS / 24;
	return ms < look_every_ms_max ? ms : look_every_ms_max;
}

void drift_tick(struct dispatcher *d)
{
	int64_t now = loop_now(d->actor->loop), age_ms = d->actor->config.sync_certificate_age_max / 1000000;
	const struct zoho_view *z = &d->zoho;
	if (!age_ms || d->drift_asked || now < d->drift_ns || !db_up(d->db) || !TAILQ_EMPTY(&d->runs) || !z->known ||
		!z->open || !z->authorized || zoho_shut(d, LANE_DRIFT, ENTITY_NONE) || d->actor->draining)
		return;
	char at[24], again[24];
	struct buf awake = {0};
	snprintf(at, sizeof at, "%" PRId64, age_ms * DUE_AT_12THS / 12);
	snprintf(again, sizeof again, "%" PRId64, age_ms * AGAIN_AFTER_24THS / 24);
	pause_awake(d, &awake);
	d->drift_asked = true;
	d->drift_ns = now + look_every(age_ms) * 1000000;
	db_query(d->db, &due, on_due, d, 4, d->actor->config.zoho_organization_id, at, awake.data, again);
	buf_free(&awake);
}
