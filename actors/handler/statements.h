/* The statements by which records of an entity are applied, generated from its table of fields. */
#pragma once
#include "actors/handler/entity.h"
#include "sql/db.h"

enum source {
	SOURCE_QUEUE,	/* records are queue rows, named by seq */
	SOURCE_DETAILS, /* whole records, given as a JSON array */
	SOURCE_LIST,	/* rows of a list, given the same way: they carry no lines, and never delete */
	SOURCES
};

/* How closely a job looks. TRACED says of each record what it changes, column by column: for a dry run, and where changes are
 * audited. VERIFYING, besides, doesn't believe that an equal hash means an equal row: it compares each with its row in the
 * table (drift scan). */
enum look { LOOK_PLAIN, LOOK_TRACED, LOOK_VERIFYING, LOOKS };

/* apply: decides and writes in one statement, one row per record:
 *   position (1-based, in the source), id, outcome (enum apply_outcome; OUTCOME_APPLIED = winner), refetch, raced, and in
 *   every row the same: created, updated, unchanged of the winners, whether something that was written refers to a record that
 *   wasn't there, ids text[] of those that were known and whose row had been lost (NULL: none), and where it is traced their
 *   changes as a jsonb array of
 *   {id, kind: missing_here | differs | deleted, fields: {column: [what was, what is]}, event: id of the queue row or null}; of entities with
 *   `stock` then (NULL where it isn't traced) ids text[] of those whose stock changed (NULL: none), and how many they are.
 *   raced: the record's state changed between the statement's snapshot and the lock, so what was written stands on an old
 *   look: roll back, and decide and write in two. (A second statement has a fresh snapshot; concurrent CTEs have not, and
 *   would leave lines of both versions: PostgreSQL documentation, "Data-Modifying Statements in WITH".)
 *   QUEUE $1 organisation $2 seqs bigint[] $3 worker
 *   else  $1 organisation $2 docs jsonb array $3 observed_at in Unix µs $4 run uuid or NULL $5 worker
 * decide: upserts tds_entity_state in key order, thereby locks the records; the first five columns of `apply`.
 *   QUEUE $1 organisation $2 seqs            else  $1 … $4 as above
 * write: with a fresh snapshot, writes the winners: update, insert, lines, log; one row: created, updated, unchanged, and what
 *   follows it.
 *   QUEUE $1 organisation $2 seqs of winners $3 worker
 *   else  $1 organisation $2 docs of winners $3 worker $4 run uuid or NULL
 * lost: rows that are there again have a new own id: others that refer to them get it, and what lists don't carry is wanted.
 *   $1 organisation $2 ids text[] $3 whether they came from a list
 * strangers: ids text[], as text, of rows that stand as active under an id of Zoho's and of which no record is known to be there.
 *   $1 organisation
 * link, after the commit, where rows are new or wait for others': sets own ids of records that refer to each other; its sql is ""
 *   where there is nothing to link.
 *   QUEUE $1 organisation $2 seqs            else  $1 organisation $2 ids text[] */
/* What an INSERT says that took less rows than it was given. */
#define LEFT_OUT "a trigger or a rule left the row, or a line of it, out of its table"
struct entity_statements {
	struct db_statement apply[SOURCES], decide[SOURCES], write[SOURCES], link[SOURCES], lost, strangers;
	struct db_statement plan, kept, facts; /* where it has `stock`, else their sql is NULL: statement_stock_… */
};

/* Sets the own id that a field of the entity, or of its lines, still waits for, wherever its record is there by now. NULL: it
 * waits for nothing, or nothing tells the rows apart (lines behind a view). $1 organisation $2 rows at most, and entity->fixed; answers
 * how many. */
char *statement_late(const struct entity *, bool lines, const struct field *);

/* Made when first asked for, anew for an entity that is mapped otherwise; they live as long as the process. Where the entity has
 * texts that are fixed, each statement takes them as one more parameter, text[]. */
const struct entity_statements *entity_statements(const struct entity *, enum look);

/* Of entities with `stock`; the text is the caller's.
 * plan: plans a run by the hundred. $1 organisation $2 run $3 a page $4 active only $5 with stock only: those whose total isn't 0,
 *   or of which something lies somewhere; answers how many pages.
 * kept: of ids, those of which the table says that there is stock. $1 organisation $2 ids text[]
 * facts: one row of numbers for people. $1 organisation; answers JSON. */
char *statement_stock_plan(const struct entity *);
char *statement_stock_kept(const struct entity *);
char *statement_stock_facts(const struct entity *);

/* Images of an entity's records (tds_images), by whoever fetches them. `scope` is $2 active only, $3 with stock only,
 * $4 changed since (Unix µs, 0: all).
 * begin: what a run has before it: images, to be fetched first, to be replaced or removed, as they should be, refused and not
 *   due yet. The last two are its page 1, once; all of them where it only looks ($8), else image_url is set again where it got
 *   lost.
 *   $1 organisation $2 $3 $4 scope $5 run $6 fence $7 prefix of image_url $8 only look $9 how many on a page
 * wanted: what is due, newest first: id, document ("": it has none any more), name of the file so far, "".
 *   $1 organisation $2 $3 $4 scope $5 how many $6 due as of (Unix µs): a run ends, whatever it can't have
 * record: what became of one, after zoho_image_lock. $1 organisation $2 id $3 document or NULL $4 'stored', 'gone' (Zoho has
 *   none: url and file go), 'refused' $5 file $6 type $7 bytes $8 sha256 $9 error $10 seconds to the next try $11 prefix of
 *   image_url $12 run or NULL $13 fence (its own, or of a former owner: what is on the books is counted) $14 page
 *   $15 it is the first */
struct image_statements {
	struct db_statement begin, wanted, record;
};
const struct image_statements *image_statements(const struct entity *);
