/* Generates `link`: own ids of records that refer to each other, set after the commit. */
#include "actors/handler/statement_parts.h"
#include <string.h>

/* The column that holds the Zoho id which the link field `f` resolves. */
static const char *id_column(const struct field *fields, const struct field *f)
{
	for (const struct field *g = fields; g->path; g++)
		if (g->rule == RULE_ID && !strcmp(g->path, f->path))
			return g->column;
	return "";
}

static void link_fields(struct buf *b, const struct entity *e, int *n)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_LINK)
			buf_fmt(b,
				", link%d AS (UPDATE %s t SET %s = k.id FROM ids, %s k WHERE t.organization_id = $1 "
				"AND t.%s = ids.id"
				" AND t.%s IS NULL AND k.organization_id = $1 AND k.%s = t.%s)",
				(*n)++, e->table, f->column, f->link->table, e->key, f->column, f->link->key,
				id_column(e->fields, f));
	for (const struct field *f = e->lines ? e->lines->fields : NULL; f && f->path; f++)
		if (f->rule == RULE_LINK)
			buf_fmt(b,
				", link%d AS (UPDATE %s l SET %s = k.id FROM ids, %s t, %s k WHERE t.organization_id = "
				"$1"
				" AND t.%s = ids.id AND l.%s = t.id AND l.%s IS NULL AND k.organization_id = $1 AND "
				"k.%s = l.%s)",
				(*n)++, e->lines->table, f->column, e->table, f->link->table, e->key,
				e->lines->parent_column, f->column, f->link->key, id_column(e->lines->fields, f));
}

/* Links what refers to each other, in a transaction of its own after the commit: of two writers that didn't see each
 * other's rows the later one does. */
char *statement_link(const struct entity *e, enum source from)
{
	struct buf b = {0};
	int n = 0;
	buf_str(&b, from == SOURCE_QUEUE ? "WITH ids AS (SELECT source_entity_id AS id FROM tds_sync_queue WHERE seq = "
					   "ANY($2::bigint[]))"
					 : "WITH ids AS (SELECT unnest($2::text[]) AS id)");
	link_fields(&b, e, &n);
	for (const struct backlink *k = e->backlinks; k && k->table; k++)
		buf_fmt(&b,
			", link%d AS (UPDATE %s t SET %s = k.id FROM ids, %s k WHERE k.organization_id = $1 AND k.%s = "
			"ids.id"
			" AND t.organization_id = $1 AND t.%s = ids.id AND t.%s IS NULL)",
			n++, k->table, k->column, e->table, e->key, k->key, k->column);
	buf_str(&b, " SELECT $1::text LIMIT 0");
	if (!n)
		buf_reset(&b);
	return b.data;
}
