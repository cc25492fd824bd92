/* Entities whose lists lack what they are read for: a price list's prices stand in its detail alone. A pull of such ends when the
 * details of what it brought are there, whatever sync.details says; which are wanted stands in tds_entity_state, as for those that
 * are fetched in the background. It has failed when one of them can't be had or written; the background goes on with it. */
#include <stdio.h>
#include "actors/dispatcher/details.h"
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

enum { TRIES_MAX = 3 };
static const struct db_statement wanted = {"dispatch_run_details", SQL_DISPATCH_RUN_DETAILS};

bool run_details_wanted(const struct run *r)
{
	return r->options.kind == RUN_PULL && r->entity && entities[r->entity]->details_with_list &&
	       !r->options.dry_run && !r->details.done;
}

/* Asks for one that isn't on its way: once, or a few times where the answers were older than what had come meanwhile. Whether it is on its
 * way now, by an event too, or waits for room there, or was settled since PostgreSQL was asked (`was_out`). */
static bool moves(struct dispatcher *d, struct run *r, struct str id, bool was_out)
{
	int64_t now = loop_now(d->actor->loop), asked = details_out_asked(d, r->entity, id);
	unsigned vain = details_out_vain(d, r->entity, id);
	struct msg_fetch m = {.entity = r->entity, .id = id, .lane = r->lane};
	if ((was_out && asked == INT64_MIN) || details_out_away(d, r->entity, id) ||
		d->details_in_flight >= DETAILS_IN_FLIGHT_MAX || queue_record(&d->queue, r->entity, id, false))
		return true;
	if (asked >= r->details.since_ns && (!vain || vain >= TRIES_MAX))
		return false;
	if (actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_FETCH, &m)) {
		r->calls++;
		details_out_add(d, r->entity, id, now);
	}
	return true;
}

static void give_up(struct dispatcher *d, struct run *r, int waiting)
{
	char why[sizeof r->error];
	snprintf(why, sizeof why,
		"what the lists say is there; the details of %d %s could not be had or written, and are tried again in the"
		" background (tdsctl queue, tdsctl dead-letter list)",
		waiting, entity_names[r->entity].bulk);
	run_fail(d, r, why);
}

static void on_wanted(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (!r || reply->failure != DB_OK)
		return; /* the next tick asks again */
	const PGresult *res = reply->results[0];
	bool moving = false;
	for (int i = 0; i < PQntuples(res); i++)
		moving |= moves(d, r, str_of(PQgetvalue(res, i, 0)), *PQgetvalue(res, i, 1) == 't');
	bool stuck =
		!moving && r->details.stuck; /* twice: what was answered while the first was asked is written by now */
	r->details.stuck = !moving;
	r->details.waiting = moving;
	r->details.done = !PQntuples(res);
	if (r->details.done)
		run_check(d, r);
	else if (stuck)
		give_up(d, r, PQntuples(res));
	else if (!moving)
		run_details_go_on(d, r);
}

void run_details_go_on(struct dispatcher *d, struct run *r)
{
	if (r->asked || !db_up(d->db) || pause_holds(d, r->entity))
		return;
	if (!r->details.since_ns)
		r->details.since_ns = loop_now(d->actor->loop);
	struct buf out = {0};
	buf_str(&out, "{");
	details_out_list(d, &out);
	buf_str(&out, "}");
	db_query(d->db, &wanted, on_wanted, run_ask(d, r), 3, d->actor->config.zoho_organization_id, r->id, out.data);
	buf_free(&out);
}

/* Once half of what may be out is answered: each look goes through all of the run's records. */
void run_details_look(struct dispatcher *d)
{
	struct run *r;
	if (d->details_in_flight > DETAILS_IN_FLIGHT_MAX / 2)
		return;
	TAILQ_FOREACH(r, &d->runs, in_list)
	if (r->details.waiting && !r->details.done && !r->closing)
		run_details_go_on(d, r);
}
