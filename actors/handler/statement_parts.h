/* What the generators of an entity's statements share: SQL expressions over a record's JSON, and where records come
 * from. */
#pragma once
#include "actors/handler/statements.h"
#include "ipc/buf.h"

/* The text (json: the jsonb) of a field's path in the jsonb expression `doc`; NULL where it is absent. */
void statement_path(struct buf *, const char *doc, const char *path, bool json);
/* Whether `doc` carries the path at all. */
void statement_present(struct buf *, const char *doc, const char *path);
/* The column's value by the field's rule. */
void statement_value(struct buf *, const char *doc, const struct field *);
/* The value of `text` by a rule; `json` is the same as jsonb. An error of the statement where the rule doesn't take it. */
void statement_ruled(struct buf *, enum rule, const char *text, const char *json);
/* As RULE_TIME. */
void statement_time(struct buf *, const char *text);
/* A condition: the text is an id of Zoho's, 1 to 19 digits. */
void statement_is_id(struct buf *, const char *text);
/* "WITH src(pos, id, doc, lm, obs, del, whole, list, event_id, run_id, queue_id, op, attempt) AS …": the records of a
 * job. */
void statement_source(struct buf *, const struct entity *, enum source, bool decide);

/* cand, known, put and want: who wins over what tds_entity_state says. And the row that tells of each record, to which a
 * statement may add columns before its FROM. */
void statement_decision(struct buf *, const struct entity *, enum look);
/* "NOT v.del AND …": what the column of field number `i` becomes, over v (val) and t (the row that is there). */
void statement_becomes(struct buf *, const struct field *, int i);
bool statement_has_active(const struct entity *);
/* diff: what the winners change, of val; and the jsonb array of them. */
void statement_changes(struct buf *, const struct entity *);
extern const char statement_changes_all[];
void statement_outcomes(struct buf *);
void statement_outcomes_from(struct buf *);

/* Of a record's lines: FROM item e(line, n) over v.doc, and the value of a field of theirs. */
void statement_elements(struct buf *, const struct lines *);
void statement_line_value(struct buf *, const struct field *);

/* statement_stock.c, of entities with `stock`: lines written where they differ (CTEs moved and stock: whose lines, whose stock
 * changed), the log's and the counters' share of it. */
void statement_stock_lines(struct buf *, const struct entity *);
void statement_stock_log(struct buf *);
extern const char statement_stock_updated[]; /* how many changed in nothing but their lines */
void statement_stock_counts(struct buf *, const struct entity *, enum look); /* ", changes, ids, how many" */

/* img: which image a record has now, into tds_images; a record that doesn't carry that says nothing. */
void statement_image_seen(struct buf *, const struct entity *);

/* The statements themselves; the text is the caller's. "" where there is nothing to link. */
char *statement_apply(const struct entity *, enum source, enum look);
char *statement_decide(const struct entity *, enum source, enum look);
char *statement_write(const struct entity *, enum source, enum look);
char *statement_link(const struct entity *, enum source);
char *statement_lost(const struct entity *);
