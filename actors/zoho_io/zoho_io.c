/* zoho-io owns all traffic to Zoho: the one access token, the organisation's one budget of calls, the circuit breakers.
 * It fetches what the dispatcher asks for and gives it, as Zoho sent it, to the handler it belongs to. It keeps nothing
 * that can't be had again: what it was asked for is asked again when it was restarted. */
#include "actors/zoho_io/images.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void on_database(void *ctx, bool up, const char *why)
{
	struct zoho *z = ctx;
	(void)why;
	if (up)
		mapped_entity_ask(&z->product, z->db, &z->actor->config);
	if (up)
		zoho_budget_load(z); /* before the token: with that the first call goes out */
	zoho_keeper_database(z, up);
	if (up)
		zoho_images_look_after(z);
}

static void on_alarm(void *ctx)
{
	(void)ctx; /* the turn that follows looks at everything */
}

/* Tests of a day don't last one: they say how long Zoho's minute and day are, to zoho-sim and to us. 0: as ever. */
static int64_t shortened(const char *variable, int64_t most)
{
	const char *tests = getenv(variable);
	int64_t n = tests ? strtol(tests, NULL, 10) : 0;
	return n >= 100 && n < most ? n : 0;
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
	zoho_images_open(z);
	srandom((unsigned)now_us());
	zoho_target_open(&z->target, c);
	zoho_breakers_open(z);
	zoho_budget_open(&z->budget,
		&(struct budget_limits){c->zoho_calls_per_minute_max, c->zoho_concurrent_calls_max,
			c->zoho_calls_per_day_max, c->zoho_daily_reserve_percent, shortened("TDS_MINUTE_MS", 60000),
			shortened("TDS_DAY_MS", 86400000)},
		&a->slot->zoho);
	alarm_open(&z->alarm, a->loop, on_alarm, z);
	zoho_keeper_open(z);
	z->http = zoho_http_new(a->loop, (int)c->zoho_concurrent_calls_max + 1);
	if (!z->http)
		die(EXIT_TEMPORARY, "libcurl can't be initialised");
	z->product.id = ENTITY_PRODUCT;
	mapped_entity_ask(&z->product, NULL, &a->config);
	z->db = actor_database(a, on_database, z);
	if (*z->target.missing)
		log_warn("Zoho can't be asked", LF_STR("why", z->target.missing));
}

static void turn(struct actor *a)
{
	struct zoho *z = a->state;
	zoho_pump(z);
	zoho_budget_keep(z, false);
	zoho_breakers_save(z);
	zoho_images_look_again(z);
	zoho_say(z);
	alarm_set(&z->alarm, z->wake_ns);
}

/* Calls under way are finished, as long as the supervisor's patience lasts; what waits is asked for again later. */
static void drain(struct actor *a)
{
	struct zoho *z = a->state;
	int64_t bound = a->config.supervisor_drain_timeout / 2;
	zoho_budget_keep(z, true);
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
			[MSG_IMAGE] = zoho_image,
			[MSG_MANY] = zoho_many,
		},
	.routes =
		{
			[ROUTE_BREAKERS] = zoho_view_breakers,
			[ROUTE_BREAKER_RESET] = zoho_reset_breaker,
		},
};
