/* The ring between two threads, for ThreadSanitizer: once over two mappings, as between processes, and once with both
 * sides made to use one, because that is the only way in which the sanitizer can see that they meet. With
 * -DWITHOUT_CRITERION it is a program by itself. */
#include "tests/unit/ring_pair.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

enum { THREAD_MESSAGES = 200000, LATE_MS = 5000 };
static struct ring_pair p;
static int bell, room_bell;
static uint64_t out_of_order, torn, late;

static void wait_for(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t count;
	if (poll(&poll_fd, 1, LATE_MS) != 1 || read(fd, &count, sizeof count) != sizeof count)
		__atomic_fetch_add(&late, 1, __ATOMIC_RELAXED);
}

static void *produce(void *none)
{
	uint64_t words[16];
	for (uint64_t i = 1; i <= THREAD_MESSAGES; i++) {
		for (int k = 0; k < 16; k++)
			words[k] = i;
		while (!ring_send(&p.out, PAIR_TYPE, 0, i, words, i % 17 * 8)) {
			ring_want_room(&p.out);
			if (ring_room(&p.out) < sizeof words)
				wait_for(room_bell);
		}
	}
	return none;
}

static void *consume(void *none)
{
	uint64_t words[16];
	struct ring_record record;
	for (uint64_t i = 1; i <= THREAD_MESSAGES; i++) {
		while (ring_next(&p.in, &record, words, sizeof words) != 1) {
			if (ring_sleep(&p.in))
				wait_for(bell);
			ring_awake(&p.in);
		}
		out_of_order += record.sequence != i || record.trace != i || record.length != i % 17 * 8;
		for (uint64_t k = 0; k < record.length / 8; k++)
			torn += words[k] != i;
		ring_done(&p.in);
	}
	return none;
}

static void run_threads(void)
{
	pthread_t producer, consumer;
	bell = eventfd(0, 0);
	room_bell = eventfd(0, 0);
	p.out.bell_fd = bell;
	ring_room_bell(&p.in, room_bell);
	cr_assert_eq(pthread_create(&producer, NULL, produce, NULL), 0);
	cr_assert_eq(pthread_create(&consumer, NULL, consume, NULL), 0);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	cr_assert_eq(out_of_order, 0);
	cr_assert_eq(torn, 0);
	cr_assert_eq(late, 0, "a wake-up was missed");
	cr_assert_eq(pair_next(&p), 0);
}

Test(ring_threads, over_two_mappings)
{
	pair_open(&p);
	run_threads();
	pair_close(&p);
}

Test(ring_threads, over_one_mapping)
{
	pair_open(&p);
	struct ring out = p.out, in = p.in;
	p.out.consumer = in.consumer;
	p.in.producer = out.producer;
	p.in.data = out.data;
	run_threads();
	p.out.consumer = out.consumer;
	p.in.producer = in.producer;
	pair_close(&p);
}

#ifdef WITHOUT_CRITERION
int main(void)
{
	over_two_mappings();
	over_one_mapping();
	return 0;
}
#endif
