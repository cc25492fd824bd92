/* Generates `write`: update, insert, lines and log of the winners, with a fresh snapshot; and `apply`, which decides and
 * writes in one go. */
#include "actors/handler/statement_parts.h"

/* val: every field's value (v0, v1 …), and own, the id of the row that the record has already. */
static void values(struct buf *b, const struct entity *e, const char *from)
{
	int i = 0;
	buf_str(b, ", val AS MATERIALIZED (SELECT x.*");
	if (e->lines) {
		buf_str(b, ", NOT x.del AND NOT x.list AND jsonb_typeof("); /* a list's row never touches lines */
		statement_path(b, "x.doc", e->lines->path, true);
		buf_str(b, ") = 'array' AS has_lines");
	}
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_str(b, ", ");
		statement_value(b, "x.doc", f);
		buf_fmt(b, " AS v%d", i);
	}
	buf_fmt(b,
		", r.id AS own FROM %s LEFT JOIN LATERAL (SELECT t.id FROM %s t WHERE t.organization_id = $1"
		" AND t.%s = x.id OFFSET 0) r ON true)",
		from, e->table, e->key);
}

bool statement_has_active(const struct entity *e)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_ACTIVE)
			return true;
	return false;
}

/* What the column becomes: what the record says, which may be that it is unset; what was, where it says nothing. A value there
 * is says that the record carries it: only for the others that has to be looked up. */
void statement_becomes(struct buf *b, const struct field *f, int i)
{
	if (f->rule == RULE_ACTIVE) {
		buf_fmt(b, "NOT v.del AND coalesce(v.v%d, t.%s)", i, f->column);
	} else if (f->rule == RULE_WHOLE) {
		buf_fmt(b, "CASE WHEN v.whole THEN v.v%d ELSE t.%s END", i, f->column);
	} else {
		buf_fmt(b, "CASE WHEN v.del THEN t.%s WHEN v.v%d IS NOT NULL THEN v.v%d WHEN ", f->column, i, i);
		statement_present(b, "v.doc", f->path);
		buf_fmt(b, " THEN NULL ELSE t.%s END", f->column);
	}
}

static void update(struct buf *b, const struct entity *e)
{
	int i = 0;
	buf_fmt(b, ", upd AS (UPDATE %s t SET %s", e->table, statement_has_active(e) ? "" : "is_active = NOT v.del, ");
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_fmt(b, "%s = ", f->column);
		statement_becomes(b, f, i);
		buf_str(b, ", ");
	}
	buf_fmt(b,
		"deleted_at = CASE WHEN v.del THEN v.obs END, zoho_last_modified = coalesce(v.lm, t.zoho_last_modified),"
		" last_synced = now(), updated_at = now() FROM val v WHERE t.id = ANY (ARRAY(SELECT own FROM val))"
		" AND t.id = v.own AND (v.del OR t.deleted_at IS NOT NULL OR v.lm IS DISTINCT FROM t.zoho_last_modified");
	i = 0;
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_str(b, " OR (");
		statement_becomes(b, f, i);
		buf_fmt(b, ") IS DISTINCT FROM t.%s", f->column);
	}
	buf_str(b, ") RETURNING t.id AS own, v.id, v.queue_id, v.run_id, v.attempt, v.del)");
}

static void insert(struct buf *b, const struct entity *e)
{
	int i = 0;
	buf_fmt(b, ", ins AS (INSERT INTO %s (organization_id, %s", e->table, e->key);
	for (const struct field *f = e->fields; f->path; f++)
		buf_fmt(b, ", %s", f->column);
	buf_str(b, ", zoho_last_modified, last_synced) SELECT $1, v.id");
	for (const struct field *f = e->fields; f->path; f++, i++)
		buf_fmt(b, f->rule == RULE_ACTIVE ? ", coalesce(v.v%d, true)" : ", v.v%d", i);
	/* heads: own id of every record written or already there. */
	buf_fmt(b,
		", v.lm, now() FROM val v WHERE NOT v.del AND v.own IS NULL RETURNING id AS own, %s AS id)"
		", heads AS (SELECT own, id FROM ins UNION ALL SELECT v.own, v.id FROM val v WHERE v.own IS NOT NULL)",
		e->key);
}

/* e(line, n): the lines of v, a line with a nested array once for each of its elements. */
void statement_elements(struct buf *b, const struct lines *l)
{
	struct buf list = {0};
	buf_str(&list, "jsonb_array_elements(CASE WHEN v.has_lines THEN ");
	statement_path(&list, "v.doc", l->path, true);
	buf_str(&list, " ELSE '[]' END) WITH ORDINALITY AS ");
	if (l->nested)
		buf_fmt(b,
			"(SELECT o.line || i.line AS line, row_number() OVER (ORDER BY o.n, i.n) AS n FROM %1$s o(line, n) CROSS JOIN"
			" LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(o.line->'%2$s') = 'array' AND o.line->'%2$s' <> '[]'"
			" THEN o.line->'%2$s' ELSE '[{}]' END) WITH ORDINALITY AS i(line, n)) e",
			list.data, l->nested);
	else
		buf_fmt(b, "%s e(line, n)", list.data);
	buf_free(&list);
}

void statement_line_value(struct buf *b, const struct field *f)
{
	struct field of_record = *f;
	of_record.path++;
	if (f->unset)
		buf_str(b, "coalesce(");
	if (*f->path == '^')
		statement_value(b, "v.doc", &of_record);
	else
		statement_value(b, "e.line", f);
	if (f->unset)
		buf_fmt(b, ", %s)", f->unset);
}

/* Counting `del` first makes the old lines go before the new ones come. */
static void lines(struct buf *b, const struct lines *l)
{
	buf_fmt(b,
		", del AS (DELETE FROM %s l WHERE l.%s = ANY (ARRAY(SELECT v.own FROM val v WHERE v.has_lines))"
		" RETURNING 1), lin AS (INSERT INTO %s (organization_id, %s, %s",
		l->table, l->parent_column, l->table, l->parent_key, l->parent_column);
	if (l->order_column)
		buf_fmt(b, ", %s", l->order_column);
	for (const struct field *f = l->fields; f->path; f++)
		buf_fmt(b, ", %s", f->column);
	buf_fmt(b, ") SELECT $1, v.id, h.own%s", l->order_column ? ", e.n" : "");
	for (const struct field *f = l->fields; f->path; f++) {
		buf_str(b, ", ");
		statement_line_value(b, f);
	}
	buf_str(b,
		" FROM val v JOIN heads h ON h.id = v.id CROSS JOIN (SELECT count(*) AS n FROM del) gate CROSS JOIN LATERAL ");
	statement_elements(b, l);
	buf_str(b, " WHERE v.has_lines AND gate.n >= 0 RETURNING 1)");
}

/* One row per record that was written. */
static void log_rows(struct buf *b, const struct entity *e, const char *worker)
{
	buf_fmt(b,
		", log AS (INSERT INTO tds_sync_logs (organization_id, sync_queue_id, sync_run_id, entity_type,"
		" source_entity_id, target_entity_id, operation_type, operation_status, attempt_number, worker_id)"
		" SELECT $1, c.queue_id, c.run_id, '%s', c.id, c.own::text, c.operation::tds_operation_type, 'completed',"
		" c.attempt, %s FROM (SELECT u.*, CASE WHEN u.del THEN 'delete' ELSE 'update' END AS operation FROM upd u"
		" UNION ALL SELECT i.own, i.id, v.queue_id, v.run_id, v.attempt, false, 'create' FROM ins i"
		" JOIN val v ON v.id = i.id",
		entity_names[e->id].name, worker);
	if (e->stock)
		statement_stock_log(b);
	buf_str(b, ") c)");
}

static void writing(struct buf *b, const struct entity *e, const char *from, const char *worker, enum look look)
{
	values(b, e, from);
	if (look)
		statement_changes(b, e);
	update(b, e);
	insert(b, e);
	if (e->stock)
		statement_stock_lines(b, e);
	else if (e->lines)
		lines(b, e->lines);
	if (e->image)
		statement_image_seen(b, e);
	log_rows(b, e, worker);
}

/* What was written, and ids of records that were known and had no row any more: `known_before` says of i.id whether it was. */
static void counts(struct buf *b, const struct entity *e, enum look look, const char *known_before)
{
	static const char updated[] = "(SELECT count(*) FROM upd)";
	const char *more = e->stock ? statement_stock_updated : "0";
	buf_fmt(b,
		"(SELECT count(*) FROM ins), %1$s + %2$s, (SELECT count(*) FROM val) - (SELECT count(*) FROM ins) - %1$s - %2$s,"
		" (SELECT array_agg(i.id) FROM ins i WHERE %3$s)",
		updated, more, known_before);
	if (e->stock)
		statement_stock_counts(b, e, look);
	else if (look)
		buf_fmt(b, ", %s", statement_changes_all);
}

char *statement_write(const struct entity *e, enum source from, enum look look)
{
	struct buf b = {0}, known = {0};
	statement_source(&b, e, from, false);
	writing(&b, e, "src x", "$3", look);
	buf_str(&b, " SELECT ");
	buf_fmt(&known,
		"i.id IN (SELECT s.source_entity_id FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = '%s'"
		" AND s.source_entity_id = i.id AND s.apply_token > 1)",
		entity_names[e->id].name);
	counts(&b, e, look, known.data);
	buf_free(&known);
	return b.data;
}

char *statement_apply(const struct entity *e, enum source from, enum look look)
{
	struct buf b = {0};
	statement_source(&b, e, from, true);
	statement_decision(&b, e, look);
	writing(&b, e, "put p JOIN known c USING (source_entity_id) JOIN src x ON x.pos = c.pos",
		from == SOURCE_QUEUE ? "$3" : "$6", look);
	statement_outcomes(&b);
	buf_str(&b, ", ");
	counts(&b, e, look, "(i.id IN (SELECT k.source_entity_id FROM known k WHERE k.at IS NOT NULL)) IS TRUE");
	statement_outcomes_from(&b);
	return b.data;
}
