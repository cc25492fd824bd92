/* Owns the healing run: a table of steps, each one statement in a transaction of its own and repeated while it finds a
 * full batch. What fails is said and tried again by the next run; the other steps go on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "actors/view.h"
#include "sql_embedded.h"

enum { REPEATS_MAX = 200 };
static const struct db_statement done_sql = {"healer_done", SQL_HEALER_DONE};
static const struct db_statement stats_sql = {"healer_stats", SQL_HEALER_STATS};

static void step_done(void *ctx, const struct db_reply *);

static void step_send(struct healer *h)
{
	struct db_param params[STEP_PARAMS_MAX];
	struct buf texts[STEP_PARAMS_MAX] = {0};
	const struct step *s = step_at(h->run.step);
	int n = 0;
	for (; n < STEP_PARAMS_MAX && s->params[n]; n++) {
		s->params[n](h, &texts[n]);
		params[n] = texts[n].data ? DB_TEXT(texts[n].data) : DB_NULL;
	}
	struct db_call *call = db_begin(h->db);
	db_add(call, step_statement(h->run.step), n, params);
	db_run(call, step_done, h);
	for (int i = 0; i < n; i++)
		buf_free(&texts[i]);
}

static void answer(struct healer *h, struct asked *q)
{
	const struct run *r = &h->run;
	struct buf b = {0};
	buf_fmt(&b,
		"{\"success\":%s,\"results\":{\"stuck_tasks\":%" PRIu64 ",\"dlq_retries\":%" PRIu64
		",\"alerts\":%" PRIu64,
		*r->error ? "false" : "true", r->tallies[TALLY_STUCK], r->tallies[TALLY_RETRIED],
		r->tallies[TALLY_ALERTS]);
	buf_fmt(&b, ",\"locks_released\":%" PRIu64 ",\"linked\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"timestamp\":",
		r->tallies[TALLY_LOCKS], r->tallies[TALLY_LINKED], r->tallies[TALLY_REMOVED]);
	buf_time(&b, now_us());
	buf_fmt(&b, "},\"message\":\"Auto-healing %s: %" PRIu64 " stuck tasks, %" PRIu64 " DLQ retries\"",
		*r->error ? "failed" : "complete", r->tallies[TALLY_STUCK], r->tallies[TALLY_RETRIED]);
	if (*r->error) {
		buf_str(&b, ",\"detail\":");
		buf_json(&b, r->error, strlen(r->error));
	}
	buf_str(&b, "}");
	actor_reply(h->actor, q->in, q->request, *r->error ? 500 : 200, "", b.data, b.len);
	buf_free(&b);
	free(q);
}

static void end(struct healer *h)
{
	struct run *r = &h->run;
	for (struct asked *q = r->waiters, *next; q; q = next) {
		next = q->next;
		answer(h, q);
	}
	*r = (struct run){0};
}

static void on_counted(void *ctx, const struct db_reply *reply)
{
	struct healer *h = ctx;
	if (reply->failure != DB_OK && !*h->run.error)
		snprintf(h->run.error, sizeof h->run.error, "%s", reply->message);
	end(h);
}

static void count_run(struct healer *h)
{
	const struct run *r = &h->run;
	char t[4][24];
	static const enum tally which[4] = {TALLY_STUCK, TALLY_RETRIED, TALLY_ALERTS, TALLY_LOCKS};
	for (int i = 0; i < 4; i++)
		snprintf(t[i], sizeof t[i], "%" PRIu64, r->tallies[which[i]]);
	if (r->tallies[TALLY_STUCK] + r->tallies[TALLY_RETRIED] + r->tallies[TALLY_LINKED] + r->tallies[TALLY_REMOVED])
		log_info("healed", LF_INT("stuck", r->tallies[TALLY_STUCK]),
			LF_INT("retried", r->tallies[TALLY_RETRIED]), LF_INT("linked", r->tallies[TALLY_LINKED]),
			LF_INT("removed", r->tallies[TALLY_REMOVED]));
	db_query(h->db, &done_sql, on_counted, h, 8, h->actor->config.zoho_organization_id, t[0], t[1], t[2], t[3],
		*r->error ? r->error : NULL, *r->who ? r->who : NULL, r->correlation);
}

static void next_step(struct healer *h)
{
	h->run.repeated = 0;
	if (++h->run.step < steps_count())
		step_send(h);
	else
		count_run(h);
}

static void step_failed(struct healer *h, const struct db_reply *reply)
{
	struct run *r = &h->run;
	const char *step = step_statement(r->step)->name;
	bool link =
		step_at(r->step)->first == TALLY_LINKED; /* a table that is somebody else's: nothing to heal there */
	if (link)
		log_debug("no links", LF_STR("step", step), LF_STR("error", reply->message));
	else if (db_up(h->db))
		log_warn("healing", LF_STR("step", step), LF_STR("sqlstate", reply->sqlstate),
			LF_STR("error", reply->message));
	if (!link && !*r->error)
		snprintf(r->error, sizeof r->error, "%s: %s", step, reply->message);
	if (db_up(h->db))
		next_step(h);
	else
		end(h);
}

static void step_done(void *ctx, const struct db_reply *reply)
{
	struct healer *h = ctx;
	struct run *r = &h->run;
	const struct step *s = step_at(r->step);
	if (reply->failure != DB_OK) {
		step_failed(h, reply);
		return;
	}
	const PGresult *res = reply->results[0];
	uint64_t first = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
	if (r->step == STEP_LEASE && !first) {
		end(h); /* another node heals */
		return;
	}
	r->tallies[s->first] += first;
	if (s->second)
		r->tallies[s->second] += strtoull(PQgetvalue(res, 0, 1), NULL, 10);
	if (s->puts_back)
		tell_dispatcher(h, first);
	if (s->repeats && first >= (uint64_t)h->actor->config.healer_batch_size && ++r->repeated < REPEATS_MAX &&
		!h->actor->draining)
		step_send(h);
	else
		next_step(h);
}

void heal_start(struct healer *h, struct asked *waiter)
{
	struct run *r = &h->run;
	if (waiter) {
		waiter->next = r->waiters;
		r->waiters = waiter;
	}
	if (r->on || (!waiter && !db_up(h->db)))
		return;
	r->on = true;
	r->step = waiter ? STEP_LEASE + 1 : STEP_LEASE; /* who asks this node means it */
	if (waiter) {
		memcpy(r->who, waiter->who, sizeof r->who);
		memcpy(r->correlation, waiter->correlation, sizeof r->correlation);
	}
	links_ask(h);
	step_send(h);
}

void healing_run(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	static const char started[] = "{\"success\":true,\"message\":\"Auto-healing started\","
				      "\"status_url\":\"/api/bff/tds/auto-healing/stats\"}";
	struct healer *h = a->state;
	if (!db_up(h->db)) {
		actor_refuse(a, in, m->request, 503, "PostgreSQL is away; nothing can be healed now");
		return;
	}
	if (!m->wait) {
		actor_reply(a, in, m->request, 202, "", started, sizeof started - 1);
		heal_start(h, NULL);
		return;
	}
	heal_start(h, asked_new(a, in, m));
}

void healing_stats(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct healer *h = a->state;
	struct view v;
	view_start(&v, a, &stats_sql);
	view_number(&v, h->next_run_us);
	view_number(&v, a->config.healer_stuck_after / 1000000);
	view_number(&v, a->config.healer_dlq_retry_after / 1000000);
	view_number(&v, a->config.healer_dlq_retries_max);
	view_number(&v, a->config.healer_queue_warning);
	view_number(&v, a->config.healer_queue_critical);
	view_answer(&v, a, h->db, in, m->request);
}
