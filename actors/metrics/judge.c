/* The judgement: what is wrong, how bad it is, and what to do. It must never say healthy when nothing moves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/metrics/metrics.h"

enum { STALLED_SECONDS = 60, STALLED_CRITICAL_SECONDS = 600, SCORE_DEGRADED = 15, SCORE_CRITICAL = 40 };

const char *const health_words[] = {"healthy", "degraded", "critical"};

struct totals totals_now(const struct actor *a)
{
	struct totals t = {0};
	for (uint32_t i = 0; i < a->boot->slots; i++)
		for (int c = 0; c < COUNTERS; c++)
			t.at[c] += atomic_load_explicit(&slot_of(a->slots, (int)i)->counters[c], memory_order_relaxed);
	return t;
}

double rate_per_minute(const struct metrics *m, enum counter_id id)
{
	if (m->samples_n < 2)
		return 0;
	const struct totals *oldest = &m->samples[(m->newest - (m->samples_n - 1) + SAMPLES) % SAMPLES];
	return (double)(m->samples[m->newest].at[id] - oldest->at[id]) * 60 / (m->samples_n - 1);
}

void facts_read(struct facts *f, const PGresult *res)
{
	long long *to[] = {&f->pending, &f->processing, &f->retry, &f->failed, &f->dead, &f->oldest_seconds,
		&f->dead_open, &f->alerts, &f->received_24h, &f->usual_24h, &f->last_received_us, &f->last_sync_us,
		&f->alerts_warning, &f->alerts_critical, &f->paused};
	*f = (struct facts){.known = PQntuples(res) == 1, .at_us = now_us()};
	for (size_t i = 0; i < sizeof to / sizeof *to && f->known; i++)
		*to[i] = strtoll(PQgetvalue(res, 0, (int)i), NULL, 10);
}

static void add(struct verdict *v, enum health severity, const char *type, const char *action, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
static void add(struct verdict *v, enum health severity, const char *type, const char *action, const char *format, ...)
{
	if (v->n == (int)(sizeof v->issues / sizeof *v->issues))
		return;
	struct issue *i = &v->issues[v->n++];
	va_list ap;
	va_start(ap, format);
	*i = (struct issue){.severity = severity, .type = type, .action = action};
	vsnprintf(i->message, sizeof i->message, format, ap);
	va_end(ap);
	v->score -= severity == CRITICAL ? SCORE_CRITICAL : SCORE_DEGRADED;
	if (severity > v->status)
		v->status = severity;
}

static bool essential(const char *name)
{
#define ACTOR(id, symbol, text, essential, database, many)                                                             \
	if ((essential) && !strncmp(name, text, strlen(text)))                                                         \
		return true;
#include "actors/actors.def"
#undef ACTOR
	return false;
}

static void judge_actors(const struct metrics *m, struct verdict *v)
{
	for (uint32_t i = 0; i < m->actor->boot->slots; i++) {
		const struct slot *s = slot_of(m->actor->slots, (int)i);
		uint32_t state = atomic_load(&s->state);
		if (!*s->name)
			continue;
		if (state == SLOT_DEGRADED && *s->note)
			add(v, DEGRADED, "actor_degraded",
				"see the message; it goes on by itself when the cause is gone", "%s: %.120s", s->name,
				s->note);
		else if (state != SLOT_READY && state != SLOT_DEGRADED)
			add(v, essential(s->name) ? CRITICAL : DEGRADED, "actor_down",
				"tdsctl status shows its last obituary", "%s is not running", s->name);
	}
}

static void judge_queue(const struct metrics *m, const struct facts *f, struct verdict *v)
{
	long long waiting = f->pending + f->processing + f->failed;
	bool moving = rate_per_minute(m, COUNT_PROCESSED) > 0;
	if (waiting && f->oldest_seconds > STALLED_SECONDS)
		add(v, !moving && f->oldest_seconds > STALLED_CRITICAL_SECONDS ? CRITICAL : DEGRADED, "queue_stalled",
			"tdsctl status; tdsctl queue; is an entity paused or parked?",
			"%lld events wait, the oldest for %lld s%s", waiting, f->oldest_seconds,
			moving ? "" : ", and nothing is being applied");
	if (waiting + f->retry >= m->actor->config.healer_queue_critical)
		add(v, CRITICAL, "queue_depth", "tdsctl queue; more shards: queue.workers", "%lld events are waiting",
			waiting + f->retry);
	else if (waiting + f->retry >= m->actor->config.healer_queue_warning)
		add(v, DEGRADED, "queue_depth", "tdsctl queue; more shards: queue.workers", "%lld events are waiting",
			waiting + f->retry);
	if (f->dead_open)
		add(v, f->received_24h && f->dead_open >= f->received_24h ? CRITICAL : DEGRADED, "dead_letters",
			"tdsctl dead-letter list; mend the cause, then tdsctl dead-letter retry",
			f->dead_open == 1 ? "%lld dead letter is open" : "%lld dead letters are open", f->dead_open);
	if (!f->received_24h && f->usual_24h)
		add(v, DEGRADED, "webhooks_silent", "look at the workflow rules in Zoho and at the way to this host",
			"no webhook for 24 hours; %lld came the day before", f->usual_24h);
	if (f->paused)
		add(v, DEGRADED, "paused", "tdsctl queue says which; tdsctl resume ENTITY goes on",
			f->paused == 1 ? "%lld entity is paused" : "%lld entities are paused", f->paused);
	if (f->alerts_critical)
		add(v, DEGRADED, "alerts", "GET /api/bff/tds/alerts",
			f->alerts_critical == 1 ? "%lld serious alert is active" : "%lld serious alerts are active",
			f->alerts_critical);
}

static void judge_zoho(const struct metrics *m, struct verdict *v)
{
	char names[128];
	int n = breakers_open(m, names, sizeof names);
	if (n)
		add(v, DEGRADED, "circuit_breaker",
			"Zoho fails; it is tried again by itself; tdsctl breaker list, tdsctl breaker reset NAME",
			n == 1 ? "circuit breaker %.127s isn't closed" : "circuit breakers %.127s aren't closed",
			names);
}

struct verdict judge(const struct metrics *m, const struct facts *f)
{
	struct verdict v = {.score = 100};
	if (!f->known)
		add(&v, CRITICAL, "database_away",
			"start PostgreSQL, or correct database.url; webhooks are answered 503 meanwhile",
			"PostgreSQL doesn't answer: %.120s", m->database_why);
	else
		judge_queue(m, f, &v);
	judge_actors(m, &v);
	judge_zoho(m, &v);
	if (v.score < 0)
		v.score = 0;
	return v;
}
