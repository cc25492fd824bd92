/* The closing statements of a job. */
#include "actors/handler/finish.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/bury.h"
#include "actors/handler/owed.h"
#include "actors/handler/params.h"
#include "sql_embedded.h"

static const struct db_statement finish_queue = {"apply_finish_queue", SQL_APPLY_FINISH_QUEUE};
static const struct db_statement finish_earlier = {"apply_finish_earlier", SQL_APPLY_FINISH_EARLIER};
static const struct db_statement finish_page = {"apply_finish_page", SQL_APPLY_FINISH_PAGE};
static const struct db_statement finish_record = {"apply_finish_record", SQL_APPLY_FINISH_RECORD};
static const struct db_statement finish_many = {"apply_finish_many", SQL_APPLY_FINISH_MANY};
static const struct db_statement twin = {"apply_twin", SQL_APPLY_TWIN};
static const struct db_statement begin = {"begin", "BEGIN"};
static const struct db_statement commit = {"commit", "COMMIT"}, rollback = {"rollback", "ROLLBACK"};

/* Mostly a job's own rows are all that there is to close. */
static bool has_more_to_close(const struct job *j)
{
	return j->earlier || j->careful || j->stale;
}

/* Rows that are settled, with the outcome that stands in processing_result. */
static void add_queue(struct job *j, struct db_call *call)
{
	struct applier *p = j->applier;
	struct buf *seqs = &p->docs, *outcomes = &p->marks;
	buf_reset(seqs);
	buf_reset(outcomes);
	buf_str(seqs, "{");
	buf_str(outcomes, "{");
	bool first = true;
	for (size_t i = 0; i < j->n; i++) {
		uint64_t outcome = j->outcomes[i] & (OUTCOME_AND_REFETCH - 1);
		if (outcome > OUTCOME_SUPERSEDED)
			continue;
		buf_fmt(seqs, "%s%" PRIu64, first ? "" : ",", j->seqs[i]);
		buf_fmt(outcomes, "%s%s", first ? "" : ",", outcome_names[outcome]);
		first = false;
	}
	buf_str(seqs, "}");
	buf_str(outcomes, "}");
	struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id), DB_TEXT(seqs->data),
		DB_TEXT(outcomes->data), DB_TEXT(p->worker)};
	db_add(call, has_more_to_close(j) ? &finish_earlier : &finish_queue, 4, params);
}

/* Those of its records that became dead letters; of a dry run NULL. */
static struct db_param failed(const struct job *j, struct buf *b)
{
	buf_str(b, "{");
	for (size_t i = 0; i < j->docs->n; i++) {
		bool bad = i < j->n ? (j->outcomes[i] & (OUTCOME_AND_REFETCH - 1)) == OUTCOME_DEAD_LETTER
				    : i >= j->docs->n - j->set_aside;
		if (!bad)
			continue;
		struct str id = slice_member_any(j->docs->at[i], j->applier->entity->id_path);
		buf_str(b, b->len > 1 ? "," : "");
		buf_array_item(b, id.data ? id.data : "", id.len);
	}
	buf_str(b, "}");
	return j->dry_run ? DB_NULL : DB_TEXT(b->data);
}

static void add_page(struct job *j, struct db_call *call)
{
	char t[9][24];
	struct buf stock = {0}, bad = {0};
	buf_fmt(&stock, "{%s}", j->applier->stock.len ? j->applier->stock.data : "");
	struct db_param params[] = {DB_TEXT(j->applier->actor->config.zoho_organization_id), DB_TEXT(j->run),
		DB_TEXT(param_number(t[0], j->page)), DB_TEXT(param_number(t[1], j->fence)), param_ids(j),
		DB_TEXT(param_number(t[2], j->created)), DB_TEXT(param_number(t[3], j->updated)),
		DB_TEXT(param_number(t[4], j->unchanged)), DB_TEXT(param_number(t[5], j->stale)),
		DB_TEXT(param_number(t[6], j->failed)), DB_TEXT(param_number(t[7], (uint64_t)j->sent_us)),
		DB_TEXT(param_number(t[8], j->docs->n - j->n - j->set_aside)), DB_TEXT(stock.data), failed(j, &bad),
		DB_TEXT(entity_names[j->applier->entity->id].name), DB_TEXT(j->details ? "true" : "false")};
	db_add(call, &finish_page, 16, params);
	if (!j->dry_run)
		bury_poison(j, call);
	buf_free(&stock);
	buf_free(&bad);
}

static void add_many(struct job *j, struct db_call *call)
{
	char sent[24];
	struct buf bad = {0};
	struct db_param params[] = {DB_TEXT(j->applier->actor->config.zoho_organization_id),
		DB_TEXT(entity_names[j->applier->entity->id].name), DB_TEXT(j->ids),
		DB_TEXT(param_number(sent, (uint64_t)j->sent_us)), param_ids(j), failed(j, &bad)};
	db_add(call, &finish_many, 6, params);
	buf_free(&bad);
}

static void add_record(struct job *j, struct db_call *call)
{
	char t[2][24];
	if (j->ids) {
		add_many(j, call);
		return;
	}
	uint64_t outcome = j->outcomes[0] & (OUTCOME_AND_REFETCH - 1);
	if (outcome > OUTCOME_SUPERSEDED)
		return;
	struct db_param params[] = {DB_TEXT(j->applier->actor->config.zoho_organization_id),
		DB_TEXT(entity_names[j->applier->entity->id].name), DB_TEXT(j->id), DB_TEXT(param_number(t[0], j->seq)),
		DB_TEXT(outcome_names[outcome]), DB_TEXT(param_number(t[1], (uint64_t)j->sent_us)),
		DB_TEXT(j->applier->worker)};
	db_add(call, &finish_record, 7, params);
}

static void add_lost(struct job *j, struct db_call *call)
{
	struct buf *ids = &j->applier->ids;
	buf_reset(ids);
	buf_fmt(ids, "{%s}", j->applier->lost.data);
	struct db_param params[] = {DB_TEXT(j->applier->actor->config.zoho_organization_id), DB_TEXT(ids->data),
		DB_TEXT(j->kind == JOB_PAGE ? "true" : "false"), DB_TEXT(j->applier->entity->fixed)};
	db_add(call, &entity_statements(j->applier->entity, LOOK_PLAIN)->lost, j->applier->entity->fixed ? 4 : 3,
		params);
	log_warn("rows were gone from the table and are written anew",
		LF_STR("entity", entity_names[j->applier->entity->id].name), LF_STR("ids", ids->data));
}

/* Of the losers, by how they ended at last: a range that was halved was decided more than once. */
static void count_losers(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		uint64_t outcome = j->outcomes[i] & (OUTCOME_AND_REFETCH - 1);
		j->unchanged += outcome == OUTCOME_UNCHANGED;
		j->stale +=
			outcome == OUTCOME_STALE || outcome == OUTCOME_SUPERSEDED ||
			(j->kind == JOB_PAGE && outcome == OUTCOME_REFETCH); /* of another type: its own list has it */
	}
}

/* Contacts that are of the other type now. Of pages only those can be whose rows are new here. */
static void add_twin(struct job *j, struct db_call *call)
{
	enum entity_id own = j->applier->entity->id, other = own == ENTITY_CUSTOMER ? ENTITY_VENDOR : ENTITY_CUSTOMER;
	bool queue = j->kind == JOB_QUEUE;
	if (!j->applier->entity->type_path || j->dry_run ||
		!(queue || j->created || (j->kind == JOB_RECORD && j->updated)))
		return;
	struct db_param params[] = {DB_TEXT(j->applier->actor->config.zoho_organization_id),
		DB_TEXT(entity_names[other].name), queue ? param_seqs(j) : DB_NULL, queue ? DB_NULL : param_ids(j)};
	db_add(call, &twin, 4, params);
}

void finish_add(struct job *j, struct db_call *call)
{
	static void (*const add[])(struct job *, struct db_call *) = {
		[JOB_QUEUE] = add_queue, [JOB_PAGE] = add_page, [JOB_RECORD] = add_record};
	count_losers(j);
	if (j->dry_run) { /* nothing stays but the ledger, which says what would have */
		db_add(call, &rollback, 0, NULL);
		db_add(call, &begin, 0, NULL);
	}
	add[j->kind](j, call);
	if (j->applier->lost.len)
		add_lost(j, call);
	add_twin(j, call);
	finish_tell(j, call);
	db_add(call, &commit, 0, NULL);
}

void finish_link(struct job *j)
{
	struct applier *p = j->applier;
	const struct db_statement *link = &entity_statements(p->entity, LOOK_PLAIN)->link[job_source(j)];
	if (!*link->sql || j->dry_run || !(j->created || j->waits))
		return;
	const struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id),
		j->kind == JOB_QUEUE ? param_seqs(j) : param_ids(j), DB_TEXT(p->entity->fixed)};
	owed_run(p, link, p->entity->fixed ? 3 : 2, params);
}

static void refetch(struct job *j, uint64_t seq)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->kind == JOB_QUEUE && j->seqs[i] == seq)
			j->outcomes[i] |= OUTCOME_AND_REFETCH;
}

void finish_read(struct job *j, const struct db_reply *r)
{
	for (int i = 0; i < r->n; i++) {
		const PGresult *res = r->results[i];
		if (PQnfields(res) != 2 || strcmp(PQfname(res, 0), "seq") != 0)
			continue;
		for (int row = 0; row < PQntuples(res) && j->closed_n < MESSAGE_LIST_MAX; row++) {
			j->closed[j->closed_n++] = strtoull(PQgetvalue(res, row, 0), NULL, 10);
			if (!PQgetisnull(res, row, 1))
				refetch(j, strtoull(PQgetvalue(res, row, 1), NULL, 10));
		}
	}
}
