/* A job: records of one entity, applied in one transaction, whatever way they came. It first tries them all at once;
 * when PostgreSQL refuses the data it starts over carefully, halving with savepoints until the bad records stand alone:
 * those become dead letters, the others are written. One job at a time per connection. */
#pragma once
#include "actors/actor.h"
#include "actors/handler/entity.h"
#include "actors/handler/slices.h"
#include "actors/handler/statements.h"
#include "ipc/buf.h"
#include <sys/queue.h>

enum job_kind { JOB_QUEUE, JOB_PAGE, JOB_RECORD };

struct job;
typedef void (*job_done)(void *ctx, struct job *);

struct job_range {
	size_t lo, hi;
};

struct job {
	/* What to do; strings are borrowed until done. */
	enum job_kind kind;
	const uint64_t *seqs;  /* QUEUE */
	struct slices *docs;   /* PAGE, RECORD; the first n are to be applied, what follows is left as it is: */
	size_t set_aside;      /* the last so many are poison */
	const char *page_text; /* PAGE: these n as a parameter, where that was made already; else NULL */
	size_t n;
	uint64_t again;	       /* QUEUE: how many of them were tried before */
	int64_t sent_us;       /* PAGE, RECORD */
	char run[40];	       /* PAGE: uuid */
	uint64_t page, fence;  /* PAGE */
	char id[64];	       /* RECORD */
	const char *ids;       /* RECORD: fetched many at once, "a,b,c"; else NULL */
	uint64_t seq;	       /* RECORD: the queue row it was fetched for, or 0 */
	bool dry_run, details; /* details: PAGE of whole records, not of a list's rows */
	enum look look;
	bool single_step; /* every record alone: one of them may have killed us */
	bool tentative;	  /* given up for whatever asks for care, as if it hadn't been begun */
	bool unnamed;	  /* beside the job in hand, which is the suspect when we die */
	job_done done;
	void *ctx;

	/* What became of it. */
	bool retry;    /* nothing was done; `sqlstate` and `error` say why */
	bool repeated; /* PAGE: it had been applied before */
	char sqlstate[SQLSTATE_BYTES];
	char error[256];				  /* PostgreSQL's words */
	char put_off[SQLSTATE_BYTES], put_off_words[256]; /* of the last record that is to be tried again */
	char table[64];					  /* the table that they are about, or "" */
	char column[64];				  /* the column that they are about, or "" */
	uint64_t created, updated, unchanged, stale, failed, refused_42, raised;
	uint64_t stock,
		stock_created; /* whose stock changed, and how many of these are new; their ids: applier.stock */
	uint64_t closed[MESSAGE_LIST_MAX]; /* QUEUE, RECORD: further queue rows that it settled */
	size_t closed_n;
	uint64_t outcomes[MESSAGE_LIST_MAX];

	/* Private. */
	struct applier *applier;
	bool careful, begun;
	bool waits;   /* something that was written refers to a record that wasn't there */
	bool earlier; /* QUEUE: earlier events of its records wait, or there are dead letters to be closed */
	struct job_range stack[64];
	size_t depth, next_single;
	struct job_range at;
	uint16_t winners[MESSAGE_LIST_MAX];
	size_t winners_n;
};

struct applier {
	struct actor *actor;
	const struct entity *entity;
	struct db *db;
	char worker[24];
	const char *poison;	  /* tests: crash when this id is in hand */
	bool writing;		  /* the last page brought something to write */
	struct slice_keys mapped; /* what the statements read of a list's row */
	struct buf docs, ids, marks;
	struct buf lost;    /* by the job: ids of rows that it found lost, and wrote anew, with commas between */
	struct buf changes; /* of the job, where it is traced: jsonb arrays with commas between */
	TAILQ_HEAD(owed_list, owed) owed; /* owed.c */
	unsigned owed_n;
	int64_t owed_until_ns; /* somebody keeps a lock: none of these is tried until then; 0: nobody */
	struct buf stock;      /* of the job: ids of those whose stock changed, with commas between */
};

void applier_init(struct applier *, struct actor *, const struct entity *, struct db *);
/* From now on it is this entity, mapped otherwise: makes its statements. */
void applier_take(struct applier *, const struct entity *);
enum source job_source(const struct job *); /* what its records are to a statement */
/* Runs a job; `done` is called once, never inside. */
void job_run(struct applier *, struct job *);
/* One that was run unnamed comes to hand: now it is the suspect. */
void job_in_hand(struct job *);
/* Nothing of it is in hand any more. */
void job_not_in_hand(const struct job *);
/* Poison handed on by the supervisor: dead-letters the waiting events of (id) with the obituary, then calls done. */
void apply_skip(struct applier *, const struct boot_skip *, db_done done, void *ctx);
