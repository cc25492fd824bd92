/* metrics: health, statistics, runs and Prometheus text. It reads every actor's slot and PostgreSQL, and writes
 * nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/statements.h"
#include "actors/metrics/metrics.h"
#include "actors/query.h"
#include "actors/view.h"
#include "sql_embedded.h"

static const int64_t sample_every_ns = 1000000000;
enum { HOURS_MAX = 24 * 31 };

static const struct db_statement facts_sql = {"metrics_facts", SQL_METRICS_FACTS};
static const struct db_statement webhook_stats = {"metrics_webhook_stats", SQL_METRICS_WEBHOOK_STATS};
static const struct db_statement webhook_duplicates = {"metrics_webhook_duplicates", SQL_METRICS_WEBHOOK_DUPLICATES};
static const struct db_statement certificates_sql = {"metrics_certificates", SQL_METRICS_CERTIFICATES};
static const struct db_statement runs_sql = {"metrics_runs", SQL_METRICS_RUNS};
static const struct db_statement run_sql = {"metrics_run", SQL_METRICS_RUN};
static const struct db_statement entities_sql = {"metrics_entities", SQL_METRICS_ENTITIES};
static const struct db_statement drift_sql = {"metrics_drift", SQL_METRICS_DRIFT};
static const struct db_statement explain_sql = {"metrics_explain", SQL_METRICS_EXPLAIN};
static const struct db_statement queue_sql = {"metrics_queue", SQL_METRICS_QUEUE};

typedef void (*compose)(struct metrics *, const struct facts *, struct buf *);

struct asked { /* a request that waits for the facts */
	struct actor *actor;
	struct edge *in;
	uint64_t request;
	compose compose;
	const char *type;
};

static void answer(struct asked *q, const struct facts *f)
{
	struct buf b = {0};
	q->compose(q->actor->state, f, &b);
	actor_reply_type(q->actor, q->in, q->request, 200, q->type, b.data, b.len);
	buf_free(&b);
	free(q);
}

static void on_facts(void *ctx, const struct db_reply *r)
{
	struct facts f = {0};
	if (r->failure == DB_OK) {
		facts_read(&f, r->results[0]);
		f.by_entity = r->n > 1 ? r->results[1] : NULL;
	}
	answer(ctx, &f);
}

/* Every entity, as PostgreSQL's text[]; the text is the caller's. */
static struct buf every_entity(void)
{
	struct buf names = {0};
	buf_str(&names, "{");
	for (int e = 1; e < ENTITIES; e++)
		buf_fmt(&names, "%s%s", e > 1 ? "," : "", entity_names[e].name);
	buf_str(&names, "}");
	return names;
}

/* Health is answered also, above all, when PostgreSQL isn't there. */
static void ask(struct actor *a, struct edge *in, const struct msg_http_request *m, compose how, const char *type)
{
	struct metrics *s = a->state;
	struct asked *q = calloc(1, sizeof *q);
	if (!q)
		die(EXIT_TEMPORARY, "out of memory");
	*q = (struct asked){a, in, m->request, how, type};
	struct buf names = every_entity();
	const struct db_param params[] = {DB_TEXT(a->config.zoho_organization_id), DB_TEXT(names.data)};
	struct db_call *call = db_begin(s->db);
	db_add(call, &facts_sql, 1, params);
	if (how == prometheus_text)
		db_add(call, &certificates_sql, 2, params);
	db_run(call, on_facts, q);
	buf_free(&names);
}

static void webhook_health(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	ask(a, in, m, health_webhooks, "application/json");
}

static void health(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	ask(a, in, m, health_short, "application/json");
}

static void complete(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	ask(a, in, m, health_complete, "application/json");
}

static void text(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	ask(a, in, m, prometheus_text, "text/plain; version=0.0.4; charset=utf-8");
}

static void by_hours(struct actor *a, struct edge *in, const struct msg_http_request *m, const struct db_statement *s)
{
	struct view v;
	long long hours;
	if (!view_range(a, in, m, "hours", 1, HOURS_MAX, 24, &hours))
		return;
	view_start(&v, a, s);
	view_number(&v, hours);
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
}

static void stats(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	by_hours(a, in, m, &webhook_stats);
}

static void duplicates(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	by_hours(a, in, m, &webhook_duplicates);
}

static void runs(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	char entity[WORD_BYTES], status[WORD_BYTES];
	long long limit, offset;
	if (!query_entity(a, in, m, entity) ||
		!query_word(a, in, m, "status", "pending|running|completed|failed", status) ||
		!view_page(a, in, m, &limit, &offset))
		return;
	view_start(&v, a, &runs_sql);
	view_text(&v, word_or_null(entity));
	view_text(&v, word_or_null(status));
	view_number(&v, limit);
	view_number(&v, offset);
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
}

static void run(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	view_start(&v, a, &run_sql);
	view_text(&v, path_segment(m->path, 4));
	v.not_found = "Sync run not found";
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
}

/* When all details are expected to be there, as RFC 3339; absent when nobody can say. */
static struct str finish(const struct metrics *m, char *to, size_t size)
{
	struct buf b = {0};
	if (!m->wanted_known || !m->wanted_finish_us)
		return (struct str){0};
	buf_time(&b, m->wanted_finish_us);
	snprintf(to, size, "%.*s", (int)b.len - 2, b.data + 1);
	buf_free(&b);
	return str_of(to);
}

static void on_wanted(struct actor *a, struct edge *e, const union message *message)
{
	struct metrics *m = a->state;
	const struct msg_wanted *w = &message->wanted;
	(void)e;
	for (size_t i = 0; i < w->wanted.n && i < ENTITIES; i++)
		m->wanted[i] = w->wanted.at[i];
	m->wanted_known = true;
	m->wanted_finish_us = w->finish_us;
}

static void stock_facts(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct metrics *own = a->state;
	const struct entity *e = own->product.now;
	struct view v;
	if (!e || !e->stock) {
		actor_refuse(a, in, m->request, db_up(own->db) ? 409 : 503,
			"mapping.product leaves stock out, or doesn't fit its table (tdsctl status), or PostgreSQL is away");
		return;
	}
	view_start(&v, a, &entity_statements(e, LOOK_PLAIN)->facts);
	v.whole = e->fixed;
	view_answer(&v, a, own->db, in, m->request);
}

static void by_entity(struct actor *a, struct edge *in, const struct msg_http_request *m, const struct db_statement *s,
	const struct str *third)
{
	struct view v;
	struct buf names = every_entity();
	view_start(&v, a, s);
	view_text(&v, (struct str){names.data, names.len});
	if (third)
		view_text(&v, *third);
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
	buf_free(&names);
}

static void entity_list(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	char time[40];
	const struct str expected = finish(a->state, time, sizeof time);
	by_entity(a, in, m, &entities_sql, &expected);
}

static void drift(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	by_entity(a, in, m, &drift_sql, NULL);
}

static void explain(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	struct str name = path_segment(m->path, 4);
	enum entity_id e = entity_by_name(name);
	if (e == ENTITY_NONE)
		e = entity_by_bulk(name);
	if (e == ENTITY_NONE) {
		actor_refuse(a, in, m->request, 404, "No entity of that name, such as product or invoices");
		return;
	}
	view_start(&v, a, &explain_sql);
	view_text(&v, str_of(entity_names[e].name));
	view_text(&v, path_segment(m->path, 5));
	v.not_found = "Nothing is known of such a record";
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
}

static void queue(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	view_start(&v, a, &queue_sql);
	view_answer(&v, a, ((struct metrics *)a->state)->db, in, m->request);
}

static void on_tick(void *ctx, int result, unsigned flags)
{
	struct metrics *m = ctx;
	(void)result, (void)flags;
	m->newest = (m->newest + 1) % SAMPLES;
	m->samples[m->newest] = totals_now(m->actor);
	m->samples_n += m->samples_n < SAMPLES;
	loop_timer(m->actor->loop, &m->tick, sample_every_ns);
}

static void on_database(void *ctx, bool up, const char *why)
{
	struct metrics *m = ctx;
	snprintf(m->database_why, sizeof m->database_why, "%s", up || !why ? "" : why);
	if (up)
		mapped_entity_ask(&m->product, m->db, &m->actor->config);
}

static void start(struct actor *a)
{
	struct metrics *m = a->state;
	m->actor = a;
	m->started_us = now_us();
	m->product.id = ENTITY_PRODUCT;
	mapped_entity_ask(&m->product, NULL, &a->config);
	m->db = actor_database(a, on_database, m);
	m->tick = (struct loop_op){.done = on_tick, .ctx = m};
	on_tick(m, 0, 0);
}

const struct actor_type actor_metrics = {
	.kind = ACTOR_METRICS,
	.state_size = sizeof(struct metrics),
	.start = start,
	.on = {[MSG_WANTED] = on_wanted},
	.routes = {[ROUTE_WEBHOOK_HEALTH] = webhook_health,
		[ROUTE_WEBHOOK_STATS] = stats,
		[ROUTE_WEBHOOK_DUPLICATES] = duplicates,
		[ROUTE_HEALTH] = health,
		[ROUTE_HEALTH_COMPLETE] = complete,
		[ROUTE_METRICS_TEXT] = text,
		[ROUTE_RUNS] = runs,
		[ROUTE_RUN] = run,
		[ROUTE_ENTITY_LIST] = entity_list,
		[ROUTE_EXPLAIN] = explain,
		[ROUTE_DRIFT] = drift,
		[ROUTE_STOCK_STATS] = stock_facts,
		[ROUTE_QUEUE] = queue},
};
