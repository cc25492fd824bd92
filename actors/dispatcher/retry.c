/* Failed attempts: scheduled again with exponential backoff and full jitter in PostgreSQL (the sweep brings them back
 * when they are due), or given up with the reason. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/dispatcher/dispatcher.h"
#include "sql_embedded.h"

static const struct db_statement again = {"dispatch_retry", SQL_DISPATCH_RETRY};
static const struct db_statement dead = {"apply_dead_letter_queue", SQL_APPLY_DEAD_LETTER_QUEUE};
static const struct db_statement other = {"dispatch_other_type", SQL_DISPATCH_OTHER_TYPE};
static const struct db_statement confirm = {"dispatch_confirm_delete", SQL_DISPATCH_CONFIRM_DELETE};

/* A row that is being written elsewhere than in memory: until that is done a sweep that was asked before shows it as it was. */
struct leaving {
	uint64_t seq;
	struct dispatcher *d;
	UT_hash_handle hh;
};

static struct leaving *leave(struct dispatcher *d, struct event *e)
{
	struct leaving *l = calloc(1, sizeof *l);
	struct record *r = e->record;
	if (!l)
		die(EXIT_TEMPORARY, "out of memory");
	*l = (struct leaving){.seq = e->seq, .d = d};
	HASH_ADD(hh, d->leaving, seq, sizeof l->seq, l);
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
	return l;
}

static struct dispatcher *left(struct leaving *l)
{
	struct dispatcher *d = l->d;
	HASH_DELETE(hh, d->leaving, l);
	free(l);
	return d;
}

bool is_leaving(const struct dispatcher *d, uint64_t seq)
{
	struct leaving *l;
	HASH_FIND(hh, d->leaving, &seq, sizeof seq, l);
	return l;
}

static void on_written(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = left(ctx);
	if (r->failure != DB_OK)
		d->sweep_all = true; /* the row is as it was: it comes back */
}

static void on_buried(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = left(ctx);
	if (r->failure != DB_OK)
		d->sweep_all = true;
	else
		actor_count(d->actor, COUNT_FAILED, 1);
}

static void on_confirmed(void *ctx, const struct db_reply *r)
{
	(void)r; /* done or not, the row waits: it is looked at again */
	sweep_now(left(ctx), true);
}

/* Between half of it and the whole of min·2^attempts, at most max. */
int64_t backoff_ns(const struct config *c, unsigned attempts)
{
	int64_t wait = c->queue_backoff_min;
	for (unsigned i = 0; i < attempts && wait < c->queue_backoff_max; i++)
		wait *= 2;
	if (wait > c->queue_backoff_max)
		wait = c->queue_backoff_max;
	return wait / 2 + (int64_t)((double)wait / 2 * drand48());
}

void retry_event(struct dispatcher *d, struct event *e, const char *code, const char *error)
{
	const struct config *c = &d->actor->config;
	char seq[24], wait[24];
	if (e->attempts + 1 >= (unsigned)c->queue_attempts_max) {
		bury_event(d, e, code, error);
		return;
	}
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	int64_t wait_ns = backoff_ns(c, e->attempts);
	snprintf(wait, sizeof wait, "%" PRId64, wait_ns / 1000000);
	due_at(d, loop_now(d->actor->loop) + wait_ns);
	db_query(d->db, &again, on_written, leave(d, e), 5, c->zoho_organization_id, seq, wait, code, error);
}

void bury_event(struct dispatcher *d, struct event *e, const char *code, const char *reason)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	db_query(d->db, &dead, on_buried, leave(d, e), 8, d->actor->config.zoho_organization_id, seq, reason, code,
		reason, "dispatcher", NULL, NULL);
}

void confirm_delete(struct dispatcher *d, struct event *e)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	db_query(d->db, &confirm, on_confirmed, leave(d, e), 2, d->actor->config.zoho_organization_id, seq);
}

void other_type_event(struct dispatcher *d, struct event *e, enum entity_id type)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	db_query(d->db, &other, on_confirmed, leave(d, e), 3, d->actor->config.zoho_organization_id, seq,
		entity_names[type].name);
}
