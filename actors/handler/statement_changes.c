/* Generates `diff`: what the winners change in their rows, column by column, as a dry run reports it, a drift scan records it and
 * the audit trail keeps it. It stands on the statement's snapshot, which is before the change. */
#include <string.h>
#include "actors/handler/statement_parts.h"

const char statement_changes_all[] =
	"(SELECT jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'fields', d.fields, 'event', d.queue_id)) FROM diff d"
	" WHERE d.kind <> 'differs' OR d.fields IS NOT NULL)";

void statement_literal(struct buf *b, const char *name)
{
	buf_str(b, strchr(name, '\\') ? "E'" : "'");
	for (const char *p = name; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_add(b, p, 1);
		buf_add(b, p, 1);
	}
	buf_str(b, "'");
}

/* What was, as text where a column pads its texts. */
static void name_and_value(struct buf *b, const char **lead, const struct field *f)
{
	buf_fmt(b, "%s(", *lead);
	statement_literal(b, f->type ? f->type->name : f->column);
	buf_fmt(b, ", to_jsonb(t.%s%s), to_jsonb(", f->column,
		f->type && f->type->family == FAMILY_TEXT ? "::text" : "");
	*lead = ", ";
}

static void kept(struct buf *b, const char **lead, const struct entity *e, enum keep k)
{
	const struct field *f = statement_keep(e, k);
	if (!f->column)
		return;
	name_and_value(b, lead, f);
	statement_kept(b, e, k);
	buf_str(b, "))");
}

/* One row of what is compared: the column's name, its value, and what that becomes. A record kept whole is left out: it is every
 * field once more. */
static void columns(struct buf *b, const struct entity *e)
{
	int i = 0;
	const char *lead = "";
	for (const struct field *f = e->fields; f->path; f++, i++) {
		if (f->rule == RULE_WHOLE)
			continue;
		name_and_value(b, &lead, f);
		statement_becomes(b, e, f, i);
		buf_str(b, "))");
	}
	if (!statement_has_active(e))
		kept(b, &lead, e, KEEP_ACTIVE);
	kept(b, &lead, e, KEEP_MODIFIED);
	kept(b, &lead, e, KEEP_DELETED);
	if (!*lead)
		buf_str(b, "('', NULL::jsonb, NULL::jsonb)");
}

void statement_changes(struct buf *b, const struct entity *e)
{
	buf_str(b,
		", diff AS MATERIALIZED (SELECT v.id, v.queue_id, CASE WHEN v.del THEN 'deleted' WHEN v.own IS NULL THEN 'missing_here'"
		" ELSE 'differs' END AS kind, (SELECT jsonb_object_agg(x.name, jsonb_build_array(x.was, x.becomes)) FROM (VALUES ");
	columns(b, e);
	buf_fmt(b,
		") AS x(name, was, becomes) WHERE x.was IS DISTINCT FROM x.becomes) AS fields"
		" FROM val v LEFT JOIN %s t ON t.%s = v.own WHERE NOT v.del OR v.own IS NOT NULL)",
		e->table, statement_id(e->shape));
}
