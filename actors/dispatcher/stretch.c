/* What the schedule costs in calls of Zoho's day, and how far its intervals are stretched where the day doesn't give them: the
 * calls that are left today, less the reserve and what is due at fixed times, are shared among the intervals by what each needs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "sql_embedded.h"

static const int64_t look_every_ns = 60000000000, look_after_ns = 2000000000, day_us = 86400000000;
static const double said_again = 1.25; /* a stretch is told anew when it changed by so much */
static const struct db_statement costs = {"dispatch_costs", SQL_DISPATCH_COSTS};

struct stretch {
	int64_t look_ns;
	bool asked;
	struct {
		int64_t last_us; /* when it ran last; at first, when the schedule began */
		double calls;	 /* what such a run cost last; 0 unknown */
		double said;	 /* the factor that was told */
	} at[];
};

static struct stretch *state(struct dispatcher *d)
{
	size_t n = d->actor->config.sync_schedule.n;
	if (d->stretch)
		return d->stretch;
	d->stretch = calloc(1, sizeof *d->stretch + n * sizeof *d->stretch->at);
	if (!d->stretch)
		die(EXIT_TEMPORARY, "out of memory");
	for (size_t i = 0; i < n; i++) {
		d->stretch->at[i].last_us = now_us();
		d->stretch->at[i].said = 1;
	}
	return d->stretch;
}

static void on_costs(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	struct stretch *s = state(d);
	const struct config_schedules *all = &d->actor->config.sync_schedule;
	s->asked = false;
	for (int row = 0; r->failure == DB_OK && row < PQntuples(r->results[0]); row++)
		for (size_t i = 0; i < all->n; i++)
			if (!strcmp(all->at[i].name, PQgetvalue(r->results[0], row, 0)) &&
				all->at[i].incremental == (*PQgetvalue(r->results[0], row, 1) == 't'))
				s->at[i].calls = strtod(PQgetvalue(r->results[0], row, 2), NULL);
}

void stretch_tick(struct dispatcher *d)
{
	struct stretch *s = state(d);
	int64_t now = loop_now(d->actor->loop);
	if (!d->actor->config.sync_schedule.n || s->asked || now < s->look_ns || !db_up(d->db))
		return;
	s->asked = true;
	s->look_ns = now + look_every_ns;
	db_query(d->db, &costs, on_costs, d, 1, d->actor->config.zoho_organization_id);
}

/* How often an entry at a fixed time comes until `end`. */
static double times(const struct config_schedule *e, int64_t now, int64_t end)
{
	int64_t at = now - now % day_us + (int64_t)e->at_minute * 60000000;
	return (double)((at > now ? at < end : 0) + (at + day_us < end));
}

/* What the entries at intervals, or those at fixed times, cost until `end`. */
static double calls_until(struct dispatcher *d, bool intervals, int64_t now, int64_t end)
{
	const struct config_schedules *all = &d->actor->config.sync_schedule;
	double calls = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct config_schedule *e = &all->at[i];
		if ((e->every_ns > 0) != intervals)
			continue;
		calls += state(d)->at[i].calls *
			 (intervals ? (double)(end - now) * 1000 / (double)e->every_ns : times(e, now, end));
	}
	return calls;
}

double stretch_calls(struct dispatcher *d, int64_t now, int64_t end)
{
	return calls_until(d, true, now, end) + calls_until(d, false, now, end);
}

/* By how much every interval is stretched, 1: not at all; 0: nothing is left of the day. */
static double factor(struct dispatcher *d)
{
	const struct zoho_view *z = &d->zoho;
	int64_t now = now_us(), end = z->day_resets_us;
	if (!z->known || !z->day_limit || end <= now)
		return 1;
	double reserve = (double)z->day_limit * (double)d->actor->config.zoho_daily_reserve_percent / 100;
	double need = calls_until(d, true, now, end);
	double left = (double)z->day_left - reserve - calls_until(d, false, now, end);
	return left <= 0 && need > 0 ? 0 : need > left ? need / left : 1;
}

static void say(struct dispatcher *d, size_t i, double f)
{
	const struct config_schedule *e = &d->actor->config.sync_schedule.at[i];
	double *said = &state(d)->at[i].said;
	if (f == *said || (f > 0 && *said > 1 && f > 1 && f < *said * said_again && f > *said / said_again))
		return;
	*said = f;
	if (f == 1)
		log_info("schedule: back to its interval", LF_STR("name", e->name),
			LF_INT("every_s", e->every_ns / 1000000000));
	else
		log_warn("schedule stretched: the day's calls don't allow the interval", LF_STR("name", e->name),
			LF_INT("every_s", e->every_ns / 1000000000),
			LF_INT("becomes_s", f > 0 ? (double)e->every_ns / 1e9 * f : 0),
			LF_INT("day_left", d->zoho.day_left), LF_STR("until", f > 0 ? "" : "Zoho's day ends"));
}

int64_t stretch_due(struct dispatcher *d, size_t i)
{
	const struct config_schedule *e = &d->actor->config.sync_schedule.at[i];
	if (e->every_ns <= 0 || state(d)->at[i].calls <= 0)
		return 0;
	double f = factor(d);
	say(d, i, f);
	return f > 0 ? state(d)->at[i].last_us + (int64_t)((double)e->every_ns / 1000 * f) : d->zoho.day_resets_us;
}

void stretch_ran(struct dispatcher *d, size_t i)
{
	struct stretch *s = state(d);
	int64_t soon = loop_now(d->actor->loop) + look_after_ns; /* what it cost is known then, mostly */
	s->at[i].last_us = now_us();
	s->look_ns = soon < s->look_ns ? soon : s->look_ns;
}

void stretch_add(struct dispatcher *d, struct buf *b)
{
	const struct config_schedules *all = &d->actor->config.sync_schedule;
	double f = factor(d);
	buf_str(b, ",\"schedule\":[");
	for (size_t i = 0; i < all->n; i++) {
		const struct config_schedule *e = &all->at[i];
		bool stretched = e->every_ns > 0 && f != 1 && state(d)->at[i].calls > 0;
		int64_t due = d->due_us ? d->due_us[i] : 0, later = stretched ? stretch_due(d, i) : 0;
		buf_fmt(b, "%s{\"name\":\"%s\",\"every_seconds\":", i ? "," : "", e->name);
		if (e->every_ns > 0)
			buf_fmt(b, "%" PRId64, e->every_ns / 1000000000);
		else
			buf_fmt(b, "null,\"at\":\"%02d:%02d\"", e->at_minute / 60, e->at_minute % 60);
		buf_fmt(b, ",\"incremental\":%s,\"calls\":%.0f,\"stretched\":%s,\"next_at\":",
			e->incremental ? "true" : "false", state(d)->at[i].calls, stretched ? "true" : "false");
		if (due)
			buf_time(b, later > due ? later : due);
		else
			buf_str(b, "null");
		buf_str(b, "}");
	}
	buf_str(b, "]");
}
