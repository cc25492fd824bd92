/* The course of a job: apply (decide which records win, write the winners), finish (queue rows or ledger), commit. What that
 * refuses is done carefully: decide and write one after the other, a range at a time, under savepoints. */
#include "actors/handler/apply.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/finish.h"
#include "actors/handler/made.h"
#include "actors/handler/owed.h"
#include "actors/handler/params.h"
#include "actors/handler/refusal.h"
#include "sql_embedded.h"

static const struct db_statement begin = {"begin", "BEGIN"}, rollback = {"rollback", "ROLLBACK"};
static const struct db_statement async_commit = {"apply_async_commit", SQL_APPLY_ASYNC_COMMIT};
static const struct db_statement savepoint = {"savepoint", "SAVEPOINT one"};
/* What an ERP's own constraints leave for the commit is found while it is known which records it is about. */
static const struct db_statement constraints = {"constraints", "SET CONSTRAINTS ALL IMMEDIATE"};
static const struct db_statement release = {"release", "RELEASE SAVEPOINT one"};

static void map_custom(struct slice_keys *k, const struct custom *c)
{
	slice_keys_add(k, "custom_fields");
	if (!c->raw)
		return;
	slice_keys_add(k, c->from);
	slice_keys_add(k, made_text("%s_unformatted", c->from));
}

static void map_keys(struct slice_keys *k, const struct entity *e)
{
	slice_keys_add(k, e->id_path);
	slice_keys_add(k, e->version_path);
	if (e->type_path)
		slice_keys_add(k, e->type_path);
	for (const struct field *f = e->fields; f->path; f++) {
		if (f->custom)
			map_custom(k, f->custom);
		else if (f->api_name)
			slice_keys_add(k, "custom_fields");
		if (!f->custom)
			slice_keys_add(k, f->path);
	}
	if (e->lines)
		slice_keys_add(k, e->lines->path);
	if (e->image)
		slice_keys_add(k, e->image);
}

void applier_init(struct applier *p, struct actor *a, const struct entity *e, struct db *db)
{
	*p = (struct applier){.actor = a, .entity = e, .db = db, .writing = true};
	snprintf(p->worker, sizeof p->worker, "worker-%u", a->boot->worker);
	TAILQ_INIT(&p->owed);
	p->poison = getenv("TDS_POISON");
}

void applier_take(struct applier *p, const struct entity *e)
{
	p->entity = e;
	p->mapped.n = 0;
	map_keys(&p->mapped, e);
}

/* What a statement refers to as fixed goes behind its own parameters; how many there are then. */
static int with_fixed(const struct applier *p, struct db_param *params, int n)
{
	if (p->entity->fixed)
		params[n++] = DB_TEXT(p->entity->fixed);
	return n;
}

enum source job_source(const struct job *j)
{
	return j->kind == JOB_QUEUE ? SOURCE_QUEUE : j->kind == JOB_PAGE && !j->details ? SOURCE_LIST : SOURCE_DETAILS;
}

static const struct entity_statements *sql_of(const struct job *j)
{
	return entity_statements(j->applier->entity, j->look);
}

/* Adds to a list the elements of a text[] in PostgreSQL's notation, or a whole jsonb array. */
static void keep(struct buf *b, const PGresult *res, int column, bool elements)
{
	if (PQnfields(res) <= column || PQgetisnull(res, 0, column))
		return;
	if (b->len)
		buf_str(b, ",");
	size_t braces = elements ? 1 : 0;
	buf_add(b, PQgetvalue(res, 0, column) + braces, (size_t)PQgetlength(res, 0, column) - 2 * braces);
}

/* `column`: of the first of the three; whether something waits, or earlier events do, what was lost, what they changed, and whose
 * stock is another come behind. */
static void count_winners(struct job *j, const PGresult *res, int column)
{
	j->waits |= *PQgetvalue(res, 0, column + 3) == 't';
	j->earlier |= *PQgetvalue(res, 0, column + 4) == 't';
	keep(&j->applier->lost, res, column + 5, true);
	keep(&j->applier->changes, res, column + 6, false);
	keep(&j->applier->stock, res, column + 7, true);
	if (PQnfields(res) > column + 8)
		j->stock += strtoull(PQgetvalue(res, 0, column + 8), NULL, 10);
	j->created += strtoull(PQgetvalue(res, 0, column), NULL, 10);
	j->updated += strtoull(PQgetvalue(res, 0, column + 1), NULL, 10);
	j->unchanged += strtoull(PQgetvalue(res, 0, column + 2), NULL, 10);
}

static void on_written(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		job_refused(j, r);
		return;
	}
	count_winners(j, r->results[0], 0);
	job_next_range(j);
}

static void write_winners(struct job *j)
{
	struct applier *p = j->applier;
	struct db_call *call = db_begin(p->db);
	struct db_param params[5] = {DB_TEXT(p->actor->config.zoho_organization_id), param_winners(j),
		DB_TEXT(p->worker), *j->run ? DB_TEXT(j->run) : DB_NULL};
	db_add(call, &sql_of(j)->write[job_source(j)], with_fixed(p, params, j->kind == JOB_QUEUE ? 3 : 4), params);
	if (j->careful) {
		db_add(call, &constraints, 0, NULL);
		db_add(call, &release, 0, NULL);
	}
	db_run(call, on_written, j);
}

/* Its records in hand: a death has a batch of suspects. */
static void name_suspects(const struct job *j)
{
	if (!j->unnamed)
		slot_hand_batch(j->applier->actor->slot, (uint32_t)j->kind, j->page, (uint32_t)(j->at.hi - j->at.lo),
			entity_names[j->applier->entity->id].name);
}

void job_in_hand(struct job *j)
{
	j->unnamed = false;
	name_suspects(j);
}

void job_not_in_hand(const struct job *j)
{
	if (!j->unnamed)
		slot_hand_none(j->applier->actor->slot);
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
		if (outcome == OUTCOME_APPLIED)
			j->winners[j->winners_n++] = (uint16_t)i;
	}
	if (j->at.hi - j->at.lo == 1 && PQntuples(res) == 1 && !j->unnamed)
		name_suspect(j, PQgetvalue(res, 0, 1));
	if (j->kind == JOB_PAGE && j->look != LOOK_VERIFYING)
		j->applier->writing = j->winners_n;
	die_of_poison(j->applier, res);
}

static void on_decided(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		job_refused(j, r);
		return;
	}
	int decided = r->n - 1;
	take_decision(j, r->results[decided]);
	if (j->winners_n)
		write_winners(j);
	else
		job_next_range(j);
}

static bool is_raced(const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++)
		if (*PQgetvalue(res, row, 4) == 't')
			return true;
	return false;
}

static void on_applied(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	const PGresult *res = r->failure == DB_OK ? r->results[r->n - 1] : NULL;
	if (!res) {
		job_refused(j, r);
	} else if (is_raced(res)) {
		job_raced(j);
	} else {
		take_decision(j, res);
		if (PQntuples(res))
			count_winners(j, res, 5);
		job_next_range(j);
	}
}

/* Events mostly bring something to write. A page does as the one before it: when nothing had changed, a statement that could
 * write it all is the slower way to find that out. */
static bool is_in_one_go(const struct job *j)
{
	return !j->careful && (j->kind == JOB_QUEUE || j->applier->writing || j->look);
}

static void decide(struct job *j)
{
	struct applier *p = j->applier;
	struct db_call *call = db_begin(p->db);
	bool queue = j->kind == JOB_QUEUE, at_once = is_in_one_go(j);
	const struct db_statement *statement = (at_once ? sql_of(j)->apply : sql_of(j)->decide) + job_source(j);
	char sent[24];
	snprintf(sent, sizeof sent, "%" PRId64, j->sent_us);
	struct db_param params[6] = {DB_TEXT(p->actor->config.zoho_organization_id), param_range(j),
		DB_TEXT(queue ? p->worker : sent), *j->run ? DB_TEXT(j->run) : DB_NULL, DB_TEXT(p->worker)};
	if (!j->begun)
		db_add(call, &begin, 0, NULL);
	if (!j->begun && queue)
		db_add(call, &async_commit, 0, NULL);
	if (j->careful)
		db_add(call, &savepoint, 0, NULL);
	j->begun = true;
	name_suspects(j);
	db_add(call, statement, with_fixed(p, params, (queue ? 2 : 4) + at_once), params);
	db_run(call, at_once ? on_applied : on_decided, j);
}

static void on_finished(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure != DB_OK) {
		job_unfinished(j, r);
		return;
	}
	finish_read(j, r);
	job_not_in_hand(j);
	actor_count(j->applier->actor, COUNT_SQL_TRANSACTIONS, 1);
	j->done(j->ctx, j);
}

/* Every record is refused for a structural reason (class 42), or by a trigger, all of several of them: it is the table that takes
 * none. What was fetched for an event is tried again later, as events are. */
static bool nothing_goes(const struct job *j)
{
	if (!j->n || j->refused_42 + j->raised < j->n)
		return false;
	return j->refused_42 || j->n > 1 || (j->kind == JOB_RECORD && j->seq);
}

void job_next_range(struct job *j)
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
	if (nothing_goes(j)) {
		j->retry = true;
		db_query(j->applier->db, &rollback, NULL, NULL, 0);
		job_not_in_hand(j);
		j->done(j->ctx, j);
		return;
	}
	struct db_call *call = db_begin(j->applier->db);
	if (!j->begun)
		db_add(call, &begin, 0, NULL);
	j->begun = true;
	finish_add(j, call);
	db_run(call, on_finished, j);
	finish_link(j);
}

void job_run(struct applier *p, struct job *j)
{
	owed_again(p);
	j->applier = p;
	j->retry = j->repeated = j->begun = j->waits = j->earlier = false;
	j->careful = j->single_step;
	j->created = j->updated = j->unchanged = j->stale = j->refused_42 = j->raised = 0;
	j->failed = j->set_aside;
	*j->put_off = *j->put_off_words = 0;
	j->stock = 0;
	buf_reset(&p->stock);
	j->closed_n = 0;
	j->depth = 0;
	buf_reset(&p->lost);
	buf_reset(&p->changes);
	j->next_single = j->single_step ? 0 : j->n;
	if (!j->single_step && j->n)
		j->stack[j->depth++] = (struct job_range){0, j->n};
	job_next_range(j);
}
