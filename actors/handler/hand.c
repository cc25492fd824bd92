/* Owns which message is in hand, and who of the two writers has it: the job that a message becomes, what is told of it, and the page
 * behind it, that is begun meanwhile. */
#include <stdio.h>
#include <string.h>
#include "actors/handler/handler.h"
#include "actors/handler/refusal.h"
#include "actors/handler/report.h"
#include "actors/handler/stocked.h"

static const int64_t retry_min_ns = 100000000, retry_max_ns = 5000000000;

void hand_later(struct actor *a)
{
	struct handler *h = a->state;
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
		hand_next(a);
		return;
	}
	h->looked_again = false;
	if (failure == DB_ENVIRONMENT) {
		actor_count(a, COUNT_SQL_FAILED, 1);
		log_warn("database: job put off", LF_STR("sqlstate", j->sqlstate), LF_STR("error", j->error));
		hand_later(a);
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
	hand_next(a);
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
	on_job(a, &h->hand->job);
}

/* What can't be written goes back to where it came from. */
static void give_back(struct handler *h)
{
	struct job *j = &h->hand->job;
	j->retry = true;
	snprintf(j->sqlstate, sizeof j->sqlstate, "%s", SQLSTATE_MISFIT);
	snprintf(j->error, sizeof j->error, "%s doesn't fit its table: %.200s", entity_names[h->entity->id].name,
		h->fitting.why);
	j->done(j->ctx, j);
}

static void work(struct actor *a, struct handler *h)
{
	struct applier *p = &h->hand->applier;
	struct job *j = &h->hand->job;
	bool readable = intake_job(&h->intake, p, h->now, j);
	j->done = readable && h->fitting.fits ? on_job : on_job_soon;
	j->ctx = a;
	j->single_step = h->single_step;
	if (!h->fitting.fits)
		give_back(h);
	else if (!readable)
		job_unreadable(j);
	else if (h->now->type == MSG_PAGE && h->now->message.page.stocked_only && h->entity->stock)
		stocked_run(p, j);
	else
		job_run(p, j);
}

/* Who has this page, begun (or written) ahead of its turn; NULL: nobody. */
static struct writer *writer_of(struct handler *h, const struct msg_page *page, enum writer_state state)
{
	for (int i = 0; i < WRITERS; i++)
		if (writer_has(&h->writers[i], page, state))
			return &h->writers[i];
	return NULL;
}

bool hand_was_written(struct handler *h, const struct msg_page *page)
{
	struct writer *wrote = writer_of(h, page, WRITER_WROTE);
	if (wrote)
		wrote->state = WRITER_IDLE;
	return wrote;
}

static struct writer *other(struct handler *h)
{
	return &h->writers[h->hand == h->writers];
}

static bool is_ahead(const struct handler *h)
{
	return h->writers[0].state == WRITER_AHEAD || h->writers[1].state == WRITER_AHEAD;
}

/* Cuts the page behind the one in hand, and begins to write it. */
static void look_ahead(struct actor *a, struct handler *h)
{
	struct msg_page page;
	if (h->single_step) /* a death in what lies ahead would be blamed on the record in hand */
		return;
	if (intake_ahead(&h->intake, &h->hand->applier, h->now, &page) && h->fitting.fits && !page.stocked_only &&
		a->config.sync_pages_at_once > 1 && writer_ready(other(h)))
		writer_begin(other(h), &h->intake, &page);
}

/* The message is worked on from the start, or waited for where that was begun. */
static void take_in_hand(struct actor *a, struct handler *h, struct waiting *w)
{
	struct writer *begun = w->type == MSG_PAGE ? writer_of(h, &w->message.page, WRITER_AHEAD) : NULL;
	struct writer *free = h->writers[0].state == WRITER_AHEAD ? &h->writers[1] : &h->writers[0];
	if (!begun && !writer_ready(free))
		return;
	h->now = w;
	h->hand = begun ? begun : free;
	h->was_begun = begun;
	if (begun)
		job_in_hand(&begun->job);
	else
		work(a, h);
	look_ahead(a, h);
}

/* What was begun ahead of its turn is over. If it has come to hand by now, it is settled there, or done from the start. */
static void on_ahead(struct actor *a, struct writer *w)
{
	struct handler *h = a->state;
	if (h->now && h->was_begun && h->hand == w)
		h->now = NULL;
	hand_next(a);
}

/* The next that isn't done yet. */
static struct waiting *next_to_do(struct handler *h)
{
	struct waiting *w;
	while ((w = intake_next(&h->intake)) && w->type == MSG_PAGE && hand_was_written(h, &w->message.page))
		waiting_settled(w);
	return w;
}

void hand_next(struct actor *a)
{
	struct handler *h = a->state;
	if (h->now || h->skipping)
		return;
	if (a->draining) {
		if (!is_ahead(h))
			actor_drained(a);
		return;
	}
	if (!db_up(h->writers[0].db) || loop_busy(&h->timer) || h->fitting.asking)
		return;
	if (h->skips_left) {
		handler_skip(a);
		return;
	}
	struct waiting *next = next_to_do(h);
	if (next && h->fitting.known)
		take_in_hand(a, h, next);
	else if (next && !is_ahead(h))
		fitting_ask(&h->fitting);
}

bool hand_is_empty(const struct handler *h)
{
	return !h->now && !is_ahead(h);
}

static void on_timer(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	hand_next(ctx);
}

void hand_open(struct actor *a, struct db *db)
{
	struct handler *h = a->state;
	h->soon = (struct loop_op){.done = on_soon, .ctx = a};
	h->timer = (struct loop_op){.done = on_timer, .ctx = a};
	intake_init(&h->intake);
	for (int i = 0; i < WRITERS; i++)
		writer_init(&h->writers[i], a, h->entity, i ? NULL : db, on_ahead);
}

void hand_rest(struct handler *h)
{
	for (int i = 0; i < WRITERS; i++)
		if (!(h->now && h->hand == &h->writers[i]))
			writer_rest(&h->writers[i], i > 0);
}
