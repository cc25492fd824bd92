/* handler: applies records of one entity. It owns one database connection and works on one job at a time; what comes
 * meanwhile waits in its ring, held. While PostgreSQL is away it holds what it has and tries again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/actor.h"
#include "actors/handler/fitting.h"
#include "actors/handler/intake.h"
#include "actors/handler/owed.h"
#include "actors/handler/refusal.h"
#include "actors/handler/report.h"
#include "actors/handler/stocked.h"

static const int64_t retry_min_ns = 100000000, retry_max_ns = 5000000000;

struct handler {
	struct applier applier;
	struct fitting fitting;
	struct db *db;
	const struct entity *entity;
	struct intake intake;
	struct waiting *now; /* the one being worked on */
	struct job job;
	struct loop_op timer;
	int64_t retry_ns;
	uint32_t skips_left; /* poison still to be set aside: nothing else before it */
	bool single_step, skipping;
	bool looked_again; /* at the tables, because of the job in hand */
	struct loop_op soon;
};

static void work_on(struct actor *);

static void try_later(struct handler *h, struct actor *a)
{
	h->retry_ns = h->retry_ns ? h->retry_ns * 2 : retry_min_ns;
	if (h->retry_ns > retry_max_ns)
		h->retry_ns = retry_max_ns;
	if (!loop_busy(&h->timer))
		loop_timer(a->loop, &h->timer, h->retry_ns);
}

static void on_job(void *ctx, struct job *j)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	struct waiting *w = h->now;
	enum db_failure failure = j->retry && !j->repeated ? db_classify(j->sqlstate) : DB_OK;
	h->now = NULL;
	if (j->retry && !strncmp(j->sqlstate, "42", 2) && h->fitting.fits &&
		!h->looked_again) { /* perhaps its tables have changed */
		h->looked_again = true;
		h->fitting.known = false;
		work_on(a);
		return;
	}
	h->looked_again = false;
	if (failure == DB_ENVIRONMENT) {
		actor_count(a, COUNT_SQL_FAILED, 1);
		log_warn("database: job put off", LF_STR("sqlstate", j->sqlstate), LF_STR("error", j->error));
		try_later(h, a);
		return;
	}
	h->retry_ns = 0;
	h->single_step = false;
	if (!j->retry && !j->dry_run)
		count_job(a, j);
	else if (j->retry && !j->repeated && h->fitting.fits)
		log_error("refused by the database", LF_STR("sqlstate", j->sqlstate), LF_STR("error", j->error));
	bool told = w->type == MSG_WORK	  ? report_work(a, j, &w->message.work)
		    : w->type == MSG_PAGE ? report_page(a, j, &w->message.page)
					  : report_record(a, j, &w->message.record);
	if (!told)
		log_warn("the dispatcher's ring is full; it will look for itself");
	waiting_settled(w);
	work_on(a);
}

static void on_skipped(void *ctx, const struct db_reply *r)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	h->skipping = false;
	if (r->failure != DB_OK) {
		try_later(h, a);
		return;
	}
	h->skips_left--;
	log_error("record set aside: it killed its handler", LF_STR("id", a->boot->skips[h->skips_left].id));
	actor_count(a, COUNT_FAILED, 1);
	work_on(a);
}

/* Not inside the call that brought it. */
static void on_job_soon(void *ctx, struct job *j)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	(void)j;
	loop_timer(a->loop, &h->soon, 0);
}

static void on_soon(void *ctx, int result, unsigned flags)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	(void)result, (void)flags;
	on_job(a, &h->job);
}

/* What can't be written goes back to where it came from. */
static void give_back(struct handler *h)
{
	struct job *j = &h->job;
	j->retry = true;
	snprintf(j->sqlstate, sizeof j->sqlstate, "%s", SQLSTATE_MISFIT);
	snprintf(j->error, sizeof j->error, "%s doesn't fit its table: %.200s", entity_names[h->entity->id].name,
		h->fitting.why);
	j->done(j->ctx, j);
}

static void work(struct actor *a, struct handler *h)
{
	bool readable = intake_job(&h->intake, &h->applier, h->now, &h->job);
	h->job.done = readable && h->fitting.fits ? on_job : on_job_soon;
	h->job.ctx = a;
	h->job.single_step = h->single_step;
	if (!h->fitting.fits)
		give_back(h);
	else if (!readable)
		job_unreadable(&h->job);
	else if (h->now->type == MSG_PAGE && h->now->message.page.stocked_only && h->entity->stock)
		stocked_run(&h->applier, &h->job);
	else
		job_run(&h->applier, &h->job);
}

static void work_on(struct actor *a)
{
	struct handler *h = a->state;
	if (h->now || h->skipping)
		return;
	if (a->draining) {
		actor_drained(a);
		return;
	}
	if (!db_up(h->db) || loop_busy(&h->timer) || h->fitting.asking)
		return;
	if (h->skips_left) {
		h->skipping = true;
		apply_skip(&h->applier, &a->boot->skips[h->skips_left - 1], on_skipped, a);
		return;
	}
	struct waiting *next = intake_next(&h->intake);
	if (next && !h->fitting.known) {
		fitting_ask(&h->fitting);
	} else if (next) {
		h->now = next;
		work(a, h);
		if (!h->single_step) /* a death in what lies ahead would be blamed on the record in hand */
			intake_ahead(&h->intake, &h->applier, next);
	}
}

static void take_over(struct handler *h, const struct entity *changed)
{
	if (!changed)
		return;
	h->entity = changed;
	applier_take(&h->applier, changed);
	intake_forget(&h->intake);
}

static void on_fitted(void *ctx, const struct entity *changed)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	take_over(h, changed);
	work_on(a);
	h->fitting.known = h->fitting.fits; /* while it doesn't, each job looks again */
}

static bool is_idle(void *ctx)
{
	const struct handler *h = ((struct actor *)ctx)->state;
	return !h->now && !h->skipping;
}

static void keep(struct actor *a, struct edge *e, const union message *m, enum message_type type)
{
	struct handler *h = a->state;
	intake_keep(&h->intake, e, type, m);
	work_on(a);
}

static void on_work(struct actor *a, struct edge *e, const union message *m)
{
	keep(a, e, m, MSG_WORK);
}

/* One that fits finds by itself what has changed. */
static void on_look(struct actor *a, struct edge *e, const union message *m)
{
	struct handler *h = a->state;
	(void)e, (void)m;
	if (!h->fitting.fits && is_idle(a))
		fitting_ask(&h->fitting);
}

static void on_page(struct actor *a, struct edge *e, const union message *m)
{
	keep(a, e, m, MSG_PAGE);
}

static void on_record(struct actor *a, struct edge *e, const union message *m)
{
	keep(a, e, m, MSG_RECORD);
}

static void on_timer(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	work_on(ctx);
}

static void on_database(void *ctx, bool up, const char *why)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	(void)why;
	if (!up) {
		fitting_lost(&h->fitting);
		return;
	}
	take_over(h, fitting_connected(&h->fitting));
	work_on(a);
}

static void start(struct actor *a)
{
	struct handler *h = a->state;
	h->entity = entities[a->boot->entity];
	if (!h->entity)
		die(EXIT_PERMANENT, "no entity %u", a->boot->entity);
	h->soon = (struct loop_op){.done = on_soon, .ctx = a};
	h->timer = (struct loop_op){.done = on_timer, .ctx = a};
	h->skips_left = a->boot->skips_n;
	h->single_step = a->boot->single_step;
	h->db = actor_database(a, on_database, a);
	intake_init(&h->intake);
	applier_init(&h->applier, a, h->entity, h->db);
	fitting_init(&h->fitting, a, h->db, h->entity->id, is_idle, on_fitted, a);
}

/* At least once a second. */
static void turn(struct actor *a)
{
	struct handler *h = a->state;
	if (!h->now && !h->skipping && db_up(h->db))
		owed_again(&h->applier);
}

/* The job under way is finished first; what is held stays in its ring and comes again at the next start. */
static void drain(struct actor *a)
{
	struct handler *h = a->state;
	if (!h->now)
		actor_drained(a);
}

const struct actor_type actor_handler = {
	.kind = ACTOR_HANDLER,
	.state_size = sizeof(struct handler),
	.start = start,
	.drain = drain,
	.turn = turn,
	.on = {[MSG_WORK] = on_work, [MSG_LOOK] = on_look, [MSG_PAGE] = on_page, [MSG_RECORD] = on_record},
};
