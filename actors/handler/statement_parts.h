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
/* "WITH src(pos, id, doc, lm, obs, del, whole, list, event_id, run_id, queue_id, op, attempt) AS …": the records of a
 * job. */
void statement_source(struct buf *, const struct entity *, enum source, bool decide);

/* cand, known, put and want: who wins over what tds_entity_state says. And the row that tells of each record, to which a
 * statement may add columns before its FROM. */
void statement_decision(struct buf *, const struct entity *);
void statement_outcomes(struct buf *);
void statement_outcomes_from(struct buf *);

/* The statements themselves; the text is the caller's. "" where there is nothing to link. */
char *statement_apply(const struct entity *, enum source);
char *statement_decide(const struct entity *, enum source);
char *statement_write(const struct entity *, enum source);
char *statement_link(const struct entity *, enum source);
