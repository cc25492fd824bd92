/* What a job leaves for people to read beside the rows themselves: differences that a drift scan or a dry run found, old and new
 * values where changes are audited, and why rows of a page were ignored. */
#include <inttypes.h>
#include <stdio.h>
#include "actors/handler/finish.h"
#include "sql_embedded.h"

static const struct db_statement differences = {"apply_differences", SQL_APPLY_DIFFERENCES};
static const struct db_statement audit = {"apply_audit", SQL_APPLY_AUDIT};
static const struct db_statement stale = {"apply_log_stale", SQL_APPLY_LOG_STALE};

static struct db_param run_of(const struct job *j)
{
	return *j->run ? DB_TEXT(j->run) : DB_NULL;
}

static struct db_param page_of(const struct job *j, char to[24])
{
	snprintf(to, 24, "%" PRIu64, j->page);
	return j->page ? DB_TEXT(to) : DB_NULL;
}

/* The lists that the job's ranges brought, as one. */
static struct db_param all_changes(struct job *j)
{
	struct buf *b = &j->applier->docs;
	buf_reset(b);
	buf_fmt(b, "[%s]", j->applier->changes.data);
	return DB_TEXT(b->data);
}

static void tell_changes(struct job *j, struct db_call *call)
{
	const struct applier *p = j->applier;
	char page[24];
	struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id),
		DB_TEXT(entity_names[p->entity->id].name), all_changes(j), run_of(j), page_of(j, page),
		DB_TEXT(p->worker), DB_TEXT(j->dry_run ? "dry_run" : "verify")};
	if (j->kind == JOB_PAGE && (j->dry_run || j->look == LOOK_VERIFYING))
		db_add(call, &differences, 7, params);
	if (p->actor->config.audit_records && !j->dry_run)
		db_add(call, &audit, 6, params);
}

/* Ids and versions of the page's rows that lost to something newer. */
static void tell_stale(struct job *j, struct db_call *call)
{
	struct applier *p = j->applier;
	struct buf *ids = &p->ids, *versions = &p->marks;
	char page[24];
	buf_reset(ids);
	buf_reset(versions);
	for (size_t i = 0; i < j->n; i++) {
		if ((j->outcomes[i] & (OUTCOME_AND_REFETCH - 1)) != OUTCOME_STALE)
			continue;
		struct str id = slice_member_any(j->docs->at[i], p->entity->id_path);
		struct str version = slice_member_any(j->docs->at[i], p->entity->version_path);
		buf_str(ids, ids->len ? "," : "{");
		buf_str(versions, versions->len ? "," : "{");
		buf_array_item(ids, id.data ? id.data : "", id.len);
		buf_array_item(versions, version.data ? version.data : "", version.len);
	}
	if (!ids->len)
		return;
	buf_str(ids, "}");
	buf_str(versions, "}");
	struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id),
		DB_TEXT(entity_names[p->entity->id].name), DB_TEXT(ids->data), DB_TEXT(versions->data), run_of(j),
		page_of(j, page), DB_TEXT(p->worker)};
	db_add(call, &stale, 7, params);
}

void finish_tell(struct job *j, struct db_call *call)
{
	if (j->applier->changes.len)
		tell_changes(j, call);
	if (j->kind == JOB_PAGE && j->stale && !j->dry_run)
		tell_stale(j, call);
}
