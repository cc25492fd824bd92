/* Generates `write`: update, insert, lines (statement_lines.c) and log of the winners, with a fresh snapshot; and `apply`, which decides and
 * writes in one go. */
#include "actors/handler/statement_parts.h"

/* A value as its column takes it. Whether a record is active is put together with whether it was deleted first. */
static void value(struct buf *b, const struct field *f)
{
	struct buf made = {0};
	statement_value(&made, "x.doc", f);
	statement_fit(b, f->rule, f->rule == RULE_ACTIVE ? NULL : f->type, made.data);
	buf_free(&made);
}

/* Whether the record carries its lines. Unset ones ("", null, {}) say nothing in a part of a record, and
 * NULL in a whole one: that there are none. Anything else than an array is refused. */
static void has_lines(struct buf *b, const char *path)
{
	struct buf lines = {0};
	statement_list(&lines, "x.doc", path, true);
	buf_fmt(b,
		", CASE WHEN x.del THEN false WHEN jsonb_typeof(%1$s) = 'array' THEN true"
		" WHEN %1$s IS NULL THEN false WHEN %1$s IN ('\"\"', '{}', 'null') THEN nullif(x.whole, true)"
		" ELSE ('not an array: ' || left((%1$s)::text, 40))::boolean END AS has_lines",
		lines.data);
	buf_free(&lines);
}

/* val: every field's value (v0, v1 …), and of the row that the record has already its id (own) and its stock (statement_stock.c). */
static void values(struct buf *b, const struct entity *e, enum source from, const char *winners)
{
	int i = 0;
	buf_fmt(b, ", made AS MATERIALIZED (SELECT %s", statement_rec[from]);
	if (statement_lines_from(e, from))
		has_lines(b, e->lines->path);
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_str(b, ", ");
		value(b, f);
		buf_fmt(b, " AS v%d", i);
	}
	buf_fmt(b, ", r.* FROM %s LEFT JOIN LATERAL (SELECT t.%s AS own", winners, statement_id(e->shape));
	if (e->stock)
		statement_stock_was(b, e);
	buf_fmt(b, " FROM %s t WHERE ", e->table);
	statement_scope(b, e->shape, "t");
	buf_fmt(b, " AND t.%s = ", e->key);
	statement_key(b, e->shape ? e->shape->key : NULL, "x.id", true);
	buf_str(b, " OFFSET 0) r ON true), val AS NOT MATERIALIZED ");
	statement_dressed(b, from, "made");
}

bool statement_has_active(const struct entity *e)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_ACTIVE)
			return true;
	return false;
}

void statement_active(struct buf *b, const struct field *f, const char *alias)
{
	bool number = f->type && f->type->family != FAMILY_FLAG;
	buf_fmt(b, number ? "(%s.%s <> 0)" : "%s.%s", alias, f->column);
}

void statement_row_active(struct buf *b, const struct entity *e, const char *alias)
{
	const struct field *active = statement_keep(e, KEEP_ACTIVE);
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_ACTIVE)
			active = f;
	if (active->column)
		statement_active(b, active, alias);
	else
		buf_str(b, "true");
}

/* What the column becomes: what the record says, which may be that it is unset; what was, where it says nothing. A value there
 * is says that the record carries it: only for the others that has to be looked up. */
void statement_becomes(struct buf *b, const struct entity *e, const struct field *f, int i)
{
	if (f->rule == RULE_ACTIVE) {
		const char *deleted = statement_keep(e, KEEP_DELETED)->column;
		struct buf active = {0};
		buf_fmt(&active, "NOT v.del AND coalesce(v.v%d, ", i);
		if (deleted) /* it is inactive for that, and is there again */
			buf_fmt(&active, "t.%s IS NOT NULL OR ", deleted);
		statement_active(&active, f, "t");
		buf_str(&active, ")");
		statement_fit(b, f->rule, f->type, active.data);
		buf_free(&active);
	} else if (f->rule == RULE_WHOLE) {
		buf_fmt(b, "CASE WHEN v.whole THEN v.v%d ELSE t.%s END", i, f->column);
	} else {
		buf_fmt(b, "CASE WHEN v.del THEN t.%s WHEN v.v%d IS NOT NULL THEN v.v%d WHEN ", f->column, i, i);
		statement_present(b, "v.doc", f);
		buf_fmt(b, " THEN %s ELSE t.%s END", f->unset ? f->unset : "NULL", f->column);
	}
}

/* Whether that is something else. (json has no equality.) */
static void differs(struct buf *b, const struct entity *e, const struct field *f, int i)
{
	const char *text = f->type && f->type->family == FAMILY_JSON ? "::text" : "";
	buf_str(b, " OR (");
	statement_becomes(b, e, f, i);
	buf_fmt(b, ")%s IS DISTINCT FROM t.%s%s", text, f->column, text);
}

void statement_kept(struct buf *b, const struct entity *e, enum keep k)
{
	static const char *const values_kept[KEEPS] = {[KEEP_ACTIVE] = "NOT v.del",
		[KEEP_DELETED] = "CASE WHEN v.del THEN v.obs END",
		[KEEP_SYNCED] = "now()",
		[KEEP_UPDATED] = "now()"};
	const struct field *f = statement_keep(e, k);
	struct buf modified = {0};
	if (k == KEEP_MODIFIED) {
		statement_fit(&modified, f->rule, f->type, "v.lm");
		buf_fmt(b, "coalesce(%s, t.%s)", modified.data, f->column);
	} else {
		statement_fit(b, f->rule, f->type, values_kept[k]);
	}
	buf_free(&modified);
}

/* What TDS itself keeps of a record, where its table has a place for it. */
static void keep(struct buf *b, const struct entity *e, enum keep k, const char **lead)
{
	const struct field *f = statement_keep(e, k);
	if (!f->column)
		return;
	buf_fmt(b, "%s%s = ", *lead, f->column);
	*lead = ", ";
	statement_kept(b, e, k);
}

static void update_where(struct buf *b, const struct entity *e)
{
	const struct field *deleted = statement_keep(e, KEEP_DELETED), *modified = statement_keep(e, KEEP_MODIFIED);
	int i = 0;
	buf_fmt(b, " FROM val v WHERE t.%1$s = ANY (ARRAY(SELECT own FROM val)) AND t.%1$s = v.own AND (v.del",
		statement_id(e->shape));
	if (deleted->column)
		buf_fmt(b, " OR t.%s IS NOT NULL", deleted->column);
	if (modified->column) {
		buf_str(b, " OR ");
		statement_kept(b, e, KEEP_MODIFIED);
		buf_fmt(b, " IS DISTINCT FROM t.%s", modified->column);
	}
	for (const struct field *f = e->fields; f->path; f++, i++)
		differs(b, e, f, i);
	buf_fmt(b, ") RETURNING t.%s AS own, v.id, v.queue_id, v.run_id, v.attempt, v.del)", statement_id(e->shape));
}

static void update(struct buf *b, const struct entity *e)
{
	int i = 0;
	const char *lead = "";
	buf_fmt(b, ", upd AS (UPDATE %s t SET ", e->table);
	if (!statement_has_active(e))
		keep(b, e, KEEP_ACTIVE, &lead);
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_fmt(b, "%s%s = ", lead, f->column);
		lead = ", ";
		statement_becomes(b, e, f, i);
	}
	static const enum keep kept[] = {KEEP_DELETED, KEEP_MODIFIED, KEEP_SYNCED, KEEP_UPDATED};
	for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
		keep(b, e, kept[k], &lead);
	if (!*lead)
		buf_fmt(b, "%1$s = t.%1$s", e->key);
	update_where(b, e);
}

static void new_value(struct into *to, const struct field *f, int i)
{
	struct buf v = {0};
	buf_fmt(&v, f->rule == RULE_ACTIVE || f->unset ? "coalesce(v.v%d, %s)" : "v.v%d", i,
		f->rule == RULE_ACTIVE ? "true" : f->unset);
	if (f->rule == RULE_ACTIVE)
		statement_fit(into(to, f->column), f->rule, f->type, v.data);
	else
		buf_str(into(to, f->column), v.data);
	buf_free(&v);
}

static void insert(struct buf *b, const struct entity *e)
{
	int i = 0;
	struct into to = {0};
	const struct field *modified = statement_keep(e, KEEP_MODIFIED), *synced = statement_keep(e, KEEP_SYNCED);
	into_terms(&to, e->shape);
	statement_key(into(&to, e->key), e->shape ? e->shape->key : NULL, "v.id", true);
	for (const struct field *f = e->fields; f->path; f++, i++)
		new_value(&to, f, i);
	if (modified->column)
		statement_fit(into(&to, modified->column), modified->rule, modified->type, "v.lm");
	if (synced->column)
		statement_fit(into(&to, synced->column), synced->rule, synced->type, "now()");
	buf_str(b, ", ins AS (INSERT INTO ");
	into_table(b, &to, e->table);
	buf_fmt(b, " FROM val v WHERE NOT v.del AND v.own IS NULL RETURNING %s AS own, %s%s AS id)",
		statement_id(e->shape), e->key, e->shape ? "::text" : "");
}

/* heads: own id of every record written or already there. */
static const char heads[] =
	", heads AS (SELECT own, id FROM ins UNION ALL SELECT v.own, v.id FROM val v WHERE v.own IS NOT NULL)";

/* One row per record that was written. */
static void log_rows(struct buf *b, const struct entity *e, enum source from, const char *worker)
{
	buf_fmt(b,
		", log AS (INSERT INTO tds_sync_logs (organization_id, sync_queue_id, sync_run_id, entity_type,"
		" source_entity_id, target_entity_id, operation_type, operation_status, attempt_number, worker_id)"
		" SELECT $1, c.queue_id, c.run_id, '%s', c.id, c.own::text, c.operation, 'completed',"
		" c.attempt, %s FROM (SELECT u.*, CASE WHEN u.del THEN 'delete'::tds_operation_type ELSE 'update' END AS operation FROM upd u"
		" UNION ALL SELECT i.own, i.id, v.queue_id, v.run_id, v.attempt, false, 'create'::tds_operation_type FROM ins i"
		" JOIN val v ON v.id = i.id",
		entity_names[e->id].name, worker);
	if (e->stock)
		statement_stock_log(b, from);
	buf_str(b, ") c)");
}

static void writing(struct buf *b, const struct entity *e, enum source from, const char *winners, const char *worker,
	enum look look)
{
	const struct lines *lines = statement_lines_from(e, from);
	values(b, e, from, winners);
	if (look)
		statement_changes(b, e);
	update(b, e);
	insert(b, e);
	if (lines)
		buf_str(b, heads);
	if (e->stock)
		statement_stock_lines(b, e, from);
	else if (lines)
		statement_lines(b, lines);
	if (e->image)
		statement_image_seen(b, e);
	log_rows(b, e, from, worker);
}

char *statement_write(const struct entity *e, enum source from, enum look look)
{
	struct buf b = {0}, known = {0};
	statement_source(&b, e, from, false, from == SOURCE_QUEUE ? 3 : 4);
	writing(&b, e, from, "src x", "$3", look);
	buf_str(&b, " SELECT ");
	buf_fmt(&known,
		"i.id IN (SELECT s.source_entity_id FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = '%s'"
		" AND s.source_entity_id = i.id AND s.apply_token > 1)",
		entity_names[e->id].name);
	statement_counts(&b, e, from, look, known.data);
	buf_free(&known);
	return b.data;
}

/* What was counted stands in the first record's row only: in each, the lists in it would come as often as there are records. */
char *statement_apply(const struct entity *e, enum source from, enum look look)
{
	struct buf b = {0}, once = {0};
	statement_source(&b, e, from, true, from == SOURCE_QUEUE ? 3 : 5);
	statement_decision(&b, e, from, look);
	writing(&b, e, from, "put p JOIN known c USING (source_entity_id) JOIN src x ON x.pos = c.pos",
		from == SOURCE_QUEUE ? "$3" : "$5", look);
	statement_outcomes(&b);
	buf_str(&once, " LEFT JOIN (SELECT ");
	statement_counts(&once, e, from, look,
		"(i.id IN (SELECT k.source_entity_id FROM known k WHERE k.at IS NOT NULL)) IS TRUE");
	buf_str(&once, ") n ON src.pos = (SELECT min(pos) FROM src)");
	buf_str(&b, ", n.*");
	statement_outcomes_from(&b, once.data);
	buf_free(&once);
	return b.data;
}
