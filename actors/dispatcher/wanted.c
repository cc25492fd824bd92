/* How many details are wanted, and when they are expected to be there.
 *
 * calls: a record each, a hundred together where Zoho details many at once. A minute gives them calls_per_minute_max, less the
 * tenth kept for webhooks, less what all other lanes used of late. A day gives them what is left of it, less the reserve, less what
 * the others will use until it ends: what the schedule costs, or what they used over the last day where that is more (minutes say
 * nothing of a day: one complete sync would be thousands of calls). What doesn't fit today goes on after the reset. Nobody can say
 * while Zoho can't be reached or asked. The lane takes the newest record first, of whichever entity, so one time holds for all. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"
#include "sql_embedded.h"

enum { SAMPLES = 24, KEPT_PERCENT = 10 }; /* the latter as zoho-io's budget.c has it */
static const int64_t minutes_every_ns = 25000000000, day_every_ns = 3600000000000;
static const int64_t look_busy_ns = 5000000000, look_idle_ns = 30000000000;
static const double day_s = 86400;
static const struct db_statement count = {"dispatch_wanted", SQL_DISPATCH_WANTED};

struct trail { /* what was used up to when, every so often */
	struct sample {
		int64_t at_ns;
		uint64_t calls, details;
	} at[SAMPLES];
	unsigned n;
};

struct wanted {
	bool asked, known;
	int64_t look_ns, counted_us;
	uint64_t of[ENTITIES], total, calls;
	struct trail minutes, day;
	int64_t finish_us; /* 0: nobody can say, `why` */
	const char *why;
};

static struct wanted *state(struct dispatcher *d)
{
	if (!d->wanted && !(d->wanted = calloc(1, sizeof *d->wanted)))
		die(EXIT_TEMPORARY, "out of memory");
	return d->wanted;
}

/* Calls that zoho-io made, of all lanes. */
static uint64_t calls_made(const struct actor *a)
{
	for (uint32_t i = 0; i < a->boot->slots; i++) {
		const struct slot *s = slot_of(a->slots, (int)i);
		if (!strcmp(s->name, "zoho-io"))
			return atomic_load_explicit(&s->counters[COUNT_CALLS], memory_order_relaxed);
	}
	return 0;
}

/* Of them, for details: what is asked for and didn't come yet may wait for its minute. */
static uint64_t details_made(const struct dispatcher *d)
{
	return d->details_calls - d->details_in_flight;
}

static void sample(struct dispatcher *d, struct trail *t, int64_t every_ns)
{
	int64_t now = loop_now(d->actor->loop);
	if (t->n && now < t->at[(t->n - 1) % SAMPLES].at_ns + every_ns)
		return;
	t->at[t->n++ % SAMPLES] = (struct sample){now, calls_made(d->actor), details_made(d)};
}

/* Calls that other lanes used since the trail begins. */
static double others(struct dispatcher *d, const struct trail *t)
{
	if (!t->n)
		return 0;
	const struct sample *old = &t->at[t->n > SAMPLES ? t->n % SAMPLES : 0];
	double calls = (double)(calls_made(d->actor) - old->calls) - (double)(details_made(d) - old->details);
	return calls < 0 ? 0 : calls;
}

/* Over the last ten minutes, however short a time of them is known: what a start begins with isn't what goes on. */
static double others_a_minute(struct dispatcher *d, const struct wanted *w)
{
	return others(d, &w->minutes) / ((double)SAMPLES * (double)minutes_every_ns / 60e9);
}

/* Calls that others will use in the next `seconds`. */
static double others_ahead(struct dispatcher *d, const struct wanted *w, double seconds)
{
	double yesterday = others(d, &w->day) * seconds / day_s;
	double schedule = stretch_calls(d, now_us(), now_us() + (int64_t)(seconds * 1e6));
	return schedule > yesterday ? schedule : yesterday;
}

static uint64_t calls_needed(const struct dispatcher *d, const struct wanted *w)
{
	uint64_t n = 0;
	for (int e = 1; e < ENTITIES; e++)
		if (!d->queue.paused[e])
			n += entities[e]->many ? (w->of[e] + MANY_MAX - 1) / MANY_MAX : w->of[e];
	return n;
}

static const char *hindrance(const struct dispatcher *d)
{
	const struct zoho_view *z = &d->zoho;
	if (!d->actor->config.sync_details)
		return "sync.details is off";
	if (!z->known || !z->authorized)
		return "Zoho can't be asked";
	if (z->shut)
		return "Zoho can't be reached";
	return NULL;
}

/* Seconds from now until `calls` are made; < 0: never, other lanes use it all. */
static double forecast(struct dispatcher *d, struct wanted *w, double reserve)
{
	const struct zoho_view *z = &d->zoho;
	double most = (double)d->actor->config.zoho_calls_per_minute_max, calls = (double)w->calls;
	double rate = most - (most > 1 ? most * KEPT_PERCENT / 100 : 0) - others_a_minute(d, w);
	double until_reset = (double)(z->day_resets_us - now_us()) / 1e6;
	if (rate <= 0)
		return -1;
	if (!z->day_limit || until_reset <= 0)
		return calls / rate * 60;
	double today = (double)z->day_left - reserve - others_ahead(d, w, until_reset);
	double a_day = (double)z->day_limit - reserve - others_ahead(d, w, day_s);
	today = today > 0 ? today : 0;
	if (calls <= today)
		return calls / rate * 60;
	if (a_day < 1)
		return -1;
	double rest = calls - today, days = (double)(uint64_t)((rest - 1) / a_day);
	return until_reset + days * day_s + (rest - days * a_day) / rate * 60;
}

static void judge(struct dispatcher *d, struct wanted *w)
{
	const struct zoho_view *z = &d->zoho;
	double reserve = (double)z->day_limit * (double)d->actor->config.zoho_daily_reserve_percent / 100;
	w->calls = calls_needed(d, w);
	w->finish_us = 0;
	w->why = w->total ? hindrance(d) : "nothing is wanted";
	if (w->why)
		return;
	double seconds = forecast(d, w, reserve);
	if (seconds < 0)
		w->why = "other lanes use all calls";
	else
		w->finish_us = now_us() + (int64_t)(seconds * 1e6) + 1000000;
}

static void tell(struct dispatcher *d, const struct wanted *w)
{
	struct edge *to = actor_edge(d->actor, ACTOR_METRICS, 0);
	if (to)
		actor_send(d->actor, to, MSG_WANTED,
			&(struct msg_wanted){.wanted = {w->of, ENTITIES},
				.finish_us = w->finish_us,
				.why = str_of(w->why ? w->why : "")});
}

static void on_counted(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	struct wanted *w = state(d);
	w->asked = false;
	if (r->failure != DB_OK)
		return;
	memset(w->of, 0, sizeof w->of);
	w->total = 0;
	for (int i = 0; i < PQntuples(r->results[0]); i++) {
		uint64_t n = strtoull(PQgetvalue(r->results[0], i, 1), NULL, 10);
		w->of[entity_by_name(str_of(PQgetvalue(r->results[0], i, 0)))] = n;
		w->total += n;
	}
	w->known = true;
	w->counted_us = now_us();
	judge(d, w);
	tell(d, w);
}

void wanted_tick(struct dispatcher *d)
{
	struct wanted *w = state(d);
	int64_t now = loop_now(d->actor->loop);
	bool busy = w->total || d->details_in_flight || !TAILQ_EMPTY(&d->runs);
	sample(d, &w->minutes, minutes_every_ns);
	sample(d, &w->day, day_every_ns);
	if (w->asked || !db_up(d->db) || now < w->look_ns - (busy ? look_idle_ns - look_busy_ns : 0))
		return;
	w->asked = true;
	w->look_ns = now + look_idle_ns;
	db_query(d->db, &count, on_counted, d, 1, d->actor->config.zoho_organization_id);
}

void wanted_changed(struct dispatcher *d)
{
	state(d)->look_ns = 0;
}

void wanted_add(struct dispatcher *d, struct buf *b)
{
	struct wanted *w = state(d);
	bool first = true;
	judge(d, w);
	buf_str(b, ",\"details\":{\"wanted\":{");
	for (int e = 1; e < ENTITIES; e++) {
		if (!w->of[e])
			continue;
		buf_fmt(b, "%s\"%s\":%" PRIu64, first ? "" : ",", entity_names[e].name, w->of[e]);
		first = false;
	}
	buf_fmt(b, "},\"total\":%" PRIu64 ",\"calls\":%" PRIu64 ",\"expected_finish\":", w->total, w->calls);
	if (w->finish_us)
		buf_time(b, w->finish_us);
	else
		buf_str(b, "null");
	buf_str(b, ",\"why\":");
	if (w->why)
		buf_json(b, w->why, strlen(w->why));
	else
		buf_str(b, "null");
	buf_str(b, ",\"counted_at\":");
	if (w->known)
		buf_time(b, w->counted_us);
	else
		buf_str(b, "null");
	buf_str(b, "}");
}
