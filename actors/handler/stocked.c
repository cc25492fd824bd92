/* Owns the choice of stocked.h. */
#include "actors/handler/stocked.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/params.h"

/* Where a record says how much there is. */
static const char *path_of_stock(const struct entity *e)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (!strcmp(f->column, e->stock[0]))
			return f->path;
	return "";
}

/* 0, 0.000000, "", absent; null is none, either. */
static bool is_none(struct str quantity)
{
	bool none = true;
	for (size_t i = 0; i < quantity.len; i++)
		none = none && strchr("+-0.", quantity.data[i]);
	return none || str_eq(quantity, "null");
}

static bool is_kept(const PGresult *kept, struct str id)
{
	for (int row = 0; row < PQntuples(kept); row++)
		if (str_eq(id, PQgetvalue(kept, row, 0)))
			return true;
	return false;
}

/* Puts what is to be applied to the front of the page. */
static void choose(struct job *j, const PGresult *kept)
{
	const struct entity *e = j->applier->entity;
	const char *path = path_of_stock(e);
	struct slices *docs = j->docs;
	size_t all = j->n;
	j->n = 0;
	for (size_t i = 0; i < all; i++) {
		struct str doc = docs->at[i];
		if (is_none(slice_member_any(doc, path)) && !is_kept(kept, slice_member_any(doc, e->id_path)))
			continue;
		docs->at[i] = docs->at[j->n];
		docs->at[j->n++] = doc;
	}
}

static void on_kept(void *ctx, const struct db_reply *r)
{
	struct job *j = ctx;
	if (r->failure == DB_OK) {
		choose(j, r->results[0]);
		job_run(j->applier, j);
		return;
	}
	j->retry = true;
	snprintf(j->sqlstate, sizeof j->sqlstate, "%s", r->sqlstate);
	snprintf(j->error, sizeof j->error, "%s", r->message);
	j->done(j->ctx, j);
}

void stocked_run(struct applier *p, struct job *j)
{
	j->applier = p;
	j->page_text = NULL; /* records change places */
	struct db_call *call = db_begin(p->db);
	const struct db_param params[] = {
		DB_TEXT(p->actor->config.zoho_organization_id), param_ids(j), DB_TEXT(p->entity->fixed)};
	db_add(call, &entity_statements(p->entity, LOOK_PLAIN)->kept, p->entity->fixed ? 3 : 2, params);
	db_run(call, on_kept, j);
}
