/* Generates `strangers`: rows that an ERP's table has and TDS knows nothing of, or knows to be deleted: somebody else made them, or set
 * them active again. A complete scan asks Zoho for each. */
#include "actors/handler/statement_parts.h"

/* Where the table doesn't say that a record was deleted, its row says nothing against it. */
static bool tells_deleted(const struct entity *e)
{
	return statement_has_active(e) || statement_keep(e, KEEP_ACTIVE)->column ||
	       statement_keep(e, KEEP_DELETED)->column;
}

char *statement_strangers(const struct entity *e)
{
	struct buf b = {0}, key = {0};
	const struct field *deleted = statement_keep(e, KEEP_DELETED);
	buf_fmt(&key, "k.%s%s", e->key, e->shape ? "::text" : "");
	statement_with_fixed(&b, e, 2);
	/* EXCEPT: never row by row, however few the planner expects */
	buf_fmt(&b, "SELECT coalesce(array_agg(id), '{}')::text FROM (SELECT %s AS id FROM %s k WHERE ", key.data,
		e->table);
	statement_scope(&b, e->shape, "k");
	buf_str(&b, " AND ");
	statement_row_active(&b, e, "k");
	if (deleted->column)
		buf_fmt(&b, " AND k.%s IS NULL", deleted->column);
	buf_str(&b, " AND ");
	statement_is_id(&b, key.data);
	buf_fmt(&b,
		" EXCEPT SELECT s.source_entity_id FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = '%s'%s) x",
		entity_names[e->id].name, tells_deleted(e) ? " AND s.deleted_at IS NULL" : "");
	buf_free(&key);
	return b.data;
}
