/* The two statements by which records of an entity are applied, generated from its table of fields. */
#pragma once
#include "actors/handler/entity.h"
#include "sql/db.h"

enum source {
	SOURCE_QUEUE, /* records are queue rows, named by seq */
	SOURCE_DOCS,  /* records are given as a JSON array */
	SOURCES
};

/* decide: upserts tds_entity_state in key order, thereby locks the records, and answers one row per record:
 *   position (1-based, in the source), id, outcome (enum apply_outcome; OUTCOME_APPLIED = winner), refetch, version
 * (text). QUEUE $1 organisation $2 seqs bigint[] DOCS  $1 organisation $2 docs jsonb array $3 observed_at in Unix µs $4
 * 'list' or 'detail' $5 run uuid or NULL write: with a fresh snapshot, writes the winners: update, insert, lines, log;
 * answers one row: created, updated, unchanged. QUEUE $1 organisation $2 seqs of winners $3 worker DOCS  $1
 * organisation $2 docs of winners $3 worker $4 'list' or 'detail' $5 run uuid or NULL link, after the commit: sets own
 * ids of records that refer to each other; its sql is "" where there is nothing to link. QUEUE $1 organisation $2 seqs
 * bigint[]      DOCS  $1 organisation $2 ids text[] */
struct entity_statements {
	struct db_statement decide[SOURCES], write[SOURCES], link[SOURCES];
};

const struct entity_statements *entity_statements(const struct entity *);
