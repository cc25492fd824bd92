/* Attempts that failed come again when they are due. The next time is known, from what was scheduled here and from what PostgreSQL
 * said when it was asked last; an alarm looks then. Each complete sweep asks, too: somebody else may have scheduled. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/dispatcher/dispatcher.h"
#include "sql_embedded.h"

enum { DUE_ROWS = 5000 };
static const char due_rows[] = "5000";
static const int64_t again_ns = 1000000000; /* after a query that failed */
static const struct db_statement due = {"dispatch_due", SQL_DISPATCH_DUE};

static void ask(struct dispatcher *, uint64_t from);

static void on_due(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	const PGresult *res = r->failure == DB_OK ? r->results[0] : NULL;
	int64_t now = loop_now(d->actor->loop);
	int taken = 0;
	uint64_t last = 0;
	d->due.asked = false;
	due_at(d, res ? d->due.later_ns : now + again_ns);
	for (int i = 0; res && i < PQntuples(res); i++) {
		int64_t wait_us = strtoll(PQgetvalue(res, i, SWEEP_COLUMNS), NULL, 10);
		if (wait_us > 0)
			due_at(d, now + wait_us * 1000);
		else
			last = sweep_take(d, res, i), taken++;
	}
	batches_send(d);
	fetches_send(d);
	if (taken == DUE_ROWS && !d->queue.full)
		ask(d, last);
}

/* What is scheduled while the answer is under way may stand in it or not. */
static void ask(struct dispatcher *d, uint64_t from)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, from);
	d->due.asked = true;
	d->due.later_ns = INT64_MAX;
	db_query(d->db, &due, on_due, d, 3, d->actor->config.zoho_organization_id, text, due_rows);
}

static void on_alarm(void *ctx)
{
	struct dispatcher *d = ctx;
	d->due.next_ns = INT64_MAX;
	if (!d->due.asked && db_up(d->db)) /* else: on_due, or a sweep when it is back */
		ask(d, 0);
}

void due_open(struct dispatcher *d)
{
	d->due.next_ns = d->due.later_ns = INT64_MAX;
	alarm_open(&d->due.alarm, d->actor->loop, on_alarm, d);
}

void due_at(struct dispatcher *d, int64_t at_ns)
{
	if (d->due.asked && at_ns < d->due.later_ns)
		d->due.later_ns = at_ns;
	if (d->due.asked || at_ns >= d->due.next_ns)
		return;
	d->due.next_ns = at_ns;
	alarm_set(&d->due.alarm, at_ns);
}
