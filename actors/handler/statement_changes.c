/* Generates `diff`: what the winners change in their rows, column by column, as a dry run reports it, a drift scan records it and
 * the audit trail keeps it. It stands on the statement's snapshot, which is before the change. */
#include "actors/handler/statement_parts.h"

const char statement_changes_all[] =
	"(SELECT jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'fields', d.fields, 'event', d.queue_id)) FROM diff d"
	" WHERE d.kind <> 'differs' OR d.fields IS NOT NULL)";

/* One row of what is compared: the column's name, its value, and what that becomes. A record kept whole is left out: it is every
 * field once more. */
static void columns(struct buf *b, const struct entity *e)
{
	int i = 0;
	for (const struct field *f = e->fields; f->path; f++, i++) {
		if (f->rule == RULE_WHOLE)
			continue;
		buf_fmt(b, "('%s', to_jsonb(t.%s), to_jsonb(", f->column, f->column);
		statement_becomes(b, f, i);
		buf_str(b, ")), ");
	}
	if (!statement_has_active(e))
		buf_str(b, "('is_active', to_jsonb(t.is_active), to_jsonb(NOT v.del)), ");
	buf_str(b,
		"('zoho_last_modified', to_jsonb(t.zoho_last_modified), to_jsonb(coalesce(v.lm, t.zoho_last_modified))),"
		" ('deleted_at', to_jsonb(t.deleted_at), to_jsonb(CASE WHEN v.del THEN v.obs END))");
}

void statement_changes(struct buf *b, const struct entity *e)
{
	buf_str(b,
		", diff AS MATERIALIZED (SELECT v.id, v.queue_id, CASE WHEN v.del THEN 'deleted' WHEN v.own IS NULL THEN 'missing_here'"
		" ELSE 'differs' END AS kind, (SELECT jsonb_object_agg(x.name, jsonb_build_array(x.was, x.becomes)) FROM (VALUES ");
	columns(b, e);
	buf_fmt(b,
		") AS x(name, was, becomes) WHERE x.was IS DISTINCT FROM x.becomes) AS fields"
		" FROM val v LEFT JOIN %s t ON t.id = v.own WHERE NOT v.del OR v.own IS NOT NULL)",
		e->table);
}
