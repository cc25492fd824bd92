/* Generates the lines of `write`: what stands in an array of the record is replaced as a set; and how an INSERT is put
 * together column by column. */
#include <string.h>
#include "actors/handler/statement_parts.h"

struct buf *into(struct into *to, const char *column)
{
	buf_fmt(&to->columns, "%s%s", to->columns.len ? ", " : "", column);
	if (to->values.len)
		buf_str(&to->values, ", ");
	return &to->values;
}

void into_table(struct buf *b, struct into *to, const char *table)
{
	buf_fmt(b, "%s (%s) SELECT %s", table, to->columns.data, to->values.data);
	buf_free(&to->columns);
	buf_free(&to->values);
}

void into_terms(struct into *to, const struct shape *s)
{
	if (!s)
		buf_str(into(to, "organization_id"), "$1");
	for (const struct term *t = s ? s->insert : NULL; t && t->column; t++)
		buf_str(into(to, t->column), t->value);
}

/* i(line, n): what is nested in line o, {} where that is nothing or doesn't count. What is no array is refused. */
static void nested(struct buf *b, const struct lines *l)
{
	buf_fmt(b,
		"jsonb_array_elements(CASE WHEN o.line->'%1$s' IS NULL OR o.line->'%1$s' IN ('null', '\"\"', '[]', '{}')",
		l->nested);
	if (l->single)
		buf_fmt(b, " OR (v.doc->>'%s' = '%s' AND jsonb_typeof(o.line->'%s') = 'array')", l->single_path,
			l->single, l->nested);
	buf_fmt(b, " THEN '[{}]' ELSE o.line->'%s' END) WITH ORDINALITY AS i(line, n)", l->nested);
}

/* e(line, n): the lines of v, a line with a nested array once for each of its elements. */
void statement_elements(struct buf *b, const struct lines *l)
{
	struct buf list = {0};
	buf_str(&list, "jsonb_array_elements(CASE WHEN v.has_lines THEN ");
	statement_list(&list, "v.doc", l->path, true);
	buf_str(&list, " ELSE '[]' END) WITH ORDINALITY AS ");
	if (l->nested) {
		buf_fmt(b,
			"(SELECT o.line || i.line AS line, row_number() OVER (ORDER BY o.n, i.n) AS n FROM %s o(line, n)"
			" CROSS JOIN LATERAL ",
			list.data);
		nested(b, l);
		buf_str(b, ") e");
	} else {
		buf_fmt(b, "%s e(line, n)", list.data);
	}
	buf_free(&list);
}

void statement_sound(struct buf *b, const struct lines *l)
{
	const char *lead = " AND CASE WHEN coalesce(";
	for (const char *p = l->id_path, *bar; p; p = bar ? bar + 1 : NULL, lead = ", ") {
		bar = strchr(p, '|');
		buf_fmt(b, "%snullif(e.line->>'%.*s', '')", lead, bar ? (int)(bar - p) : (int)strlen(p), p);
	}
	buf_str(b, ") IS NOT NULL THEN true ELSE ('not a line: ' || left(e.line::text, 40))::boolean END");
}

void statement_line_value(struct buf *b, const struct field *f)
{
	struct field of_record = *f;
	struct buf made = {0}, whole = {0};
	of_record.path++;
	if (*f->path == '^')
		statement_value(&made, "v.doc", &of_record);
	else
		statement_value(&made, "e.line", f);
	statement_fit(&whole, f->rule, f->type, made.data);
	buf_fmt(b, f->unset ? "coalesce(%s, %s)" : "%s", whole.data, f->unset);
	buf_free(&made);
	buf_free(&whole);
}

void statement_lines_of(struct buf *b, const struct lines *l, const char *alias, const char *which)
{
	if (!l->parent_column) {
		statement_scope(b, l->shape, alias);
		buf_str(b, " AND ");
	}
	buf_fmt(b, "%s.%s = ANY (ARRAY(SELECT ", alias, l->parent_column ? l->parent_column : l->parent_key);
	if (l->parent_column) {
		buf_str(b, "v.own");
		statement_cast(b, l->parent);
	} else {
		statement_key(b, l->zoho, "v.id", true);
	}
	buf_fmt(b, " FROM val v %s))", which);
}

void into_parent(struct into *to, const struct lines *l, const char *id, const char *own)
{
	into_terms(to, l->shape);
	if (l->parent_key)
		statement_key(into(to, l->parent_key), l->zoho, id, true);
	if (!l->parent_column)
		return;
	struct buf *v = into(to, l->parent_column);
	buf_str(v, own);
	statement_cast(v, l->parent);
}

const struct lines *statement_lines_from(const struct entity *e, enum source from)
{
	return from == SOURCE_LIST ? NULL : e->lines;
}

/* Counting `del` first makes the old lines go before the new ones come. */
void statement_lines(struct buf *b, const struct lines *l)
{
	struct into to = {0};
	into_parent(&to, l, "v.id", "h.own");
	if (l->order_column)
		buf_str(into(&to, l->order_column), "e.n");
	for (const struct field *f = l->fields; f->path; f++)
		statement_line_value(into(&to, f->column), f);
	buf_fmt(b, ", del AS (DELETE FROM %s l WHERE ", l->table);
	statement_lines_of(b, l, "l", "WHERE v.has_lines IS NOT false");
	buf_str(b, " RETURNING 1), lin AS (INSERT INTO ");
	into_table(b, &to, l->table);
	buf_str(b,
		" FROM val v JOIN heads h ON h.id = v.id CROSS JOIN (SELECT count(*) AS n FROM del) gate CROSS JOIN LATERAL ");
	statement_elements(b, l);
	buf_str(b, " WHERE v.has_lines");
	statement_sound(b, l);
	buf_str(b, " AND gate.n >= 0 RETURNING 1)");
}
