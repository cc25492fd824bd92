/* Details in the background: records of which two contents of one version were seen, and those that were seen only in a
 * list and whose lines are still to be fetched; newest first, a few at a time, the latter when nothing more urgent keeps
 * Zoho busy. What is wanted stands in tds_entity_state; no second queue. */
#include <inttypes.h>
#include <stdio.h>
#include "actors/dispatcher/runs.h"
#include "actors/handler/entity.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

static const int64_t look_every_ns = 2000000000, failed_wait_ns = 30000000000, answer_timeout_ns = 120000000000;
static const char ask_for[] = "4";	  /* DETAILS_IN_FLIGHT_MAX */
static const char ask_together[] = "100"; /* as many as Zoho's itemdetails take */
static const struct db_statement wanted = {"dispatch_details", SQL_DISPATCH_DETAILS};
static const struct db_statement gone = {"dispatch_detail_gone", SQL_DISPATCH_DETAIL_GONE};

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
	for (int i = 0; i < PQntuples(res) && d->details_in_flight < DETAILS_IN_FLIGHT_MAX; i++) {
		bool contradicted = *PQgetvalue(res, i, 2) == 't';
		struct msg_fetch m = {.entity = entity_by_name(str_of(PQgetvalue(res, i, 0))),
			.id = str_of(PQgetvalue(res, i, 1)),
			.lane = contradicted ? LANE_REALTIME : LANE_DETAIL};
		if (actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_FETCH, &m))
			d->details_in_flight++, d->details_calls++;
	}
	d->details_sent_ns = loop_now(d->actor->loop);
	d->details_ns = PQntuples(res) ? 0 : d->details_sent_ns + look_every_ns;
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
	if (r->lane < LANE_DETAIL)
		return false;
	return !zoho_shut(d, LANE_DETAIL, ENTITY_NONE);
}

void details_tick(struct dispatcher *d)
{
	const struct zoho_view *z = &d->zoho;
	bool lines = d->actor->config.sync_details && nothing_more_urgent(d);
	if (d->details_in_flight && loop_now(d->actor->loop) - d->details_sent_ns > answer_timeout_ns)
		d->details_in_flight = 0;
	if (d->details_asked || d->details_in_flight || !z->known || !z->open || !z->authorized || d->actor->draining ||
		zoho_shut(d, LANE_REALTIME, ENTITY_NONE) || loop_now(d->actor->loop) < d->details_ns || !db_up(d->db))
		return;
	struct buf awake = {0}, many = {0};
	pause_awake(d, &awake);
	d->details_asked = true;
	add_many(&many);
	db_query(d->db, &wanted, on_wanted, d, 6, d->actor->config.zoho_organization_id, ask_for,
		lines ? "true" : "false", awake.data, many.data, ask_together);
	buf_free(&awake);
	buf_free(&many);
}

void details_later(struct dispatcher *d)
{
	d->details_ns = loop_now(d->actor->loop) + failed_wait_ns;
}

void details_gone(struct dispatcher *d, enum entity_id entity, struct str id, int64_t asked_ns)
{
	char text[RECORD_ID_BYTES], asked[24];
	snprintf(text, sizeof text, "%.*s", (int)id.len, id.data);
	snprintf(asked, sizeof asked, "%" PRId64, now_us() - (loop_now(d->actor->loop) - asked_ns) / 1000);
	db_query(d->db, &gone, NULL, NULL, 4, d->actor->config.zoho_organization_id, entity_names[entity].name, text,
		asked);
}
