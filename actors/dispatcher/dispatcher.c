/* dispatcher: owns the queue (order per record, retries, superseding), sync runs and the schedule. Its memory is a view
 * of PostgreSQL's tables: it can be killed at any moment and starts by looking. */
#include <stdio.h>
#include "actors/dispatcher/details.h"
#include "actors/dispatcher/runs.h"

static void on_event(struct actor *a, struct edge *e, const union message *m)
{
	struct dispatcher *d = a->state;
	const struct msg_event *v = &m->event;
	(void)e;
	queue_add(&d->queue, &(struct arrival){.seq = v->seq,
				     .entity = (enum entity_id)v->entity,
				     .id = v->id,
				     .full = v->full,
				     .thin = v->thin,
				     .deletes = v->operation == OP_DELETE,
				     .last_modified_us = v->last_modified_us});
	if (v->seq > d->newest) {
		d->newest = v->seq;
		d->newest_at_ns = loop_now(a->loop);
	}
}

static void on_sweep(struct actor *a, struct edge *e, const union message *m)
{
	(void)e, (void)m;
	sweep_now(a->state, true);
}

static void on_work_done(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	batches_done(a->state, &m->work_done);
	proofs_look(a->state);
}

static void on_page_fetched(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	runs_fetched(a->state, &m->page_fetched);
}

static void on_page_applied(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	runs_applied(a->state, &m->page_applied);
}

static void on_fetched(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	fetches_failed(a->state, &m->fetched);
}

static void on_image_done(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	images_done(a->state, &m->image_done);
}

static void on_record_applied(struct actor *a, struct edge *e, const union message *m)
{
	(void)e;
	fetches_applied(a->state, &m->record_applied);
	proofs_look(a->state);
	run_details_look(a->state);
}

static void on_zoho_state(struct actor *a, struct edge *e, const union message *m)
{
	struct dispatcher *d = a->state;
	const struct msg_zoho_state *s = &m->zoho_state;
	(void)e;
	bool better = d->zoho.shut & ~s->shut || !s->shut;
	d->zoho = (struct zoho_view){.known = true,
		.open = s->open,
		.authorized = s->authorized,
		.until_us = s->until_us,
		.day_resets_us = s->day_resets_us,
		.minute_left = s->minute_left,
		.day_left = s->day_left,
		.day_limit = s->day_limit,
		.shut = s->shut};
	if (s->open && s->authorized && better)
		fetches_go_on(d);
	snprintf(d->zoho.why, sizeof d->zoho.why, "%.*s", (int)s->why.len, s->why.data ? s->why.data : "");
}

static void on_tick(void *ctx, int result, unsigned flags)
{
	struct actor *a = ctx;
	struct dispatcher *d = a->state;
	(void)result, (void)flags;
	sweep_tick(d);
	batches_tick(d);
	fetches_send(d);
	details_tick(d);
	images_tick(d);
	runs_tick(d);
	stretch_tick(d);
	schedule_tick(d);
	drift_tick(d);
	wanted_tick(d);
	loop_timer(a->loop, &d->tick, a->config.queue_poll_interval);
}

static void ask_mapped(struct dispatcher *d, struct db *db)
{
	for (int e = 1; e < ENTITIES; e++) {
		d->mapped[e].id = (enum entity_id)e;
		mapped_entity_ask(&d->mapped[e], db, &d->actor->config);
	}
}

static void on_database(void *ctx, bool up, const char *why)
{
	struct dispatcher *d = ctx;
	(void)why;
	if (!up)
		return;
	pause_load(d); /* then all that waits is looked for */
	ask_mapped(d, d->db);
	due_at(d, loop_now(d->actor->loop));
	runs_resume(d);
}

static void turn(struct actor *a)
{
	batches_send(a->state);
	fetches_send(a->state);
}

static void peer_restarted(struct actor *a, struct edge *e)
{
	struct dispatcher *d = a->state;
	if (e->peer_kind == ACTOR_HANDLER && !e->consumer)
		park_over(d, e);
	if (e->peer_kind != ACTOR_ZOHO_IO || e->consumer)
		return;
	fetches_resend(d);
	runs_resend(d);
	images_resend(d);
}

static void start(struct actor *a)
{
	struct dispatcher *d = a->state;
	d->actor = a;
	ask_mapped(d, NULL);
	TAILQ_INIT(&d->runs);
	details_out_init(d);
	queue_init(&d->queue, a);
	due_open(d);
	d->db = actor_database(a, on_database, d);
	d->tick = (struct loop_op){.done = on_tick, .ctx = a};
	loop_timer(a->loop, &d->tick, a->config.queue_poll_interval);
}

const struct actor_type actor_dispatcher = {
	.kind = ACTOR_DISPATCHER,
	.state_size = sizeof(struct dispatcher),
	.start = start,
	.turn = turn,
	.peer_restarted = peer_restarted,
	.on = {[MSG_EVENT] = on_event,
		[MSG_SWEEP] = on_sweep,
		[MSG_WORK_DONE] = on_work_done,
		[MSG_PAGE_FETCHED] = on_page_fetched,
		[MSG_PAGE_APPLIED] = on_page_applied,
		[MSG_FETCHED] = on_fetched,
		[MSG_RECORD_APPLIED] = on_record_applied,
		[MSG_IMAGE_DONE] = on_image_done,
		[MSG_ZOHO_STATE] = on_zoho_state},
	.routes = {[ROUTE_BULK_SYNC] = bulk_sync,
		[ROUTE_BULK_STATUS] = bulk_status,
		[ROUTE_SYNC_STOCK] = stock_sync,
		[ROUTE_SYNC_STOCK_SOME] = stock_sync_some,
		[ROUTE_RUN_CANCEL] = bulk_cancel,
		[ROUTE_ENTITY_PAUSE] = pause_entity,
		[ROUTE_ENTITY_RESUME] = resume_entity},
};
