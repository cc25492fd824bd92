/* The dispatcher's queue: order per record, what a whole record makes superfluous, what settles. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "actors/dispatcher/queue.h"

static struct queue q;
static struct edge edge;

static void make(void)
{
	q = (struct queue){.shards_n = 1};
	q.shards[0] = (struct shard){.edge = &edge, .entity = ENTITY_PRODUCT};
	TAILQ_INIT(&q.shards[0].ready);
	TAILQ_INIT(&q.shards[0].batched);
	TAILQ_INIT(&q.to_fetch);
	TAILQ_INIT(&q.fetching);
}

static struct record *record(const char *id)
{
	return queue_record(&q, ENTITY_PRODUCT, str_of(id), false);
}

static void add(uint64_t seq, const char *id, bool full, int64_t modified)
{
	queue_add(&q, &(struct arrival){.seq = seq,
			      .entity = ENTITY_PRODUCT,
			      .id = str_of(id),
			      .full = full,
			      .last_modified_us = modified});
}

TestSuite(queue, .init = make);

Test(queue, an_event_makes_its_record_ready)
{
	add(1, "a", true, 10);
	cr_assert_eq(q.shards[0].ready_n, 1);
	cr_assert_eq(record("a")->state, RECORD_READY);
}

Test(queue, the_same_event_twice_is_one)
{
	add(1, "a", true, 10);
	add(1, "a", true, 10);
	cr_assert_eq(queue_events(&q), 1);
}

Test(queue, partial_events_go_in_order_of_arrival)
{
	add(5, "a", false, 0);
	add(3, "a", false, 0);
	cr_assert_eq(queue_choose(record("a"))->seq, 3);
}

Test(queue, the_newest_whole_record_goes_first)
{
	add(1, "a", false, 0);
	add(2, "a", true, 20);
	add(3, "a", true, 10);
	cr_assert_eq(queue_choose(record("a"))->seq, 2);
}

Test(queue, of_equal_versions_the_later_arrival_goes)
{
	add(1, "a", true, 10);
	add(2, "a", true, 10);
	cr_assert_eq(queue_choose(record("a"))->seq, 2);
}

Test(queue, a_settled_record_with_waiting_events_is_ready_again)
{
	add(1, "a", false, 0);
	add(2, "a", false, 0);
	struct record *r = record("a");
	queue_to_state(&q, r, RECORD_BATCHED, 0);
	r->current = queue_event(&q, 1);
	queue_forget(&q, r->current);
	queue_settle(&q, r, 0);
	cr_assert_eq(record("a")->state, RECORD_READY);
	cr_assert_eq(queue_choose(record("a"))->seq, 2);
}

Test(queue, a_settled_record_without_events_is_forgotten)
{
	add(1, "a", true, 10);
	struct record *r = record("a");
	queue_forget(&q, queue_event(&q, 1));
	queue_settle(&q, r, 0);
	cr_assert_null(record("a"));
	cr_assert_eq(q.shards[0].ready_n, 0);
}

static void add_thin(uint64_t seq, const char *id)
{
	queue_add(&q, &(struct arrival){.seq = seq, .entity = ENTITY_PRODUCT, .id = str_of(id), .thin = true});
}

Test(queue, a_thin_event_is_fetched_first)
{
	add_thin(1, "a");
	cr_assert_eq(record("a")->state, RECORD_TO_FETCH);
}

Test(queue, what_needs_no_fetch_does_not_wait_for_one)
{
	add_thin(1, "a");
	queue_to_state(&q, record("a"), RECORD_FETCHING, 0);
	add(2, "a", false, 0);
	cr_assert_eq(record("a")->state, RECORD_READY);
	cr_assert_eq(queue_choose(record("a"))->seq, 2);
	cr_assert_eq(q.fetching_n, 0);
}

Test(queue, a_second_thin_event_leaves_the_fetch_alone)
{
	add_thin(1, "a");
	queue_to_state(&q, record("a"), RECORD_FETCHING, 0);
	add_thin(2, "a");
	cr_assert_eq(record("a")->state, RECORD_FETCHING);
}

Test(queue, a_ready_record_whose_events_a_fetch_closed_is_forgotten)
{
	add_thin(1, "a");
	queue_to_state(&q, record("a"), RECORD_FETCHING, 0);
	add(2, "a", true, 10);
	queue_close(&q, 1, 0);
	cr_assert_eq(record("a")->state, RECORD_READY);
	queue_close(&q, 2, 0);
	cr_assert_null(record("a"));
	cr_assert_eq(q.shards[0].ready_n, 0);
	cr_assert(TAILQ_EMPTY(&q.shards[0].ready));
}

Test(queue, a_ready_record_that_only_thin_events_are_left_of_is_fetched)
{
	add(1, "a", true, 10);
	add_thin(2, "a");
	cr_assert_eq(record("a")->state, RECORD_READY);
	queue_close(&q, 1, 0);
	cr_assert_eq(record("a")->state, RECORD_TO_FETCH);
}

Test(queue, what_the_handler_has_is_settled_by_its_answer)
{
	add(1, "a", true, 10);
	add(2, "a", false, 0);
	struct record *r = record("a");
	queue_to_state(&q, r, RECORD_BATCHED, 0);
	r->current = queue_event(&q, 1);
	queue_close(&q, 1, 0);
	queue_close(&q, 2, 0);
	queue_close(&q, 3, 0);
	cr_assert_eq(record("a")->current->seq, 1);
	cr_assert_eq(queue_events(&q), 1);
}

Test(queue, an_id_that_is_too_long_is_not_taken)
{
	char id[RECORD_ID_BYTES + 10];
	memset(id, '1', sizeof id);
	queue_add(&q, &(struct arrival){.seq = 1, .entity = ENTITY_PRODUCT, .id = {id, sizeof id}, .full = true});
	cr_assert_eq(queue_events(&q), 0);
}

Test(queue, memory_is_bounded_and_says_so)
{
	char id[24];
	for (uint64_t i = 1; i <= EVENTS_MAX + 5; i++) {
		snprintf(id, sizeof id, "%llu", (unsigned long long)i);
		add(i, id, true, 1);
	}
	cr_assert_eq(queue_events(&q), EVENTS_MAX);
	cr_assert(q.full);
}
