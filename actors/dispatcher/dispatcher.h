/* What the parts of the dispatcher share: its state, and what each part does for the others. */
#pragma once
#include <sys/queue.h>
#include "actors/actor.h"
#include "actors/alarm.h"
#include "actors/dispatcher/queue.h"
#include "actors/handler/mapped_entity.h"

enum { FETCHES_IN_FLIGHT_MAX = 64, DETAILS_IN_FLIGHT_MAX = 64, PROOFS_IN_FLIGHT_MAX = 4 };

struct buf;
struct run;
TAILQ_HEAD(run_list, run);
struct detail;
TAILQ_HEAD(detail_list, detail);

struct zoho_view { /* what zoho-io last said */
	bool known, open, authorized;
	int64_t until_us, day_resets_us;
	uint64_t minute_left, day_left, day_limit;
	uint64_t shut; /* circuit breakers that are open, a bit each */
	char why[256];
};

struct dispatcher {
	struct actor *actor;
	struct db *db;
	struct queue queue;
	struct loop_op tick;
	struct mapped_entity
		mapped[ENTITIES]; /* whose tables are read: what a scan missed there, whose stock there is */

	/* sweep.c */
	bool sweeping, sweep_all;
	bool pauses_known;	   /* until then nothing is sent */
	bool pause_said[ENTITIES]; /* by somebody, since PostgreSQL was asked: its answer is older */
	uint64_t sweep_from, settled, newest;
	int64_t newest_at_ns, full_sweep_ns;

	/* due.c */
	struct {
		struct alarm alarm;
		int64_t next_ns,
			later_ns; /* when the next attempt is due, as far as it is known; as told while it is asked for */
		bool asked;
	} due;

	/* fetches.c */
	int64_t away_until_ns; /* Zoho couldn't be asked: not before */
	unsigned away_times;   /* in a row */

	/* details.c, details_out.c */
	bool details_asked, details_lines;
	struct detail_list details_out;
	bool details_behind;			  /* an entity was left out of the last look: its handler has enough */
	unsigned details_in_flight, details_held; /* of details_out */
	uint64_t details_calls;			  /* asked for since the start */
	unsigned details_halved; /* so often: fewer in a call than Zoho takes, for its replies were too large */
	int64_t details_ns;	 /* not before */

	/* images.c */
	struct {
		bool asked;
		unsigned in_flight;
		uint64_t handful; /* which */
		int64_t not_before_ns;
	} images; /* in the background */

	/* runs.c */
	struct run_list runs;
	bool resumed;
	uint64_t resume_fence;
	struct zoho_view zoho;

	/* schedule.c */
	int64_t *due_us; /* per entry of sync.schedule, wall clock */

	struct leaving *leaving; /* retry.c: by seq */

	/* drift.c */
	bool drift_asked;
	int64_t drift_ns; /* not before */

	/* stretch.c */
	struct stretch *stretch;

	/* wanted.c */
	struct wanted *wanted;
};

/* sweep.c: finds work that no hint told of. */
void sweep_now(struct dispatcher *, bool all);
void sweep_tick(struct dispatcher *);
/* A row of PostgreSQL's with work that waits, in these columns, unless it is known or being written; its seq. */
enum { SWEEP_COLUMNS = 9 };
uint64_t sweep_take(struct dispatcher *, const PGresult *, int row);

/* due.c: attempts that failed, when they are due again. */
void due_open(struct dispatcher *);
void due_at(struct dispatcher *, int64_t at_ns); /* one will be, or may be (loop_now) */

/* batches.c: from ready records to handlers, and what became of them. */
void batches_send(struct dispatcher *);
void batches_tick(struct dispatcher *);
void batches_done(struct dispatcher *, const struct msg_work_done *);

/* retry.c: an attempt failed. */
void retry_event(struct dispatcher *, struct event *, const char *code, const char *error);
void bury_event(struct dispatcher *, struct event *, const char *code, const char *reason);
/* A delete that something later contradicted, and Zoho says 404: it is done as of now. */
void confirm_delete(struct dispatcher *, struct event *);
/* The contact that the event asked for is of the other type: that is fetched, and as what it was it is gone. */
void other_type_event(struct dispatcher *, struct event *, enum entity_id type);
bool is_leaving(
	const struct dispatcher *, uint64_t seq); /* one of these is being written: what a sweep says of it is old */
int64_t backoff_ns(const struct config *, unsigned attempts);

/* park.c: entities that can't be written. */
void park(struct dispatcher *, struct shard *, struct str sqlstate, struct str words);
bool parked(const struct dispatcher *, const struct shard *);
bool parked_entity(const struct dispatcher *, enum entity_id);
bool park_holds(const struct dispatcher *, const struct shard *); /* nothing more may be fetched for it */
void park_over(struct dispatcher *, const struct edge *);	  /* its handler was started anew */

/* fetches.c: records that Zoho must be asked for. */
void fetches_send(struct dispatcher *);
void fetches_resend(struct dispatcher *);
void fetches_go_on(struct dispatcher *); /* Zoho can be asked again */
void fetches_failed(struct dispatcher *, const struct msg_fetched *);
void fetches_applied(struct dispatcher *, const struct msg_record_applied *);
void fetch_again(struct dispatcher *, enum entity_id, struct str id);

/* Whether a circuit breaker keeps this lane from the product of this entity; ENTITY_NONE: from any. */
bool zoho_shut(const struct dispatcher *, enum lane, enum entity_id);

/* details.c: lines of records seen only in lists, in the background. What more it does: details.h. */
void details_tick(struct dispatcher *);
/* It was asked for at `asked_ns` (loop's clock) and can't be had. Later: try again after a while. Gone: not before it is
 * seen in a list again, unless something newer came of it meanwhile. */
void details_later(struct dispatcher *);
void details_gone(struct dispatcher *, enum entity_id, struct str id, int64_t asked_ns);
void details_too_big(struct dispatcher *, enum entity_id, struct str id, struct str why, int64_t asked_ns);

/* images.c: images of products. */
void images_tick(struct dispatcher *);
void images_done(struct dispatcher *, const struct msg_image_done *);
void images_resend(struct dispatcher *); /* zoho-io was restarted */

/* runs.c, bulk.c: bulk syncs. */
void runs_resume(struct dispatcher *);
void runs_resend(struct dispatcher *);
void runs_fetched(struct dispatcher *, const struct msg_page_fetched *);
void runs_applied(struct dispatcher *, const struct msg_page_applied *);
void runs_tick(struct dispatcher *);
/* Events were settled: runs that wait for proofs look whether theirs were. */
void proofs_look(struct dispatcher *);
void run_details_look(struct dispatcher *); /* a detail was written: runs that wait for theirs */
void bulk_sync(struct actor *, struct edge *, const struct msg_http_request *);
void bulk_status(struct actor *, struct edge *, const struct msg_http_request *);
void bulk_cancel(struct actor *, struct edge *, const struct msg_http_request *);

/* stretch.c: what the schedule costs, and how far its intervals are stretched for the day's budget. */
void stretch_tick(struct dispatcher *);
int64_t stretch_due(struct dispatcher *, size_t entry); /* not before (wall clock, µs); says so where that is later */
void stretch_ran(struct dispatcher *, size_t entry);
/* Calls that the schedule takes meanwhile, unstretched (wall clock, µs). */
double stretch_calls(struct dispatcher *, int64_t now, int64_t end);
void stretch_add(struct dispatcher *, struct buf *); /* ,"schedule":[…] */

/* wanted.c: how many details are wanted, and when they are expected to be there. */
void wanted_tick(struct dispatcher *);
void wanted_changed(struct dispatcher *);	    /* a run is over: count anew */
void wanted_add(struct dispatcher *, struct buf *); /* ,"details":{…} */

/* schedule.c, drift.c */
void schedule_tick(struct dispatcher *);
void drift_tick(struct dispatcher *);

/* pause.c */
void pause_load(struct dispatcher *);
bool pause_holds(const struct dispatcher *, enum entity_id); /* ENTITY_NONE: all of them */
void pause_awake(const struct dispatcher *, struct buf *);   /* the others, as PostgreSQL's text[] */
void pause_entity(struct actor *, struct edge *, const struct msg_http_request *);
void resume_entity(struct actor *, struct edge *, const struct msg_http_request *);
