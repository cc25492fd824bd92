/* Generates the one row that says what `write` and `apply` have written: how many, and what has to be done about it. */
#include "actors/handler/statement_parts.h"

/* As many lines as the records carry; those that stand for several rows each aren't counted. */
static void all_lines(struct buf *b, const struct entity *e, enum source from)
{
	const struct lines *lines = statement_lines_from(e, from);
	if (!lines)
		return;
	if (e->stock) {
		buf_str(b,
			" AND (SELECT count(*) FROM lin) = (SELECT count(*) FROM fresh n JOIN moved m ON m.id = n.id)");
	} else if (!lines->nested) {
		buf_str(b, " AND (SELECT count(*) FROM lin) = (SELECT coalesce(sum(jsonb_array_length(");
		statement_list(b, "v.doc", lines->path, true);
		buf_str(b, ")), 0) FROM val v WHERE v.has_lines)");
	}
}

/* How many rows are new: as many as records had none, or somebody's trigger or rule left one out, or a line, without a word. */
static void created(struct buf *b, const struct entity *e, enum source from)
{
	buf_str(b,
		"CASE WHEN (SELECT count(*) FROM ins) = (SELECT count(*) FROM val v WHERE v.own IS NULL AND NOT v.del)");
	all_lines(b, e, from);
	buf_str(b, " THEN (SELECT count(*) FROM ins) ELSE ('" LEFT_OUT "' || (SELECT count(*) FROM ins))::bigint END");
}

/* Whether the job has more to close than its own rows: earlier events of its records wait, or dead letters of this entity are open
 * that no event stands behind. */
static void earlier(struct buf *b, const struct entity *e, enum source from)
{
	if (from != SOURCE_QUEUE) {
		buf_str(b, ", false");
		return;
	}
	buf_fmt(b,
		", EXISTS (SELECT FROM rec r CROSS JOIN LATERAL (SELECT FROM tds_sync_queue w WHERE w.organization_id = $1"
		" AND w.entity_type = '%1$s' AND w.source_entity_id = r.id AND w.seq + 0 < r.seq"
		" AND w.status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter') OFFSET 0) w)"
		" OR EXISTS (SELECT FROM tds_dead_letter_queue d WHERE d.organization_id = $1 AND d.entity_type = '%1$s'"
		" AND NOT d.resolved AND d.sync_queue_id IS NULL)",
		entity_names[e->id].name);
}

void statement_counts(struct buf *b, const struct entity *e, enum source from, enum look look, const char *known_before)
{
	static const char updated[] = "(SELECT count(*) FROM upd)";
	const char *more = e->stock ? statement_stock_updated(from) : "0";
	buf_str(b, "(");
	created(b, e, from);
	buf_fmt(b, "), %1$s + %2$s, (SELECT count(*) FROM val) - (SELECT count(*) FROM ins) - %1$s - %2$s, ", updated,
		more);
	statement_waits(b, e, from);
	earlier(b, e, from);
	buf_fmt(b, ", (SELECT array_agg(i.id) FROM ins i WHERE %s)", known_before);
	if (e->stock)
		statement_stock_counts(b, e, from, look);
	else if (look)
		buf_fmt(b, ", %s", statement_changes_all);
}
