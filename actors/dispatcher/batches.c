/* Batches: ready records go to their handler, one event each, at most two batches under way; the batch grows with the
 * backlog. What the handler reports settles the events. */
#include "actors/dispatcher/dispatcher.h"

static const int64_t answer_timeout_ns = 60000000000;

static size_t batch_size(const struct dispatcher *d, const struct shard *s)
{
	size_t size = (size_t)d->actor->config.queue_batch_size, max = (size_t)d->actor->config.queue_batch_size_max;
	if (s->ready_n > 4 * size)
		size = s->ready_n / 4;
	if (max > MESSAGE_LIST_MAX)
		max = MESSAGE_LIST_MAX;
	return size < max ? size : max;
}

/* The first batch goes at once; a second one only when it is worth its transaction. */
static bool worth_sending(const struct dispatcher *d, const struct shard *s, int64_t now)
{
	if (!s->ready_n || d->queue.paused[s->entity] || now < s->not_before_ns ||
		s->in_flight >= BATCHES_IN_FLIGHT_MAX)
		return false;
	return s->in_flight == 0 || s->ready_n >= (size_t)d->actor->config.queue_batch_size;
}

static void send_batch(struct dispatcher *d, struct shard *s, int64_t now)
{
	uint64_t seqs[MESSAGE_LIST_MAX];
	size_t n = 0, again = 0, max = batch_size(d, s);
	struct record *r, *next;
	for (r = TAILQ_FIRST(&s->ready); r && n < max; r = next) {
		next = TAILQ_NEXT(r, in_list);
		r->current = queue_choose(r);
		seqs[n++] = r->current->seq;
		again += r->current->attempts > 0;
		queue_to_state(&d->queue, r, RECORD_BATCHED, now);
	}
	struct msg_work m = {.batch = ++s->next_batch, .entity = s->entity, .again = again, .seqs = {seqs, n}};
	if (actor_send(d->actor, s->edge, MSG_WORK, &m)) {
		s->in_flight++;
		return;
	}
	for (size_t i = 0; i < n; i++)
		queue_to_state(&d->queue, queue_event(&d->queue, seqs[i])->record, RECORD_READY, now);
	s->not_before_ns = now + d->actor->config.queue_backoff_min;
}

void batches_send(struct dispatcher *d)
{
	int64_t now = loop_now(d->actor->loop);
	for (int i = 0; i < d->queue.shards_n && d->pauses_known && !d->actor->draining; i++)
		while (worth_sending(d, &d->queue.shards[i], now))
			send_batch(d, &d->queue.shards[i], now);
}

/* Of several in a batch the reason is the last one's. */
static void retry_refused(struct dispatcher *d, struct event *e, const struct msg_work_done *m)
{
	char code[SQLSTATE_BYTES], why[300];
	snprintf(code, sizeof code, "%.*s", (int)m->sqlstate.len, m->sqlstate.data ? m->sqlstate.data : "");
	snprintf(why, sizeof why, "%.*s", (int)m->error.len, m->error.data ? m->error.data : "");
	bool raised = db_classify(code) == DB_RAISED;
	retry_event(d, e, raised ? code : "23503", raised ? why : "a record that it refers to isn't there yet");
}

static void settle(struct dispatcher *d, struct event *e, uint64_t outcome, const struct msg_work_done *m)
{
	struct record *r = e->record;
	bool again = outcome & OUTCOME_AND_REFETCH;
	struct record_key key = r->key;
	switch (outcome & (OUTCOME_AND_REFETCH - 1)) {
	case OUTCOME_RETRY:
		retry_refused(d, e, m);
		return;
	case OUTCOME_REFETCH:
		queue_to_state(&d->queue, r, RECORD_TO_FETCH, loop_now(d->actor->loop));
		return;
	case OUTCOME_SKIPPED:
		d->sweep_all = true;
		break;
	default:
		break;
	}
	queue_forget(&d->queue, e);
	queue_settle(&d->queue, r, loop_now(d->actor->loop));
	if (again)
		fetch_again(d, (enum entity_id)key.entity, str_of(key.id));
}

/* Nothing was done: the records wait and are sent again; a structural refusal (class 42) parks the entity for a while.
 */
static void put_back(struct dispatcher *d, struct shard *s, const struct msg_work_done *m)
{
	char code[SQLSTATE_BYTES] = "";
	int64_t now = loop_now(d->actor->loop);
	snprintf(code, sizeof code, "%.*s", (int)m->sqlstate.len, m->sqlstate.data);
	s->failures++;
	if (db_classify(code) == DB_PROGRAM)
		park(d, s, m->sqlstate, m->error);
	else
		s->not_before_ns = now + d->actor->config.queue_backoff_min;
	for (size_t i = 0; i < m->seqs.n; i++) {
		struct event *e = queue_event(&d->queue, m->seqs.at[i]);
		if (e && e->record->current == e && e->record->state == RECORD_BATCHED)
			queue_to_state(&d->queue, e->record, RECORD_READY, now);
	}
}

void batches_done(struct dispatcher *d, const struct msg_work_done *m)
{
	struct event *first = m->seqs.n ? queue_event(&d->queue, m->seqs.at[0]) : NULL;
	struct shard *s = first ? first->record->shard : NULL;
	if (s)
		s->in_flight -= s->in_flight > 0;
	if (m->retry) {
		if (s)
			put_back(d, s, m);
		return;
	}
	if (s) {
		s->failures = 0;
		s->parked = false;
	}
	for (size_t i = 0; i < m->superseded.n; i++)
		queue_close(&d->queue, m->superseded.at[i], loop_now(d->actor->loop));
	for (size_t i = 0; i < m->seqs.n && i < m->outcomes.n; i++) {
		struct event *e = queue_event(&d->queue, m->seqs.at[i]);
		if (e && e->record->current == e)
			settle(d, e, m->outcomes.at[i], m);
	}
	batches_send(d);
	fetches_send(d);
}

/* A batch that was never answered (its ring was reset): its records are due again. Doing one twice is harmless. */
void batches_tick(struct dispatcher *d)
{
	int64_t now = loop_now(d->actor->loop);
	for (int i = 0; i < d->queue.shards_n; i++) {
		struct shard *s = &d->queue.shards[i];
		struct record *oldest = TAILQ_FIRST(&s->batched);
		if (s->in_flight && (!oldest || now - oldest->since_ns > answer_timeout_ns)) {
			while ((oldest = TAILQ_FIRST(&s->batched)))
				queue_to_state(&d->queue, oldest, RECORD_READY, now);
			s->in_flight = 0;
		}
	}
	batches_send(d);
}
