/* SQL expressions for the values of a record: paths into its JSON by the rules of the fields, and where the records of
 * a job come from. */
#include "actors/handler/statement_parts.h"
#include <string.h>

/* {a,b,c} of "a.b.c". */
static void keys(struct buf *b, const char *path, int n)
{
	buf_str(b, "'{");
	for (int i = 0; i < n; i++)
		buf_fmt(b, "%c", path[i] == '.' ? ',' : path[i]);
	buf_str(b, "}'");
}

/* "a.*.b": the sum of b over the elements of array a, n bytes of it; NULL where there is none. What is neither unset nor an array of
 * objects is an error of the statement. */
static void total(struct buf *b, const char *doc, const char *path, int n, bool json)
{
	const char *star = strstr(path, ".*.");
	int array = (int)(star - path), rest = n - array - 3;
	struct buf term = {0};
	buf_fmt(&term, "coalesce(t.v->>'%.*s', CASE WHEN jsonb_typeof(t.v) <> 'object' THEN 'no object' END)", rest,
		star + 3);
	buf_fmt(b, "%s(SELECT sum(", json ? "to_jsonb(" : "");
	statement_ruled(b, RULE_NUMBER, term.data, NULL);
	buf_fmt(b,
		")%1$s FROM jsonb_array_elements(CASE WHEN jsonb_typeof(%2$s->'%4$.*3$s') = 'array' OR"
		" %2$s->'%4$.*3$s' NOT IN ('null', '\"\"', '{}') THEN %2$s->'%4$.*3$s' END) t(v))%5$s",
		json ? "" : "::text", doc, array, path, json ? ")" : "");
	buf_free(&term);
}

/* "FROM … WHERE …": the entry of custom_fields[] that is meant, by its API name, label or id, as f. */
static void custom_from(struct buf *b, const char *doc, const struct custom *c)
{
	buf_fmt(b,
		" FROM jsonb_array_elements(CASE WHEN jsonb_typeof(%1$s->'custom_fields') = 'array' THEN %1$s->'custom_fields'"
		" ELSE '[]' END) f WHERE %2$s IN (f->>'api_name', f->>'label', f->>'customfield_id', f->>'field_id')"
		" AND f ? 'value'",
		doc, c->name);
}

/* The text of `path` in jsonb expression `doc`: coalesce over alternatives, nested keys by #>>. */
void statement_path(struct buf *b, const char *doc, const char *path, bool json)
{
	const char *bar = strchr(path, '|');
	if (bar)
		buf_str(b, "coalesce(");
	for (const char *p = path; p; p = bar ? bar + 1 : NULL, bar = p ? strchr(p, '|') : NULL) {
		int n = bar ? (int)(bar - p) : (int)strlen(p);
		if (p != path)
			buf_str(b, ", ");
		if (memmem(p, (size_t)n, ".*.", 3)) {
			total(b, doc, p, n, json);
		} else if (memchr(p, '.', (size_t)n)) {
			buf_fmt(b, "%s#>%s", doc, json ? "" : ">");
			keys(b, p, n);
		} else {
			buf_fmt(b, "%s->%s'%.*s'", doc, json ? "" : ">", n, p);
		}
	}
	if (strchr(path, '|'))
		buf_str(b, ")");
}

/* Where none is set, what is there at all says whether the record carries it. */
void statement_list(struct buf *b, const char *doc, const char *path, bool json)
{
	const char *unset = json ? "'null', '\"\"', '[]', '{}'" : "'', '[]', '{}'", *arrow = json ? "->" : "->>";
	if (!strchr(path, '|')) {
		statement_path(b, doc, path, json);
		return;
	}
	buf_str(b, "coalesce(");
	for (const char *p = path, *bar; p; p = bar ? bar + 1 : NULL) {
		bar = strchr(p, '|');
		int n = bar ? (int)(bar - p) : (int)strlen(p);
		buf_fmt(b, "CASE WHEN %1$s%2$s'%4$.*3$s' NOT IN (%5$s) THEN %1$s%2$s'%4$.*3$s' END, ", doc, arrow, n, p,
			unset);
	}
	statement_path(b, doc, path, json);
	buf_str(b, ")");
}

/* The values that Zoho may write a custom field as: without its format where there is one. */
static void custom(struct buf *b, const char *doc, const struct custom *c, bool json)
{
	const char *arrow = json ? "->" : "->>";
	buf_str(b, "coalesce(");
	if (c->raw)
		buf_fmt(b, "%1$s%2$s%3$s, %1$s%2$s%4$s, ", doc, arrow, c->raw, c->name);
	buf_fmt(b, "(SELECT f%s'value'", arrow);
	custom_from(b, doc, c);
	buf_str(b, " LIMIT 1))");
}

/* "FROM … WHERE …" as custom_from, for a field that may stand there, too. Most records have no entries, which costs next to nothing to
 * see. */
static void entry_from(struct buf *b, const char *doc, const struct field *f)
{
	struct buf name = {0};
	statement_literal(&name, f->api_name);
	custom_from(b, doc, &(struct custom){.name = name.data});
	buf_free(&name);
}

void statement_raw(struct buf *b, const char *doc, const struct field *f, bool json)
{
	if (f->custom) {
		custom(b, doc, f->custom, json);
	} else if (f->api_name) {
		buf_str(b, "coalesce(");
		statement_path(b, doc, f->path, json);
		buf_fmt(b, ", CASE WHEN %s->'custom_fields' <> '[]' THEN (SELECT f%s'value'", doc, json ? "->" : "->>");
		entry_from(b, doc, f);
		buf_str(b, " LIMIT 1) END)");
	} else {
		statement_path(b, doc, f->path, json);
	}
}

void statement_path_present(struct buf *b, const char *doc, const char *path)
{
	const char *bar = strchr(path, '|');
	for (const char *p = path; p; p = bar ? bar + 1 : NULL, bar = p ? strchr(p, '|') : NULL) {
		int n = bar ? (int)(bar - p) : (int)strlen(p);
		if (p != path)
			buf_str(b, " OR ");
		if (memmem(p, (size_t)n, ".*.", 3)) {
			buf_fmt(b, "%s ? '%.*s'", doc, (int)(strstr(p, ".*.") - p), p);
		} else if (memchr(p, '.', (size_t)n)) {
			buf_fmt(b, "%s#>", doc);
			keys(b, p, n);
			buf_str(b, " IS NOT NULL");
		} else {
			buf_fmt(b, "%s ? '%.*s'", doc, n, p);
		}
	}
}

void statement_present(struct buf *b, const char *doc, const struct field *f)
{
	const struct custom *c = f->custom;
	if (!c) {
		statement_path_present(b, doc, f->path);
		if (!f->api_name)
			return;
		buf_fmt(b, " OR CASE WHEN %s->'custom_fields' <> '[]' THEN EXISTS (SELECT", doc);
		entry_from(b, doc, f);
		buf_str(b, ") ELSE false END");
		return;
	}
	if (c->raw)
		buf_fmt(b, "%1$s ? %2$s OR %1$s ? %3$s OR ", doc, c->raw, c->name);
	buf_str(b, "EXISTS (SELECT");
	custom_from(b, doc, c);
	buf_str(b, ")");
}

/* The own id of the record that the field refers to. */
static void link_value(struct buf *b, const char *doc, const struct field *f)
{
	struct buf id = {0};
	statement_raw(&id, doc, f, false);
	buf_fmt(b, "(SELECT k.%s FROM %s k WHERE ", statement_id(f->to), f->link->table);
	statement_scope(b, f->to, "k");
	buf_fmt(b, " AND k.%s = ", f->link->key);
	statement_key(b, f->to ? f->to->key : NULL, id.data, false);
	buf_str(b, ")");
	buf_free(&id);
}

/* The column's value by the field's rule. */
void statement_value(struct buf *b, const char *doc, const struct field *f)
{
	struct buf text = {0}, json = {0};
	if (f->rule == RULE_WHOLE) {
		buf_fmt(b, "CASE WHEN x.whole THEN %s END", doc);
		return;
	}
	statement_raw(&text, doc, f, false);
	statement_raw(&json, doc, f, true);
	if (f->rule == RULE_LINK)
		link_value(b, doc, f);
	else
		statement_ruled(b, f->rule, text.data, json.data);
	buf_free(&text);
	buf_free(&json);
}

/* Every look-up by key is a subquery that can't be pulled up (OFFSET 0, FOR UPDATE) or an array of all that an index
 * has: it is done by index, row for row, whatever the planner believes of a table that was empty when it last looked.
 * (A status as text keeps it from reading through the index of all that waits.) Of an array that it doesn't know the planner
 * believes that it has ten elements, and compares each with each; of a series, that it is long. Of one whose end is a query it
 * believes so even when it knows the array, else it found plans for each array better and made one every time. */
static void source_queue(struct buf *b, bool lock)
{
	buf_fmt(b,
		"SELECT p.pos, p.seq, q.source_entity_id AS id, coalesce(q.validated_payload, i.raw_payload, '{}') || '{}' AS doc,"
		" q.last_modified AS lm, q.observed_at AS obs, q.operation_type = 'delete' AS del, q.is_full AS whole,"
		" q.inbox_event_id AS event_id, q.sync_run_id AS run_id, q.id AS queue_id,"
		" q.operation_type::text AS op, q.attempt_count + 1 AS attempt"
		" FROM ROWS FROM (unnest($2::bigint[]), generate_series(1, (SELECT cardinality($2::bigint[])))) AS p(seq, pos)"
		" CROSS JOIN LATERAL (SELECT * FROM tds_sync_queue w WHERE w.seq = p.seq"
		" AND w.status::text IN ('pending', 'processing', 'retry', 'failed') %s) q"
		" LEFT JOIN LATERAL (SELECT e.raw_payload FROM tds_inbox_events e WHERE e.id = q.inbox_event_id OFFSET 0) i"
		" ON true",
		lock ? "FOR UPDATE" : "OFFSET 0");
}

/* A record without an id, or with one that is none, is refused by tds_entity_state. */
static void source_docs(struct buf *b, const struct entity *e, bool decide)
{
	struct buf id = {0}, version = {0}, is_id = {0};
	statement_path(&id, "x.doc", e->id_path, false);
	statement_path(&version, "x.doc", e->version_path, false);
	statement_is_id(&is_id, id.data);
	buf_fmt(b, "SELECT x.pos, CASE WHEN %s THEN %s END AS id, x.doc, ", is_id.data, id.data);
	statement_time(b, version.data);
	buf_fmt(b, " AS lm, %s AS obs FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS x(doc, pos)",
		decide ? "'epoch'::timestamptz + $3::bigint * interval '1 microsecond'" : "now()");
	buf_free(&id);
	buf_free(&version);
	buf_free(&is_id);
}

void statement_fixed(struct buf *b, const struct entity *e, int n)
{
	if (e->fixed)
		buf_fmt(b, "fixed AS MATERIALIZED (SELECT $%d::text[] AS c), ", n);
}

void statement_with_fixed(struct buf *b, const struct entity *e, int n)
{
	if (e->fixed)
		buf_fmt(b, "WITH fixed AS MATERIALIZED (SELECT $%d::text[] AS c) ", n);
}

#define REC "x.pos, x.id, x.doc, x.lm, x.obs"
const char *const statement_rec[SOURCES] = {
	[SOURCE_QUEUE] = REC ", x.del, x.whole, x.event_id, x.run_id, x.queue_id, x.op, x.attempt",
	[SOURCE_DETAILS] = REC,
	[SOURCE_LIST] = REC,
};

void statement_dressed(struct buf *b, enum source from, const char *rows)
{
#define FETCHED                                                                                                        \
	"false AS del, NULL::uuid AS event_id, $4::uuid AS run_id, NULL::uuid AS queue_id, 'upsert' AS op, 1 AS attempt"
	static const char *const all[SOURCES] = {
		[SOURCE_QUEUE] = "false AS list",
		[SOURCE_DETAILS] = FETCHED ", true AS whole, false AS list",
		[SOURCE_LIST] = FETCHED ", false AS whole, true AS list",
	};
	buf_fmt(b, "(SELECT r.*, %s FROM %s r)", all[from], rows);
}

void statement_source(struct buf *b, const struct entity *e, enum source from, bool decide, int params)
{
	buf_str(b, "WITH ");
	statement_fixed(b, e, params + 1);
	buf_str(b, "rec AS MATERIALIZED (");
	if (from == SOURCE_QUEUE)
		source_queue(b, decide);
	else
		source_docs(b, e, decide);
	buf_str(b, "), src AS NOT MATERIALIZED ");
	statement_dressed(b, from, "rec");
}
