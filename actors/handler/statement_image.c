/* Owns the SQL about images of records: the list's row says which one there is, tds_images which one we have, the record's
 * image_url where it is served. Written beside the entity's other statements because it names its table. */
#include "actors/handler/made.h"
#include "actors/handler/statement_parts.h"

/* The id of the document that is the record's image; NULL where it says that there is none. */
static void document(struct buf *b, const struct entity *e)
{
	static const char *const none[] = {"", "{}", "[]", "0", "-1"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		buf_str(b, "nullif(");
	statement_path(b, "v.doc", e->image, false);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		buf_fmt(b, ", '%s')", none[i]);
}

/* Only what differs from what is noted gets as far as INSERT, which would lock the row of every image of the page. OFFSET 0: one
 * look-up by key each; without, the images of all records are read for every page. */
void statement_image_seen(struct buf *b, const struct entity *e)
{
	buf_str(b, ", img AS (INSERT INTO tds_images AS i (organization_id, source_entity_id, document_id)"
		   " SELECT $1, v.id, ");
	document(b, e);
	buf_str(b, " FROM val v LEFT JOIN LATERAL (SELECT k.document_id FROM tds_images k WHERE k.organization_id = $1"
		   " AND k.source_entity_id = v.id OFFSET 0) k ON true WHERE NOT v.del AND (");
	statement_path_present(b, "v.doc", e->image);
	buf_str(b, ") AND ");
	document(b, e);
	buf_str(b,
		" IS DISTINCT FROM k.document_id"
		" ORDER BY v.id ON CONFLICT (organization_id, source_entity_id) DO UPDATE SET document_id = excluded.document_id,"
		" seen_at = now(), error = NULL, attempts = 0, retry_at = NULL"
		" WHERE i.document_id IS DISTINCT FROM excluded.document_id)");
}

static void scope(struct buf *b, const struct entity *e)
{
	buf_fmt(b,
		"i.organization_id = $1 AND ((NOT $2::boolean AND NOT $3::boolean) OR EXISTS (SELECT FROM %s p WHERE ",
		e->table);
	statement_row_of(b, e, "p", "i.source_entity_id");
	buf_str(b, " AND (NOT $2::boolean OR ");
	statement_row_active(b, e, "p");
	buf_str(b, ") AND (NOT $3::boolean OR ");
	if (e->stock)
		buf_fmt(b, "p.%s > 0", e->stock[0]);
	else
		buf_str(b, "true");
	buf_str(b, ")))");
	buf_fmt(b,
		" AND ($4::bigint = 0 OR EXISTS (SELECT FROM tds_entity_state s WHERE s.organization_id = $1"
		" AND s.entity_type = '%s' AND s.source_entity_id = i.source_entity_id"
		" AND s.last_modified >= 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'))",
		entity_names[e->id].name);
}

static const char differs[] = "document_id IS DISTINCT FROM i.stored_document_id";
static const char due[] = "(i.retry_at IS NULL OR i.retry_at <= now())";

/* "SET image_url = …": beside what says that the row was changed. */
static void set_url(struct buf *b, const struct entity *e, const char *url)
{
	const struct field *updated = statement_keep(e, KEEP_UPDATED);
	buf_fmt(b, "SET %s = %s", statement_keep(e, KEEP_IMAGE)->column, url);
	if (!updated->column)
		return;
	buf_fmt(b, ", %s = ", updated->column);
	statement_fit(b, updated->rule, updated->type, "now()");
}

/* A table that has no place for the URL leaves a parameter unused, which PostgreSQL has to know the type of. */
static const char *url_column(struct buf *b, const struct entity *e, const char *prefix)
{
	const char *column = statement_keep(e, KEEP_IMAGE)->column;
	if (!column)
		buf_fmt(b, ", unused AS (SELECT %s::text)", prefix);
	return column;
}

/* Locks before it writes, as every writer of the entity's rows does. */
static void set_lost_urls(struct buf *b, const struct entity *e)
{
	const char *url = url_column(b, e, "$7");
	if (!url)
		return;
	buf_fmt(b, ", lost AS (SELECT i.source_entity_id AS id, i.file FROM tds_images i JOIN %s p ON ", e->table);
	statement_row_of(b, e, "p", "i.source_entity_id");
	buf_fmt(b,
		" WHERE i.organization_id = $1 AND i.file IS NOT NULL AND p.%s IS NULL"
		" AND NOT $8::boolean), locked AS MATERIALIZED (SELECT s.source_entity_id AS id FROM tds_entity_state s"
		" WHERE s.organization_id = $1 AND s.entity_type = '%s' AND s.source_entity_id IN (SELECT id FROM lost)"
		" ORDER BY s.source_entity_id FOR UPDATE), url AS (UPDATE %s p ",
		url, entity_names[e->id].name, e->table);
	set_url(b, e, "$7::text || l.file");
	buf_str(b, " FROM lost l JOIN locked USING (id) WHERE ");
	statement_row_of(b, e, "p", "l.id");
	buf_str(b, ")");
}

static char *begin(const struct entity *e)
{
	struct buf b = {0};
	buf_str(&b, "WITH ");
	statement_fixed(&b, e, 10);
	buf_fmt(&b,
		"n AS (SELECT count(*) FILTER (WHERE i.%1$s AND %2$s AND i.file IS NULL) AS first,"
		" count(*) FILTER (WHERE i.%1$s AND %2$s AND i.file IS NOT NULL) AS other,"
		" count(*) FILTER (WHERE NOT i.%1$s AND i.document_id IS NOT NULL) AS same,"
		" count(*) FILTER (WHERE i.%1$s AND NOT %2$s) AS refused FROM tds_images i WHERE ",
		differs, due);
	scope(&b, e);
	buf_str(&b, ")");
	set_lost_urls(&b, e);
	buf_fmt(&b,
		", ledger AS (INSERT INTO tds_run_pages (organization_id, run_id, page, entity_type, state, fence, rows, created,"
		" updated, unchanged, skipped, applied_at) SELECT $1, r.id, 1, '%s', 'applied', r.fence, n.same + n.refused + c.first"
		" + c.other, c.first, c.other, n.same, n.refused, now() FROM n CROSS JOIN LATERAL (SELECT CASE WHEN $8::boolean THEN"
		" n.first ELSE 0 END AS first, CASE WHEN $8::boolean THEN n.other ELSE 0 END AS other) c JOIN tds_sync_runs r ON r.organization_id = $1 AND r.id = $5::uuid AND r.fence = $6::bigint"
		" AND r.status = 'running' ON CONFLICT DO NOTHING),"
		" planned AS (UPDATE tds_sync_runs r SET pages_expected = 1 + (n.first + n.other + $9::int - 1) / $9::int FROM n"
		" WHERE r.organization_id = $1 AND r.id = $5::uuid AND r.fence = $6::bigint AND r.pages_expected IS NULL)"
		" SELECT first + other + same + refused, first, other, same, refused FROM n",
		entity_names[e->id].name);
	return b.data;
}

static char *wanted(const struct entity *e)
{
	struct buf b = {0};
	const char *url = statement_keep(e, KEEP_IMAGE)->column;
	statement_with_fixed(&b, e, 7);
	buf_fmt(&b,
		"SELECT i.source_entity_id, coalesce(i.document_id, ''), coalesce(i.file, ''), (SELECT %s%s FROM %s p WHERE ",
		url ? "p." : "NULL::text", url ? url : "", e->table);
	statement_row_of(&b, e, "p", "i.source_entity_id");
	buf_fmt(&b,
		" LIMIT 1) FROM tds_images i WHERE i.%s"
		" AND (i.retry_at IS NULL OR i.retry_at <= 'epoch'::timestamptz + $6::bigint * interval '1 microsecond') AND ",
		differs);
	scope(&b, e);
	buf_str(&b, " ORDER BY i.seen_at DESC, i.source_entity_id DESC LIMIT $5::int");
	return b.data;
}

/* What was said of a document that meanwhile isn't the record's says nothing of the new one; what wasn't wanted any more (it was
 * asked for twice) is counted by nobody. */
static void note(struct buf *b, const struct entity *e)
{
	buf_str(b, "WITH ");
	statement_fixed(b, e, 16);
	buf_str(b, "was AS (SELECT FROM tds_images i WHERE i.organization_id = $1 AND i.source_entity_id = $2 AND i.");
	buf_fmt(b, "%s AND %s)", differs, due);
	buf_str(b,
		", put AS (UPDATE tds_images i SET stored_document_id = CASE $4 WHEN 'stored' THEN $3 WHEN 'gone' THEN NULL"
		" ELSE i.stored_document_id END, file = CASE WHEN $4 = 'refused' THEN i.file ELSE $5 END,"
		" type = CASE WHEN $4 = 'refused' THEN i.type ELSE $6 END,"
		" bytes = CASE WHEN $4 = 'refused' THEN i.bytes ELSE $7::bigint END,"
		" sha256 = CASE WHEN $4 = 'refused' THEN i.sha256 ELSE $8 END,"
		" fetched_at = CASE $4 WHEN 'stored' THEN now() WHEN 'gone' THEN NULL ELSE i.fetched_at END,"
		" error = CASE WHEN i.document_id IS NOT DISTINCT FROM $3 THEN $9 ELSE i.error END,"
		" attempts = CASE WHEN i.document_id IS NOT DISTINCT FROM $3 THEN i.attempts + ($9 IS NOT NULL)::int ELSE i.attempts END,"
		" retry_at = CASE WHEN i.document_id IS NOT DISTINCT FROM $3 AND $9 IS NOT NULL"
		" THEN now() + $10::bigint * interval '1 second' END"
		" WHERE i.organization_id = $1 AND i.source_entity_id = $2 RETURNING 1)");
}

static void put_url(struct buf *b, const struct entity *e)
{
	const char *url = url_column(b, e, "$11");
	if (!url)
		return;
	buf_fmt(b, ", url AS (UPDATE %s p ", e->table);
	set_url(b, e, "$11::text || $5");
	buf_str(b, " WHERE ");
	statement_row_of(b, e, "p", "$2");
	buf_fmt(b,
		" AND $4 <> 'refused' AND p.%1$s IS DISTINCT FROM $11::text || $5"
		" AND ($5 IS NOT NULL OR starts_with(p.%1$s, $11)))",
		url);
}

static char *record(const struct entity *e)
{
	struct buf b = {0};
	note(&b, e);
	put_url(&b, e);
	buf_fmt(&b,
		", ledger AS (INSERT INTO tds_run_pages AS l (organization_id, run_id, page, entity_type, state, fence, ids, rows,"
		" created, updated, skipped, failed, applied_at) SELECT $1, r.id, $14::int, '%s', 'applied', r.fence, ARRAY[$2], 1,"
		" ($4 = 'stored' AND $15::boolean)::int, ($4 <> 'refused' AND NOT $15::boolean)::int,"
		" ($4 = 'gone' AND $15::boolean)::int, ($4 = 'refused')::int, now() FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.id = $12::uuid"
		" AND r.fence >= $13::bigint AND r.status = 'running' AND EXISTS (SELECT FROM was)"
		" ON CONFLICT (run_id, page) DO UPDATE SET ids = l.ids || excluded.ids,"
		" rows = l.rows + 1, created = l.created + excluded.created, updated = l.updated + excluded.updated,"
		" skipped = l.skipped + excluded.skipped, failed = l.failed + excluded.failed, applied_at = now()) SELECT count(*) FROM put",
		entity_names[e->id].name);
	return b.data;
}

const struct image_statements *image_statements(const struct entity *e)
{
	static const struct entity *of;
	static struct image_statements *all;
	static unsigned generation;
	if (of == e)
		return all;
	if (of)
		generation++;
	of = e;
	all = made(sizeof *all);
	all->begin = (struct db_statement){made_text("images_begin_%u", generation), begin(e)};
	all->wanted = (struct db_statement){made_text("images_wanted_%u", generation), wanted(e)};
	all->record = (struct db_statement){made_text("image_record_%u", generation), record(e)};
	return all;
}
