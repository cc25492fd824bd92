/* A peer that writes whatever it likes into its part of a ring: each lie must end in RING_BROKEN or "no room", never in
 * a read or write outside the ring. Run under AddressSanitizer this is the proof. */
#include "tests/unit/ring_pair.h"
#include <stdlib.h>

static struct ring_pair p;

static void open_pair(void)
{
	pair_open(&p);
}

static void close_pair(void)
{
	pair_close(&p);
}

TestSuite(ring_hostile, .init = open_pair, .fini = close_pair);

static void set_tail(uint64_t tail)
{
	atomic_store(&p.out.producer->tail, tail);
}

static void expect_broken(void)
{
	cr_assert_not(ring_sleep(&p.in), "a broken ring wants to be looked at");
	cr_assert_not(ring_empty(&p.in));
	cr_assert_eq(pair_next(&p), RING_BROKEN);
	cr_assert(ring_broken(&p.in));
	cr_assert_eq(pair_next(&p), RING_BROKEN, "and stays so");
}

/* One message of 40 bytes is there; its record lies at the start of the data. */
static struct ring_record *one_message(void)
{
	cr_assert(pair_send(&p, 40));
	return (struct ring_record *)p.out.data;
}

Test(ring_hostile, tail_further_than_the_data_goes)
{
	set_tail(PAIR_CAPACITY + 16);
	expect_broken();
}

Test(ring_hostile, tail_at_the_end_of_numbers)
{
	set_tail(UINT64_MAX - 15);
	expect_broken();
}

Test(ring_hostile, tail_out_of_step)
{
	set_tail(24);
	expect_broken();
}

Test(ring_hostile, tail_going_back)
{
	cr_assert(pair_send(&p, 40));
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	set_tail(0);
	expect_broken();
}

Test(ring_hostile, lengths_beyond_what_is_there)
{
	const uint32_t lengths[] = {41 + 16, 64, 4096, PAIR_CAPACITY / 2 - 24, PAIR_CAPACITY / 2, PAIR_CAPACITY,
		INT32_MAX, UINT32_MAX - 40, UINT32_MAX};
	struct ring_record *record = one_message();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		record->length = lengths[i];
		cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
		expect_broken();
	}
}

Test(ring_hostile, length_that_runs_over_the_end_of_the_data)
{
	pair_move_to(&p, PAIR_CAPACITY - 64);
	cr_assert(pair_send(&p, 40) && pair_send(&p, 200));
	((struct ring_record *)(p.out.data + PAIR_CAPACITY - 64))->length = 100;
	expect_broken();
}

Test(ring_hostile, sequences_that_jump)
{
	const uint64_t sequences[] = {0, 2, 3, UINT64_MAX};
	struct ring_record *record = one_message();
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		record->sequence = sequences[i];
		cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
		expect_broken();
	}
}

Test(ring_hostile, a_loss_is_seen_by_a_restarted_consumer)
{
	one_message();
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	cr_assert(pair_send(&p, 40));
	struct ring_record *record = (struct ring_record *)(p.out.data + 64);
	cr_assert_eq(record->sequence, 2);
	record->sequence = 1;
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	expect_broken();
}

Test(ring_hostile, padding_where_none_belongs)
{
	const uint32_t lengths[] = {0, 16, 64, PAIR_CAPACITY, UINT32_MAX};
	struct ring_record *record = one_message();
	record->type = 0;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		record->length = lengths[i];
		cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
		expect_broken();
	}
}

Test(ring_hostile, padding_and_nothing_after_it)
{
	pair_move_to(&p, PAIR_CAPACITY - 32);
	cr_assert(pair_send(&p, 40));
	set_tail(p.in.head + 32);
	expect_broken();
}

Test(ring_hostile, padding_after_padding)
{
	pair_move_to(&p, PAIR_CAPACITY - 32);
	cr_assert(pair_send(&p, 40));
	struct ring_record *record = (struct ring_record *)p.out.data;
	*record = (struct ring_record){.length = PAIR_CAPACITY, .type = 0};
	expect_broken();
}

Test(ring_hostile, a_real_record_in_sixteen_bytes)
{
	pair_move_to(&p, PAIR_CAPACITY - 16);
	cr_assert(pair_send(&p, 40));
	((struct ring_record *)(p.out.data + PAIR_CAPACITY - 16))->type = 9;
	expect_broken();
}

Test(ring_hostile, heads_that_cannot_be)
{
	const uint64_t heads[] = {65, 64 + 16, 0, UINT64_MAX - 15, PAIR_CAPACITY};
	one_message();
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		atomic_store(&p.in.consumer->head, 64);
		cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
		atomic_store(&p.in.consumer->head, heads[i]);
		cr_assert_eq(ring_room(&p.out), 0);
		cr_assert(ring_broken(&p.out));
		cr_assert_null(ring_reserve(&p.out, 1));
		cr_assert_eq(ring_trim(&p.out, p.fd), 0);
	}
}

Test(ring_hostile, indices_that_no_restarted_side_accepts)
{
	const uint64_t tails[] = {8, PAIR_CAPACITY + 16, UINT64_MAX - 15, 32};
	struct ring liar;
	cr_assert_eq(ring_attach(&liar, p.fd, RING_PRODUCER, PAIR_VERSION, -1), 0);
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		atomic_store(&liar.producer->tail, tails[i]);
		cr_assert_eq(pair_restart(&p, RING_PRODUCER), -EPROTO); /* 32: no mark says which sequence that was */
	}
	atomic_store(&liar.producer->tail, 0);
	ring_detach(&liar);
	cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
	atomic_store(&p.in.consumer->head, 16);
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), -EPROTO);
}

/* Any bytes in the data and any plausible tail: every outcome is allowed but reading outside or going on for ever. */
Test(ring_hostile, noise)
{
	srand(1);
	for (int round = 0; round < 3000; round++) {
		for (int i = 0; i < 4096; i++)
			p.out.data[i] = (uint8_t)(rand() % 3 ? 0 : rand());
		((struct ring_record *)p.out.data)->sequence = 1;
		set_tail((uint64_t)(rand() % 4096) * 16);
		cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
		int got, taken = 0;
		while ((got = pair_next(&p)) == 1 || got == RING_TOO_BIG) {
			ring_done(&p.in);
			cr_assert_lt(++taken, 4096);
		}
		ring_detach(&p.out), ring_detach(&p.in);
		cr_assert_eq(ring_reset(p.fd, PAIR_VERSION), 0);
		cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
	}
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
}
