/* Generates `decide`: which of the records win, by version, under the locks of their rows in tds_entity_state
 * (architecture.md, "Applying records"). */
#include "actors/handler/statement_parts.h"
#include <string.h>

/* One bigint over what this entity maps, absent and unset alike: equal means nothing to write. A record kept whole
 * counts as it is, but only where it is whole: rows of lists change daily ("due_days"). */
static void hash(struct buf *b, const struct entity *e, bool whole)
{
	const char *lead = "";
	buf_str(b, "hash_record_extended(ROW(");
	for (const struct field *f = e->fields; f->path; f++) {
		if (f->rule == RULE_LINK || (f->rule == RULE_WHOLE && !whole))
			continue;
		buf_str(b, lead);
		lead = ", ";
		if (f->rule == RULE_WHOLE)
			buf_str(b, "x.doc");
		else
			statement_raw(b, "x.doc", f, false);
	}
	if (e->lines) {
		buf_str(b, lead);
		statement_list(b, "x.doc", e->lines->path, false);
	}
	if (e->image) {
		buf_str(b, ", ");
		statement_path(b, "x.doc", e->image, false);
	}
	buf_str(b, "), 0)");
}

/* By so much at most a version may lie ahead of when it was seen: clocks differ, and an organisation's zone may be set wrong. One that
 * lies further is nobody's clock. Of an event it isn't believed without asking Zoho; where it stands already, what is fetched later
 * overrules it. Else a single slip ("2036") would be the newest for ten years. */
#define AHEAD_MAX "interval '1 day'"

/* A detail may lag behind a list for a moment. What it says when asked for later than that is what Zoho holds, whatever its time:
 * nothing promises that the list's last_modified_time and the detail's are one clock. */
#define LAG_MAX "interval '1 minute'"

/* Whether n (new) is to be written over s (state). Written once, used before the lock and under it. A drift scan doesn't ask
 * whether the content is another: the row is compared; and a delete that it had proved is written once more where the row is there
 * again. */
static void wins(struct buf *b, const char *n, enum look look)
{
	buf_fmt(b,
		"CASE WHEN %1$s.deleted_at IS NOT NULL THEN (s.deleted_at IS NULL OR %1$s.last_run_id IS NOT NULL) AND %1$s.observed_at > s.observed_at"
		" WHEN s.deleted_at IS NOT NULL THEN %1$s.last_event_id IS NULL AND %1$s.observed_at > s.deleted_at"
		" WHEN %1$s.last_modified < s.last_modified THEN %1$s.last_event_id IS NULL AND %1$s.observed_at > s.observed_at"
		" AND (s.last_modified > %1$s.observed_at + " AHEAD_MAX
		" OR %1$s.list_hash IS NULL AND %1$s.observed_at > s.observed_at + " LAG_MAX ")"
		" WHEN %1$s.last_modified > s.last_modified THEN true"
		" WHEN %1$s.observed_at <= s.observed_at THEN false ELSE ",
		n);
	if (look == LOOK_VERIFYING) {
		buf_str(b, "true END");
		return;
	}
	buf_fmt(b,
		"NOT coalesce(%1$s.list_hash = s.list_hash OR (%1$s.detail_hash = s.detail_hash"
		" AND s.detail_modified IS NOT DISTINCT FROM s.last_modified), false)"
		" OR (s.detail_wanted AND %1$s.detail_hash IS NOT NULL AND %1$s.last_event_id IS NULL) END",
		n);
}

/* Whether n and s are two contents of one version (Zoho's clock knows seconds), or n is an event that says no version: which is
 * right only Zoho knows, asked after both were seen, where it has details. A list's row can't tell; a part of a record (no hash)
 * may always differ. */
static void conflicts(struct buf *b, const struct entity *e, enum source from, const char *n)
{
	if (from == SOURCE_LIST) {
		buf_str(b, "false");
		return;
	}
	buf_fmt(b,
		"(%1$s.list_hash IS NULL AND %1$s.deleted_at IS NULL AND s.deleted_at IS NULL AND"
		" (%1$s.last_modified = s.last_modified OR %2$s AND %1$s.last_modified IS NULL AND %1$s.last_event_id IS NOT NULL)"
		" AND (%1$s.detail_hash IS NULL OR %1$s.detail_hash IS DISTINCT FROM s.detail_hash))",
		n, e->unversioned || e->details ? "true" : "false");
}

/* An event that has a version which can't be, or is older than one. */
static const char doubtful[] =
	"coalesce(c.last_event_id IS NOT NULL AND c.deleted_at IS NULL AND (c.last_modified > c.observed_at + " AHEAD_MAX
	" OR (c.last_modified < s.last_modified AND s.last_modified > c.observed_at + " AHEAD_MAX ")), false)";

/* Whether details are asked for that nothing in the list's row calls for. Where it has no version nothing ever would: of entities whose
 * lists are read for them, whenever one is read, of others by a drift scan (every return's at every incremental sync would be more than
 * a day's calls). And of those that have no versions, or come by the hundred, a drift scan asks for all: their lines are compared with
 * the table, too. */
static bool may_be_blind(const struct entity *e, enum source from, enum look look)
{
	return from == SOURCE_LIST && e->details && (look == LOOK_VERIFYING || e->details_with_list);
}

static void blind(struct buf *b, const struct entity *e, enum source from, enum look look, const char *n)
{
	bool all = look == LOOK_VERIFYING && (e->unversioned || e->many);
	if (!may_be_blind(e, from, look))
		buf_str(b, "false");
	else
		buf_fmt(b, all ? "true" : "(%1$s.last_modified IS NULL)", n);
}

/* cand: the rows of tds_entity_state as they would be. */
static void candidates(struct buf *b, const struct entity *e, enum source from)
{
	buf_fmt(b,
		", cand AS MATERIALIZED (SELECT x.pos, $1::text AS organization_id, '%s'::tds_entity_type AS entity_type,"
		" x.id AS source_entity_id, x.lm AS last_modified, x.obs AS observed_at, CASE WHEN x.list THEN ",
		entity_names[e->id].name);
	hash(b, e, false);
	buf_str(b, " END AS list_hash, CASE WHEN x.whole AND NOT x.del THEN ");
	hash(b, e, true);
	buf_fmt(b,
		" END AS detail_hash, CASE WHEN x.whole%s THEN x.lm END AS detail_modified, %s AS detail_wanted,"
		" x.event_id AS last_event_id, x.run_id AS last_run_id, CASE WHEN x.del THEN x.obs END AS deleted_at, ",
		e->details ? "" : " OR x.list", e->details ? "NOT x.whole AND NOT x.del" : "false");
	if (e->type_path)
		buf_fmt(b, "coalesce(x.doc->>'%s', '%s') = '%s'", e->type_path, e->type, e->type);
	else
		buf_str(b, "true");
	buf_str(b, " AS ours FROM ");
	statement_dressed(b, from, "(SELECT DISTINCT ON (id) * FROM rec ORDER BY id, lm DESC NULLS LAST, pos DESC)");
	buf_str(b, " x)");
}

/* known: the candidates beside what their rows say now. */
static void known(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	const char *doubt = from == SOURCE_QUEUE ? doubtful : "false"; /* only events are doubted */
	buf_str(b,
		", known AS MATERIALIZED (SELECT c.*, s.ctid AS at, s.deleted_at IS NOT NULL"
		" AS gone, coalesce(s.apply_token, 0) AS token, (c.list_hash = s.list_hash OR c.detail_hash = s.detail_hash) AND s.deleted_at IS NULL"
		" AND c.last_modified IS NOT DISTINCT FROM s.last_modified AS same, ");
	conflicts(b, e, from, "c");
	buf_fmt(b, " AS contradicts, %s AS doubtful, ", doubt);
	blind(b, e, from, look, "c");
	buf_fmt(b, " AS blind, NOT %s AND (s.source_entity_id IS NULL OR ", doubt);
	wins(b, "c", look);
	buf_fmt(b,
		") AS better FROM cand c LEFT JOIN LATERAL (SELECT k.ctid, k.* FROM tds_entity_state k"
		" WHERE k.organization_id = $1 AND k.entity_type = '%s' AND k.source_entity_id = c.source_entity_id OFFSET 0)"
		" s ON true)",
		entity_names[e->id].name);
}

/* Whether a list's row says something that the detail in the tables doesn't know yet: another version; where there is none, or
 * what the detail carries moves without one, another content than the last row that was seen. */
static void outdates(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	blind(b, e, from, look, "excluded");
	buf_str(b,
		" OR CASE WHEN coalesce(excluded.last_modified, s.last_modified) IS NULL THEN excluded.list_hash IS DISTINCT FROM"
		" s.seen_hash ELSE s.detail_modified IS DISTINCT FROM coalesce(excluded.last_modified, s.last_modified)");
	if (e->details == DETAILS_BY_CONTENT)
		buf_str(b, " OR coalesce(excluded.list_hash <> s.seen_hash, false)");
	buf_str(b, " END");
}

/* detail_wanted of a winner: a fetch settles it, two contents of one version ask for one, a newer whole record needs
 * none. */
static void wanted(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	buf_str(b, "CASE WHEN excluded.detail_hash IS NOT NULL AND excluded.last_event_id IS NULL THEN false WHEN"
		   " excluded.last_event_id IS NOT NULL AND ");
	conflicts(b, e, from, "excluded");
	buf_str(b,
		" THEN true WHEN excluded.detail_hash IS NOT NULL THEN false ELSE s.detail_wanted OR (excluded.detail_wanted AND (");
	outdates(b, e, from, look);
	buf_str(b, ")) END");
}

/* A drift scan sees most rows as they were: what their details said is still known. */
static const char kept_detail[] =
	"CASE WHEN excluded.list_hash = s.seen_hash AND excluded.last_modified IS NOT DISTINCT FROM"
	" s.last_modified THEN s.detail_hash ELSE excluded.detail_hash END";

/* put: the winners' rows; in key order, so that two writers never wait for each other in a circle. */
static void put(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	buf_str(b,
		", put AS (INSERT INTO tds_entity_state AS s (organization_id, entity_type, source_entity_id,"
		" last_modified, observed_at, list_hash, detail_hash, detail_modified, detail_wanted, last_event_id,"
		" last_run_id, deleted_at, apply_token, seen_hash) SELECT c.organization_id, c.entity_type, c.source_entity_id,"
		" c.last_modified, c.observed_at, c.list_hash, c.detail_hash, c.detail_modified, c.detail_wanted,"
		" c.last_event_id, c.last_run_id, c.deleted_at, 1, c.list_hash FROM known c WHERE c.ours AND c.better"
		" ORDER BY c.source_entity_id"
		" ON CONFLICT (organization_id, entity_type, source_entity_id) DO UPDATE SET"
		" last_modified = coalesce(excluded.last_modified, s.last_modified),"
		" observed_at = excluded.observed_at,"
		" list_hash = excluded.list_hash, detail_hash = ");
	buf_str(b, look == LOOK_VERIFYING ? kept_detail : "excluded.detail_hash");
	buf_str(b, ", seen_hash = coalesce(excluded.list_hash, s.seen_hash), detail_modified = CASE WHEN ");
	blind(b, e, from, look, "excluded");
	if (e->details == DETAILS_BY_CONTENT) /* what the list says anew of the same version is no contradiction */
		buf_str(b, " OR excluded.list_hash <> s.seen_hash");
	buf_str(b,
		" THEN NULL ELSE coalesce(excluded.detail_modified,"
		" CASE WHEN excluded.detail_hash IS NOT NULL AND excluded.last_event_id IS NULL THEN s.last_modified END,"
		" s.detail_modified) END, detail_wanted = ");
	wanted(b, e, from, look);
	buf_str(b, ", last_event_id = coalesce(excluded.last_event_id, s.last_event_id),"
		   " last_run_id = coalesce(excluded.last_run_id, s.last_run_id), deleted_at = excluded.deleted_at,"
		   " apply_token = coalesce(s.apply_token, 0) + 1 WHERE ");
	wins(b, "excluded", look);
	buf_str(b, " RETURNING source_entity_id, detail_wanted, apply_token)");
}

/* want: losers that contradict what is there, of the same version; ask: those whose detail is asked for blindly, which is less urgent
 * (what is wanted of the version that is known is: dispatch_details.sql). A row that somebody else has changed meanwhile was
 * judged by him. */
static void want(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	static const char losers[] =
		" WHERE s.ctid = ANY (ARRAY(SELECT at FROM known WHERE ours AND NOT better AND %s)) AND NOT s.detail_wanted)";
	if (from != SOURCE_LIST) {
		buf_str(b, ", want AS (UPDATE tds_entity_state s SET detail_wanted = true");
		buf_fmt(b, losers, "contradicts");
	}
	if (may_be_blind(e, from, look)) {
		buf_str(b, ", ask AS (UPDATE tds_entity_state s SET detail_wanted = true, detail_modified = NULL");
		buf_fmt(b, losers, "blind");
	}
}

/* A candidate that won by the snapshot and lost at the lock (another writer's commit came between) is not done: decided
 * anew. A delete that something later contradicts must be proved, as must a record of which a delete was seen. */
static void outcomes(struct buf *b)
{
	buf_fmt(b,
		"CASE WHEN NOT coalesce(c.ours, true) THEN %d WHEN c.pos IS NULL THEN %d WHEN c.doubtful THEN %d"
		" WHEN put.source_entity_id IS NOT NULL THEN %d WHEN c.list_hash IS NULL AND c.better THEN %d"
		" WHEN c.deleted_at IS NULL AND c.gone AND c.last_event_id IS NOT NULL THEN %d"
		" WHEN c.deleted_at IS NOT NULL AND NOT c.gone THEN %d WHEN c.same THEN %d"
		" WHEN c.deleted_at IS NOT NULL THEN %d ELSE %d END",
		OUTCOME_REFETCH, OUTCOME_SUPERSEDED, OUTCOME_REFETCH, OUTCOME_APPLIED, OUTCOME_SKIPPED, OUTCOME_REFETCH,
		OUTCOME_REFETCH, OUTCOME_UNCHANGED, OUTCOME_UNCHANGED, OUTCOME_STALE);
}

void statement_decision(struct buf *b, const struct entity *e, enum source from, enum look look)
{
	candidates(b, e, from);
	known(b, e, from, look);
	put(b, e, from, look);
	want(b, e, from, look);
}

void statement_outcomes(struct buf *b)
{
	buf_str(b, " SELECT src.pos, src.id, ");
	outcomes(b);
	buf_str(b, ", coalesce(CASE WHEN put.source_entity_id IS NULL THEN c.ours AND c.contradicts"
		   " ELSE put.detail_wanted AND c.last_event_id IS NOT NULL AND (c.detail_hash IS NOT NULL OR"
		   " c.contradicts) END, false), coalesce(put.apply_token <> c.token + 1, false)");
}

void statement_outcomes_from(struct buf *b, const char *joined)
{
	buf_fmt(b,
		" FROM src LEFT JOIN known c USING (pos) LEFT JOIN put ON put.source_entity_id = c.source_entity_id%s"
		" ORDER BY src.pos",
		joined);
}

char *statement_decide(const struct entity *e, enum source from, enum look look)
{
	struct buf b = {0};
	statement_source(&b, e, from, true, from == SOURCE_QUEUE ? 2 : 4);
	statement_decision(&b, e, from, look);
	statement_outcomes(&b);
	statement_outcomes_from(&b, "");
	return b.data;
}
