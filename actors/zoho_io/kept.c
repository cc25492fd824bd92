/* Owns what of the budget outlives TDS: the day as Zoho last told it, and how many calls went out lately. What a killed
 * zoho-io must not forget stands in its slot; this is for when the slot is gone, too. */
#include "actors/zoho_io/zoho.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEPT_EVERY_MS = 15000 };

static int64_t number(const PGresult *row, int column)
{
	return atoll(PQgetvalue(row, 0, column));
}

static void on_loaded(void *ctx, const struct db_reply *r)
{
	struct zoho *z = ctx;
	const PGresult *row = r->failure == DB_OK ? r->results[0] : NULL;
	int64_t now = zoho_now_ms();
	z->budget_known |= r->failure == DB_OK;
	if (!row || PQntuples(row) != 1 || z->budget.memory->day_limit)
		return;
	z->budget.memory->day_limit = number(row, 0);
	z->budget.memory->day_left = number(row, 1);
	z->budget.memory->day_resets_ms = number(row, 2);
	z->budget.memory->day_until_ms = number(row, 3);
	zoho_budget_recall(&z->budget, number(row, 4), number(row, 5), now);
	log_info("the budget of before", LF_INT("day_left", number(row, 1)), LF_INT("day_limit", number(row, 0)),
		LF_INT("minute_used", zoho_budget_minute_used(&z->budget, now)));
}

void zoho_budget_load(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_budget_load", SQL_ZOHO_BUDGET_LOAD};
	z->budget_known |= z->budget.memory->day_limit != 0;
	if (!z->budget.memory->day_limit)
		db_query(z->db, &statement, on_loaded, z, 1, z->actor->config.zoho_organization_id);
}

static void on_kept(void *ctx, const struct db_reply *r)
{
	(void)ctx, (void)r; /* the next one will do */
}

static void keep(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_budget_store", SQL_ZOHO_BUDGET_STORE};
	const struct slot_zoho *m = z->budget.memory;
	int64_t now = zoho_now_ms();
	const int64_t numbers[] = {m->day_limit, m->day_left, m->day_resets_ms, m->day_until_ms,
		zoho_budget_minute_used(&z->budget, now), now};
	char text[6][24];
	for (int i = 0; i < 6; i++)
		snprintf(text[i], sizeof text[i], "%" PRId64, numbers[i]);
	db_query(z->db, &statement, on_kept, z, 7, z->actor->config.zoho_organization_id, text[0], text[1], text[2],
		text[3], text[4], text[5]);
	z->kept_ns = loop_clock();
	z->kept_left = m->day_left;
	z->kept_until_ms = m->day_until_ms;
}

void zoho_budget_keep(struct zoho *z, bool now)
{
	const struct slot_zoho *m = z->budget.memory;
	bool refused = m->day_until_ms != z->kept_until_ms; /* that Zoho said the day is over is kept at once */
	int64_t due = z->kept_ns + KEPT_EVERY_MS * INT64_C(1000000);
	if (!m->day_limit || !db_up(z->db) || (m->day_left == z->kept_left && !refused))
		return;
	if (now || refused || !z->kept_ns || loop_clock() >= due)
		keep(z);
	else
		zoho_wake_in_ms(z, (due - loop_clock()) / 1000000 + 1);
}
