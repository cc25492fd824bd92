/* Generates what is special about stock: lines that are written only where they differ, so that a run can say whose stock
 * changed and what didn't isn't rewritten every quarter of an hour; and which records a run by the hundred is about. */
#include <string.h>
#include "actors/handler/statement_parts.h"

static void columns(struct buf *b, const char *prefix, const struct field *fields)
{
	for (const struct field *f = fields; f->path; f++)
		buf_fmt(b, ", %s%s", prefix, f->column);
}

/* The lines of record v, as k. */
static void of_one(struct buf *b, const struct lines *l)
{
	if (l->parent_column) {
		buf_fmt(b, "k.%s = v.own", l->parent_column);
		statement_cast(b, l->parent);
	} else {
		statement_scope(b, l->shape, "k");
		buf_fmt(b, " AND k.%s = ", l->parent_key);
		statement_key(b, l->zoho, "v.id", true);
	}
}

/* fresh: the lines that the records carry; stored: those that the table has of them. */
static void both(struct buf *b, const struct lines *l)
{
	buf_str(b, ", fresh AS MATERIALIZED (SELECT v.id");
	for (const struct field *f = l->fields; f->path; f++) {
		buf_str(b, ", ");
		statement_line_value(b, f);
		buf_fmt(b, " AS %s", f->column);
	}
	buf_str(b, " FROM val v CROSS JOIN LATERAL ");
	statement_elements(b, l);
	buf_str(b, " WHERE v.has_lines");
	statement_sound(b, l);
	buf_str(b, "), stored AS MATERIALIZED (SELECT v.id");
	columns(b, "l.", l->fields);
	buf_fmt(b, " FROM val v CROSS JOIN LATERAL (SELECT * FROM %s k WHERE ", l->table);
	of_one(b, l);
	buf_str(b, " OFFSET 0) l WHERE v.has_lines IS NOT false)"
		   ", moved AS MATERIALIZED (SELECT DISTINCT id FROM ((TABLE fresh EXCEPT ALL TABLE stored) UNION ALL"
		   " (TABLE stored EXCEPT ALL TABLE fresh)) d)");
}

/* Of records whose lines differ the old ones go before the new ones come: counting `del` first sees to it. */
static void replace(struct buf *b, const struct lines *l)
{
	struct into to = {0};
	into_parent(&to, l, "n.id", "h.own");
	for (const struct field *f = l->fields; f->path; f++)
		buf_fmt(into(&to, f->column), "n.%s", f->column);
	buf_fmt(b, ", del AS (DELETE FROM %s l WHERE ", l->table);
	statement_lines_of(b, l, "l", "JOIN moved m ON m.id = v.id");
	buf_str(b, " RETURNING 1), lin AS (INSERT INTO ");
	into_table(b, &to, l->table);
	buf_str(b, " FROM fresh n JOIN moved m ON m.id = n.id JOIN heads h ON h.id = n.id"
		   " CROSS JOIN (SELECT count(*) AS n FROM del) gate WHERE gate.n >= 0 RETURNING 1)");
}

static bool is_total(const struct entity *e, const struct field *f)
{
	for (const char *const *column = e->stock; *column; column++)
		if (!strcmp(*column, f->column))
			return true;
	return false;
}

void statement_stock_was(struct buf *b, const struct entity *e)
{
	int i = 0;
	for (const struct field *f = e->fields; f->path; f++, i++)
		if (is_total(e, f))
			buf_fmt(b, ", t.%s AS was%d", f->column, i);
}

/* stock: whose stock is another now, in total or somewhere. t is the row as it was. */
static void changed(struct buf *b, const struct entity *e, enum source from)
{
	struct buf was = {0}, differs = {0};
	int i = 0;
	buf_str(b, ", stock AS MATERIALIZED (");
	if (from != SOURCE_LIST)
		buf_str(b, "SELECT id FROM moved UNION ");
	buf_str(b, "SELECT v.id FROM ins JOIN val v ON v.id = ins.id WHERE false");
	for (const struct field *f = e->fields; f->path; f++, i++) {
		if (!is_total(e, f))
			continue;
		buf_fmt(b, " OR v.v%d IS NOT NULL", i);
		buf_fmt(&was, ", v.was%d AS %s", i, f->column);
		buf_str(&differs, " OR (");
		statement_becomes(&differs, e, f, i);
		buf_fmt(&differs, ") IS DISTINCT FROM t.%s", f->column);
	}
	buf_fmt(b,
		" UNION SELECT v.id FROM upd JOIN val v ON v.id = upd.id CROSS JOIN LATERAL (SELECT NULL%s) t WHERE false%s)",
		was.len ? was.data : "", differs.len ? differs.data : "");
	buf_free(&was);
	buf_free(&differs);
}

void statement_stock_lines(struct buf *b, const struct entity *e, enum source from)
{
	if (statement_lines_from(e, from)) {
		both(b, e->lines);
		replace(b, e->lines);
	}
	changed(b, e, from);
}

/* Of which the lines alone are others. */
#define LINES_ALONE                                                                                                    \
	"FROM moved m JOIN val v ON v.id = m.id WHERE v.own IS NOT NULL AND NOT EXISTS (SELECT FROM upd u WHERE u.id = m.id)"
const char *statement_stock_updated(enum source from)
{
	return from == SOURCE_LIST ? "0" : "(SELECT count(*) " LINES_ALONE ")";
}

void statement_stock_log(struct buf *b, enum source from)
{
	if (from == SOURCE_LIST)
		return;
	buf_str(b, " UNION ALL SELECT v.own, v.id, v.queue_id, v.run_id, v.attempt, false, 'update' " LINES_ALONE);
}

/* As statement_changes_all says it of columns, and of the lines all of them, under their table's name. */
static void changes(struct buf *b, const struct lines *l)
{
	buf_str(b,
		"(SELECT jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'event', d.queue_id, 'fields', CASE WHEN m.id IS NULL"
		" THEN d.fields ELSE coalesce(d.fields, '{}') || jsonb_build_object(");
	statement_literal(b, l->table);
	buf_str(b,
		", jsonb_build_array("
		"(SELECT jsonb_agg(to_jsonb(s) - 'id') FROM stored s WHERE s.id = d.id),"
		" (SELECT jsonb_agg(to_jsonb(f) - 'id') FROM fresh f WHERE f.id = d.id))) END)) FROM diff d LEFT JOIN moved m ON m.id = d.id"
		" WHERE d.kind <> 'differs' OR d.fields IS NOT NULL OR m.id IS NOT NULL)");
}

void statement_stock_counts(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	buf_str(b, ", ");
	if (!look)
		buf_str(b, "NULL::jsonb");
	else if (from == SOURCE_LIST)
		buf_str(b, statement_changes_all);
	else
		changes(b, e->lines);
	buf_str(b, ", (SELECT array_agg(id) FROM stock), (SELECT count(*) FROM stock)");
}

/* "EXISTS (…)": something of record t lies somewhere. */
static void lies_somewhere(struct buf *b, const struct lines *l)
{
	const struct field *f = l->fields;
	while (f->path && f->rule != RULE_NUMBER)
		f++;
	buf_fmt(b, "EXISTS (SELECT FROM %s l WHERE ", l->table);
	if (l->parent_column) {
		buf_fmt(b, "l.%s = t.id", l->parent_column);
		statement_cast(b, l->parent);
	} else {
		buf_fmt(b, "l.%s = ", l->parent_key);
		statement_key(b, l->zoho, "s.source_entity_id", true);
	}
	buf_fmt(b, " AND l.%s <> 0)", f->path ? f->column : "NULL");
}

/* Records are named by their state rows; where the table lacks one (somebody removed it), it is asked for all the same. */
static void chosen(struct buf *b, const struct entity *e)
{
	buf_fmt(b,
		"chosen AS (SELECT s.source_entity_id AS id, row_number() OVER (ORDER BY s.source_entity_id) AS n"
		" FROM tds_entity_state s LEFT JOIN LATERAL (SELECT k.%s%s, ",
		statement_id(e->shape), e->shape ? " AS id" : "");
	statement_row_active(b, e, "k");
	buf_fmt(b, " AS active, k.%s AS quantity FROM %s k WHERE ", e->stock[0], e->table);
	statement_scope(b, e->shape, "k");
	buf_fmt(b, " AND k.%s = ", e->key);
	statement_key(b, e->shape ? e->shape->key : NULL, "s.source_entity_id", true);
	buf_fmt(b,
		" OFFSET 0) t ON true"
		" WHERE s.organization_id = $1 AND s.entity_type = '%s' AND s.deleted_at IS NULL"
		" AND (NOT $4::boolean OR coalesce(t.active, true)) AND (NOT $5::boolean OR coalesce(t.quantity <> 0, false)"
		" OR ",
		entity_names[e->id].name);
	lies_somewhere(b, e->lines);
	buf_str(b, "))");
}

char *statement_stock_plan(const struct entity *e)
{
	struct buf b = {0};
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 6);
	chosen(&b, e);
	buf_str(&b,
		", planned AS (INSERT INTO tds_run_plan (run_id, page, ids) SELECT $2::uuid, (n - 1) / $3::int + 1,"
		" array_agg(id ORDER BY n) FROM chosen"
		" WHERE EXISTS (SELECT FROM tds_sync_runs WHERE id = $2::uuid AND status = 'running') GROUP BY 2 RETURNING page)"
		", expected AS (UPDATE tds_sync_runs SET pages_expected = (SELECT count(*) FROM planned) WHERE id = $2::uuid)"
		" SELECT count(*) FROM planned");
	return b.data;
}

char *statement_stock_kept(const struct entity *e)
{
	struct buf b = {0};
	statement_with_fixed(&b, e, 3);
	buf_fmt(&b, "SELECT k.%s%s FROM %s k WHERE ", e->key, e->shape ? "::text" : "", e->table);
	statement_scope(&b, e->shape, "k");
	buf_fmt(&b, " AND k.%s = ANY ($2::text[]", e->key);
	if (e->shape)
		buf_fmt(&b, "::%s[]", e->shape->key->type);
	buf_fmt(&b, ") AND k.%s <> 0%s", e->stock[0], e->shape ? " AND $1::text IS NOT NULL" : "");
	return b.data;
}

/* Stale: no run about stock has had the record confirmed for a day, and nothing was written of it. */
static void stale(struct buf *b, const struct entity *e)
{
	const struct field *synced = statement_keep(e, KEEP_SYNCED);
	statement_row_active(b, e, "k");
	if (synced->column)
		buf_fmt(b, " AND coalesce(k.%s, '-infinity') < now() - interval '24 hours'", synced->column);
	buf_fmt(b, " AND NOT EXISTS (SELECT FROM seen WHERE seen.id = k.%s%s)", e->key, e->shape ? "::text" : "");
}

char *statement_stock_facts(const struct entity *e)
{
	struct buf b = {0};
	const struct field *deleted = statement_keep(e, KEEP_DELETED);
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 2);
	buf_fmt(&b,
		"runs AS (SELECT id, completed_at FROM tds_sync_runs WHERE organization_id = $1"
		" AND run_type IN ('stock', 'stock-specific') AND NOT dry_run AND created_at > now() - interval '30 days')"
		", seen AS (SELECT DISTINCT u.id FROM runs r JOIN tds_run_pages g ON g.run_id = r.id"
		" CROSS JOIN LATERAL unnest(g.ids) u(id) WHERE g.applied_at > now() - interval '24 hours')"
		" SELECT jsonb_build_object('total_products', count(*), 'with_zoho_id', count(k.%1$s),"
		" 'with_stock', count(*) FILTER (WHERE k.%2$s > 0), 'total_stock_quantity', coalesce(sum(k.%2$s), 0),"
		" 'last_sync_time', (SELECT tds_time_json(max(r.completed_at)) FROM runs r JOIN tds_sync_runs s ON s.id = r.id"
		" AND s.status = 'completed' AND s.run_type = 'stock'), 'stale_products', count(*) FILTER (WHERE ",
		e->key, e->stock[0]);
	stale(&b, e);
	buf_fmt(&b, "))::text FROM %s k WHERE ", e->table);
	statement_scope(&b, e->shape, "k");
	if (deleted->column)
		buf_fmt(&b, " AND k.%s IS NULL", deleted->column);
	return b.data;
}
