/* Records that Zoho must be asked for: thin webhooks, events that a fetch has to decide. They go to zoho-io's realtime
 * lane, a bounded number at a time; the answer goes to the handler, which reports back here. */
#include <stdio.h>
#include <string.h>
#include "actors/dispatcher/details.h"
#include "actors/handler/entity.h"
#include "actors/zoho_io/reply.h"

static const int64_t answer_timeout_ns = 120000000000;

static bool is_proof(const struct record *r)
{
	return r->current && r->current->proof;
}

static enum lane lane_of(const struct record *r)
{
	return is_proof(r) ? LANE_DRIFT : LANE_REALTIME;
}

static bool ask(struct dispatcher *d, struct record *r)
{
	struct msg_fetch m = {.entity = r->key.entity,
		.id = str_of(r->key.id),
		.seq = r->current ? r->current->seq : 0,
		.lane = lane_of(r)};
	return actor_send(d->actor, actor_edge(d->actor, ACTOR_ZOHO_IO, 0), MSG_FETCH, &m);
}

bool zoho_shut(const struct dispatcher *d, enum lane lane, enum entity_id entity)
{
	uint64_t of_lane = d->zoho.shut >> ((int)lane * PRODUCTS);
	return entity == ENTITY_NONE ? of_lane & ((1 << PRODUCTS) - 1) : of_lane >> entity_of(entity)->product & 1;
}

static bool may_go(const struct dispatcher *d, const struct record *r)
{
	return !d->queue.paused[r->key.entity] && !park_holds(d, r->shard) &&
	       !zoho_shut(d, lane_of(r), r->key.entity) && (!is_proof(r) || d->queue.proving_n < PROOFS_IN_FLIGHT_MAX);
}

/* The first whose entity is neither paused nor parked and whose product of Zoho's answers; proofs a few at a time, that nothing
 * urgent waits behind them. */
static struct record *next(struct dispatcher *d)
{
	struct record *r = TAILQ_FIRST(&d->queue.to_fetch);
	while (r && !may_go(d, r))
		r = TAILQ_NEXT(r, in_list);
	return r;
}

void fetches_send(struct dispatcher *d)
{
	struct record *r;
	int64_t now = loop_now(d->actor->loop);
	while ((r = TAILQ_FIRST(&d->queue.fetching)) && now - r->since_ns > answer_timeout_ns)
		queue_to_state(&d->queue, r, RECORD_TO_FETCH, now);
	while (d->pauses_known && now >= d->away_until_ns && d->queue.fetching_n < FETCHES_IN_FLIGHT_MAX &&
		(r = next(d)) && !d->actor->draining) {
		if (!ask(d, r))
			return;
		if (r->current && r->current->attempts)
			actor_count(d->actor, COUNT_RETRIED, 1);
		queue_to_state(&d->queue, r, RECORD_FETCHING, now);
	}
}

void fetches_go_on(struct dispatcher *d)
{
	d->away_until_ns = 0;
	d->away_times = 0;
	fetches_send(d);
}

/* zoho-io was restarted: what it had is gone. */
void fetches_resend(struct dispatcher *d)
{
	struct record *r;
	while ((r = TAILQ_FIRST(&d->queue.fetching)))
		queue_to_state(&d->queue, r, RECORD_TO_FETCH, loop_now(d->actor->loop));
	details_out_lost(d);
	fetches_send(d);
}

/* A record of which events wait is done with those first: its row says that it is to be fetched. */
void fetch_again(struct dispatcher *d, enum entity_id entity, struct str id)
{
	struct record *r = queue_record(&d->queue, entity, id, true);
	if (!r || r->state != RECORD_IDLE)
		return;
	r->current = NULL;
	queue_to_state(&d->queue, r, RECORD_TO_FETCH, loop_now(d->actor->loop));
	fetches_send(d);
}

static struct record *fetching(struct dispatcher *d, uint64_t entity, struct str id, uint64_t seq)
{
	struct record *r = queue_record(&d->queue, (enum entity_id)entity, id, false);
	/* The event may have been settled by another fetch meanwhile; then any answer settles the record. */
	if (!r || r->state != RECORD_FETCHING || (r->current && r->current->seq != seq))
		return NULL;
	return r;
}

/* Zoho can't be asked, which says nothing of the record: what waits for it goes on waiting, and no attempt is counted.
 * Behind an open breaker it waits for that one alone, and nobody else does. */
static void put_off(struct dispatcher *d, struct record *r)
{
	int64_t now = loop_now(d->actor->loop);
	bool shut = r && zoho_shut(d, lane_of(r), r->key.entity);
	if (now >= d->away_until_ns && !shut)
		d->away_until_ns = now + backoff_ns(&d->actor->config, d->away_times++);
	if (r)
		queue_to_state(&d->queue, r, RECORD_TO_FETCH, now);
}

static void event_failed(struct dispatcher *d, struct event *e, const struct msg_fetched *m)
{
	char code[24], why[300];
	if (m->not_found && e->deletes) {
		confirm_delete(d, e);
		return;
	}
	snprintf(code, sizeof code, "zoho:%lld", (long long)m->code);
	snprintf(why, sizeof why,
		m->not_found ? "Zoho has no such record (404): %.*s" : "could not be fetched from Zoho: %.*s",
		(int)m->error.len, m->error.data ? m->error.data : "");
	if (m->not_found || m->code == CODE_TOO_BIG)
		bury_event(d, e, code, why);
	else
		retry_event(d, e, code, why);
}

void fetches_failed(struct dispatcher *d, const struct msg_fetched *m)
{
	struct record *r = fetching(d, m->entity, m->id, m->seq);
	if (!m->failed) { /* with the handler; it reports */
		if (!m->seq)
			details_out_fetched(d, m->entity, m->id, loop_now(d->actor->loop));
		details_look(d);
		return;
	}
	bool too_big = m->code == CODE_TOO_BIG;
	int64_t asked_ns =
		m->seq ? 0
		       : details_out_answered(d, m->entity, m->id, m->away || too_big ? DETAIL_SETTLED : DETAIL_PUT_OFF,
				 loop_now(d->actor->loop));
	if (m->away) {
		put_off(d, r);
		details_later(d);
		return;
	}
	if (r && r->current) {
		event_failed(d, r->current, m);
	} else {
		if (m->not_found)
			details_gone(d, (enum entity_id)m->entity, m->id, r ? r->since_ns : asked_ns);
		else if (too_big)
			details_too_big(d, (enum entity_id)m->entity, m->id, m->error, r ? r->since_ns : asked_ns);
		else
			details_later(d);
		if (r)
			queue_settle(&d->queue, r, loop_now(d->actor->loop));
	}
	fetches_send(d);
}

/* A contact that turned out to be of the other type. */
static enum entity_id other_type(uint64_t entity)
{
	return entity == ENTITY_CUSTOMER ? ENTITY_VENDOR : entity == ENTITY_VENDOR ? ENTITY_CUSTOMER : ENTITY_NONE;
}

/* Not this record, its entity: that it can't be written says nothing of the record. */
static bool is_structural(struct str sqlstate)
{
	char code[SQLSTATE_BYTES];
	snprintf(code, sizeof code, "%.*s", (int)sqlstate.len, sqlstate.data ? sqlstate.data : "");
	return !strncmp(code, "42", 2);
}

/* Whether its entity can be written, as far as this record shows. */
static bool judge_writable(struct dispatcher *d, struct record *r, const struct msg_record_applied *m)
{
	struct shard *s = r ? r->shard : queue_shard(&d->queue, (enum entity_id)m->entity, m->id);
	bool writable = !m->retry || !is_structural(m->sqlstate);
	if (s && !writable)
		park(d, s, m->sqlstate, m->error);
	else if (s && !m->retry)
		s->parked = false;
	return writable;
}

static void retry_fetched(struct dispatcher *d, struct event *e, const struct msg_record_applied *m)
{
	char code[SQLSTATE_BYTES], why[300];
	snprintf(code, sizeof code, "%.*s", (int)m->sqlstate.len, m->sqlstate.data ? m->sqlstate.data : "");
	snprintf(why, sizeof why, "the fetched record could not be applied%s%.*s", m->error.len ? ": " : "",
		(int)m->error.len, m->error.data ? m->error.data : "");
	retry_event(d, e, code, why);
}

/* Nobody waits for the answer in memory: the record's row knows whether it is still to be fetched. */
static void detail_applied(struct dispatcher *d, const struct msg_record_applied *m, uint64_t outcome, int64_t asked_ns)
{
	if (m->retry)
		return; /* still wanted; it is held back by itself (or its entity parked), and nobody else waits */
	if (outcome == OUTCOME_DEAD_LETTER || outcome == OUTCOME_SKIPPED || outcome == OUTCOME_REFETCH ||
		((outcome == OUTCOME_STALE || outcome == OUTCOME_UNCHANGED) &&
			details_out_in_vain(d, (enum entity_id)m->entity, m->id)))
		details_gone(d, (enum entity_id)m->entity, m->id, asked_ns);
	if (outcome == OUTCOME_REFETCH && other_type(m->entity))
		fetch_again(d, other_type(m->entity), m->id);
}

/* As what it was it is gone. */
static void of_other_type(struct dispatcher *d, struct record *r, const struct msg_record_applied *m)
{
	enum entity_id type = other_type(m->entity);
	if (r->current && !r->current->deletes) {
		other_type_event(d, r->current, type);
		return;
	}
	fetch_again(d, type, m->id);
	if (r->current)
		confirm_delete(d, r->current);
	else
		queue_settle(&d->queue, r, loop_now(d->actor->loop));
}

void fetches_applied(struct dispatcher *d, const struct msg_record_applied *m)
{
	struct record *r = fetching(d, m->entity, m->id, m->seq);
	uint64_t outcome = m->outcome & (OUTCOME_AND_REFETCH - 1);
	for (size_t i = 0; i < m->closed.n; i++)
		if (!r || m->closed.at[i] != m->seq)
			queue_close(&d->queue, m->closed.at[i], loop_now(d->actor->loop));
	d->away_times = 0;
	/* zoho-io answers two requests for one record once: any answer ends the detail's, too */
	bool settled = !m->retry && (outcome == OUTCOME_APPLIED || outcome == OUTCOME_DEAD_LETTER ||
					    memchr(m->id.data, ',', m->id.len)),
	     nothing_new = !m->retry && (outcome == OUTCOME_STALE || outcome == OUTCOME_UNCHANGED);
	enum detail_answer answer = settled ? DETAIL_SETTLED : nothing_new ? DETAIL_IN_VAIN : DETAIL_PUT_OFF;
	int64_t asked_ns = m->seq ? 0 : details_out_answered(d, m->entity, m->id, answer, loop_now(d->actor->loop));
	bool writable = judge_writable(d, r, m);
	if (!r) {
		if (!m->seq)
			detail_applied(d, m, outcome, asked_ns);
	} else if (r->current && !writable) {
		queue_to_state(&d->queue, r, RECORD_TO_FETCH, loop_now(d->actor->loop));
	} else if (outcome == OUTCOME_REFETCH && other_type(m->entity)) {
		of_other_type(d, r, m);
	} else if (r->current && (m->retry || outcome == OUTCOME_SKIPPED)) {
		retry_fetched(d, r->current, m);
	} else {
		if (r->current)
			queue_forget(&d->queue, r->current);
		queue_settle(&d->queue, r, loop_now(d->actor->loop));
		if (m->outcome & OUTCOME_AND_REFETCH)
			fetch_again(d, (enum entity_id)m->entity, m->id);
		fetches_send(d);
	}
	details_look(d);
}
