/* Generates an entity's statements from its table of fields (architecture.md, "Applying records"). Only names from the
 * tables of this program go into the text; every value is a parameter. */
#include "actors/handler/statements.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ipc/buf.h"

/* The text of `path` in jsonb expression `doc`: coalesce over alternatives, nested keys by #>>. */
static void path_text(struct buf *b, const char *doc, const char *path, bool json)
{
	const char *bar = strchr(path, '|');
	if (bar)
		buf_str(b, "coalesce(");
	for (const char *p = path; p; p = bar ? bar + 1 : NULL, bar = p ? strchr(p, '|') : NULL) {
		int n = bar ? (int)(bar - p) : (int)strlen(p);
		const char *dot = memchr(p, '.', (size_t)n);
		if (p != path)
			buf_str(b, ", ");
		if (dot)
			buf_fmt(b, "%s#>%s'{%.*s,%.*s}'", doc, json ? "" : ">", (int)(dot - p), p,
				n - 1 - (int)(dot - p), dot + 1);
		else
			buf_fmt(b, "%s->%s'%.*s'", doc, json ? "" : ">", n, p);
	}
	if (strchr(path, '|'))
		buf_str(b, ")");
}

static void path_present(struct buf *b, const char *doc, const char *path)
{
	const char *bar = strchr(path, '|');
	for (const char *p = path; p; p = bar ? bar + 1 : NULL, bar = p ? strchr(p, '|') : NULL) {
		int n = bar ? (int)(bar - p) : (int)strlen(p);
		const char *dot = memchr(p, '.', (size_t)n);
		if (p != path)
			buf_str(b, " OR ");
		if (dot)
			buf_fmt(b, "coalesce(%s->'%.*s' ? '%.*s', false)", doc, (int)(dot - p), p,
				n - 1 - (int)(dot - p), dot + 1);
		else
			buf_fmt(b, "%s ? '%.*s'", doc, n, p);
	}
}

/* The column's value by the field's rule. */
static void value(struct buf *b, const char *doc, const struct field *f)
{
	static const char *const casts[] = {[RULE_NUMBER] = "::numeric",
		[RULE_INTEGER] = "::numeric::bigint",
		[RULE_FLAG] = "::boolean",
		[RULE_DATE] = "::date",
		[RULE_TIME] = "::timestamptz",
		[RULE_LINK] = ""};
	if (f->rule == RULE_WHOLE) {
		buf_fmt(b, "CASE WHEN x.whole THEN %s END", doc);
	} else if (f->rule == RULE_ACTIVE) {
		path_text(b, doc, f->path, false);
		buf_str(b, " = 'active'");
	} else if (f->rule == RULE_JSON) {
		buf_str(b, "CASE WHEN ");
		path_text(b, doc, f->path, true);
		buf_str(b, " IN ('\"\"', '{}', '[]', 'null') THEN NULL ELSE ");
		path_text(b, doc, f->path, true);
		buf_str(b, " END");
	} else if (f->rule == RULE_LINK) {
		buf_fmt(b, "(SELECT k.id FROM %s k WHERE k.organization_id = $1 AND k.%s = ", f->link->table,
			f->link->key);
		path_text(b, doc, f->path, false);
		buf_str(b, ")");
	} else {
		buf_str(b, "nullif(");
		path_text(b, doc, f->path, false);
		buf_fmt(b, ", '')%s", f->rule <= RULE_ID ? "" : casts[f->rule]);
	}
}

/* One bigint over what this entity maps, absent and unset alike: equal means nothing to write. A record kept whole
 * counts as it is, but only where it is whole: rows of lists change daily ("due_days"). */
static void hash(struct buf *b, const struct entity *e, bool whole)
{
	buf_str(b, "hash_record_extended(ROW(");
	for (const struct field *f = e->fields; f->path; f++) {
		if (f->rule == RULE_LINK || (f->rule == RULE_WHOLE && !whole))
			continue;
		if (f != e->fields)
			buf_str(b, ", ");
		if (f->rule == RULE_WHOLE)
			buf_str(b, "x.doc");
		else
			path_text(b, "x.doc", f->path, false);
	}
	if (e->lines)
		buf_fmt(b, ", x.doc->>'%s'", e->lines->path);
	buf_str(b, "), 0)");
}

/* src(pos, id, doc, lm, obs, del, whole, list, event_id): the records, each id once. */
static void source_queue(struct buf *b, bool lock)
{
	buf_fmt(b,
		"SELECT p.pos, q.source_entity_id AS id, coalesce(q.validated_payload, i.raw_payload, '{}') AS doc,"
		" q.last_modified AS lm, q.observed_at AS obs, q.operation_type = 'delete' AS del, q.is_full AS whole,"
		" false AS list, q.inbox_event_id AS event_id, NULL::uuid AS run_id, q.id AS queue_id,"
		" q.operation_type::text AS op, q.attempt_count + 1 AS attempt"
		" FROM unnest($2::bigint[]) WITH ORDINALITY AS p(seq, pos)"
		" JOIN tds_sync_queue q ON q.seq = p.seq LEFT JOIN tds_inbox_events i ON i.id = q.inbox_event_id"
		" WHERE q.status IN ('pending', 'processing', 'retry', 'failed')%s",
		lock ? " FOR UPDATE OF q" : "");
}

static void source_docs(struct buf *b, const struct entity *e, bool decide)
{
	buf_str(b, "SELECT x.pos, ");
	path_text(b, "x.doc", e->id_path, false);
	buf_str(b, " AS id, x.doc, nullif(");
	path_text(b, "x.doc", e->version_path, false);
	buf_fmt(b,
		", '')::timestamptz AS lm, %s AS obs, false AS del, $4::text = 'detail' AS whole, $4::text = 'list' AS "
		"list,"
		" NULL::uuid AS event_id, $5::uuid AS run_id, NULL::uuid AS queue_id, 'upsert' AS op, 1 AS attempt"
		" FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS x(doc, pos)",
		decide ? "'epoch'::timestamptz + $3::bigint * interval '1 microsecond'" : "now()");
}

static void source(struct buf *b, const struct entity *e, enum source from, bool decide)
{
	buf_str(b, "WITH src AS MATERIALIZED (");
	if (from == SOURCE_QUEUE)
		source_queue(b, decide);
	else
		source_docs(b, e, decide);
	buf_str(b, ")");
}

/* Whether n (new) is to be written over s (state). Written once, used before the lock and under it. */
static void wins(struct buf *b, const char *n)
{
	buf_fmt(b,
		"CASE WHEN %1$s.deleted_at IS NOT NULL THEN s.deleted_at IS NULL AND %1$s.observed_at > s.observed_at"
		" WHEN s.deleted_at IS NOT NULL THEN %1$s.last_event_id IS NULL AND %1$s.observed_at > s.deleted_at"
		" WHEN %1$s.last_modified < s.last_modified THEN false"
		" WHEN %1$s.last_modified > s.last_modified THEN true"
		" WHEN %1$s.observed_at <= s.observed_at THEN false"
		" ELSE NOT coalesce(%1$s.list_hash = s.list_hash OR (%1$s.detail_hash = s.detail_hash"
		" AND s.detail_modified IS NOT DISTINCT FROM s.last_modified), false)"
		" OR (s.detail_wanted AND %1$s.detail_hash IS NOT NULL AND %1$s.last_event_id IS NULL) END",
		n);
}

/* cand: the rows of tds_entity_state as they would be. */
static void candidates(struct buf *b, const struct entity *e)
{
	buf_fmt(b,
		", cand AS MATERIALIZED (SELECT x.pos, $1::text AS organization_id, '%s'::tds_entity_type AS "
		"entity_type,"
		" x.id AS source_entity_id, x.lm AS last_modified, x.obs AS observed_at, CASE WHEN x.list THEN ",
		entity_names[e->id].name);
	hash(b, e, false);
	buf_str(b, " END AS list_hash, CASE WHEN x.whole AND NOT x.del THEN ");
	hash(b, e, true);
	buf_fmt(b,
		" END AS detail_hash, CASE WHEN x.whole%s THEN x.lm END AS detail_modified, %s AS detail_wanted,"
		" x.event_id AS last_event_id, x.run_id AS last_run_id, CASE WHEN x.del THEN x.obs END AS deleted_at, ",
		e->lines ? "" : " OR x.list", e->lines ? "NOT x.whole AND NOT x.del" : "false");
	if (e->type_path)
		buf_fmt(b, "coalesce(x.doc->>'%s', '%s') = '%s'", e->type_path, e->type, e->type);
	else
		buf_str(b, "true");
	buf_str(b, " AS ours FROM (SELECT DISTINCT ON (id) * FROM src ORDER BY id, pos DESC) x)");
}

static char *decide(const struct entity *e, enum source from)
{
	struct buf b = {0};
	source(&b, e, from, true);
	candidates(&b, e);
	buf_str(&b, ", put AS (INSERT INTO tds_entity_state AS s (organization_id, entity_type, source_entity_id, "
		    "last_modified,"
		    " observed_at, list_hash, detail_hash, detail_modified, detail_wanted, last_event_id, last_run_id, "
		    "deleted_at)"
		    " SELECT c.organization_id, c.entity_type, c.source_entity_id, c.last_modified, c.observed_at, "
		    "c.list_hash,"
		    " c.detail_hash, c.detail_modified, c.detail_wanted, c.last_event_id, c.last_run_id, c.deleted_at "
		    "FROM cand c"
		    " LEFT JOIN tds_entity_state s USING (organization_id, entity_type, source_entity_id)"
		    " WHERE c.ours AND (s.source_entity_id IS NULL OR ");
	wins(&b, "c");
	buf_str(&b, ") ORDER BY c.source_entity_id"
		    " ON CONFLICT (organization_id, entity_type, source_entity_id) DO UPDATE SET"
		    " last_modified = coalesce(excluded.last_modified, s.last_modified), observed_at = "
		    "excluded.observed_at,"
		    " list_hash = excluded.list_hash, detail_hash = excluded.detail_hash,"
		    " detail_modified = coalesce(excluded.detail_modified, s.detail_modified),"
		    " detail_wanted = CASE WHEN excluded.detail_hash IS NOT NULL THEN coalesce(excluded.last_event_id "
		    "IS NOT NULL"
		    " AND excluded.last_modified = s.last_modified AND excluded.detail_hash IS DISTINCT FROM "
		    "s.detail_hash, false)"
		    " ELSE s.detail_wanted OR (excluded.detail_wanted AND s.detail_modified IS DISTINCT FROM"
		    " coalesce(excluded.last_modified, s.last_modified)) END,"
		    " last_event_id = coalesce(excluded.last_event_id, s.last_event_id),"
		    " last_run_id = coalesce(excluded.last_run_id, s.last_run_id), deleted_at = excluded.deleted_at "
		    "WHERE ");
	wins(&b, "excluded");
	buf_fmt(&b,
		" RETURNING source_entity_id, detail_wanted)"
		" SELECT src.pos, src.id, CASE WHEN NOT coalesce(c.ours, true) THEN %d WHEN c.pos IS NULL THEN %d"
		" WHEN put.source_entity_id IS NOT NULL THEN %d"
		" WHEN s.deleted_at IS NOT NULL AND c.last_event_id IS NOT NULL AND c.deleted_at IS NULL THEN %d"
		" WHEN (c.list_hash = s.list_hash OR c.detail_hash = s.detail_hash) AND s.deleted_at IS NULL"
		" AND c.last_modified IS NOT DISTINCT FROM s.last_modified THEN %d"
		" WHEN c.deleted_at IS NOT NULL AND s.deleted_at IS NOT NULL THEN %d ELSE %d END,"
		" coalesce(put.detail_wanted AND c.detail_hash IS NOT NULL, false), src.lm"
		" FROM src LEFT JOIN cand c USING (pos) LEFT JOIN put ON put.source_entity_id = c.source_entity_id"
		" LEFT JOIN tds_entity_state s ON (s.organization_id, s.entity_type, s.source_entity_id) ="
		" (c.organization_id, c.entity_type, c.source_entity_id) ORDER BY src.pos",
		OUTCOME_REFETCH, OUTCOME_SUPERSEDED, OUTCOME_APPLIED, OUTCOME_REFETCH, OUTCOME_UNCHANGED,
		OUTCOME_UNCHANGED, OUTCOME_STALE);
	return b.data;
}

/* val: every field's value (v0, v1 …) and whether the record carries it (p0, p1 …). */
static void values(struct buf *b, const struct entity *e)
{
	int i = 0;
	buf_str(b, ", val AS MATERIALIZED (SELECT x.*");
	if (e->lines)
		buf_fmt(b, ", NOT x.del AND jsonb_typeof(x.doc->'%s') = 'array' AS has_lines", e->lines->path);
	for (const struct field *f = e->fields; f->path; f++, i++) {
		buf_str(b, ", ");
		value(b, "x.doc", f);
		if (f->rule == RULE_WHOLE) {
			buf_fmt(b, " AS v%d, x.whole AS p%d", i, i);
			continue;
		}
		buf_fmt(b, " AS v%d, NOT x.del AND (", i);
		path_present(b, "x.doc", f->path);
		buf_fmt(b, ") AS p%d", i);
	}
	buf_str(b, " FROM src x)");
}

static bool has_active(const struct entity *e)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_ACTIVE)
			return true;
	return false;
}

static void update(struct buf *b, const struct entity *e)
{
	int i = 0;
	buf_fmt(b, ", upd AS (UPDATE %s t SET %s", e->table, has_active(e) ? "" : "is_active = NOT v.del, ");
	for (const struct field *f = e->fields; f->path; f++, i++)
		if (f->rule == RULE_ACTIVE)
			buf_fmt(b, "%s = NOT v.del AND CASE WHEN v.p%d THEN v.v%d ELSE t.%s END, ", f->column, i, i,
				f->column);
		else
			buf_fmt(b, "%s = CASE WHEN v.p%d THEN v.v%d ELSE t.%s END, ", f->column, i, i, f->column);
	buf_fmt(b,
		"deleted_at = CASE WHEN v.del THEN v.obs END, zoho_last_modified = coalesce(v.lm, "
		"t.zoho_last_modified),"
		" last_synced = now(), updated_at = now() FROM val v WHERE t.organization_id = $1 AND t.%s = v.id"
		" AND (v.del OR t.deleted_at IS NOT NULL OR v.lm IS DISTINCT FROM t.zoho_last_modified",
		e->key);
	i = 0;
	for (const struct field *f = e->fields; f->path; f++, i++)
		buf_fmt(b, " OR (v.p%d AND v.v%d IS DISTINCT FROM t.%s)", i, i, f->column);
	buf_fmt(b, ") RETURNING t.id AS own, t.%s AS id)", e->key);
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
	buf_fmt(b,
		", v.lm, now() FROM val v WHERE NOT v.del AND NOT EXISTS (SELECT 1 FROM %s t WHERE t.organization_id = "
		"$1"
		" AND t.%s = v.id) RETURNING id AS own, %s AS id)",
		e->table, e->key, e->key);
	/* heads: own id of every record written or already there. */
	buf_fmt(b,
		", heads AS (SELECT own, id FROM ins UNION ALL SELECT t.id, v.id FROM val v JOIN %s t"
		" ON t.organization_id = $1 AND t.%s = v.id)",
		e->table, e->key);
}

/* Counting `del` first makes the old lines go before the new ones come. */
static void lines(struct buf *b, const struct lines *l)
{
	buf_fmt(b,
		", del AS (DELETE FROM %s l USING val v JOIN heads h ON h.id = v.id WHERE v.has_lines AND l.%s = h.own"
		" RETURNING 1), lin AS (INSERT INTO %s (organization_id, %s, %s, %s",
		l->table, l->parent_column, l->table, l->parent_key, l->parent_column, l->order_column);
	for (const struct field *f = l->fields; f->path; f++)
		buf_fmt(b, ", %s", f->column);
	buf_str(b, ") SELECT $1, v.id, h.own, e.n");
	for (const struct field *f = l->fields; f->path; f++) {
		buf_str(b, ", ");
		value(b, "e.line", f);
	}
	buf_fmt(b,
		" FROM val v JOIN heads h ON h.id = v.id CROSS JOIN (SELECT count(*) AS n FROM del) gate CROSS JOIN "
		"LATERAL"
		" jsonb_array_elements(CASE WHEN v.has_lines THEN v.doc->'%s' ELSE '[]' END) WITH ORDINALITY AS "
		"e(line, n)"
		" WHERE v.has_lines AND gate.n >= 0 RETURNING 1)",
		l->path);
}

/* The column that holds the Zoho id which the link field `f` resolves. */
static const char *id_column(const struct field *fields, const struct field *f)
{
	for (const struct field *g = fields; g->path; g++)
		if (g->rule == RULE_ID && !strcmp(g->path, f->path))
			return g->column;
	return "";
}

static void link_fields(struct buf *b, const struct entity *e, int *n)
{
	for (const struct field *f = e->fields; f->path; f++)
		if (f->rule == RULE_LINK)
			buf_fmt(b,
				", link%d AS (UPDATE %s t SET %s = k.id FROM ids, %s k WHERE t.organization_id = $1 "
				"AND t.%s = ids.id"
				" AND t.%s IS NULL AND k.organization_id = $1 AND k.%s = t.%s)",
				(*n)++, e->table, f->column, f->link->table, e->key, f->column, f->link->key,
				id_column(e->fields, f));
	for (const struct field *f = e->lines ? e->lines->fields : NULL; f && f->path; f++)
		if (f->rule == RULE_LINK)
			buf_fmt(b,
				", link%d AS (UPDATE %s l SET %s = k.id FROM ids, %s t, %s k WHERE t.organization_id = "
				"$1"
				" AND t.%s = ids.id AND l.%s = t.id AND l.%s IS NULL AND k.organization_id = $1 AND "
				"k.%s = l.%s)",
				(*n)++, e->lines->table, f->column, e->table, f->link->table, e->key,
				e->lines->parent_column, f->column, f->link->key, id_column(e->lines->fields, f));
}

/* Links what refers to each other, in a transaction of its own after the commit: of two writers that didn't see each
 * other's rows the later one does. */
static char *link_up(const struct entity *e, enum source from)
{
	struct buf b = {0};
	int n = 0;
	buf_str(&b, from == SOURCE_QUEUE ? "WITH ids AS (SELECT source_entity_id AS id FROM tds_sync_queue WHERE seq = "
					   "ANY($2::bigint[]))"
					 : "WITH ids AS (SELECT unnest($2::text[]) AS id)");
	link_fields(&b, e, &n);
	for (const struct backlink *k = e->backlinks; k && k->table; k++)
		buf_fmt(&b,
			", link%d AS (UPDATE %s t SET %s = k.id FROM ids, %s k WHERE k.organization_id = $1 AND k.%s = "
			"ids.id"
			" AND t.organization_id = $1 AND t.%s = ids.id AND t.%s IS NULL)",
			n++, k->table, k->column, e->table, e->key, k->key, k->column);
	buf_str(&b, " SELECT $1::text LIMIT 0");
	if (!n)
		buf_reset(&b);
	return b.data;
}

static char *write_winners(const struct entity *e, enum source from)
{
	struct buf b = {0};
	source(&b, e, from, false);
	values(&b, e);
	update(&b, e);
	insert(&b, e);
	if (e->lines)
		lines(&b, e->lines);
	buf_fmt(&b,
		", log AS (INSERT INTO tds_sync_logs (organization_id, sync_queue_id, sync_run_id, entity_type, "
		"source_entity_id,"
		" target_entity_id, operation_type, operation_status, attempt_number, worker_id)"
		" SELECT $1, v.queue_id, v.run_id, '%s', v.id, c.own::text,"
		" (CASE WHEN v.del THEN 'delete' WHEN c.new THEN 'create' ELSE 'update' END)::tds_operation_type,"
		" 'completed', v.attempt, $3 FROM val v"
		" JOIN (SELECT own, id, true AS new FROM ins UNION ALL SELECT own, id, false FROM upd) c ON c.id = "
		"v.id)"
		" SELECT (SELECT count(*) FROM ins), (SELECT count(*) FROM upd), (SELECT count(*) FROM val)"
		" - (SELECT count(*) FROM ins) - (SELECT count(*) FROM upd)",
		entity_names[e->id].name);
	return b.data;
}

static const char *statement_name(const struct entity *e, const char *what, enum source from)
{
	struct buf b = {0};
	buf_fmt(&b, "%s_%s_%s", entity_names[e->id].name, what, from == SOURCE_QUEUE ? "queue" : "docs");
	return b.data;
}

const struct entity_statements *entity_statements(const struct entity *e)
{
	static struct entity_statements made[ENTITIES];
	struct entity_statements *s = &made[e->id];
	for (int from = 0; from < SOURCES && !s->write[from].sql; from++) {
		s->decide[from] = (struct db_statement){
			statement_name(e, "decide", (enum source)from), decide(e, (enum source)from)};
		s->write[from] = (struct db_statement){
			statement_name(e, "write", (enum source)from), write_winners(e, (enum source)from)};
		s->link[from] = (struct db_statement){
			statement_name(e, "link", (enum source)from), link_up(e, (enum source)from)};
	}
	return s;
}
