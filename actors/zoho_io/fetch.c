/* Owns the fetches of single records: bounded queues by lane, the same one asked for twice fetched once. */
#include "actors/zoho_io/zoho.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the failure is Zoho's (nothing of this product has gone well since the call was first tried) or ours, not the
 * record's: asking again later may well do. */
static bool is_away(const struct zoho *z, const struct call *call, const struct reply *r)
{
	if (r->code == CODE_NOT_AUTHORIZED || r->code == CODE_QUEUE_FULL || r->code == CODE_BREAKER_OPEN ||
		r->verdict == REPLY_LIMITED)
		return true;
	return call && r->verdict == REPLY_TRANSIENT && r->code != CODE_SHAPE &&
	       !zoho_product_answers(z, call->of->product, call->tried_us);
}

static void report(struct zoho *z, const struct msg_fetch *m, const struct call *call, const struct reply *r)
{
	bool failed = r->verdict != REPLY_OK;
	zoho_report(z, MSG_FETCHED,
		&(struct msg_fetched){.entity = m->entity,
			.id = m->id,
			.seq = m->seq,
			.failed = failed,
			.not_found = r->verdict == REPLY_NOT_FOUND,
			.away = failed && is_away(z, call, r),
			.status = (uint64_t)r->status,
			.code = r->code,
			.error = str_of(failed ? r->why : "")});
}

static void report_own(struct fetch *f, const struct reply *r)
{
	if (f->of_run) {
		zoho_many_report(f, r);
		return;
	}
	report(f->call.zoho, &(struct msg_fetch){.entity = f->call.entity, .id = str_of(f->id), .seq = f->seq},
		&f->call, r);
}

void zoho_fetch_free(struct fetch *f)
{
	struct zoho *z = f->call.zoho;
	zoho_call_stop(&f->call);
	TAILQ_REMOVE(&z->fetches[f->call.lane], f, in_lane);
	z->fetches_n[f->call.lane]--;
	free(f->of_run);
	free(f->id);
	free(f);
}

static bool hand_over(struct fetch *f)
{
	struct reply fine = {.verdict = REPLY_OK, .status = 200};
	struct msg_record message = {.entity = f->call.entity,
		.id = str_of(f->id),
		.seq = f->seq,
		.sent_us = f->call.sent_us,
		.body = {f->call.body, f->call.length}};
	if (f->of_run ? !zoho_many_hand_over(f) : !zoho_hand_over(&f->call, MSG_RECORD, &message, f->call.length))
		return false;
	report_own(f, &fine);
	return true;
}

static void on_over(struct call *call, const struct reply *r)
{
	struct fetch *f = (struct fetch *)call;
	call->state = CALL_HELD;
	if (r->verdict != REPLY_OK)
		report_own(f, r);
	if (r->verdict != REPLY_OK || hand_over(f))
		zoho_fetch_free(f);
}

struct call *zoho_fetch_next(struct zoho *z, enum lane lane)
{
	struct fetch *f;
	TAILQ_FOREACH(f, &z->fetches[lane], in_lane)
	if (f->call.state == CALL_WAITING && zoho_may_go(z, &f->call))
		return &f->call;
	return NULL;
}

void zoho_fetch_go(struct call *call)
{
	char path[CALL_PATH_BYTES];
	const struct fetch *f = (const struct fetch *)call;
	zoho_many_called((struct fetch *)call);
	if (f->many)
		snprintf(path, sizeof path, "%s?item_ids=%s", call->of->many, f->id);
	else if (call->of->detail_root)
		snprintf(path, sizeof path, "%s/%s", call->of->path, f->id);
	else
		snprintf(path, sizeof path, "%s", call->of->path);
	zoho_call_start(call, path);
}

void zoho_fetches_tidy(struct zoho *z)
{
	struct fetch *f, *next;
	for (int lane = 0; lane < LANES; lane++)
		for (f = TAILQ_FIRST(&z->fetches[lane]); f; f = next) {
			next = TAILQ_NEXT(f, in_lane);
			if (f->call.state == CALL_HELD && hand_over(f))
				zoho_fetch_free(f);
		}
}

/* Those of the lane that wait; product PRODUCTS: of all, else pages of runs wait as those of lists do. Returns how many. */
static uint64_t refuse(struct zoho *z, enum lane lane, enum product product, int64_t code, const char *why)
{
	struct fetch *f, *next;
	struct reply r = {.verdict = REPLY_REFUSED, .code = code};
	uint64_t n = 0;
	snprintf(r.why, sizeof r.why, "%s", why);
	for (f = TAILQ_FIRST(&z->fetches[lane]); f; f = next) {
		next = TAILQ_NEXT(f, in_lane);
		if (f->call.state != CALL_WAITING ||
			(product != PRODUCTS && (f->of_run || f->call.of->product != product)))
			continue;
		report_own(f, &r);
		zoho_fetch_free(f);
		n++;
	}
	return n;
}

void zoho_fetches_refuse(struct zoho *z, int64_t code, const char *why)
{
	for (int lane = 0; lane < LANES; lane++)
		refuse(z, (enum lane)lane, PRODUCTS, code, why);
}

void zoho_fetches_refuse_product(struct zoho *z, enum lane lane, enum product product, const char *why)
{
	z->breakers[(int)lane * PRODUCTS + (int)product].rejected += refuse(z, lane, product, CODE_BREAKER_OPEN, why);
}

/* The id becomes part of a path. */
static bool is_id(struct str id)
{
	if (!id.len || id.len >= FETCH_ID_BYTES)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!isalnum((unsigned char)id.data[i]) && id.data[i] != '-' && id.data[i] != '_')
			return false;
	return true;
}

/* One id, or of an entity that Zoho details many at once several with commas between. */
static bool are_ids(struct str ids, const struct entity *of)
{
	if (!of || !of->many || !ids.len || !memchr(ids.data, ',', ids.len))
		return is_id(ids);
	for (size_t at = 0, n; at < ids.len && ids.len < FETCH_IDS_BYTES; at += n + 1) {
		const char *comma = memchr(ids.data + at, ',', ids.len - at);
		n = comma ? (size_t)(comma - ids.data) - at : ids.len - at;
		if (!is_id((struct str){ids.data + at, n}))
			return false;
	}
	return ids.len < FETCH_IDS_BYTES;
}

static bool is_queued(const struct zoho *z, const struct msg_fetch *m, uint64_t hash)
{
	const struct fetch *f;
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_FOREACH(f, &z->fetches[lane], in_lane)
	if (!f->of_run && f->hash == hash && f->call.entity == m->entity && f->seq == m->seq && str_eq(m->id, f->id))
		return true;
	return false;
}

const char *zoho_fetch_impossible(struct zoho *z, const struct msg_fetch *m)
{
	const struct entity *of = entity_of(m->entity);
	if (!are_ids(m->id, of))
		return "not an id of Zoho's";
	if (!of || (!of->detail_root && !of->one_page))
		return "Zoho has no details of this entity";
	if (!actor_edge_handler(z->actor, (enum entity_id)m->entity, id_hash(m->id)))
		return "nobody handles this entity";
	return NULL;
}

void zoho_fetch_open(struct zoho *z, const struct msg_fetch *m, enum lane lane, uint64_t hash, struct many *of_run)
{
	struct fetch *f = calloc(1, sizeof *f);
	if (!f)
		die(EXIT_TEMPORARY, "out of memory");
	*f = (struct fetch){.seq = m->seq, .hash = hash, .id = strndup(m->id.data, m->id.len), .of_run = of_run};
	if (!f->id)
		die(EXIT_TEMPORARY, "out of memory");
	f->many = of_run || strchr(f->id, ',');
	f->call = (struct call){.zoho = z,
		.lane = lane,
		.since_ns = loop_clock(),
		.entity = (enum entity_id)m->entity,
		.of = entity_of(m->entity),
		.to = actor_edge_handler(z->actor, (enum entity_id)m->entity, hash),
		.list = f->many,
		.correlation = of_run	 ? zoho_many_run(of_run)
			       : f->many ? "details"
					 : f->id,
		.over = on_over};
	TAILQ_INSERT_TAIL(&z->fetches[lane], f, in_lane);
	z->fetches_n[lane]++;
}

void zoho_fetch(struct actor *a, struct edge *e, const union message *message)
{
	struct zoho *z = a->state;
	const struct msg_fetch *m = &message->fetch;
	enum lane lane = m->lane < LANES ? (enum lane)m->lane : LANE_DETAIL;
	uint64_t hash = id_hash(m->id);
	const char *why = zoho_fetch_impossible(z, m);
	(void)e;
	struct reply r = {.verdict = REPLY_REFUSED, .code = CODE_NOT_POSSIBLE};
	if (!why && is_queued(z, m, hash))
		return;
	if (!why && z->fetches_n[lane] >= FETCHES_PER_LANE_MAX) {
		why = "queue full";
		r.code = CODE_QUEUE_FULL;
	}
	if (!why) {
		zoho_fetch_open(z, m, lane, hash, NULL);
		return;
	}
	snprintf(r.why, sizeof r.why, "%s", why);
	report(z, m, NULL, &r);
}
