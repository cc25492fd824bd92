/* Details in the background: records of which two contents of one version were seen, and those that were seen only in a
 * list and whose lines are still to be fetched; newest first, the latter when nothing more urgent keeps Zoho busy. What is
 * wanted stands in tds_entity_state; no second queue: only so many are out as keep zoho-io in work until the next are
 * looked up, which happens when half of them are answered. */
#include <inttypes.h>
#include <stdio.h>
#include "actors/dispatcher/details.h"
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

enum { OUT_PER_CALL = 4 };
static const int64_t look_every_ns = 2000000000, failed_wait_ns = 30000000000;
static const struct db_statement wanted = {"dispatch_details", SQL_DISPATCH_DETAILS};
static const struct db_statement gone = {"dispatch_detail_gone", SQL_DISPATCH_DETAIL_GONE};
static const struct db_statement dead = {"apply_dead_letter_doc", SQL_APPLY_DEAD_LETTER_DOC};

/* How many may be out: a few for each call at once that Zoho allows. */
static unsigned out_max(const struct dispatcher *d)
{
	int64_t n = d->actor->config.zoho_concurrent_calls_max * OUT_PER_CALL;
	return n < DETAILS_IN_FLIGHT_MAX ? (unsigned)n : DETAILS_IN_FLIGHT_MAX;
}

static bool send(struct dispatcher *d, const PGresult *res, int row)
{
	bool contradicted = *PQgetvalue(res, row, 2) == 't';
	struct msg_fetch m = {.entity = entity_by_name(str_of(PQgetvalue(res, row, 0))),
		.id = str_of(PQgetvalue(res, row, 1)),
		.lane = contradicted ? LANE_REALTIME : LANE_DETAIL};
	if (details_out_away(d, (enum entity_id)m.entity, m.id)) /* a run asked meanwhile */
		return true;
	if (!actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_FETCH, &m))
		return false;
	d->details_calls++;
	details_out_add(d, (enum entity_id)m.entity, m.id, loop_now(d->actor->loop));
	return true;
}

static void on_wanted(void *ctx, const struct db_reply *r)
{
	struct dispatcher *d = ctx;
	d->details_asked = false;
	if (r->failure != DB_OK) {
		log_warn("the details that are wanted can't be looked up", LF_STR("sqlstate", r->sqlstate),
			LF_STR("error", r->message));
		details_later(d);
		return;
	}
	const PGresult *res = r->results[0];
	int sent = 0;
	while (sent < PQntuples(res) && d->details_in_flight < out_max(d) && send(d, res, sent))
		sent++;
	bool more = PQntuples(res) || d->details_behind; /* then the next answer is the time to look */
	d->details_ns = more ? 0 : loop_now(d->actor->loop) + look_every_ns;
	if (sent)
		details_look(d);
}

/* The entities that Zoho details many at once, as PostgreSQL's text[]. */
static void add_many(struct buf *b)
{
	buf_str(b, "{");
	for (int e = 1; e < ENTITIES; e++)
		if (entities[e]->many)
			buf_fmt(b, "%s%s", b->len > 1 ? "," : "", entity_names[e].name);
	buf_str(b, "}");
}

/* A drift scan is less urgent than they are, and may wait for its share of the day for hours. */
static bool nothing_more_urgent(const struct dispatcher *d)
{
	const struct run *r;
	TAILQ_FOREACH(r, &d->runs, in_list)
	if (r->lane < LANE_DETAIL && !r->waits)
		return false;
	return !zoho_shut(d, LANE_DETAIL, ENTITY_NONE);
}

/* Those that may be asked for: neither paused nor parked, and their handler gets on with what it has. */
static void add_awake(struct dispatcher *d, struct buf *b)
{
	d->details_behind = false;
	buf_str(b, "{");
	for (int e = 1; e < ENTITIES; e++) {
		if (d->queue.paused[e] || parked_entity(d, (enum entity_id)e))
			continue;
		bool behind = details_out_applying(d, (enum entity_id)e) >= 2 * out_max(d);
		d->details_behind |= behind;
		if (!behind)
			buf_fmt(b, "%s%s", b->len > 1 ? "," : "", entity_names[e].name);
	}
	buf_str(b, "}");
}

static void look_up(struct dispatcher *d)
{
	char ask_for[12], together[12];
	struct buf awake = {0}, many = {0}, out = {0};
	d->details_asked = true;
	snprintf(ask_for, sizeof ask_for, "%u", out_max(d) - d->details_in_flight);
	snprintf(together, sizeof together, "%d", MANY_MAX >> d->details_halved);
	add_awake(d, &awake);
	add_many(&many);
	details_out_list(d, &out);
	db_query(d->db, &wanted, on_wanted, d, 7, d->actor->config.zoho_organization_id, ask_for,
		d->details_lines ? "true" : "false", awake.data, many.data, together, out.data);
	buf_free(&awake);
	buf_free(&many);
	buf_free(&out);
}

void details_look(struct dispatcher *d)
{
	const struct zoho_view *z = &d->zoho;
	if (d->details_asked || d->details_in_flight > out_max(d) / 2 || !z->known || !z->open || !z->authorized ||
		zoho_shut(d, LANE_REALTIME, ENTITY_NONE) || d->actor->draining ||
		loop_now(d->actor->loop) < d->details_ns || !db_up(d->db))
		return;
	look_up(d);
}

void details_tick(struct dispatcher *d)
{
	bool lines = d->actor->config.sync_details && nothing_more_urgent(d);
	if (lines && !d->details_lines && d->details_ns - loop_now(d->actor->loop) <= look_every_ns)
		d->details_ns = 0; /* a run's end: now there is something */
	d->details_lines = lines;
	details_out_expire(d, loop_now(d->actor->loop));
	details_look(d);
}

void details_later(struct dispatcher *d)
{
	d->details_ns = loop_now(d->actor->loop) + failed_wait_ns;
}

void details_gone(struct dispatcher *d, enum entity_id entity, struct str id, int64_t asked_ns)
{
	char asked[24];
	struct buf ids = {0};
	buf_add(&ids, id.data, id.len);
	snprintf(asked, sizeof asked, "%" PRId64, now_us() - (loop_now(d->actor->loop) - asked_ns) / 1000);
	db_query(d->db, &gone, NULL, NULL, 4, d->actor->config.zoho_organization_id, entity_names[entity].name,
		ids.data, asked);
	buf_free(&ids);
}

/* Of several fewer are asked for from now on; one alone can't be had, which somebody has to know. */
void details_too_big(struct dispatcher *d, enum entity_id entity, struct str id, struct str why, int64_t asked_ns)
{
	struct buf ids = {0}, words = {0};
	if (memchr(id.data, ',', id.len)) {
		d->details_halved += (MANY_MAX >> d->details_halved) > 1;
		log_warn("details too large together: fewer at once", LF_STR("entity", entity_names[entity].name),
			LF_INT("at_once", MANY_MAX >> d->details_halved));
		details_look(d);
		return;
	}
	details_gone(d, entity, id, asked_ns);
	buf_add(&ids, id.data, id.len);
	buf_fmt(&words, "its detail can't be had: %.*s", (int)why.len, why.data ? why.data : "");
	db_query(d->db, &dead, NULL, NULL, 12, d->actor->config.zoho_organization_id, entity_names[entity].name,
		ids.data, words.data, "zoho:too_big", words.data, "dispatcher", NULL, NULL, NULL, NULL, NULL);
	buf_free(&ids);
	buf_free(&words);
}
