/* Images of products: which are wanted stands in tds_images (what the lists say beside what is stored), so this remembers only
 * how many zoho-io was asked for. A handful at a time: in the background when no sync is under way, or as a run that somebody
 * asked for, whose ledger has a page for each handful. */
#include "actors/images.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/statements.h"

enum { ONE_HANDFUL = 50 };
static const char together[] = "50", /* ONE_HANDFUL */ shown[] = "1000"; /* of a dry run, by id */
static const int64_t look_every_ns = 2000000000, away_wait_ns = 30000000000;

/* NULL: the products' table isn't known, or they don't fit it, of which their handler tells. */
static const struct image_statements *statements(const struct dispatcher *d)
{
	return d->mapped[ENTITY_PRODUCT].now ? image_statements(d->mapped[ENTITY_PRODUCT].now) : NULL;
}

bool images_of_run(const struct run *r)
{
	return r->options.kind == RUN_IMAGES;
}

static void later(struct dispatcher *d, int64_t wait_ns)
{
	d->images.not_before_ns = loop_now(d->actor->loop) + wait_ns;
}

/* What the query failed of may be over soon; what it can't do it can't do then either. */
static void refused(struct dispatcher *d, struct run *r, const struct db_reply *reply)
{
	char why[200];
	snprintf(why, sizeof why, "the images that are wanted can't be looked up: %s", reply->message);
	log_warn("images", LF_STR("sqlstate", reply->sqlstate), LF_STR("error", why));
	if (!r)
		later(d, reply->failure == DB_ENVIRONMENT ? look_every_ns : away_wait_ns);
	else if (reply->failure != DB_ENVIRONMENT)
		run_fail(d, r, why);
}

static unsigned send(struct dispatcher *d, const struct run *r, const PGresult *rows)
{
	unsigned sent = 0;
	for (int i = 0; i < PQntuples(rows); i++) {
		struct msg_image m = {.id = str_of(PQgetvalue(rows, i, 0)),
			.document = str_of(PQgetvalue(rows, i, 1)),
			.file = str_of(PQgetvalue(rows, i, 2)),
			.lane = r ? r->lane : LANE_DETAIL,
			.run = str_of(r ? r->id : ""),
			.fence = r ? r->fence : 0,
			.page = r ? r->first : d->images.handful};
		sent += actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_IMAGE, &m);
	}
	return sent;
}

static void show(struct run *r, const PGresult *rows)
{
	buf_str(&r->results, "\"would_fetch\":[");
	for (int i = 0; i < PQntuples(rows); i++) {
		const char *id = PQgetvalue(rows, i, 0);
		buf_str(&r->results, i ? "," : "");
		buf_json(&r->results, id, strlen(id));
	}
	buf_str(&r->results, "]");
}

static void go_on(struct dispatcher *d, struct run *r, const PGresult *rows)
{
	if (r->options.dry_run)
		show(r, rows);
	if (r->options.dry_run || !PQntuples(rows)) {
		run_close(d, r);
		return;
	}
	r->images_in_flight = send(d, r, rows);
	r->first += r->images_in_flight > 0;
}

/* What a run wants; what is wanted beside runs. */
static void on_wanted(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	if (r && reply->failure != DB_OK)
		refused(d, r, reply);
	else if (r)
		go_on(d, r, reply->results[0]);
}

static void on_wanted_beside(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d = ctx;
	d->images.asked = false;
	if (reply->failure != DB_OK) {
		refused(d, NULL, reply);
		return;
	}
	d->images.handful = (uint64_t)now_us();
	d->images.in_flight = send(d, NULL, reply->results[0]);
	later(d, d->images.in_flight ? 0 : look_every_ns);
}

static void no_table(struct dispatcher *d, struct run *r)
{
	mapped_entity_ask(&d->mapped[ENTITY_PRODUCT], d->db, &d->actor->config);
	if (!d->mapped[ENTITY_PRODUCT].known)
		return; /* the next tick knows */
	if (r)
		run_fail(d, r, "product doesn't fit its table: tdsctl status says why");
	else
		later(d, away_wait_ns);
}

static void look(struct dispatcher *d, struct run *r)
{
	char since[24], as_of[24];
	snprintf(since, sizeof since, "%" PRId64, r ? r->since_us : 0);
	snprintf(as_of, sizeof as_of, "%" PRId64, r ? r->opened_us : now_us());
	const struct image_statements *s = statements(d);
	if (!s) {
		no_table(d, r);
		return;
	}
	if (!r)
		d->images.asked = true;
	db_query(d->db, &s->wanted, r ? on_wanted : on_wanted_beside, r ? run_ask(d, r) : d,
		6 + (d->mapped[ENTITY_PRODUCT].now->fixed != NULL), d->actor->config.zoho_organization_id,
		r && r->options.active_only ? "true" : "false", r && r->options.with_stock_only ? "true" : "false",
		since, r && r->options.dry_run ? shown : together, as_of, d->mapped[ENTITY_PRODUCT].now->fixed);
}

static void on_begun(void *ctx, const struct db_reply *reply)
{
	struct dispatcher *d;
	struct run *r = run_answered(ctx, &d);
	uint64_t n[5];
	if (!r)
		return;
	if (reply->failure != DB_OK) {
		refused(d, r, reply);
		return;
	}
	for (int i = 0; i < 5; i++)
		n[i] = strtoull(PQgetvalue(reply->results[0], 0, i), NULL, 10);
	r->scanning = true;
	r->first = r->first < 2 ? 2 : r->first;
	r->options.per_page = ONE_HANDFUL;
	r->expected = 1 + (n[1] + n[2] + ONE_HANDFUL - 1) / ONE_HANDFUL;
	r->counts = (struct run_counts){.total = n[3] + n[4], .processed = n[3], .unchanged = n[3], .skipped = n[4]};
	images_step(d, r);
}

static void begin(struct dispatcher *d, struct run *r)
{
	char since[24], fence[24];
	snprintf(since, sizeof since, "%" PRId64, r->since_us);
	snprintf(fence, sizeof fence, "%" PRIu64, r->fence);
	const struct image_statements *s = statements(d);
	if (!s) {
		no_table(d, r);
		return;
	}
	db_query(d->db, &s->begin, on_begun, run_ask(d, r), 9 + (d->mapped[ENTITY_PRODUCT].now->fixed != NULL),
		d->actor->config.zoho_organization_id, r->options.active_only ? "true" : "false",
		r->options.with_stock_only ? "true" : "false", since, r->id, fence, IMAGES_URL,
		r->options.dry_run ? "true" : "false", together, d->mapped[ENTITY_PRODUCT].now->fixed);
}

void images_step(struct dispatcher *d, struct run *r)
{
	if (r->closing || r->opening || r->asked || r->images_in_flight || !db_up(d->db))
		return;
	d->images.in_flight = 0; /* zoho-io does now for the run what it was asked for before */
	if (r->scanning)
		look(d, r);
	else
		begin(d, r);
}

static void count(struct run *r, uint64_t outcome)
{
	r->counts.total++;
	r->counts.processed += outcome != IMAGE_REFUSED;
	r->counts.failed += outcome == IMAGE_REFUSED;
}

static void done_of_run(struct dispatcher *d, struct run *r, const struct msg_image_done *m)
{
	char why[256];
	if (m->page + 1 == r->first) /* else zoho-io was restarted since */
		r->images_in_flight -= r->images_in_flight > 0;
	r->calls += m->calls;
	r->reached |= m->status != 0;
	if (m->outcome == IMAGE_AWAY) {
		snprintf(why, sizeof why, "the image of %.*s could not be had: %.*s", (int)m->id.len, m->id.data,
			(int)m->error.len, m->error.data ? m->error.data : "");
		run_fail(d, r, why);
		return;
	}
	if (m->outcome != IMAGE_AGAIN)
		count(r, m->outcome);
	images_step(d, r);
}

void images_done(struct dispatcher *d, const struct msg_image_done *m)
{
	struct run *r = m->run.len ? run_find(d, m->run, m->fence) : NULL;
	if (r && !r->closing)
		done_of_run(d, r, m);
	if (m->run.len || m->page != d->images.handful)
		return;
	d->images.in_flight -= d->images.in_flight > 0;
	if (m->outcome == IMAGE_AWAY)
		later(d, away_wait_ns);
	else if (m->outcome == IMAGE_AGAIN)
		later(d, look_every_ns);
	images_tick(d);
}

/* As of details: a drift scan isn't. */
static bool more_urgent(const struct dispatcher *d)
{
	const struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	if (!r->waits && (r->lane < LANE_DETAIL || images_of_run(r)))
		return true;
	return zoho_shut(d, LANE_DETAIL, ENTITY_PRODUCT);
}

void images_tick(struct dispatcher *d)
{
	const struct zoho_view *z = &d->zoho;
	if (!d->actor->config.sync_images || d->images.asked || d->images.in_flight || more_urgent(d) ||
		d->queue.paused[ENTITY_PRODUCT] || !z->known || !z->open || !z->authorized || d->actor->draining ||
		!db_up(d->db) || loop_now(d->actor->loop) < d->images.not_before_ns)
		return;
	look(d, NULL);
}

void images_resend(struct dispatcher *d)
{
	struct run *r;
	d->images.in_flight = 0;
	TAILQ_FOREACH(r, &d->runs, in_list)
	{
		if (!images_of_run(r) || r->waits)
			continue;
		r->images_in_flight = 0;
		images_step(d, r);
	}
}

bool images_follow(struct dispatcher *d, struct run *r)
{
	if (!r->options.sync_images || r->options.kind != RUN_PULL || r->entity != ENTITY_PRODUCT || r->followed ||
		*r->error)
		return false;
	r->followed = true;
	run_part(d, r, RUN_IMAGES, ENTITY_NONE);
	return true;
}
