/* What the generators of an entity's statements share: SQL expressions over a record's JSON, and where records come
 * from. */
#pragma once
#include "actors/handler/statements.h"
#include "ipc/buf.h"

/* The text (json: the jsonb) of a field's path in the jsonb expression `doc`; NULL where it is absent. */
void statement_path(struct buf *, const char *doc, const char *path, bool json);
/* The same of a path to a list, of whose alternatives one that is unset (null, "", [], {}) gives way to one that isn't. */
void statement_list(struct buf *, const char *doc, const char *path, bool json);
/* The same of a field: of its path, or of a custom field wherever Zoho writes it. */
void statement_raw(struct buf *, const char *doc, const struct field *, bool json);
void statement_path_present(struct buf *, const char *doc, const char *path);
/* Whether `doc` carries the field at all. */
void statement_present(struct buf *, const char *doc, const struct field *);
/* The column's value by the field's rule. */
void statement_value(struct buf *, const char *doc, const struct field *);
/* The value of `text` by a rule; `json` is the same as jsonb. An error of the statement where the rule doesn't take it. */
void statement_ruled(struct buf *, enum rule, const char *text, const char *json);
/* As RULE_TIME. */
void statement_time(struct buf *, const char *text);
/* A condition: the text is an id of Zoho's, 1 to 19 digits. */
void statement_is_id(struct buf *, const char *text);
/* statement_shape.c: what of a table may be mapped (shape.h); of a shape that is NULL the default one. */
void statement_scope(struct buf *, const struct shape *, const char *alias); /* which rows of it are ours */
const char *statement_id(const struct shape *);				     /* own id's column */
const struct field *statement_keep(const struct entity *, enum keep);
/* From the text `zoho_id` to what the key's column is: one that can't be in it is NULL; sure: it is known to be an id. */
void statement_key(struct buf *, const struct column *key, const char *zoho_id, bool sure);
/* `value`, which the rule makes, as the column takes it: exactly, or PostgreSQL refuses it. NULL type: as it is. */
void statement_fit(struct buf *, enum rule rule, const struct column *type, const char *value);
const char *statement_unfit(
	enum rule rule, const struct column *type);	      /* what it is that can't be held; NULL: it can */
void statement_cast(struct buf *, const struct column *type); /* "::bigint"; "" for NULL */

/* "WITH rec AS …, src(pos, id, doc, lm, obs, del, whole, list, event_id, run_id, queue_id, op, attempt) AS …": the records of a
 * job. `params`: how many the statement has; entity->fixed is one more. rec has only what differs from record to record; the rest is
 * the same for all, and put beside it where it is read (statement_dressed), so that PostgreSQL plans with it as constants: of a list's
 * rows nothing is left of what deletes or whole records need. */
void statement_source(struct buf *, const struct entity *, enum source, bool decide, int params);
void statement_dressed(struct buf *, enum source, const char *rows); /* "(SELECT r.*, … FROM rows r)" */
extern const char *const statement_rec[SOURCES];		     /* "x.pos, …": rec's columns */
/* "fixed AS (…), ": what entity->fixed is referred to by, parameter `n`; "" where there is none. */
void statement_fixed(struct buf *, const struct entity *, int n);
void statement_with_fixed(struct buf *, const struct entity *, int n); /* the same alone: "WITH fixed AS (…) " */

/* cand, known, put and want: who wins over what tds_entity_state says. And the row that tells of each record, to which a
 * statement may add columns before its FROM. */
void statement_decision(struct buf *, const struct entity *, enum source, enum look);
/* "NOT v.del AND …": what the column of field number `i` becomes, over v (val) and t (the row that is there). */
void statement_becomes(struct buf *, const struct entity *, const struct field *, int i);
bool statement_has_active(const struct entity *);
/* The same of a column that TDS has for itself. */
void statement_kept(struct buf *, const struct entity *, enum keep);
/* diff: what the winners change, of val; and the jsonb array of them. */
void statement_changes(struct buf *, const struct entity *);
extern const char statement_changes_all[];
void statement_outcomes(struct buf *);
/* joined: what is joined to it, by src, c and put. */
void statement_outcomes_from(struct buf *, const char *joined);

/* statement_lines.c: of a record's lines, FROM item e(line, n) over v.doc, and the value of a field of theirs; the columns of an
 * INSERT, one after the other, and what goes into them. */
void statement_elements(struct buf *, const struct lines *);
void statement_line_value(struct buf *, const struct field *);
void statement_sound(struct buf *, const struct lines *); /* " AND …": e is a line, or the statement fails */
struct into {
	struct buf columns, values;
};
struct buf *into(struct into *, const char *column);		 /* to add the column's value to */
void into_terms(struct into *, const struct shape *);		 /* organisation and constants */
void into_table(struct buf *, struct into *, const char *table); /* "table (columns) SELECT values"; frees it */
/* Organisation, constants and what says which record a line belongs to: `id` and `own` are its Zoho id and its own. */
void into_parent(struct into *, const struct lines *, const char *id, const char *own);
/* Which lines are those of the records that `which` gives: "l.column = ANY (ARRAY(SELECT … which))". */
void statement_lines_of(struct buf *, const struct lines *, const char *alias, const char *which);
void statement_lines(struct buf *, const struct lines *);
/* The lines that a source's records may carry; NULL: none. */
const struct lines *statement_lines_from(const struct entity *, enum source);

/* statement_stock.c, of entities with `stock`: lines written where they differ (CTEs moved and stock: whose lines, whose stock
 * changed), the log's and the counters' share of it. */
void statement_stock_lines(struct buf *, const struct entity *, enum source);
/* ", t.… AS was6 …": of row t, the totals by their fields' place. */
void statement_stock_was(struct buf *, const struct entity *);
void statement_stock_log(struct buf *, enum source);
const char *statement_stock_updated(enum source); /* how many changed in nothing but their lines */
void statement_stock_counts(
	struct buf *, const struct entity *, enum source, enum look); /* ", changes, ids, how many" */
/* A name as a text in a statement; those of an ERP's may hold anything. */
void statement_literal(struct buf *, const char *name);
/* Whether a row, `alias`, says that its record is active: by a field, by whatever its table has for it (true: nothing). */
void statement_active(struct buf *, const struct field *, const char *alias);
void statement_row_active(struct buf *, const struct entity *, const char *alias);
/* "alias.key = …" for the text of a Zoho id, of which rows of ours. */
void statement_row_of(struct buf *, const struct entity *, const char *alias, const char *zoho_id);

/* statement_counts.c: what was written, as struct entity_statements says, in one row. `known_before` says of i.id whether the record was
 * known. */
void statement_counts(struct buf *, const struct entity *, enum source, enum look, const char *known_before);
/* A condition: something that was written refers to a record that isn't there. */
void statement_waits(struct buf *, const struct entity *, enum source);

/* img: which image a record has now, into tds_images; a record that doesn't carry that says nothing. */
void statement_image_seen(struct buf *, const struct entity *);

/* The statements themselves; the text is the caller's. "" where there is nothing to link. */
char *statement_apply(const struct entity *, enum source, enum look);
char *statement_decide(const struct entity *, enum source, enum look);
char *statement_write(const struct entity *, enum source, enum look);
char *statement_link(const struct entity *, enum source);
char *statement_lost(const struct entity *);
char *statement_strangers(const struct entity *);
