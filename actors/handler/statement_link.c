/* Generates `link` and `lost`: own ids of records that refer to each other, set after the commit in a transaction of its own, so
 * that of two writers that didn't see each other's rows the later one does it. No joins: each row is found by its key.
 */
#include "actors/handler/statement_parts.h"
#include <string.h>

/* The field that holds the Zoho id which the link field `f` resolves; NULL where that is not kept. */
static const struct field *id_field(const struct field *fields, const struct field *f)
{
	for (const struct field *g = fields; g->path; g++)
		if (g->rule == RULE_ID && !strcmp(g->path, f->path))
			return g;
	return NULL;
}

struct waits { /* rows of `table` whose `column` waits for the row of `to` whose key is what `zoho_id` says */
	const char *table, *column, *zoho_id;
	const struct column *column_type, *zoho_type;
	struct link to;
	const struct shape *to_shape;
};

/* The own id that they wait for. */
static void own_id(struct buf *b, const struct waits *w)
{
	struct buf zoho_id = {0};
	bool text = !w->zoho_type || w->zoho_type->family == FAMILY_TEXT;
	buf_fmt(&zoho_id, "t.%s%s", w->zoho_id, text ? "" : "::text");
	buf_fmt(b, "(SELECT k.%s FROM %s k WHERE ", statement_id(w->to_shape), w->to.table);
	statement_scope(b, w->to_shape, "k");
	buf_fmt(b, " AND k.%s = ", w->to.key);
	statement_key(b, w->to_shape ? w->to_shape->key : NULL, zoho_id.data, false);
	buf_str(b, ")");
	statement_cast(b, w->column_type);
	buf_free(&zoho_id);
}

/* Rows of a table whose record came after them, whoever missed it. Rows that somebody is at are left alone: he sets the link
 * himself. `id` tells one row from the next; where it is "" the place does, in a partition each. */
static char *late_rows(const struct entity *e, const struct waits *w, const struct shape *shape, const char *id)
{
	struct buf b = {0}, zoho_id = {0};
	bool text = !w->zoho_type || w->zoho_type->family == FAMILY_TEXT;
	buf_fmt(&zoho_id, "t.%s%s", w->zoho_id, text ? "" : "::text");
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 3);
	buf_fmt(&b, "late AS (SELECT t.%s AS at%s, k.%s AS id FROM %s t JOIN %s k ON ", *id ? id : "ctid",
		*id ? "" : ", t.tableoid AS part", statement_id(w->to_shape), w->table, w->to.table);
	statement_scope(&b, w->to_shape, "k");
	buf_fmt(&b, " AND k.%s = ", w->to.key);
	statement_key(&b, w->to_shape ? w->to_shape->key : NULL, zoho_id.data, false);
	buf_str(&b, " WHERE $1::text IS NOT NULL AND ");
	statement_scope(&b, shape, "t");
	buf_fmt(&b,
		" AND t.%s IS NULL LIMIT $2::int FOR UPDATE OF t SKIP LOCKED), linked AS (UPDATE %s t SET %s = late.id",
		w->column, w->table, w->column);
	statement_cast(&b, w->column_type);
	buf_fmt(&b, " FROM late WHERE t.%s = late.at%s RETURNING 1) SELECT count(*) FROM linked", *id ? id : "ctid",
		*id ? "" : " AND t.tableoid = late.part");
	buf_free(&zoho_id);
	return b.data;
}

/* One UPDATE: `column` of the rows that `which` finds becomes that id, once it is there. */
static void link_rows(struct buf *b, int n, const struct waits *w, const char *which)
{
	struct buf own = {0};
	own_id(&own, w);
	buf_fmt(b, ", link%d AS (UPDATE %s t SET %s = %s WHERE %s AND t.%s IS NULL AND %s IS NOT NULL)", n, w->table,
		w->column, own.data, which, w->column, own.data);
	buf_free(&own);
}

/* "alias.column = ANY (the records)" */
static void one_of_ids(
	struct buf *b, const struct shape *s, const char *alias, const char *column, const struct column *type)
{
	statement_scope(b, s, alias);
	buf_fmt(b, " AND %s.%s = ANY (ARRAY(SELECT ", alias, column);
	statement_key(b, type, "id", true);
	buf_str(b, " FROM ids))");
}

/* What a field of a table waits for; false: it refers to nothing, or keeps no Zoho id to find it by. */
static bool waits_for(struct waits *w, const char *table, const struct field *fields, const struct field *f)
{
	const struct field *id = f->rule == RULE_LINK ? id_field(fields, f) : NULL;
	if (id)
		*w = (struct waits){.table = table,
			.column = f->column,
			.zoho_id = id->column,
			.column_type = f->type,
			.zoho_type = id->type,
			.to = *f->link,
			.to_shape = f->to};
	return id;
}

/* All that these fields refer to, in one UPDATE: of two that meet a row in one statement PostgreSQL does one only
 * (documentation, "Data-Modifying Statements in WITH"). num_nulls: for IS NULL PostgreSQL may take the index of the rows that wait
 * (while its statistics are older than a first load, it does), and read all of those for every page. */
static void link_fields(struct buf *b, int *n, const char *table, const struct field *fields, const char *which)
{
	struct buf set = {0}, where = {0}, own = {0};
	struct waits w;
	for (const struct field *f = fields; f->path; f++) {
		if (!waits_for(&w, table, fields, f))
			continue;
		buf_reset(&own);
		own_id(&own, &w);
		buf_fmt(&set, "%s%s = coalesce(t.%s, %s)", set.len ? ", " : "", f->column, f->column, own.data);
		buf_fmt(&where, "%s(num_nulls(t.%s) = 1 AND %s IS NOT NULL)", where.len ? " OR " : "", f->column,
			own.data);
	}
	if (set.len)
		buf_fmt(b, ", link%d AS (UPDATE %s t SET %s WHERE %s AND (%s))", (*n)++, table, set.data, which,
			where.data);
	buf_free(&set);
	buf_free(&where);
	buf_free(&own);
}

char *statement_late(const struct entity *e, bool lines, const struct field *f)
{
	const struct shape *shape = lines ? e->lines->shape : e->shape;
	struct waits w;
	if (!waits_for(&w, lines ? e->lines->table : e->table, lines ? e->lines->fields : e->fields, f))
		return NULL;
	if (lines && shape && shape->view) /* nothing tells its rows apart */
		return NULL;
	return late_rows(e, &w, shape, lines ? "" : statement_id(e->shape));
}

/* own: the records' own ids, each looked up by its key (OFFSET 0 keeps that apart): of a table that was small when PostgreSQL last
 * looked, it would read all rows of the organisation rather than some by their keys. */
static void own_ids(struct buf *b, const struct entity *e)
{
	buf_fmt(b, ", own AS MATERIALIZED (SELECT r.id FROM ids CROSS JOIN LATERAL (SELECT o.%s AS id FROM %s o WHERE ",
		statement_id(e->shape), e->table);
	statement_row_of(b, e, "o", "ids.id");
	buf_str(b, " OFFSET 0) r)");
}

static void link_own(struct buf *b, const struct entity *e, int *n)
{
	struct buf which = {0};
	buf_fmt(&which, "t.%s = ANY (ARRAY(SELECT id FROM own))", statement_id(e->shape));
	link_fields(b, n, e->table, e->fields, which.data);
	buf_free(&which);
}

static void link_lines(struct buf *b, const struct entity *e, int *n)
{
	const struct lines *l = e->lines;
	struct buf which = {0};
	if (l->parent_column) {
		buf_fmt(&which, "t.%s = ANY (ARRAY(SELECT id", l->parent_column);
		statement_cast(&which, l->parent);
		buf_str(&which, " FROM own))");
	} else {
		one_of_ids(&which, l->shape, "t", l->parent_key, l->zoho);
	}
	link_fields(b, n, l->table, l->fields, which.data);
	buf_free(&which);
}

static void link_other(struct buf *b, const struct entity *e, int n, const struct unlinked *u)
{
	struct buf which = {0};
	one_of_ids(&which, u->shape, "t", u->key, u->key_type);
	link_rows(b, n,
		&(struct waits){.table = u->table,
			.column = u->column,
			.zoho_id = u->key,
			.column_type = u->type,
			.zoho_type = u->key_type,
			.to = {e->table, e->key},
			.to_shape = e->shape},
		which.data);
	buf_free(&which);
}

/* Rows of others that waited for these records. */
static void link_others(struct buf *b, const struct entity *e, int *n)
{
	for (const struct unlinked *u = e->unlinked; u && u->table; u++)
		link_other(b, e, (*n)++, u);
	for (const struct backlink *k = e->unlinked ? NULL : e->backlinks; k && k->table; k++)
		link_other(b, e, (*n)++, &(struct unlinked){.table = k->table, .key = k->key, .column = k->column});
}

/* Of fields that hold a Zoho id and the own id that it stands for, the first alone. */
static void unresolved(struct buf *b, const struct field *fields)
{
	int i = 0;
	for (const struct field *f = fields, *id; f->path; f++, i++)
		if (f->rule == RULE_LINK && (id = id_field(fields, f)))
			buf_fmt(b, "%sv.v%d IS NOT NULL AND v.v%d IS NULL", b->len ? " OR " : "", (int)(id - fields),
				i);
}

static bool refers(const struct field *fields)
{
	for (const struct field *f = fields; f->path; f++)
		if (f->rule == RULE_LINK && id_field(fields, f))
			return true;
	return false;
}

void statement_waits(struct buf *b, const struct entity *e, enum source from)
{
	const struct lines *lines = statement_lines_from(e, from);
	struct buf own = {0};
	unresolved(&own, e->fields);
	if (own.len)
		buf_fmt(b, "EXISTS (SELECT FROM val v WHERE %s)", own.data);
	if (lines && refers(lines->fields))
		buf_fmt(b, "%sEXISTS (SELECT FROM lin)", own.len ? " OR " : "");
	else if (!own.len)
		buf_str(b, "false");
	buf_free(&own);
}

char *statement_link(const struct entity *e, enum source from)
{
	struct buf b = {0};
	int n = 0;
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 3);
	buf_str(&b, from == SOURCE_QUEUE ? "ids AS MATERIALIZED (SELECT source_entity_id AS id FROM tds_sync_queue"
					   " WHERE seq = ANY ($2::bigint[]))"
					 : "ids AS MATERIALIZED (SELECT unnest($2::text[]) AS id)");
	own_ids(&b, e);
	link_own(&b, e, &n);
	if (statement_lines_from(e, from))
		link_lines(&b, e, &n);
	link_others(&b, e, &n);
	buf_str(&b, " SELECT $1::text LIMIT 0");
	if (!n)
		buf_reset(&b);
	return b.data;
}

/* Rows of others get the own id that the record's row has now. */
static void relink(struct buf *b, int n, const struct unlinked *u)
{
	struct buf own = {0};
	buf_str(&own, "i.own");
	statement_cast(&own, u->type);
	buf_fmt(b, ", link%d AS (UPDATE %s t SET %s = %s FROM ids i WHERE ", n, u->table, u->column, own.data);
	statement_scope(b, u->shape, "t");
	buf_fmt(b, " AND t.%s = ", u->key);
	statement_key(b, u->key_type, "i.id", true);
	buf_fmt(b, " AND t.%s IS DISTINCT FROM %s)", u->column, own.data);
	buf_free(&own);
}

static void rows_of_ids(struct buf *b, const struct entity *e)
{
	buf_fmt(b, "ids AS MATERIALIZED (SELECT o.%s AS own, o.%s%s AS id FROM %s o WHERE ", statement_id(e->shape),
		e->key, e->shape ? "::text" : "", e->table);
	statement_scope(b, e->shape, "o");
	buf_fmt(b, " AND o.%s = ANY ($2::text[]", e->key);
	if (e->shape)
		buf_fmt(b, "::%s[]", e->shape->key->type);
	buf_str(b, "))");
}

char *statement_lost(const struct entity *e)
{
	struct buf b = {0};
	int n = 0;
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 4);
	rows_of_ids(&b, e);
	buf_fmt(&b,
		", want AS (UPDATE tds_entity_state s SET detail_wanted = true WHERE %s AND s.organization_id = $1 AND s.entity_type = '%s'"
		" AND s.source_entity_id = ANY ($2::text[]) AND ($3::boolean OR s.detail_hash IS NULL))",
		e->details ? "true" : "false", entity_names[e->id].name);
	for (const struct unlinked *u = e->unlinked; u && u->table; u++)
		relink(&b, n++, u);
	for (const struct backlink *k = e->unlinked ? NULL : e->backlinks; k && k->table; k++)
		relink(&b, n++, &(struct unlinked){.table = k->table, .key = k->key, .column = k->column});
	buf_str(&b, " SELECT $1::text LIMIT 0");
	return b.data;
}
