/* /metrics: Prometheus text format 0.0.4. Every counter of counters.def by each actor that counts it, and the facts of health. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "actors/metrics/metrics.h"

static void add_counters(struct buf *b, const struct metrics *m)
{
	for (int c = 0; c < COUNTERS; c++) {
		buf_fmt(b, "# HELP tds_%s_total %s\n# TYPE tds_%s_total counter\n", counter_names[c].name,
			counter_names[c].help, counter_names[c].name);
		for (uint32_t i = 0; i < m->actor->boot->slots; i++) {
			const struct slot *s = slot_of(m->actor->slots, (int)i);
			uint64_t n = atomic_load_explicit(&s->counters[c], memory_order_relaxed);
			bool own = counter_names[c].by & 1U << actor_kind_of(s->name);
			if (*s->name && (n || own))
				buf_fmt(b, "tds_%s_total{actor=\"%s\"} %" PRIu64 "\n", counter_names[c].name, s->name,
					n);
		}
	}
}

static void gauge(struct buf *b, const char *name, const char *help, double value)
{
	buf_fmt(b, "# HELP tds_%s %s\n# TYPE tds_%s gauge\ntds_%s %.17g\n", name, help, name, name, value);
}

static void add_actors(struct buf *b, const struct metrics *m)
{
	buf_str(b, "# HELP tds_actor_up Whether an actor is ready (1), or not (0)\n# TYPE tds_actor_up gauge\n");
	for (uint32_t i = 0; i < m->actor->boot->slots; i++) {
		const struct slot *s = slot_of(m->actor->slots, (int)i);
		uint32_t state = atomic_load(&s->state);
		if (*s->name)
			buf_fmt(b, "tds_actor_up{actor=\"%s\",io=\"%s\"} %d\n", s->name, s->io,
				state == SLOT_READY || state == SLOT_DEGRADED);
	}
	buf_str(b, "# HELP tds_actor_restarts_total Deaths followed by a start\n# TYPE tds_actor_restarts_total"
		   " counter\n");
	for (uint32_t i = 0; i < m->actor->boot->slots; i++) {
		const struct slot *s = slot_of(m->actor->slots, (int)i);
		if (*s->name)
			buf_fmt(b, "tds_actor_restarts_total{actor=\"%s\"} %" PRIu64 "\n", s->name,
				atomic_load(&s->restarts));
	}
}

/* One gauge over the column of certificates.sql; entities without a certificate have none. */
static void add_by_entity(struct buf *b, const PGresult *res, int column, const char *name, const char *help)
{
	buf_fmt(b, "# HELP tds_%s %s\n# TYPE tds_%s gauge\n", name, help, name);
	for (int row = 0; row < PQntuples(res); row++)
		if (!PQgetisnull(res, row, 1))
			buf_fmt(b, "tds_%s{entity=\"%s\"} %s\n", name, PQgetvalue(res, row, 0),
				PQgetvalue(res, row, column));
}

static void add_details(struct buf *b, const struct metrics *m)
{
	bool any = false;
	if (!m->wanted_known)
		return;
	buf_str(b,
		"# HELP tds_details_wanted Records whose details are still to be fetched\n# TYPE tds_details_wanted gauge\n");
	for (int e = 1; e < ENTITIES; e++) {
		buf_fmt(b, "tds_details_wanted{entity=\"%s\"} %" PRIu64 "\n", entity_names[e].name, m->wanted[e]);
		any |= m->wanted[e];
	}
	double seconds = (double)(m->wanted_finish_us - now_us()) / 1e6;
	gauge(b, "details_expected_finish_seconds", "Until all of them are there; NaN when nobody can say",
		!any		       ? 0
		: !m->wanted_finish_us ? NAN
		: seconds > 0	       ? seconds
				       : 0);
}

void prometheus_text(struct metrics *m, const struct facts *f, struct buf *b)
{
	struct verdict v = judge(m, f);
	add_counters(b, m);
	add_actors(b, m);
	add_details(b, m);
	prometheus_zoho(m, b);
	gauge(b, "database_up", "Whether PostgreSQL answers", f->known);
	gauge(b, "health_score", "0 to 100", v.score);
	buf_str(b, "# HELP tds_health The verdict: the one that holds is 1\n# TYPE tds_health gauge\n");
	for (int h = HEALTHY; h <= CRITICAL; h++)
		buf_fmt(b, "tds_health{status=\"%s\"} %d\n", health_words[h], (int)v.status == h);
	if (!f->known)
		return;
	buf_str(b, "# HELP tds_queue_events Events in the queue\n# TYPE tds_queue_events gauge\n");
	buf_fmt(b, "tds_queue_events{status=\"pending\"} %lld\ntds_queue_events{status=\"processing\"} %lld\n",
		f->pending, f->processing);
	buf_fmt(b, "tds_queue_events{status=\"retry\"} %lld\ntds_queue_events{status=\"failed\"} %lld\n", f->retry,
		f->failed);
	buf_fmt(b, "tds_queue_events{status=\"dead_letter\"} %lld\n", f->dead);
	gauge(b, "queue_oldest_seconds", "Age of the oldest event that waits", (double)f->oldest_seconds);
	gauge(b, "dead_letters_open", "Dead letters not resolved", (double)f->dead_open);
	gauge(b, "alerts_active", "Active alerts", (double)f->alerts);
	gauge(b, "last_sync_timestamp_seconds", "When a bulk sync last completed", (double)f->last_sync_us / 1e6);
	if (f->by_entity) {
		add_by_entity(b, f->by_entity, 1, "certificate_age_seconds",
			"Since when the entity is known to be complete: age of the last scan that compared every row");
		add_by_entity(
			b, f->by_entity, 2, "drift_differing", "Rows that this scan found to differ, and repaired");
		add_by_entity(b, f->by_entity, 3, "drift_missing", "Records known here that this scan missed");
	}
	gauge(b, "last_webhook_timestamp_seconds", "When a webhook was last accepted",
		(double)f->last_received_us / 1e6);
}
