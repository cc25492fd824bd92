/* A bulk sync under way, as the dispatcher follows it. PostgreSQL has the run and its pages; after a restart this is
 * made anew from them. */
#pragma once
#include "actors/dispatcher/dispatcher.h"
#include "ipc/buf.h"

enum { RUN_PAGES_MAX = 100000, RUN_WAITERS_MAX = 16, UUID_BYTES = 37 };

struct run_counts {
	uint64_t total, processed, failed, skipped, created, updated, unchanged;
	uint64_t missing, deleted, differing; /* known and on no page; proved gone; found to differ by a drift scan */
	double seconds;
};

struct run_waiter { /* an HTTP request that is answered when the run is done */
	struct edge *edge;
	uint64_t request;
};

struct run_options {
	bool incremental, active_only, with_stock_only, sync_images, dry_run, wait;
	bool verify;	      /* every row is compared with its table */
	bool confirm_deletes; /* a person's word: however many */
	int per_page;
	char since[40]; /* as the caller gave it, checked; "" = none */
};

struct run {
	TAILQ_ENTRY(run) in_list;
	char id[UUID_BYTES], correlation[64];
	struct run *parent; /* a sync-all run; its children name it */
	unsigned children_left;
	enum entity_id entity; /* ENTITY_NONE: sync-all */
	enum lane lane;
	struct run_options options;
	uint64_t fence, first, expected, last, calls;
	int64_t since_us, zoho_date_us, opened_us;
	char filter[128];
	uint8_t *applied; /* by page */
	size_t pages_size;
	uint64_t applied_n, failed_pages;
	enum proof { PROOF_NOT, PROOF_WAITING, PROOF_DONE } proof;
	bool proof_asked;
	int64_t proof_until_ns;
	bool scanning, closing, opening, stopped, reached;
	char error[256];
	struct run_counts counts; /* live; from PostgreSQL once closed */
	struct run_waiter waiters[RUN_WAITERS_MAX];
	unsigned waiters_n;
	struct buf results; /* sync-all: what its children answered */
	bool all_well;
	struct run_counts totals;
};

/* Starts a run (or joins the one that is running: the waiter is answered by that one). entity NONE: all of them. */
void run_start(struct dispatcher *, enum entity_id, const struct run_options *, const char *correlation,
	const char *who, enum lane, const struct run_waiter *waiter);
void run_scan(struct dispatcher *, struct run *);
void run_check(struct dispatcher *, struct run *); /* all applied? close it */
void run_fail(struct dispatcher *, struct run *, const char *error);
struct run *run_find(struct dispatcher *, struct str id, uint64_t fence);
bool run_complete(const struct run *); /* the scan left nothing out: absence means something */
struct run *run_make(struct dispatcher *);
void run_free(struct dispatcher *, struct run *);
void run_close(struct dispatcher *, struct run *);

/* proofs.c: whether what a complete scan missed is gone. */
bool proofs_wanted(const struct run *);
void proofs_go_on(struct dispatcher *, struct run *);

/* bulk.c: the answers. */
void bulk_accepted(struct dispatcher *, const struct run_waiter *, const char *run_id);
void bulk_finished(struct dispatcher *, struct run *);
void bulk_stats(struct buf *, const struct run *);
const char *run_name(const struct run *); /* "products", "sync-all" */
