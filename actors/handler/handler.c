/* handler: applies records of one entity, one message at a time; what comes meanwhile waits in its ring, held. Only the page
 * behind a page is begun meanwhile, by a second writer. While PostgreSQL is away it holds what it has and tries again. */
#include "actors/handler/handler.h"
#include "actors/actor.h"

static void on_skipped(void *ctx, const struct db_reply *r)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	h->skipping = false;
	if (r->failure != DB_OK) {
		hand_later(a);
		return;
	}
	h->skips_left--;
	log_error("record set aside: it killed its handler", LF_STR("id", a->boot->skips[h->skips_left].id));
	actor_count(a, COUNT_FAILED, 1);
	hand_next(a);
}

void handler_skip(struct actor *a)
{
	struct handler *h = a->state;
	h->skipping = true;
	apply_skip(&h->writers[0].applier, &a->boot->skips[h->skips_left - 1], on_skipped, a);
}

static void take_over(struct handler *h, const struct entity *changed)
{
	if (!changed)
		return;
	h->entity = changed;
	for (int i = 0; i < WRITERS; i++)
		applier_take(&h->writers[i].applier, changed);
	intake_forget(&h->intake);
}

static void on_fitted(void *ctx, const struct entity *changed)
{
	struct actor *a = ctx;
	struct handler *h = a->state;
	take_over(h, changed);
	hand_next(a);
	h->fitting.known = h->fitting.fits; /* while it doesn't, each job looks again */
}

static bool is_idle(void *ctx)
{
	const struct handler *h = ((struct actor *)ctx)->state;
	return hand_is_empty(h) && !h->skipping;
}

static void keep(struct actor *a, struct edge *e, const union message *m, enum message_type type)
{
	struct handler *h = a->state;
	intake_keep(&h->intake, e, type, m);
	hand_next(a);
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
	struct handler *h = a->state;
	if (!hand_was_written(h, &m->page))
		keep(a, e, m, MSG_PAGE);
}

static void on_record(struct actor *a, struct edge *e, const union message *m)
{
	keep(a, e, m, MSG_RECORD);
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
	hand_next(a);
}

static void start(struct actor *a)
{
	struct handler *h = a->state;
	h->entity = entities[a->boot->entity];
	if (!h->entity)
		die(EXIT_PERMANENT, "no entity %u", a->boot->entity);
	h->skips_left = a->boot->skips_n;
	h->single_step = a->boot->single_step;
	struct db *db = actor_database(a, on_database, a);
	hand_open(a, db);
	fitting_init(&h->fitting, a, db, h->entity->id, is_idle, on_fitted, a);
}

/* At least once a second. */
static void turn(struct actor *a)
{
	struct handler *h = a->state;
	if (!h->skipping)
		hand_rest(h);
}

/* The job under way is finished first; what is held stays in its ring and comes again at the next start. */
static void drain(struct actor *a)
{
	struct handler *h = a->state;
	if (hand_is_empty(h))
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
