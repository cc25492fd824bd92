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

static void on_written(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	if (r->failure != DB_OK)
		d->sweep_all = true; /* the row is as it was: it comes back */
}

static void on_confirmed(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	(void)r; /* done or not, the row waits: it is looked at again */
	sweep_now(d, true);
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
	snprintf(wait, sizeof wait, "%" PRId64, backoff_ns(c, e->attempts) / 1000000);
	db_query(d->db, &again, on_written, d, 5, c->zoho_organization_id, seq, wait, code, error);
	actor_count(d->actor, COUNT_RETRIED, 1);
	struct record *r = e->record;
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
}

void bury_event(struct dispatcher *d, struct event *e, const char *code, const char *reason)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	db_query(d->db, &dead, on_written, d, 8, d->actor->config.zoho_organization_id, seq, reason, code, reason,
		"dispatcher", NULL, NULL);
	actor_count(d->actor, COUNT_FAILED, 1);
	struct record *r = e->record;
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
}

void confirm_delete(struct dispatcher *d, struct event *e)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	struct record *r = e->record;
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
	db_query(d->db, &confirm, on_confirmed, d, 2, d->actor->config.zoho_organization_id, seq);
}

void other_type_event(struct dispatcher *d, struct event *e, enum entity_id type)
{
	char seq[24];
	snprintf(seq, sizeof seq, "%" PRIu64, e->seq);
	struct record *r = e->record;
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
	db_query(
		d->db, &other, on_confirmed, d, 3, d->actor->config.zoho_organization_id, seq, entity_names[type].name);
}
