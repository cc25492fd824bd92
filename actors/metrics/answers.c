/* The health answers as JSON (http-api: "Webhooks", "Dashboard and statistics"). */
#include <inttypes.h>
#include <string.h>
#include "actors/metrics/metrics.h"

static void add_issues(struct buf *b, const struct verdict *v)
{
	buf_str(b, "\"issues\":[");
	for (int i = 0; i < v->n; i++) {
		const struct issue *s = &v->issues[i];
		buf_fmt(b, "%s{\"severity\":\"%s\",\"type\":\"%s\",\"message\":", i ? "," : "",
			s->severity == CRITICAL ? "critical" : "warning", s->type);
		buf_json(b, s->message, strlen(s->message));
		buf_str(b, ",\"action\":");
		buf_json(b, s->action, strlen(s->action));
		buf_str(b, "}");
	}
	buf_str(b, "]");
}

static void add_time_or_null(struct buf *b, const char *key, long long us)
{
	buf_fmt(b, ",\"%s\":", key);
	if (us)
		buf_time(b, us);
	else
		buf_str(b, "null");
}

static long long depth(const struct facts *f)
{
	return f->pending + f->processing + f->failed + f->retry;
}

void health_webhooks(struct metrics *m, const struct facts *f, struct buf *b)
{
	struct verdict v = judge(m, f);
	buf_fmt(b,
		"{\"status\":\"%s\",\"health_score\":%d,\"webhooks_received_24h\":%lld,\"queue_size\":%lld,"
		"\"dead_letter_count\":%lld,\"system\":\"tds\",",
		health_words[v.status], v.score, f->received_24h, depth(f), f->dead_open);
	add_issues(b, &v);
	add_time_or_null(b, "last_received", f->last_received_us);
	add_time_or_null(b, "timestamp", now_us());
	buf_str(b, "}");
}

static void add_features(struct buf *b)
{
	buf_str(b, "\"features\":[\"webhooks\",\"bulk_sync\",\"incremental_sync\",\"dead_letter_queue\",\"circuit_"
		   "breakers\","
		   "\"auto_healing\",\"metrics\"]");
}

void health_short(struct metrics *m, const struct facts *f, struct buf *b)
{
	struct verdict v = judge(m, f);
	buf_fmt(b, "{\"status\":\"%s\",\"service\":\"TDS (TSH Data Sync)\",\"version\":\"%s\",", health_words[v.status],
		TDS_VERSION);
	add_features(b);
	buf_fmt(b, ",\"queue_depth\":%lld,\"active_alerts\":%lld,\"dead_letter_count\":%lld,", depth(f), f->alerts,
		f->dead_open);
	add_issues(b, &v);
	buf_str(b, "}");
}

static const struct slot *slot_named(const struct metrics *m, const char *prefix)
{
	for (uint32_t i = 0; i < m->actor->boot->slots; i++)
		if (!strncmp(slot_of(m->actor->slots, (int)i)->name, prefix, strlen(prefix)))
			return slot_of(m->actor->slots, (int)i);
	return NULL;
}

static void add_component(struct buf *b, const char *name, bool fine, const char *message, bool last)
{
	buf_fmt(b, "\"%s\":{\"status\":\"%s\",\"message\":", name, fine ? "healthy" : "critical");
	buf_json(b, message, strlen(message));
	buf_str(b, ",\"last_check\":");
	buf_time(b, now_us());
	buf_str(b, last ? "}" : "},");
}

static void add_components(struct buf *b, const struct metrics *m, const struct facts *f, const struct verdict *v)
{
	const struct slot *zoho = slot_named(m, "zoho-io"), *healer = slot_named(m, "healer");
	bool zoho_up = zoho && atomic_load(&zoho->state) == SLOT_READY;
	bool healer_up = healer && atomic_load(&healer->state) >= SLOT_READY;
	bool queue_fine = f->known;
	for (int i = 0; i < v->n; i++)
		queue_fine &= strncmp(v->issues[i].type, "queue", 5) != 0;
	buf_str(b, "\"components\":{");
	add_component(b, "database", f->known, f->known ? "PostgreSQL answers" : m->database_why, false);
	add_component(b, "zoho_api", zoho_up,
		zoho && *zoho->note ? zoho->note
		: zoho_up	    ? "ready"
				    : "zoho-io is not running",
		false);
	add_component(b, "queue", queue_fine, queue_fine ? "moving" : "see issues", false);
	add_component(b, "auto_healing", healer_up, healer_up ? "ready" : "the healer is not running", true);
	buf_str(b, "}");
}

static void add_actors(struct buf *b, const struct metrics *m)
{
	static const char *const words[] = {"down", "starting", "ready", "degraded", "draining", "drained"};
	bool first = true;
	buf_str(b, "\"actors\":[");
	for (uint32_t i = 0; i < m->actor->boot->slots; i++) {
		const struct slot *s = slot_of(m->actor->slots, (int)i);
		uint32_t state = atomic_load(&s->state);
		int64_t started = atomic_load(&s->started_ns);
		if (!*s->name)
			continue;
		buf_fmt(b,
			"%s{\"name\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"restarts\":%" PRIu64
			",\"uptime_seconds\":%" PRId64,
			first ? "" : ",", s->name, atomic_load(&s->pid), state < 6 ? words[state] : "?",
			atomic_load(&s->restarts), started ? (loop_now(m->actor->loop) - started) / 1000000000 : 0);
		add_time_or_null(b, "last_death", atomic_load(&s->last_death_s) * 1000000ll);
		buf_str(b, "}");
		first = false;
	}
	buf_str(b, "]");
}

static void add_metrics(struct buf *b, const struct metrics *m, const struct facts *f)
{
	struct totals t = totals_now(m->actor);
	uint64_t done = t.at[COUNT_SUCCEEDED] + t.at[COUNT_FAILED];
	buf_fmt(b,
		"\"metrics\":{\"queue_depth\":%lld,\"processing_rate\":%.2f,\"error_rate\":%.4f,\"processed\":%" PRIu64
		",\"succeeded\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"retried\":%" PRIu64
		",\"active_alerts\":%lld,\"dead_letter_count\":%lld,",
		depth(f), rate_per_minute(m, COUNT_PROCESSED), done ? (double)t.at[COUNT_FAILED] / (double)done : 0,
		t.at[COUNT_PROCESSED], t.at[COUNT_SUCCEEDED], t.at[COUNT_FAILED], t.at[COUNT_RETRIED], f->alerts,
		f->dead_open);
	buf_fmt(b,
		"\"queue_breakdown\":{\"pending\":%lld,\"processing\":%lld,\"retry\":%lld,\"failed\":%lld,\"dead_"
		"letter\":%lld}}",
		f->pending, f->processing, f->retry, f->failed, f->dead);
}

void health_complete(struct metrics *m, const struct facts *f, struct buf *b)
{
	struct verdict v = judge(m, f);
	buf_fmt(b,
		"{\"status\":\"%s\",\"score\":%d,\"service\":\"TDS (TSH Data"
		" Sync)\",\"version\":\"%s\",\"uptime_seconds\":%" PRId64,
		health_words[v.status], v.score, TDS_VERSION, (now_us() - m->started_us) / 1000000);
	add_time_or_null(b, "last_sync_at", f->last_sync_us);
	buf_str(b, ",");
	add_components(b, m, f, &v);
	buf_str(b, ",");
	add_actors(b, m);
	buf_str(b, ",");
	add_metrics(b, m, f);
	buf_str(b, ",");
	add_features(b);
	buf_str(b, ",");
	add_issues(b, &v);
	add_time_or_null(b, "timestamp", now_us());
	buf_str(b, "}");
}
