/* Runs whose records are named (stock): a plan in PostgreSQL says which hundred each page asks for, tds_run_pages which of them
 * are applied. So a run interrupted anywhere goes on with the others, and the run is done when none is left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/statements.h"
#include "actors/zoho_io/reply.h"
#include "sql_embedded.h"

static const int64_t patience_ns = 120000000000;
static const struct db_statement plan_none = {"dispatch_many_none", "SELECT 0"};
static const struct db_statement plan_misfit = {"dispatch_many_misfit",
	"SELECT 'product doesn''t fit its table, or that isn''t known yet: tdsctl status'::int"};
static const struct db_statement plan_some = {"dispatch_many_some", SQL_DISPATCH_MANY_SOME};
static const struct db_statement next = {"dispatch_many_next", SQL_DISPATCH_MANY_NEXT};
static const struct db_statement refused = {"dispatch_many_refused", SQL_DISPATCH_MANY_REFUSED};
static const struct db_statement end = {"dispatch_many_end", SQL_DISPATCH_MANY_END};

bool run_is_many(const struct run *r)
{
	return r->options.kind == RUN_STOCK || r->options.kind == RUN_STOCK_SOME;
}

static const char *number(char to[24], uint64_t n)
{
	snprintf(to, 24, "%" PRIu64, n);
	return to;
}

/* A table that has no place for stock leaves nothing to do; one that doesn't fit, or that isn't known yet, is no place to plan
 * from: the run can't be opened. */
static void plan_nothing(const struct run *r, struct db_call *call, bool misfit)
{
	if (!misfit)
		log_warn("no stock is asked for: mapping.product leaves it out", LF_STR("run", r->id));
	db_add(call, misfit ? &plan_misfit : &plan_none, 0, NULL);
}

void many_plan(struct dispatcher *d, struct run *r, struct db_call *call)
{
	const struct entity *e = d->mapped[ENTITY_PRODUCT].now;
	char page[24];
	number(page, (uint64_t)r->options.per_page);
	const struct db_param all[] = {DB_TEXT(d->actor->config.zoho_organization_id), DB_TEXT(r->id), DB_TEXT(page),
		DB_TEXT(r->options.active_only ? "true" : "false"),
		DB_TEXT(r->options.with_stock_only ? "true" : "false"), DB_TEXT(e ? e->fixed : NULL)};
	const struct db_param some[] = {DB_TEXT(r->id), DB_TEXT(r->many.named.data), DB_TEXT(page)};
	if (r->options.kind == RUN_STOCK && e && e->stock)
		db_add(call, &entity_statements(e, LOOK_PLAIN)->plan, e->fixed ? 6 : 5, all);
	else if (r->options.kind == RUN_STOCK)
		plan_nothing(r, call, !e);
	else
		db_add(call, &plan_some, 3, some);
	buf_free(&r->many.named);
}

static void ask(struct dispatcher *d, struct run *r);

static bool send(struct dispatcher *d, struct run *r, uint64_t page, const char *ids)
{
	struct msg_many m = {.run = str_of(r->id),
		.fence = r->fence,
		.entity = r->entity,
		.page = page,
		.lane = r->lane,
		.dry_run = r->options.dry_run,
		.verify = r->options.verify || r->lane == LANE_USER, /* who asks for it wants the rows right */
		.ids = str_of(ids)};
	if (!actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_MANY, &m))
		return false;
	r->scanning = true;
	r->many.asked = page;
	r->many.in_flight++;
	r->many.moved_ns = loop_now(d->actor->loop);
	return true;
}

/* Nothing is left behind what was asked for. From the beginning, that is the end of the run; else what was asked for and got lost is looked
 * for once more. */
static void nothing_left(struct dispatcher *d, struct run *r)
{
	r->many.all_asked = r->many.in_flight > 0;
	if (r->many.in_flight)
		return;
	r->many.asked = 0;
	if (!r->many.after)
		run_close(d, r);
	else
		ask(d, r);
}

static void on_next(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (!r)
		return;
	if (reply->failure != DB_OK) {
		if (reply->failure != DB_ENVIRONMENT)
			run_fail(d, r, reply->message);
		return;
	}
	const PGresult *res = reply->results[0];
	if (r->many.after != r->many.asked)
		return; /* zoho-io was restarted meanwhile */
	for (int i = 0; i < PQntuples(res); i++)
		if (!send(d, r, strtoull(PQgetvalue(res, i, 0), NULL, 10), PQgetvalue(res, i, 1)))
			return;
	if (!PQntuples(res))
		nothing_left(d, r);
}

static void ask(struct dispatcher *d, struct run *r)
{
	char after[24], room[24];
	r->many.after = r->many.asked;
	db_query(d->db, &next, on_next, run_ask(d, r), 3, r->id, number(after, r->many.asked),
		number(room, MANY_IN_FLIGHT_MAX - r->many.in_flight));
}

void many_go_on(struct dispatcher *d, struct run *r)
{
	struct many *m = &r->many;
	if (m->in_flight && loop_now(d->actor->loop) - m->moved_ns > patience_ns)
		many_again(d, r);
	if (r->closing || r->opening || r->asked || m->in_flight >= MANY_IN_FLIGHT_MAX || !db_up(d->db) ||
		pause_holds(d, r->entity) || (m->all_asked && m->in_flight))
		return;
	ask(d, r);
}

void many_applied(struct dispatcher *d, struct run *r)
{
	r->many.in_flight -= r->many.in_flight > 0;
	r->many.moved_ns = loop_now(d->actor->loop);
	many_go_on(d, r);
}

/* What was asked for is asked for again where the ledger doesn't have it; zoho-io knows by its number what it has already. */
void many_again(struct dispatcher *d, struct run *r)
{
	r->many.in_flight = 0;
	r->many.asked = 0;
	r->many.all_asked = false;
	r->many.moved_ns = loop_now(d->actor->loop);
	if (!r->asked && db_up(d->db))
		ask(d, r);
}

bool many_refused(struct dispatcher *d, struct run *r, const struct msg_page_fetched *m)
{
	char page[24], why[256];
	bool about_them = m->code == CODE_NOT_POSSIBLE || m->code == CODE_TOO_BIG ||
			  (m->status >= 400 && m->status < 500 && m->status != 401 && m->status != 403 &&
				  m->status != 408 && m->status != 429);
	if (!about_them || r->closing)
		return false;
	snprintf(why, sizeof why, "%.*s", (int)m->error.len, m->error.data ? m->error.data : "");
	r->reached = true;
	log_warn("a hundred refused: halved", LF_STR("run", r->id), LF_INT("page", m->page), LF_STR("why", why));
	db_query(d->db, &refused, NULL, NULL, 3, r->id, number(page, m->page), why);
	r->many.all_asked = false;
	many_applied(d, r);
	return true;
}

void many_end(struct dispatcher *d, struct run *r, struct db_call *call)
{
	char fence[24];
	const struct db_param params[] = {
		DB_TEXT(d->actor->config.zoho_organization_id), DB_TEXT(r->id), DB_TEXT(number(fence, r->fence))};
	db_add(call, &end, 3, params);
}

void many_ended(struct run *r, const PGresult *res)
{
	if (!PQntuples(res))
		return;
	buf_reset(&r->results);
	buf_str(&r->results, PQgetvalue(res, 0, 0));
	r->counts.absent = strtoull(PQgetvalue(res, 0, 2), NULL, 10);
}
