/* The course of a job: decide (which records win), write (the winners), finish (queue rows or ledger), commit. */
#include "actors/handler/apply.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/finish.h"
#include "actors/handler/params.h"

static const struct db_statement begin = {"begin", "BEGIN"}, rollback = {"rollback", "ROLLBACK"};
static const struct db_statement savepoint = {"savepoint", "SAVEPOINT one"};
static const struct db_statement release = {"release", "RELEASE SAVEPOINT one"};
static const struct db_statement undo = {"undo", "ROLLBACK TO SAVEPOINT one"};

static void next_range(struct job *);

void applier_init(struct applier *p, struct actor *a, const struct entity *e, struct db *db)
{
	*p = (struct applier){.actor = a, .entity = e, .sql = entity_statements(e), .db = db};
	snprintf(p->worker, sizeof p->worker, "worker-%u", a->boot->worker);
	p->poison = getenv("TDS_POISON");
}

static enum source source_of(const struct job *j)
{
	return j->kind == JOB_QUEUE ? SOURCE_QUEUE : SOURCE_DOCS;
}

/* Remembers PostgreSQL's answer beyond its callback. */
static void note(struct job *j, const struct db_reply *r)
{
	snprintf(j->sqlstate, sizeof j->sqlstate, "%s", r->sqlstate);
	snprintf(j->error, sizeof j->error, "%s", r->message);
	snprintf(j->column, sizeof j->column, "%s", r->column);
}

static void give_up(struct job *j, const struct db_reply *r)
{
	j->retry = true;
	note(j, r);
	if (j->begun)
		db_query(j->applier->db, &rollback, NULL, NULL, 0);
	slot_hand_none(j->applier->actor->slot);
	j->done(j->ctx, j);
}

static void start_over_carefully(struct job *j)
{
	db_query(j->applier->db, &rollback, NULL, NULL, 0);
	j->begun = false;
	j->careful = true;
	j->created = j->updated = j->unchanged = j->stale = j->failed = 0;
	j->stack[0] = (struct job_range){0, j->n};
	j->depth = j->n ? 1 : 0;
	next_range(j);
}

static void on_buried(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		give_up(j, r);
		return;
	}
	next_range(j);
}

static void bury(struct job *j, struct str record)
{
	struct db_call *call = db_begin(j->applier->db);
	finish_dead_letter(j, j->at.lo, record, call);
	db_run(call, on_buried, j);
}

static void on_payload(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK)
		give_up(j, r);
	else
		bury(j, PQntuples(r->results[1]) ? str_of(PQgetvalue(r->results[1], 0, 0)) : (struct str){0});
}

static void on_exhumed(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK)
		give_up(j, r);
	else
		bury(j, j->docs->at[j->at.lo]);
}

/* One record alone, and PostgreSQL won't have it: back to the savepoint, then its dead letter. */
static void refuse(struct job *j, const struct db_reply *r)
{
	struct db_call *call = db_begin(j->applier->db);
	note(j, r);
	db_add(call, &undo, 0, NULL);
	if (r->failure == DB_REFERENCE) {
		j->outcomes[j->at.lo] = OUTCOME_RETRY;
		db_run(call, on_buried, j);
		return;
	}
	j->outcomes[j->at.lo] = OUTCOME_DEAD_LETTER;
	j->failed++;
	j->refused_42 += r->failure == DB_PROGRAM;
	if (j->kind == JOB_QUEUE)
		finish_payload(j, j->at.lo, call);
	db_run(call, j->kind == JOB_QUEUE ? on_payload : on_exhumed, j);
}

static void halve(struct job *j)
{
	size_t middle = j->at.lo + (j->at.hi - j->at.lo) / 2;
	j->stack[j->depth++] = (struct job_range){middle, j->at.hi};
	j->stack[j->depth++] = (struct job_range){j->at.lo, middle};
	db_query(j->applier->db, &undo, on_buried, j, 0);
}

/* The ledger has the page already, or the run went on under another fence: nothing of it is to be done. */
static bool is_repetition(const struct job *j, const struct db_reply *r)
{
	return j->kind == JOB_PAGE &&
	       ((!strcmp(r->sqlstate, "23505") && !strcmp(r->constraint, "tds_run_pages_pkey")) ||
		       (!strcmp(r->sqlstate, "23502") && !strcmp(r->column, "run_id")));
}

static void on_refused(struct job *j, const struct db_reply *r)
{
	j->repeated = is_repetition(j, r);
	bool alone = !j->careful && r->failure == DB_PROGRAM && j->n <= 1; /* one by one would end the same */
	if (r->failure == DB_ENVIRONMENT || j->repeated || alone)
		give_up(j, r);
	else if (!j->careful)
		start_over_carefully(j);
	else if (j->at.hi - j->at.lo > 1)
		halve(j);
	else
		refuse(j, r);
}

static void count_winners(struct job *j, const PGresult *res)
{
	uint64_t created = strtoull(PQgetvalue(res, 0, 0), NULL, 10),
		 updated = strtoull(PQgetvalue(res, 0, 1), NULL, 10);
	j->created += created;
	j->updated += updated;
	j->unchanged += strtoull(PQgetvalue(res, 0, 2), NULL, 10);
}

static void on_written(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		on_refused(j, r);
		return;
	}
	count_winners(j, r->results[0]);
	next_range(j);
}

static void write_winners(struct job *j)
{
	struct applier *p = j->applier;
	struct db_call *call = db_begin(p->db);
	struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id), param_winners(j),
		DB_TEXT(p->worker), DB_TEXT(j->kind == JOB_PAGE ? "list" : "detail"),
		*j->run ? DB_TEXT(j->run) : DB_NULL};
	db_add(call, &p->sql->write[source_of(j)], j->kind == JOB_QUEUE ? 3 : 5, params);
	if (j->careful)
		db_add(call, &release, 0, NULL);
	db_run(call, on_written, j);
}

/* The record in hand, by name: now a death has a suspect. */
static void name_suspect(struct job *j, const char *id)
{
	struct applier *p = j->applier;
	slot_hand_one(
		p->actor->slot, (uint32_t)j->kind, j->page, (uint32_t)j->at.lo, entity_names[p->entity->id].name, id);
}

static void die_of_poison(const struct applier *p, const PGresult *res)
{
	for (int row = 0; p->poison && row < PQntuples(res); row++)
		if (!strcmp(p->poison, PQgetvalue(res, row, 1)))
			abort();
}

static void take_decision(struct job *j, const PGresult *res)
{
	j->winners_n = 0;
	for (size_t i = j->at.lo; i < j->at.hi; i++)
		j->outcomes[i] = OUTCOME_SKIPPED;
	for (int row = 0; row < PQntuples(res); row++) {
		size_t i = j->at.lo + strtoull(PQgetvalue(res, row, 0), NULL, 10) - 1;
		uint64_t outcome = strtoull(PQgetvalue(res, row, 2), NULL, 10);
		bool refetch = *PQgetvalue(res, row, 3) == 't';
		if (i >= j->at.hi)
			continue;
		j->outcomes[i] = outcome + (refetch ? OUTCOME_AND_REFETCH : 0);
		j->unchanged += outcome == OUTCOME_UNCHANGED;
		j->stale += outcome == OUTCOME_STALE || outcome == OUTCOME_SUPERSEDED;
		if (outcome == OUTCOME_APPLIED)
			j->winners[j->winners_n++] = (uint16_t)i;
	}
	if (j->at.hi - j->at.lo == 1 && PQntuples(res) == 1)
		name_suspect(j, PQgetvalue(res, 0, 1));
	die_of_poison(j->applier, res);
}

static void on_decided(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		on_refused(j, r);
		return;
	}
	int decided = r->n - 1;
	take_decision(j, r->results[decided]);
	if (j->winners_n)
		write_winners(j);
	else
		next_range(j);
}

static void decide(struct job *j)
{
	struct applier *p = j->applier;
	struct db_call *call = db_begin(p->db);
	char sent[24];
	snprintf(sent, sizeof sent, "%" PRId64, j->sent_us);
	struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id), param_range(j), DB_TEXT(sent),
		DB_TEXT(j->kind == JOB_PAGE ? "list" : "detail"), *j->run ? DB_TEXT(j->run) : DB_NULL};
	if (!j->begun)
		db_add(call, &begin, 0, NULL);
	if (j->careful)
		db_add(call, &savepoint, 0, NULL);
	j->begun = true;
	slot_hand_batch(p->actor->slot, (uint32_t)j->kind, j->page, (uint32_t)(j->at.hi - j->at.lo),
		entity_names[p->entity->id].name);
	db_add(call, &p->sql->decide[source_of(j)], j->kind == JOB_QUEUE ? 2 : 5, params);
	db_run(call, on_decided, j);
}

static void on_finished(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		on_refused(j, r);
		return;
	}
	finish_read(j, r);
	slot_hand_none(j->applier->actor->slot);
	actor_count(j->applier->actor, COUNT_SQL_TRANSACTIONS, 1);
	j->done(j->ctx, j);
}

static void next_range(struct job *j)
{
	bool more = j->depth || j->next_single < j->n;
	if (j->depth)
		j->at = j->stack[--j->depth];
	else if (more)
		j->at = (struct job_range){j->next_single, j->next_single + 1}, j->next_single++;
	if (more) {
		decide(j);
		return;
	}
	/* Every record refused for the same structural reason (class 42): the entity is broken, not its records. */
	if (j->refused_42 && j->refused_42 == j->n) {
		j->retry = true;
		db_query(j->applier->db, &rollback, NULL, NULL, 0);
		slot_hand_none(j->applier->actor->slot);
		j->done(j->ctx, j);
		return;
	}
	struct db_call *call = db_begin(j->applier->db);
	if (!j->begun)
		db_add(call, &begin, 0, NULL);
	j->begun = true;
	finish_add(j, call);
	db_run(call, on_finished, j);
}

void job_run(struct applier *p, struct job *j)
{
	j->applier = p;
	j->retry = j->repeated = j->begun = false;
	j->careful = j->single_step;
	j->created = j->updated = j->unchanged = j->stale = j->failed = j->refused_42 = 0;
	j->closed_n = 0;
	j->depth = 0;
	j->next_single = j->single_step ? 0 : j->n;
	if (!j->single_step && j->n)
		j->stack[j->depth++] = (struct job_range){0, j->n};
	next_range(j);
}
