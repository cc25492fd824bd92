/* The sweep behind the hints: once per poll_interval it looks for rows above what it has seen settle, now and then (and
 * at start, after a full memory, after a healer's word) for all that wait. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/dispatcher/dispatcher.h"
#include "sql_embedded.h"

enum { SWEEP_ROWS = 5000 };
static const char sweep_rows[] = "5000";
static const int64_t full_sweep_every_ns = 30000000000, settle_ns = 2000000000;
static const struct db_statement sweep = {"dispatch_sweep", SQL_DISPATCH_SWEEP};

static void ask(struct dispatcher *);

uint64_t sweep_take(struct dispatcher *d, const PGresult *res, int row)
{
	struct arrival a = {.seq = strtoull(PQgetvalue(res, row, 0), NULL, 10),
		.entity = entity_by_name(str_of(PQgetvalue(res, row, 1))),
		.id = str_of(PQgetvalue(res, row, 2)),
		.full = *PQgetvalue(res, row, 3) == 't',
		.thin = *PQgetvalue(res, row, 4) == 't',
		.last_modified_us = strtoll(PQgetvalue(res, row, 5), NULL, 10),
		.attempts = (unsigned)strtoul(PQgetvalue(res, row, 6), NULL, 10),
		.deletes = *PQgetvalue(res, row, 7) == 't',
		.proof = *PQgetvalue(res, row, 8) == 't'};
	if (!is_leaving(d, a.seq))
		queue_add(&d->queue, &a);
	return a.seq;
}

static void on_rows(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	d->sweeping = false;
	if (r->failure != DB_OK)
		return;
	const PGresult *res = r->results[0];
	int n = PQntuples(res);
	for (int i = 0; i < n; i++)
		d->sweep_from = sweep_take(d, res, i);
	if (d->sweep_from > d->newest) {
		d->newest = d->sweep_from;
		d->newest_at_ns = loop_now(d->actor->loop);
	}
	batches_send(d);
	fetches_send(d);
	if (n == SWEEP_ROWS && !d->queue.full)
		ask(d);
}

static void ask(struct dispatcher *d)
{
	char from[24];
	snprintf(from, sizeof from, "%" PRIu64, d->sweep_from);
	d->sweeping = true;
	db_query(d->db, &sweep, on_rows, d, 3, d->actor->config.zoho_organization_id, from, sweep_rows);
}

void sweep_now(struct dispatcher *d, bool all)
{
	d->sweep_all |= all;
	if (d->sweeping || !db_up(d->db))
		return;
	d->sweep_from = d->sweep_all ? 0 : d->settled;
	if (d->sweep_all) {
		d->full_sweep_ns = loop_now(d->actor->loop);
		due_at(d, d->full_sweep_ns);
	}
	d->sweep_all = false;
	ask(d);
}

/* A transaction with a lower number may commit after one with a higher: what was new two seconds ago has settled. */
void sweep_tick(struct dispatcher *d)
{
	int64_t now = loop_now(d->actor->loop);
	if (d->newest > d->settled && now - d->newest_at_ns > settle_ns)
		d->settled = d->newest;
	bool room = queue_events(&d->queue) < EVENTS_MAX / 2;
	sweep_now(d, now - d->full_sweep_ns > full_sweep_every_ns || (d->queue.full && room));
	if (room)
		d->queue.full = false;
}
