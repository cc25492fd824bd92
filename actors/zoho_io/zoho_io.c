/* zoho-io owns all traffic to Zoho: the one access token, the organisation's one budget of calls, the circuit breakers.
 * It fetches what the dispatcher asks for and gives it, as Zoho sent it, to the handler it belongs to. It keeps nothing
 * that can't be had again: what it was asked for is asked again when it was restarted. */
#include "actors/zoho_io/zoho.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BUDGET_KEPT_EVERY_MS = 15000 };

static void log_change(const struct breaker *b, enum breaker_state before)
{
	if (b->state != before)
		log_warn("circuit breaker", LF_STR("breaker", b->name), LF_STR("from", zoho_breaker_words[before]),
			LF_STR("to", zoho_breaker_words[b->state]), LF_INT("failures", b->failure_count));
}

bool zoho_breaker_go(struct zoho *z, int which)
{
	struct breaker *b = &z->breakers[which];
	enum breaker_state before = b->state;
	bool trial = zoho_breaker_start(b, &z->breaker_limits, loop_clock() / 1000000);
	log_change(b, before);
	return trial;
}

void zoho_breaker_note(struct zoho *z, int which, enum breaker_end end, bool trial)
{
	struct breaker *b = &z->breakers[which];
	enum breaker_state before = b->state;
	zoho_breaker_end(b, &z->breaker_limits, end, trial, loop_clock() / 1000000, now_us());
	log_change(b, before);
}

static void on_budget_loaded(void *ctx, const struct db_reply *r)
{
	struct zoho *z = ctx;
	const PGresult *row = r->failure == DB_OK ? r->results[0] : NULL;
	if (!row || PQntuples(row) != 1 || z->budget.day_limit)
		return;
	int64_t resets_ms = atoll(PQgetvalue(row, 0, 2)), now = zoho_now_ms();
	zoho_budget_told(
		&z->budget, atoll(PQgetvalue(row, 0, 0)), atoll(PQgetvalue(row, 0, 1)), (resets_ms - now) / 1000, now);
}

static void load_budget(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_budget_load", SQL_ZOHO_BUDGET_LOAD};
	db_query(z->db, &statement, on_budget_loaded, z, 1, z->actor->config.zoho_organization_id);
}

static void on_budget_kept(void *ctx, const struct db_reply *r)
{
	(void)ctx, (void)r; /* the next one will do */
}

static void keep_budget(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_budget_store", SQL_ZOHO_BUDGET_STORE};
	const struct budget *b = &z->budget;
	char limit[24], left[24], resets[24];
	if (!b->day_limit || b->day_left == z->kept_left || !db_up(z->db))
		return;
	int64_t due = z->kept_ns + BUDGET_KEPT_EVERY_MS * INT64_C(1000000);
	if (z->kept_ns && loop_clock() < due) {
		zoho_wake_in_ms(z, (due - loop_clock()) / 1000000 + 1);
		return;
	}
	snprintf(limit, sizeof limit, "%" PRId64, b->day_limit);
	snprintf(left, sizeof left, "%" PRId64, b->day_left);
	snprintf(resets, sizeof resets, "%" PRId64, b->day_resets_ms);
	db_query(z->db, &statement, on_budget_kept, z, 4, z->actor->config.zoho_organization_id, limit, left, resets);
	z->kept_ns = loop_clock();
	z->kept_left = b->day_left;
}

static void on_database(void *ctx, bool up, const char *why)
{
	struct zoho *z = ctx;
	(void)why;
	zoho_keeper_database(z, up);
	if (up)
		load_budget(z);
}

static void on_alarm(void *ctx)
{
	(void)ctx; /* the turn that follows looks at everything */
}

static void open_breakers(struct zoho *z)
{
	const struct config *c = &z->actor->config;
	z->breaker_limits = (struct breaker_limits){.failures = c->breaker_failures,
		.successes = c->breaker_successes,
		.half_open_calls_max = c->breaker_half_open_calls_max,
		.timeout_ms = c->breaker_timeout / 1000000};
	z->breakers[PRODUCT_BOOKS].name = "zoho-books";
	z->breakers[PRODUCT_INVENTORY].name = "zoho-inventory";
	z->breakers[BREAKER_AUTH].name = "zoho-auth";
}

static void start(struct actor *a)
{
	struct zoho *z = a->state;
	const struct config *c = &a->config;
	z->actor = a;
	TAILQ_INIT(&z->scans);
	STAILQ_INIT(&z->reports);
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_INIT(&z->fetches[lane]);
	srandom((unsigned)now_us());
	open_breakers(z);
	zoho_budget_open(&z->budget,
		&(struct budget_limits){c->zoho_calls_per_minute_max, c->zoho_concurrent_calls_max,
			c->zoho_calls_per_day_max, c->zoho_daily_reserve_percent},
		a->slot->minute_calls_ms);
	zoho_alarm_open(&z->alarm, a->loop, on_alarm, z);
	zoho_target_open(&z->target, c);
	zoho_keeper_open(z);
	z->http = zoho_http_new(a->loop, (int)c->zoho_concurrent_calls_max + 1);
	if (!z->http)
		die(EXIT_TEMPORARY, "libcurl can't be initialised");
	z->db = actor_database(a, on_database, z);
	if (*z->target.missing)
		log_warn("Zoho can't be asked", LF_STR("why", z->target.missing));
}

static void turn(struct actor *a)
{
	struct zoho *z = a->state;
	zoho_pump(z);
	keep_budget(z);
	zoho_alarm_set(&z->alarm, z->wake_ns);
}

/* Calls under way are finished, as long as the supervisor's patience lasts; what waits is asked for again later. */
static void drain(struct actor *a)
{
	struct zoho *z = a->state;
	int64_t bound = a->config.supervisor_drain_timeout / 2;
	z->drain_ns = loop_clock() + (bound < a->config.zoho_timeout ? bound : a->config.zoho_timeout);
	zoho_pump(z);
}

static void peer_restarted(struct actor *a, struct edge *e)
{
	if (e->peer_kind == ACTOR_DISPATCHER)
		zoho_told_nothing(a->state);
}

bool zoho_is_idle(const struct zoho *z)
{
	const struct scan *s;
	const struct page *p;
	const struct fetch *f;
	TAILQ_FOREACH(s, &z->scans, in_zoho)
	TAILQ_FOREACH(p, &s->pages, in_scan)
	if (p->call.state != CALL_WAITING)
		return false;
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_FOREACH(f, &z->fetches[lane], in_lane)
	if (f->call.state != CALL_WAITING)
		return false;
	return true;
}

const struct actor_type actor_zoho_io = {
	.kind = ACTOR_ZOHO_IO,
	.state_size = sizeof(struct zoho),
	.start = start,
	.drain = drain,
	.turn = turn,
	.peer_restarted = peer_restarted,
	.on =
		{
			[MSG_SCAN] = zoho_scan,
			[MSG_SCAN_STOP] = zoho_scan_stop,
			[MSG_FETCH] = zoho_fetch,
			[MSG_MANY] = zoho_many,
		},
	.routes =
		{
			[ROUTE_BREAKERS] = zoho_view_breakers,
			[ROUTE_BREAKER_RESET] = zoho_reset_breaker,
		},
};
