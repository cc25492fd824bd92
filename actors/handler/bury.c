#include "actors/handler/bury.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/diagnose.h"
#include "actors/handler/intake.h"
#include "actors/handler/params.h"
#include "actors/http_ingest/json.h"
#include "sql_embedded.h"

static const struct db_statement dead_queue = {"apply_dead_letter_queue", SQL_APPLY_DEAD_LETTER_QUEUE};
static const struct db_statement payload = {"apply_payload", SQL_APPLY_PAYLOAD};
static const struct db_statement dead_doc = {"apply_dead_letter_doc", SQL_APPLY_DEAD_LETTER_DOC};
static const struct db_statement skip = {"apply_skip", SQL_APPLY_SKIP};
static const char poison_words[] = "its actor died with this record in hand again and again";

/* Without its schema, and quoted only where it must be. */
static bool is_table_of_lines(const struct entity *e, const char *table)
{
	const char *own = e->lines ? strrchr(e->lines->table, '.') : NULL;
	own = own ? own + 1 : e->lines ? e->lines->table : "";
	size_t quote = *own == '"', n = strlen(own);
	return n == strlen(table) + 2 * quote && !strncmp(own + quote, table, n - 2 * quote);
}

/* What no jsonb can hold, which PostgreSQL tells without a field's name. */
static void unstorable(struct str record, struct buf *why, struct buf *field)
{
	struct http_arena arena = {0};
	const char *said = json_unstorable(record, &arena), *colon = said ? strchr(said, ':') : NULL;
	buf_str(why, said ? said : "");
	if (colon)
		buf_add(field, said + strlen("field "), (size_t)(colon - said) - strlen("field "));
	http_arena_free(&arena);
}

/* "field rate: "abc" is not a number" where it can be told, else PostgreSQL's words with the column's name. */
static void reason(struct job *j, struct str record, struct buf *why, struct buf *field)
{
	if (record.data)
		diagnose(j->applier->entity, j->kind == JOB_QUEUE, record, j->error, why, field);
	if (record.data && !why->len)
		unstorable(record, why, field);
	if (why->len)
		return;
	if (strstr(j->error, LEFT_OUT)) {
		buf_str(why, LEFT_OUT);
		return;
	}
	if (*j->table && is_table_of_lines(j->applier->entity, j->table)) {
		const char *path = j->applier->entity->lines->path;
		buf_add(field, path, strcspn(path, "|"));
		buf_fmt(why, "field %s: ", field->data);
	} else if (*j->column) {
		buf_fmt(why, "column %s: ", j->column);
		buf_str(field, j->column);
	}
	buf_str(why, j->error);
}

void bury_payload(struct job *j, size_t i, struct db_call *call)
{
	char t[24];
	struct db_param params[] = {
		DB_TEXT(j->applier->actor->config.zoho_organization_id), DB_TEXT(param_number(t, j->seqs[i]))};
	db_add(call, &payload, 2, params);
}

void bury_record(struct job *j, size_t i, struct str record, struct db_call *call)
{
	struct applier *p = j->applier;
	const char *organization = p->actor->config.zoho_organization_id;
	struct buf why = {0}, id = {0}, field = {0};
	char t[2][24];
	reason(j, record, &why, &field);
	if (j->kind == JOB_QUEUE || j->seq) {
		struct db_param params[] = {DB_TEXT(organization),
			DB_TEXT(param_number(t[0], j->kind == JOB_QUEUE ? j->seqs[i] : j->seq)), DB_TEXT(why.data),
			DB_TEXT(j->sqlstate), DB_TEXT(j->error), DB_TEXT(p->worker), DB_NULL, DB_TEXT(field.data)};
		db_add(call, &dead_queue, 8, params);
	} else {
		struct str key = slice_member_any(record, p->entity->id_path);
		buf_add(&id, key.data ? key.data : "", key.len);
		struct db_param params[] = {DB_TEXT(organization), DB_TEXT(entity_names[p->entity->id].name),
			DB_TEXT(id.data), DB_TEXT(why.data), DB_TEXT(j->sqlstate), DB_TEXT(j->error),
			DB_TEXT(p->worker), *j->run ? DB_TEXT(j->run) : DB_NULL,
			j->page ? DB_TEXT(param_number(t[1], j->page)) : DB_NULL, DB_BYTES(record.data, record.len),
			DB_NULL, DB_TEXT(field.data)};
		db_add(call, &dead_doc, 12, params);
	}
	buf_free(&why);
	buf_free(&id);
	buf_free(&field);
}

void bury_poison(struct job *j, struct db_call *call)
{
	struct applier *p = j->applier;
	char page[24];
	for (size_t i = j->docs->n - j->set_aside; i < j->docs->n; i++) {
		struct str record = j->docs->at[i];
		const struct boot_skip *poison = poison_of(p, record);
		const struct db_param params[] = {DB_TEXT(p->actor->config.zoho_organization_id),
			DB_TEXT(entity_names[p->entity->id].name), DB_TEXT(poison->id), DB_TEXT(poison_words),
			DB_TEXT("poison"), DB_TEXT(poison->obituary), DB_TEXT(p->worker), DB_TEXT(j->run),
			DB_TEXT(param_number(page, j->page)), DB_BYTES(record.data, record.len),
			DB_TEXT(poison->obituary), DB_NULL};
		db_add(call, &dead_doc, 12, params);
	}
}

void apply_skip(struct applier *p, const struct boot_skip *s, db_done done, void *ctx)
{
	db_query(p->db, &skip, done, ctx, 6, p->actor->config.zoho_organization_id, s->entity, s->id, poison_words,
		s->obituary, p->worker);
}
