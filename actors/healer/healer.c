/* healer: owns what others left behind — stuck work, dead letters, alerts, obituaries, old rows. Everything it does is
 * one statement that may be repeated, so its own death costs nothing but time. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "actors/healer/healer.h"
#include "sql_embedded.h"

static const struct db_statement adopt = {"healer_adopt", SQL_HEALER_ADOPT};
static const int64_t first_run_ns = 10000000000;

void tell_dispatcher(struct healer *h, uint64_t rows)
{
	if (rows)
		actor_send(h->actor, actor_edge(h->actor, ACTOR_DISPATCHER, 0), MSG_SWEEP,
			&(struct msg_sweep){.rows = rows});
}

const char *entities_handled(void)
{
	static struct buf names;
	if (names.len)
		return names.data;
	for (int e = 1; e < ENTITIES; e++)
		buf_fmt(&names, "%s%s", e > 1 ? "," : "{", entity_names[e].name);
	buf_str(&names, "}");
	return names.data;
}

static void on_adopted(void *ctx, const struct db_reply *r)
{
	struct healer *h = ctx;
	h->adopted = r->failure == DB_OK;
	if (!h->adopted)
		log_warn("rows without an organisation were not adopted", LF_STR("error", r->message));
	else if (*PQgetvalue(r->results[0], 0, 0) != '0')
		log_info("rows without an organisation were adopted", LF_STR("rows", PQgetvalue(r->results[0], 0, 0)));
}

static void on_database(void *ctx, bool up, const char *why)
{
	struct healer *h = ctx;
	(void)why;
	if (up && !h->adopted)
		db_query(h->db, &adopt, on_adopted, h, 1, h->actor->config.zoho_organization_id);
}

static void wait_for_next(struct healer *h, int64_t ns)
{
	h->next_run_us = now_us() + ns / 1000;
	loop_timer(h->actor->loop, &h->tick, ns);
}

static void on_tick(void *ctx, int result, unsigned flags)
{
	struct healer *h = ctx;
	(void)result, (void)flags;
	if (!h->actor->draining)
		heal_start(h, NULL);
	wait_for_next(h, h->actor->config.healer_every);
}

static void start(struct actor *a)
{
	struct healer *h = a->state;
	char host[HOST_NAME_MAX + 1] = "";
	int64_t every = a->config.healer_every;
	h->actor = a;
	gethostname(host, sizeof host - 1);
	snprintf(h->node, sizeof h->node, "%.60s:%.90s", host, a->boot->data_dir);
	h->db = actor_database(a, on_database, h);
	h->tick = (struct loop_op){.done = on_tick, .ctx = h};
	wait_for_next(h, every < first_run_ns ? every : first_run_ns);
	obituaries_start(h);
}

static void turn(struct actor *a)
{
	struct healer *h = a->state;
	if (a->draining && !db_waiting(h->db))
		actor_drained(a);
}

const struct actor_type actor_healer = {
	.kind = ACTOR_HEALER,
	.state_size = sizeof(struct healer),
	.start = start,
	.drain = turn,
	.turn = turn,
	.on = {[MSG_OBITUARY] = on_obituary},
	.routes = {[ROUTE_DEAD_LETTERS] = letters_list,
		[ROUTE_DEAD_LETTERS_RETRY] = letters_retry_all,
		[ROUTE_DEAD_LETTER] = letters_show,
		[ROUTE_DEAD_LETTER_RETRY] = letters_retry,
		[ROUTE_DEAD_LETTER_RESOLVE] = letters_resolve,
		[ROUTE_HEALING_RUN] = healing_run,
		[ROUTE_HEALING_STATS] = healing_stats,
		[ROUTE_ALERTS] = alerts_list,
		[ROUTE_ALERT_ACKNOWLEDGE] = alerts_acknowledge,
		[ROUTE_ALERT_RESOLVE] = alerts_resolve},
};
