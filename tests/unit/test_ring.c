/* What a ring promises its two sides: order, wrap, limits, restarts, sleep and memory given back. */
#include "tests/unit/ring_pair.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

static struct ring_pair p;

static void open_pair(void)
{
	pair_open(&p);
}

static void close_pair(void)
{
	pair_close(&p);
}

TestSuite(ring, .init = open_pair, .fini = close_pair);

static bool rung(int bell)
{
	uint64_t count;
	return read(bell, &count, sizeof count) == sizeof count;
}

Test(ring, takes_messages_in_order_and_one_at_a_time)
{
	cr_assert(ring_empty(&p.in));
	cr_assert_eq(pair_next(&p), 0);
	cr_assert(pair_send(&p, 5));
	cr_assert(pair_send(&p, 0));
	cr_assert_not(ring_empty(&p.in));
	pair_expect(&p, 1, 5);
	cr_assert(ring_empty(&p.in), "the second waits for ring_done");
	cr_assert_eq(pair_next(&p), 0);
	ring_done(&p.in);
	pair_expect(&p, 2, 0);
	ring_done(&p.in);
	cr_assert_eq(pair_next(&p), 0);
}

Test(ring, carries_every_size_at_every_offset_near_the_wrap)
{
	for (uint64_t before_end = 16; before_end <= 160; before_end += 16)
		for (size_t length = 0; length <= 170; length++) {
			pair_move_to(&p, PAIR_CAPACITY - before_end);
			uint64_t sequence = p.in.sequence;
			cr_assert(pair_send(&p, length) && pair_send(&p, 9));
			pair_expect(&p, sequence + 1, length);
			ring_done(&p.in);
			pair_expect(&p, sequence + 2, 9);
			ring_done(&p.in);
		}
}

Test(ring, takes_its_largest_message_at_every_offset_and_nothing_larger)
{
	size_t most = ring_message_max(&p.out);
	cr_assert_eq(most, PAIR_CAPACITY / 2 - sizeof(struct ring_record));
	for (int i = 0; i < 5000; i++) {
		cr_assert_eq(ring_room(&p.out), most);
		cr_assert_null(ring_reserve(&p.out, most + 1));
		cr_assert_null(ring_reserve(&p.out, SIZE_MAX));
		cr_assert(pair_send(&p, most));
		cr_assert_eq(pair_next(&p), 1);
		ring_done(&p.in);
		pair_move_to(&p, (p.out.tail + 48) % PAIR_CAPACITY);
	}
}

Test(ring, is_full_without_blocking_and_room_says_what_fits)
{
	for (uint64_t round = 0; round < 200; round++) {
		uint64_t sent = 0, first = p.in.sequence + 1;
		for (size_t length = 700 + round; pair_send(&p, length); length += 13)
			sent++;
		for (size_t room; (room = ring_room(&p.out)) > 0; sent++) {
			cr_assert_null(ring_reserve(&p.out, room + 1));
			cr_assert(pair_send(&p, room));
		}
		cr_assert_not(pair_send(&p, 1));
		for (uint64_t i = 0; i < sent; i++) {
			cr_assert_eq(pair_next(&p), 1);
			cr_assert_eq(p.record.sequence, first + i);
			ring_done(&p.in);
		}
		cr_assert_eq(pair_next(&p), 0);
	}
}

Test(ring, publishes_the_final_length_of_a_reservation)
{
	pair_move_to(&p, PAIR_CAPACITY - 64);
	uint64_t sequence = p.in.sequence;
	memset(ring_reserve(&p.out, 500), (int)(sequence + 1) % 251, 10);
	cr_assert_eq(pair_next(&p), 0, "reserved is not published");
	ring_publish(&p.out, PAIR_TYPE, 3, 10, 10);
	cr_assert(pair_send(&p, 11));
	pair_expect(&p, sequence + 1, 10);
	ring_done(&p.in);
	pair_expect(&p, sequence + 2, 11);
}

Test(ring, skips_what_the_buffer_cannot_hold)
{
	cr_assert(pair_send(&p, 100) && pair_send(&p, 8));
	cr_assert_eq(ring_next(&p.in, &p.record, p.buffer, 99), RING_TOO_BIG);
	cr_assert_eq(p.record.length, 100);
	ring_done(&p.in);
	pair_expect(&p, 2, 8);
}

Test(ring, brings_the_message_in_hand_again_to_a_restarted_consumer)
{
	for (int i = 0; i < 3; i++)
		cr_assert(pair_send(&p, 40));
	pair_expect(&p, 1, 40);
	ring_done(&p.in);
	pair_expect(&p, 2, 40);
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	pair_expect(&p, 2, 40);
	ring_done(&p.in);
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	pair_expect(&p, 3, 40);
	ring_done(&p.in);
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	cr_assert_eq(pair_next(&p), 0);
}

Test(ring, shows_the_message_behind_the_one_in_hand)
{
	static uint8_t ahead[PAIR_CAPACITY];
	struct ring_record record;
	for (uint64_t before_end = 16; before_end <= 400; before_end += 16) {
		pair_move_to(&p, PAIR_CAPACITY - before_end);
		uint64_t sequence = p.in.sequence;
		cr_assert(pair_send(&p, 170));
		cr_assert_not(ring_ahead(&p.in, &record, ahead, sizeof ahead), "nothing is in hand");
		pair_expect(&p, sequence + 1, 170);
		cr_assert_not(ring_ahead(&p.in, &record, ahead, sizeof ahead), "nothing is behind it");
		cr_assert(pair_send(&p, 90) && pair_send(&p, 9));
		cr_assert_not(ring_ahead(&p.in, &record, ahead, 89), "it doesn't fit");
		cr_assert(ring_ahead(&p.in, &record, ahead, sizeof ahead));
		cr_assert_eq(record.sequence, sequence + 2);
		cr_assert_eq(record.length, 90);
		for (size_t i = 0; i < 90; i++)
			cr_assert_eq(ahead[i], (sequence + 2) % 251);
		cr_assert_not(ring_ahead(&p.in, &record, ahead, sizeof ahead), "it is shown once");
		cr_assert_eq(pair_next(&p), 0, "and isn't in hand yet");
		ring_done(&p.in);
		memset(p.buffer, 0, sizeof p.buffer);
		cr_assert_eq(pair_next(&p), RING_AHEAD);
		cr_assert_eq(p.record.sequence, sequence + 2);
		cr_assert_eq(p.buffer[0], 0, "nothing is copied again");
		ring_done(&p.in);
		pair_expect(&p, sequence + 3, 9);
		ring_done(&p.in);
	}
}

Test(ring, brings_what_was_ahead_to_a_restarted_consumer_as_new)
{
	static uint8_t ahead[PAIR_CAPACITY];
	struct ring_record record;
	cr_assert(pair_send(&p, 170) && pair_send(&p, 90));
	pair_expect(&p, 1, 170);
	cr_assert(ring_ahead(&p.in, &record, ahead, sizeof ahead));
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	pair_expect(&p, 1, 170);
	ring_done(&p.in);
	pair_expect(&p, 2, 90);
}

Test(ring, goes_on_where_a_dead_producer_stopped)
{
	cr_assert(pair_send(&p, 40) && pair_send(&p, 41));
	memset(ring_reserve(&p.out, 200), 0xff, 200); /* dies before it published */
	cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
	cr_assert(pair_send(&p, 42));
	pair_expect(&p, 1, 40);
	cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
	ring_done(&p.in);
	pair_expect(&p, 2, 41);
	ring_done(&p.in);
	pair_expect(&p, 3, 42);
}

Test(ring, starts_anew_after_a_reset)
{
	cr_assert_eq(ring_epoch(&p.out), 1);
	cr_assert(pair_send(&p, 40) && pair_send(&p, 40));
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	ring_detach(&p.out), ring_detach(&p.in);
	cr_assert_eq(ring_reset(p.fd, PAIR_VERSION), 0);
	cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0);
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	cr_assert_eq(ring_epoch(&p.in), 2);
	cr_assert_eq(pair_next(&p), 0);
	cr_assert(pair_send(&p, 40));
	pair_expect(&p, 1, 40);
}

Test(ring, refuses_another_version_and_what_is_no_ring)
{
	struct ring r;
	cr_assert_eq(ring_attach(&r, p.fd, RING_CONSUMER, PAIR_VERSION + 1, -1), -EPROTO);
	int zero = open("/dev/zero", O_RDWR);
	cr_assert_eq(ring_attach(&r, zero, RING_CONSUMER, PAIR_VERSION, -1), -EPROTO);
	close(zero);
	cr_assert_eq(ring_create("odd", 65536 + 16, PAIR_VERSION), -1);
	cr_assert_eq(ring_create("small", 32768, PAIR_VERSION), -1);
}

Test(ring, cannot_be_resized_under_its_users)
{
	cr_assert_eq(ftruncate(p.fd, 4096), -1);
	cr_assert_eq(ftruncate(p.fd, 1 << 20), -1);
}

Test(ring, rings_once_per_sleep)
{
	p.out.bell_fd = eventfd(0, EFD_NONBLOCK);
	cr_assert(pair_send(&p, 1));
	cr_assert_not(rung(p.out.bell_fd), "nobody sleeps");
	cr_assert_not(ring_sleep(&p.in), "a message is there");
	cr_assert_eq(pair_next(&p), 1);
	cr_assert(ring_sleep(&p.in), "with a message in hand there is nothing to wait for here");
	cr_assert(pair_send(&p, 1));
	cr_assert_not(rung(p.out.bell_fd), "nor to be rung for");
	ring_done(&p.in);
	cr_assert_not(ring_sleep(&p.in), "but after it there is");
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	for (uint64_t bells = 1; bells <= 2; bells++) {
		cr_assert(ring_sleep(&p.in));
		cr_assert(pair_send(&p, 1) && pair_send(&p, 1));
		cr_assert(rung(p.out.bell_fd));
		cr_assert_eq(p.out.doorbells, bells);
		ring_awake(&p.in);
		for (int i = 0; i < 2; i++, ring_done(&p.in))
			cr_assert_eq(pair_next(&p), 1);
	}
	close(p.out.bell_fd);
}

Test(ring, rings_for_a_sleep_of_a_restarted_consumer)
{
	p.out.bell_fd = eventfd(0, EFD_NONBLOCK);
	cr_assert(ring_sleep(&p.in));
	cr_assert(pair_send(&p, 1));
	cr_assert(rung(p.out.bell_fd));
	cr_assert_eq(pair_restart(&p, RING_CONSUMER), 0);
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	cr_assert(ring_sleep(&p.in));
	cr_assert(pair_send(&p, 1));
	cr_assert(rung(p.out.bell_fd), "a sleep number is never given twice");
	close(p.out.bell_fd);
}

Test(ring, rings_whoever_waits_for_room)
{
	int bell = eventfd(0, EFD_NONBLOCK);
	ring_room_bell(&p.in, bell);
	while (pair_send(&p, 1000))
		;
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	cr_assert_not(rung(bell), "nobody asked");
	for (int i = 0; i < 2; i++) {
		ring_want_room(&p.out);
		cr_assert_eq(pair_next(&p), 1);
		ring_done(&p.in);
		cr_assert(rung(bell));
		cr_assert_eq(pair_next(&p), 1);
		ring_done(&p.in);
		cr_assert_not(rung(bell), "once per request");
		cr_assert_eq(pair_restart(&p, RING_PRODUCER), 0); /* its requests go on counting */
	}
	cr_assert(pair_send(&p, 1000));
	close(bell);
}

Test(ring, gives_memory_back_when_empty)
{
	struct stat st;
	for (int i = 0; i < 200; i++) {
		cr_assert(pair_send(&p, 1000));
		cr_assert_eq(pair_next(&p), 1);
		cr_assert_eq(ring_trim(&p.out, p.fd), 0, "a message is in hand");
		ring_done(&p.in);
	}
	cr_assert(pair_send(&p, 10));
	cr_assert_eq(ring_trim(&p.out, p.fd), 0, "a message is there");
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	cr_assert_not_null(ring_reserve(&p.out, 10));
	cr_assert_eq(ring_trim(&p.out, p.fd), 0, "a message is being written");
	ring_publish(&p.out, PAIR_TYPE, 0, 0, 10);
	cr_assert_eq(pair_next(&p), 1);
	ring_done(&p.in);
	cr_assert_eq(ring_trim(&p.out, p.fd), PAIR_CAPACITY);
	cr_assert_eq(ring_trim(&p.out, p.fd), 0, "twice is once");
	cr_assert_eq(fstat(p.fd, &st), 0);
	cr_assert_leq(st.st_blocks * 512, RING_HEADER_BYTES);
	cr_assert(pair_send(&p, 20000));
	pair_expect(&p, p.out.sequence, 20000);
}
