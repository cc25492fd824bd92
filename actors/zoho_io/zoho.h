/* What the parts of zoho-io share: its state, a call, and what each part does for the others.
 *
 * Events (messages, replies, timers) only note what they bring; once per turn of the loop zoho_pump looks at everything
 * that waits and starts what breaker, ring, token and budget allow, most urgent lane first. So nothing is re-entered.
 */
#pragma once
#include <sys/queue.h>
#include "actors/actor.h"
#include "actors/alarm.h"
#include "actors/zoho_io/breaker.h"
#include "actors/zoho_io/budget.h"
#include "actors/handler/mapped_entity.h"
#include "actors/zoho_io/http.h"
#include "actors/zoho_io/keeper.h"
#include "actors/zoho_io/plan.h"
#include "actors/zoho_io/reply.h"
#include "actors/zoho_io/says.h"
#include "actors/zoho_io/target.h"

_Static_assert(
	(int)PRODUCTS == (int)ZOHO_PRODUCTS && (int)BREAKERS <= (int)SLOT_BREAKERS_MAX, "one per lane and product");
enum {
	BREAKER_AUTH = BREAKERS - 1, /* before it one per lane and product: zoho_breaker_of */
	FETCHES_PER_LANE_MAX = 1000,
	FETCH_ID_BYTES = 64,
	FETCH_IDS_BYTES = 2020, /* of many at once: a path is no longer than CALL_PATH_BYTES */
	RUN_BYTES = 64,
	FILTER_BYTES = 1024,
	CALL_URL_BYTES = 4096,
	CALL_PATH_BYTES = 2048,
	REPORTS_MAX = 20000,
	USER_PATIENCE_MS = 120000, /* somebody waits: beyond he is told rather than kept */
};

enum call_state { CALL_WAITING, CALL_FLYING, CALL_HELD };

struct call { /* one page or record: asked until it is there or given up */
	struct zoho *zoho;
	enum call_state state;
	enum lane lane;
	enum entity_id entity;
	const struct entity *of;
	bool page;		     /* of a scan; else a fetch */
	bool list;		     /* its reply has a list, not one record */
	bool image;		     /* its reply is no JSON */
	struct http_call *http;	     /* CALL_FLYING */
	struct edge *to;	     /* its handler; NULL: what comes stays here */
	size_t reserved;	     /* bytes of the handler's ring */
	int64_t not_before_ns;	     /* CALL_WAITING */
	int64_t since_ns, waited_ns; /* when it was wanted, and how long it then waited to be sent */
	unsigned attempts, refusals; /* failed tries; 429s, which are no tries */
	bool renewed;		     /* a 401 has had the token renewed already */
	bool trial;		     /* tries an open breaker */
	uint64_t token;		     /* generation it was sent with */
	int64_t tried_us;	     /* when it was first sent */
	int64_t sent_us;
	int64_t date_us; /* Zoho's clock, of the reply */
	char *body;	 /* CALL_HELD: no room in the ring yet */
	size_t length;
	const char *correlation; /* borrowed */
	/* The last word about this call: `reply` says what. The owner frees the call, or has it held (REPLY_OK). */
	void (*over)(struct call *, const struct reply *);
};

struct page {
	struct call call;
	struct scan *scan;
	uint64_t number;
	bool more;
	bool unsure; /* empty, and nobody has said yet that there is such a page */
	TAILQ_ENTRY(page) in_scan;
};

struct scan {
	TAILQ_ENTRY(scan) in_zoho;
	struct zoho *zoho;
	char run[RUN_BYTES], filter[FILTER_BYTES];
	uint64_t fence, per_page, calls; /* calls not yet reported */
	enum entity_id entity;
	enum lane lane;
	const struct entity *of;
	int64_t since_us;
	bool dry_run, verify, stocked_only;
	struct plan plan;
	uint64_t look, look_page;	   /* of the first page that came (reply.h), and which that was */
	TAILQ_HEAD(page_list, page) pages; /* handed out by the plan and not finished */
};

struct many;
struct fetch {
	struct call call;
	TAILQ_ENTRY(fetch) in_lane;
	char *id; /* or ids, "a,b,c" */
	bool many;
	uint64_t seq, hash;
	struct many *of_run; /* it is a page of a run; NULL: it isn't */
};
TAILQ_HEAD(fetch_list, fetch);
TAILQ_HEAD(scan_list, scan);

struct image;
TAILQ_HEAD(image_list, image);
struct images {				  /* images.h */
	struct image_list by_lane[LANES]; /* waiting and under way */
	int n, dir;			  /* descriptor of their directory, -1 none */
	bool looked_after;		  /* what a predecessor left has been seen to */
	bool looking;			  /* for files that are missing */
	int64_t looked_ns;		  /* last; loop's clock */
};

struct report { /* to the dispatcher, whose ring was full */
	STAILQ_ENTRY(report) in_zoho;
	enum message_type type;
	union message message;
	char text[];
};

struct zoho {
	struct actor *actor;
	struct http *http;
	struct target target;
	struct keeper keeper;
	struct budget budget;
	struct slot_breaker *breakers; /* BREAKERS of them, in the slot */
	struct breaker_limits breaker_limits;
	int64_t closed_unsaved, closed_saving; /* breakers closed again, of which the database is not told yet */
	struct says says;
	struct alarm alarm;
	int64_t wake_ns; /* the earliest that something in this turn asked for */
	struct scan_list scans;
	struct fetch_list fetches[LANES];
	int fetches_n[LANES];
	struct images images;
	struct mapped_entity product; /* whose images' URLs go into its table */
	bool denied[ENTITIES];	      /* a fresh token didn't help: a permission is missing */
	uint64_t cure[ENTITIES]; /* generation of the token renewed for it, as long as that hasn't helped; 0: none */
	size_t reserved[BOOT_EDGES_MAX]; /* per edge: bytes for what is under way */
	size_t page_bytes, record_bytes; /* what one is expected to take */
	STAILQ_HEAD(report_list, report) reports;
	int reports_n;
	struct msg_zoho_state told;
	char told_why[256];
	int64_t told_ns;
	int64_t drain_ns; /* give up waiting then; 0 = not draining */
	struct db *db;
	int64_t kept_ns, kept_left; /* when and what of the budget was written to the database */
	int64_t kept_until_ms;
	bool budget_known; /* the slot or the database said, or knew nothing */
};

/* pump.c: what is started when. */
void zoho_pump(struct zoho *);
void zoho_wake_in_ms(struct zoho *, int64_t ms); /* look again then; INT64_MAX: an event will come */
int64_t zoho_now_ms(void);			 /* wall clock */
bool zoho_may_go(struct zoho *, struct call *);	 /* breaker, pause and ring allow it */

/* call.c: one call to Zoho from the URL to the verdict. */
void zoho_call_start(struct call *, const char *path);
void zoho_call_stop(struct call *); /* gives back all it holds; nothing is reported */
bool zoho_user_gave_up(const struct call *, int64_t wait_ms);

/* scan.c, page.c, fetch.c: who wants calls. */
void zoho_scan(struct actor *, struct edge *, const union message *);
void zoho_scan_stop(struct actor *, struct edge *, const union message *);
struct call *zoho_scan_next(struct zoho *, enum lane);
void zoho_scan_go(struct call *);
void zoho_page_report(struct page *, const struct reply *);
bool zoho_page_hand_over(struct page *);
void zoho_page_free(struct page *);
struct page *zoho_page_new(struct scan *, uint64_t number);
void zoho_scans_tidy(struct zoho *); /* hands over what was held, frees what is done */
void zoho_scans_refuse(struct zoho *, enum lane from, enum lane to, int64_t code, const char *why);
void zoho_scans_refuse_product(struct zoho *, enum lane, enum product, int64_t code, const char *why);
void zoho_fetch(struct actor *, struct edge *, const union message *);
struct call *zoho_fetch_next(struct zoho *, enum lane);
void zoho_fetch_go(struct call *);
void zoho_fetches_tidy(struct zoho *);
void zoho_fetches_refuse(struct zoho *, int64_t code, const char *why);
const char *zoho_fetch_impossible(struct zoho *, const struct msg_fetch *); /* why, or NULL */
void zoho_fetch_open(
	struct zoho *, const struct msg_fetch *, enum lane, uint64_t hash, struct many *of_run); /* takes it */
void zoho_fetch_free(struct fetch *);
void zoho_fetches_refuse_product(struct zoho *, enum lane, enum product, const char *why);
bool zoho_is_idle(const struct zoho *); /* nothing flies and nothing is held */

/* many.c: pages of runs whose records are named: fetches that are answered as pages. */
void zoho_many(struct actor *, struct edge *, const union message *);
void zoho_many_stop(struct zoho *, struct str run, uint64_t fence);
void zoho_many_report(struct fetch *, const struct reply *);
bool zoho_many_hand_over(struct fetch *);
void zoho_many_called(struct fetch *);
const char *zoho_many_run(const struct many *);
/* Those that somebody waits for, or of lanes, are given up; product PRODUCTS: any. */
void zoho_many_refuse(struct zoho *, enum lane from, enum lane to, enum product, int64_t code, const char *why);

/* room.c: the handlers' rings. */
bool zoho_room(struct zoho *, struct call *, size_t bytes); /* reserves */
void zoho_room_back(struct call *);
bool zoho_hand_over(struct call *, enum message_type, const void *message, size_t length);
void zoho_room_learn(struct zoho *, const struct call *, size_t length);

/* tell.c: what the dispatcher hears. */
void zoho_report(struct zoho *, enum message_type, const void *message);
void zoho_tell(struct zoho *);
void zoho_told_nothing(struct zoho *); /* the dispatcher is new */

/* views.c: the two routes. */
void zoho_view_breakers(struct actor *, struct edge *, const struct msg_http_request *);
void zoho_reset_breaker(struct actor *, struct edge *, const struct msg_http_request *);

/* breakers.c: breakers as the rest sees them: logged and told when they change. */
void zoho_breakers_open(struct zoho *);
int zoho_breaker_of(const struct call *);
int64_t zoho_breaker_wait_ms(const struct zoho *, int which); /* 0 = go, as zoho_breaker_wait */
bool zoho_breaker_go(struct zoho *, int which);		      /* a call goes out; true: it is a trial */
void zoho_breaker_note(struct zoho *, int which, enum breaker_end, bool trial);
uint64_t zoho_breakers_shut(const struct zoho *); /* bit by breaker: open, and its time isn't over */
/* Whether any lane has had a good answer of that product since then. */
bool zoho_product_answers(const struct zoho *, enum product, int64_t since_us);
/* Closes it by hand; of zoho-auth the accounts host is asked again at once, too. */
void zoho_breaker_close(struct zoho *, int which, struct str who, struct str correlation);

void zoho_breakers_save(struct zoho *); /* tells the database how many closed again */

/* kept.c: what of the budget outlives TDS. */
void zoho_budget_load(struct zoho *);
void zoho_budget_keep(struct zoho *, bool now);
