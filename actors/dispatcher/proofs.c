/* Records that a complete scan missed. Absence proves nothing (a page may have shifted, a list may hide it): each becomes a thin
 * delete in the queue, which its detail confirms (404) or refutes. The run waits for that, but not for long: what isn't proved by
 * then is proved without it. More than a share of the entity at once takes a person's word (sync.deletes_share_max). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/statements.h"
#include "sql_embedded.h"

static const int64_t wait_ns = 60000000000;
static const struct db_statement missing = {"dispatch_run_missing", SQL_DISPATCH_RUN_MISSING};
static const struct db_statement proofs = {"dispatch_run_proofs", SQL_DISPATCH_RUN_PROOFS};

static void done(struct dispatcher *d, struct run *r)
{
	r->proof = PROOF_DONE;
	run_check(d, r);
}

static void on_proofs(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (!r || reply->failure != DB_OK)
		return;
	r->counts.deleted = strtoull(PQgetvalue(reply->results[0], 0, 1), NULL, 10);
	uint64_t waiting = strtoull(PQgetvalue(reply->results[0], 0, 0), NULL, 10);
	bool late = loop_now(d->actor->loop) > r->proof_until_ns;
	if (waiting && late)
		log_info("the run ends before all of its deletes are proved", LF_STR("run", r->id),
			LF_INT("waiting", waiting));
	if (!waiting || late)
		done(d, r);
}

static void look(struct dispatcher *d, struct run *r)
{
	if (!r->asked)
		db_query(d->db, &proofs, on_proofs, run_ask(d, r), 2, d->actor->config.zoho_organization_id, r->id);
}

static void on_missing(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (!r || reply->failure == DB_ENVIRONMENT)
		return; /* the next tick asks again */
	if (reply->failure != DB_OK || !PQntuples(reply->results[0])) {
		run_fail(d, r, "what the scan missed could not be found out");
		return;
	}
	const PGresult *res = reply->results[0];
	r->counts.missing = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
	bool proving = *PQgetvalue(res, 0, 3) == 't';
	if (r->counts.missing && !r->options.dry_run)
		log_warn(
			proving ? "records are missing from a complete scan: Zoho is asked for each"
				: "records are missing from a complete scan, and left as they are: more than the share that may "
				  "be deleted without a person's word, or Zoho has no details of them",
			LF_STR("entity", entity_names[r->entity].name), LF_INT("missing", r->counts.missing),
			LF_STR("known", PQgetvalue(res, 0, 2)), LF_STR("most", PQgetvalue(res, 0, 1)),
			LF_STR("run", r->id));
	if (!proving) {
		done(d, r);
		return;
	}
	r->proof = PROOF_WAITING;
	r->proof_until_ns = loop_now(d->actor->loop) + wait_ns;
	sweep_now(d, false);
}

bool proofs_wanted(const struct run *r)
{
	return r->proof != PROOF_DONE && run_complete(r);
}

static void find_missing(struct dispatcher *d, struct run *r, const char *strangers)
{
	char fence[24], share[32];
	snprintf(fence, sizeof fence, "%" PRIu64, r->fence);
	snprintf(share, sizeof share, "%.6f", d->actor->config.sync_deletes_share_max);
	db_query(d->db, &missing, on_missing, run_ask(d, r), 6, d->actor->config.zoho_organization_id, r->id, fence,
		share, entities[r->entity]->detail_root ? "true" : "false", strangers);
}

static void on_strangers(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (!r || reply->failure == DB_ENVIRONMENT)
		return; /* the next tick asks again */
	if (reply->failure == DB_OK && PQntuples(reply->results[0]))
		find_missing(d, r, PQgetvalue(reply->results[0], 0, 0));
	else
		run_fail(d, r, "the rows that the table has beside them could not be read");
}

/* Of a table that doesn't fit nothing was written either. */
void proofs_go_on(struct dispatcher *d, struct run *r)
{
	struct mapped_entity *m = &d->mapped[r->entity];
	const struct entity *e = m->now;
	if (r->proof == PROOF_WAITING)
		look(d, r);
	else if (!m->known)
		mapped_entity_ask(m, d->db, &d->actor->config); /* the next tick knows */
	else if (!r->asked && e)
		db_query(d->db, &entity_statements(e, LOOK_PLAIN)->strangers, on_strangers, run_ask(d, r),
			1 + (e->fixed != NULL), d->actor->config.zoho_organization_id, e->fixed);
	else if (!r->asked)
		find_missing(d, r, "{}");
}

void proofs_look(struct dispatcher *d)
{
	struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	if (r->proof == PROOF_WAITING && !r->closing)
		look(d, r);
}
