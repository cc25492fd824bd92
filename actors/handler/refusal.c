/* What PostgreSQL won't have: the whole job (given up, or repeated), or one record of it (found by halving, buried). */
#include "actors/handler/refusal.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/bury.h"

static const struct db_statement rollback = {"rollback", "ROLLBACK"};
static const struct db_statement undo = {"undo", "ROLLBACK TO SAVEPOINT one"};

/* Remembers PostgreSQL's answer beyond its callback. */
static void note(struct job *j, const struct db_reply *r)
{
	snprintf(j->sqlstate, sizeof j->sqlstate, "%s", r->sqlstate);
	snprintf(j->error, sizeof j->error, "%s", r->message);
	snprintf(j->table, sizeof j->table, "%s", r->table);
	snprintf(j->column, sizeof j->column, "%s", r->column);
}

static void give_up(struct job *j, const struct db_reply *r)
{
	j->retry = true;
	note(j, r);
	if (j->begun)
		db_query(j->applier->db, &rollback, NULL, NULL, 0);
	job_not_in_hand(j);
	j->done(j->ctx, j);
}

/* In two statements and under savepoints. */
static void start_over(struct job *j)
{
	db_query(j->applier->db, &rollback, NULL, NULL, 0);
	j->begun = false;
	j->careful = true;
	j->created = j->updated = j->unchanged = j->stale = j->stock = 0;
	j->failed = j->set_aside;
	buf_reset(&j->applier->lost);
	buf_reset(&j->applier->changes);
	buf_reset(&j->applier->stock);
	j->stack[0] = (struct job_range){0, j->n};
	j->depth = j->n ? 1 : 0;
	job_next_range(j);
}

void job_raced(struct job *j)
{
	static const struct db_reply raced = {.failure = DB_ENVIRONMENT,
		.sqlstate = "40001",
		.message = "somebody else wrote one of its records",
		.table = "",
		.column = ""};
	if (j->tentative)
		give_up(j, &raced);
	else
		start_over(j);
}

static void on_buried(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		give_up(j, r);
		return;
	}
	job_next_range(j);
}

static void bury(struct job *j, struct str record)
{
	struct db_call *call = db_begin(j->applier->db);
	bury_record(j, j->at.lo, record, call);
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
	if (r->failure == DB_REFERENCE || (r->failure == DB_RAISED && j->kind == JOB_QUEUE)) {
		j->outcomes[j->at.lo] = OUTCOME_RETRY;
		snprintf(j->put_off, sizeof j->put_off, "%s", r->sqlstate);
		snprintf(j->put_off_words, sizeof j->put_off_words, "%s", r->message);
		db_run(call, on_buried, j);
		return;
	}
	j->outcomes[j->at.lo] = OUTCOME_DEAD_LETTER;
	j->failed++;
	j->refused_42 += r->failure == DB_PROGRAM;
	j->raised += r->failure == DB_RAISED;
	if (j->kind == JOB_QUEUE)
		bury_payload(j, j->at.lo, call);
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

static bool is_column(const struct field *fields, const char *column)
{
	for (const struct field *f = fields; f->path; f++)
		if (!strcmp(f->type ? f->type->name : f->column, column))
			return true;
	return false;
}

/* A column that has to be filled and that isn't any of a record's: the table has changed, no record is to blame. */
static bool is_unknown_column(const struct job *j, const struct db_reply *r)
{
	const struct entity *e = j->applier->entity;
	return !strcmp(r->sqlstate, "23502") && *r->column && strncmp(r->table, "tds_", 4) != 0 &&
	       !is_column(e->fields, r->column) && !(e->lines && is_column(e->lines->fields, r->column));
}

static void give_up_entity(struct job *j, const struct db_reply *r)
{
	struct db_reply structural = *r;
	snprintf(structural.sqlstate, sizeof structural.sqlstate, "%s", "42000");
	give_up(j, &structural);
}

void job_refused(struct job *j, const struct db_reply *r)
{
	j->repeated = is_repetition(j, r);
	if (is_unknown_column(j, r)) {
		give_up_entity(j, r);
		return;
	}
	bool alone = !j->careful && r->failure == DB_PROGRAM && j->n <= 1; /* one by one would end the same */
	if (r->failure == DB_ENVIRONMENT || j->repeated || alone || j->tentative)
		give_up(j, r);
	else if (!j->careful)
		start_over(j);
	else if (j->at.hi - j->at.lo > 1)
		halve(j);
	else
		refuse(j, r);
}

void job_unfinished(struct job *j, const struct db_reply *r)
{
	j->repeated = is_repetition(j, r);
	if (r->failure == DB_ENVIRONMENT || j->repeated || j->careful || j->tentative || !j->n)
		give_up(j, r);
	else
		start_over(j);
}

void job_unreadable(struct job *j)
{
	j->retry = true;
	snprintf(j->sqlstate, sizeof j->sqlstate, "54000"); /* program_limit_exceeded */
	snprintf(j->error, sizeof j->error, "Zoho's reply has more than %d records, or can't be taken apart",
		SLICES_MAX);
	j->done(j->ctx, j);
}
