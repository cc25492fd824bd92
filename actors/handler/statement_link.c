/* Generates `link` and `lost`: own ids of records that refer to each other, set after the commit in a transaction of its own, so
 * that of two writers that didn't see each other's rows the later one does it. No joins: each row is found by its key.
 */
#include "actors/handler/statement_parts.h"
#include <stdio.h>
#include <string.h>

/* The column that holds the Zoho id which the link field `f` resolves. */
static const char *id_column(const struct field *fields, const struct field *f)
{
	for (const struct field *g = fields; g->path; g++)
		if (g->rule == RULE_ID && !strcmp(g->path, f->path))
			return g->column;
	return "";
}

/* The own id of `to`'s row, once that is there. */
static void own_id(struct buf *b, const struct link *to, const char *zoho_id)
{
	buf_fmt(b, "(SELECT k.id FROM %s k WHERE k.organization_id = $1 AND k.%s = t.%s)", to->table, to->key, zoho_id);
}

/* One UPDATE: `column` of the rows of `table` that `which` finds becomes the id of `to`'s row, once that is there. */
static void link_rows(struct buf *b, int n, const char *table, const char *column, const struct link *to,
	const char *zoho_id, const char *which)
{
	struct buf own = {0};
	own_id(&own, to, zoho_id);
	buf_fmt(b, ", link%d AS (UPDATE %s t SET %s = %s WHERE %s AND t.%s IS NULL AND %s IS NOT NULL)", n, table,
		column, own.data, which, column, own.data);
	buf_free(&own);
}

/* All that these fields refer to, in one UPDATE: of two that meet a row in one statement PostgreSQL does one only
 * (documentation, "Data-Modifying Statements in WITH"). */
static void link_fields(struct buf *b, int *n, const char *table, const struct field *fields, const char *which)
{
	struct buf set = {0}, where = {0}, own = {0};
	for (const struct field *f = fields; f->path; f++) {
		if (f->rule != RULE_LINK)
			continue;
		buf_reset(&own);
		own_id(&own, f->link, id_column(fields, f));
		buf_fmt(&set, "%s%s = coalesce(t.%s, %s)", set.len ? ", " : "", f->column, f->column, own.data);
		buf_fmt(&where, "%s(t.%s IS NULL AND %s IS NOT NULL)", where.len ? " OR " : "", f->column, own.data);
	}
	if (set.len)
		buf_fmt(b, ", link%d AS (UPDATE %s t SET %s WHERE %s AND (%s))", (*n)++, table, set.data, which,
			where.data);
	buf_free(&set);
	buf_free(&where);
	buf_free(&own);
}

static void link_own(struct buf *b, const struct entity *e, int *n)
{
	char which[160];
	snprintf(which, sizeof which, "t.organization_id = $1 AND t.%s = ANY (ARRAY(SELECT id FROM ids))", e->key);
	link_fields(b, n, e->table, e->fields, which);
}

static void link_lines(struct buf *b, const struct entity *e, int *n)
{
	struct buf which = {0};
	buf_fmt(&which,
		"t.%s = ANY (ARRAY(SELECT o.id FROM %s o WHERE o.organization_id = $1"
		" AND o.%s = ANY (ARRAY(SELECT id FROM ids))))",
		e->lines->parent_column, e->table, e->key);
	link_fields(b, n, e->lines->table, e->lines->fields, which.data);
	buf_free(&which);
}

/* Rows of others that waited for these records. */
static void link_others(struct buf *b, const struct entity *e, int *n)
{
	const struct link to = {e->table, e->key};
	char which[160];
	for (const struct backlink *k = e->backlinks; k && k->table; k++) {
		snprintf(which, sizeof which, "t.organization_id = $1 AND t.%s = ANY (ARRAY(SELECT id FROM ids))",
			k->key);
		link_rows(b, (*n)++, k->table, k->column, &to, k->key, which);
	}
}

char *statement_link(const struct entity *e, enum source from)
{
	struct buf b = {0};
	int n = 0;
	buf_str(&b, from == SOURCE_QUEUE ? "WITH ids AS MATERIALIZED (SELECT source_entity_id AS id FROM tds_sync_queue"
					   " WHERE seq = ANY ($2::bigint[]))"
					 : "WITH ids AS MATERIALIZED (SELECT unnest($2::text[]) AS id)");
	link_own(&b, e, &n);
	if (e->lines)
		link_lines(&b, e, &n);
	link_others(&b, e, &n);
	buf_str(&b, " SELECT $1::text LIMIT 0");
	if (!n)
		buf_reset(&b);
	return b.data;
}

char *statement_lost(const struct entity *e)
{
	struct buf b = {0};
	int n = 0;
	buf_fmt(&b,
		"WITH ids AS MATERIALIZED (SELECT o.id AS own, o.%2$s AS id FROM %1$s o WHERE o.organization_id = $1 AND o.%2$s = ANY ($2::text[]))"
		", want AS (UPDATE tds_entity_state s SET detail_wanted = true WHERE %3$s AND s.organization_id = $1 AND s.entity_type = '%4$s'"
		" AND s.source_entity_id = ANY ($2::text[]) AND ($3::boolean OR s.detail_hash IS NULL))",
		e->table, e->key, e->details ? "true" : "false", entity_names[e->id].name);
	for (const struct backlink *k = e->backlinks; k && k->table; k++)
		buf_fmt(&b,
			", link%1$d AS (UPDATE %2$s t SET %4$s = i.own FROM ids i WHERE t.organization_id = $1 AND t.%3$s = i.id"
			" AND t.%4$s IS DISTINCT FROM i.own)",
			n++, k->table, k->key, k->column);
	buf_str(&b, " SELECT $1::text LIMIT 0");
	return b.data;
}
