/* A bulk sync under way, as the dispatcher follows it. PostgreSQL has the run and its pages; after a restart this is
 * made anew from them. */
#pragma once
#include "actors/dispatcher/dispatcher.h"
#include "actors/uuid.h"
#include "ipc/buf.h"

enum { RUN_PAGES_MAX = 100000, RUN_WAITERS_MAX = 16 };
enum { MANY_MAX = 100, MANY_IN_FLIGHT_MAX = 8 }; /* ids in a call; calls asked for */

enum run_kind {
	RUN_PULL,	      /* the pages of an entity's list; of ENTITY_NONE: every entity's */
	RUN_ITEMS_WITH_STOCK, /* products, then their stock: a run of two runs */
	RUN_STOCK,	      /* details of the products that are known, by the hundred */
	RUN_STOCK_SOME,	      /* of those that somebody named */
	RUN_IMAGES,	      /* products' images */
};

struct run_counts {
	uint64_t total, processed, failed, skipped, created, updated, unchanged;
	uint64_t missing, deleted, differing; /* known and on no page; proved gone; found to differ by a drift scan */
	uint64_t stock, absent;		      /* whose stock changed; RUN_STOCK…: named, and Zoho didn't give them */
	double seconds;
};

/* An HTTP request that is answered when the run is done; `stock`: as /sync/stock, not as a bulk sync. */
struct run_waiter {
	struct edge *edge;
	uint64_t request;
	bool stock;
};

struct run_options {
	enum run_kind kind;
	bool incremental, active_only, with_stock_only, sync_images, dry_run, wait;
	bool verify;	      /* every row is compared with its table */
	bool confirm_deletes; /* a person's word: however many */
	int per_page;	      /* RUN_STOCK…: records in a call */
	char since[40];	      /* as the caller gave it, checked; "" = none */
	struct buf *named;    /* RUN_STOCK_SOME: ids, {a,b}; the run takes them */
	unsigned named_n;
};

struct many {		    /* a run's pages of named records, as they are asked for */
	struct buf named;   /* RUN_STOCK_SOME, until it is planned: {a,b} */
	uint64_t asked;	    /* up to this page */
	unsigned in_flight; /* with zoho-io or the handler */
	uint64_t after;	    /* PostgreSQL was asked what comes behind this one */
	bool all_asked;	    /* nothing is planned behind `asked` */
	int64_t moved_ns;   /* when something was asked for, or came, last */
};

struct run {
	TAILQ_ENTRY(run) in_list;
	char id[UUID_TEXT_BYTES], correlation[64];
	struct run *parent; /* a sync-all run; its children name it */
	unsigned children_left;
	enum entity_id entity; /* ENTITY_NONE: sync-all */
	enum lane lane;
	struct run_options options;
	uint64_t fence, first, expected, last, calls;
	int64_t since_us, zoho_date_us, zoho_ahead_us, opened_us;
	char filter[128];
	uint8_t *applied; /* by page */
	size_t pages_size;
	uint64_t applied_n,
		failed_pages; /* applied_n: all pages up to this one; others may be, too, even behind the last */
	enum proof { PROOF_NOT, PROOF_WAITING, PROOF_DONE } proof;
	int64_t proof_until_ns;
	struct {
		bool waiting, stuck, done; /* some are on their way; none was when last looked at; all are there */
		int64_t since_ns;
	} details;		   /* of entities whose lists lack what they are read for */
	unsigned images_in_flight; /* RUN_IMAGES: zoho-io was asked for */
	bool followed;		   /* closed; a run for the images of its records goes before its answer */
	bool scanning, closing, opening, stopped, reached, taken_over;
	bool asked;   /* run_ask.c: a question about it is with PostgreSQL */
	bool waits;   /* not opened: another one of its kind goes first */
	char who[32]; /* asked for it */
	char error[256];
	struct run_counts counts; /* live; from PostgreSQL once closed */
	struct run_waiter waiters[RUN_WAITERS_MAX];
	unsigned waiters_n;
	struct buf results; /* what its children answered; RUN_STOCK…: errors; RUN_IMAGES, dry run: which */
	struct many many;   /* RUN_STOCK… */
	bool pulled, stocked, pictured; /* RUN_ITEMS_WITH_STOCK: which of its parts were begun */
	bool all_well, some_failed;	/* of its parts: each was done; not every record of theirs */
	unsigned full_pulls;		/* of them that were asked for changes and had no cursor */
	struct run_counts totals;
};

/* Starts a run (or joins the one that is running: the waiter is answered by that one). entity NONE: all of them. */
void run_start(struct dispatcher *, enum entity_id, const struct run_options *, const char *correlation,
	const char *who, enum lane, const struct run_waiter *waiter);
void run_scan(struct dispatcher *, struct run *);
void run_scan_again(struct dispatcher *, struct run *); /* from the first page that isn't applied */
void run_check(struct dispatcher *, struct run *);	/* all applied? close it */
void run_fail(struct dispatcher *, struct run *, const char *error);
struct run *run_find(struct dispatcher *, struct str id, uint64_t fence);
bool run_complete(const struct run *); /* the scan left nothing out: absence means something */
struct run *run_make(struct dispatcher *);
void run_free(struct dispatcher *, struct run *);
void run_close(struct dispatcher *, struct run *);

/* run_ask.c: the context of a question about the run (db_query's), which then is `asked`; and whose answer it is, which takes the context:
 * NULL when the run is gone, or ends. */
void *run_ask(struct dispatcher *, struct run *);
struct run *run_answered(void *ctx, struct dispatcher **);

/* proofs.c: whether what a complete scan missed is gone. */
bool proofs_wanted(const struct run *);
void proofs_go_on(struct dispatcher *, struct run *);
/* run_details.c: the details that a pull waits for. */
bool run_details_wanted(const struct run *);
void run_details_go_on(struct dispatcher *, struct run *);
/* many.c: runs whose records are named, by the hundred. */
bool run_is_many(const struct run *);
void many_plan(struct dispatcher *, struct run *, struct db_call *); /* in the transaction that opens the run */
void many_go_on(struct dispatcher *, struct run *);
void many_applied(struct dispatcher *, struct run *);
void many_again(struct dispatcher *, struct run *); /* zoho-io knows nothing of it any more */
/* A page could not be had: false when that is the whole run's failure. */
bool many_refused(struct dispatcher *, struct run *, const struct msg_page_fetched *);
void many_end(struct dispatcher *, struct run *, struct db_call *); /* in the transaction that closes it */
void many_ended(struct run *, const PGresult *);

/* stock.c: items-with-stock, and the routes under /sync/stock. */
const char *stock_run_name(const struct run *); /* NULL: a pull */
enum run_kind stock_kind(const char *run_type);
/* Begins the part that comes next, if one does. */
bool stock_next_part(struct dispatcher *, struct run *);
void stock_part_done(struct run *parent, const struct run *part, bool well);
void stock_closed(struct run *, const char *stock_updated);		   /* as its ledger has it */
bool stock_named(struct str sync, struct run_options *, enum entity_id *); /* "stock", "items-with-stock" */
void stock_answer(struct dispatcher *, const struct run *, const struct run_waiter *, bool well);
void stock_sync(struct actor *, struct edge *, const struct msg_http_request *);
void stock_sync_some(struct actor *, struct edge *, const struct msg_http_request *);

/* images.c */
bool images_of_run(const struct run *);		     /* it is such a run */
void images_step(struct dispatcher *, struct run *); /* the next handful, unless one is under way */
/* A pull of products that wants the images of what it brought starts that run, and is answered when it is done: true. */
bool images_follow(struct dispatcher *, struct run *);

/* run_meet.c: another run of its kind is under way (`id`), and does all that this one was asked to do, or not. It may be freed. */
void run_meet(struct dispatcher *, struct run *, const char *id, bool does_it);
/* run_life.c: those that wait for another one of their kind have their turn; a run's parts: of sync-all those whose name isn't in
 * `begun`, of others the one that comes next. */
void run_waiting_go_on(struct dispatcher *);
void run_children(struct dispatcher *, struct run *, const char *begun);
void run_part(struct dispatcher *, struct run *parent, enum run_kind, enum entity_id);

/* bulk_options.c: reads what a request asks for into options that have their defaults; false: it was refused with 422. */
bool bulk_options(struct actor *, struct edge *in, const struct msg_http_request *, struct run_options *);

/* bulk.c: the answers. */
/* false: it was refused with 503. */
bool bulk_available(struct actor *, struct edge *in, uint64_t request);
bool bulk_paused(struct actor *, struct edge *in, uint64_t request, enum entity_id);
void bulk_accepted(struct dispatcher *, const struct run_waiter *, const char *run_id);
void bulk_finished(struct dispatcher *, struct run *);
void bulk_stats(struct buf *, const struct run *);
const char *run_name(const struct run *); /* "products", "sync-all" */
