/* How fast a ring is between two processes, next to ck_ring in the same run: machines differ, the ratio doesn't. Every
 * figure is the median of several runs. Who finds nothing looks again after a moment, so that two spinning cores pass
 * batches and not one cache line per message; for both rings alike. */
#include "ipc/ring.h"
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
enum { RUNS = 5, MESSAGES = 2000000, TRIPS = 20000, CAPACITY = 1 << 20, PAUSES = 64, LOOKS = 100, YIELD_EVERY = 64 };
enum { VERSION = 1, TYPE = 1 };

struct message {
	uint64_t words[8]; /* 64 bytes */
};

/* What both processes of one run see. */
struct stage {
	int there, back, bell, room_bell;
	_Atomic int ready;
	uint64_t doorbells, room_bells;
	double trip_us[TRIPS];
};
static struct stage *stage;
static bool sleepy; /* waits by bells; else spins */

static __attribute__((noreturn)) void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static void on_core(size_t core)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof set, &set); /* where forbidden, the scheduler decides */
}

static struct ring attached(int fd, enum ring_role role, int bell)
{
	struct ring r;
	if (ring_attach(&r, fd, role, VERSION, bell) != 0)
		fail("ring_attach");
	return r;
}

/* Runs `far` in a child and `near` here, on two cores; returns the ns that `near` took including the child's end. */
static uint64_t race(void (*near)(void), void (*far)(void))
{
	atomic_store(&stage->ready, 0);
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		on_core(1);
		atomic_store(&stage->ready, 1);
		far();
		_exit(0);
	}
	on_core(0);
	while (!atomic_load(&stage->ready))
		relax();
	uint64_t start = now_ns();
	near();
	int status;
	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "bench/ring: the consumer failed\n");
		exit(1);
	}
	return now_ns() - start;
}

static void check(uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		_exit(1);
}

/* Now and then it lets others have the core: on a machine that has better to do, spinning would measure the scheduler.
 */
static void spin(void)
{
	static unsigned turns;
	if (++turns % YIELD_EVERY == 0)
		sched_yield();
	for (int i = 0; i < PAUSES; i++)
		relax();
}

#include "tools/bench/ring_peer.h"

static void read_bell(int fd)
{
	uint64_t count;
	if (read(fd, &count, sizeof count) < 0)
		fail("read");
}

static void sleep_until_bell(struct ring *r, int bell)
{
	if (ring_sleep(r))
		read_bell(bell);
	ring_awake(r);
}

/* Looks for a while, then sleeps: what an actor does. */
static void wait_for_message(struct ring *r)
{
	for (int i = 0; i < (sleepy ? LOOKS : 1); i++) {
		spin();
		if (!ring_empty(r))
			return;
	}
	if (sleepy)
		sleep_until_bell(r, stage->bell);
}

static void wait_for_room(struct ring *r, size_t length)
{
	if (!sleepy) {
		spin();
		return;
	}
	ring_want_room(r);
	if (ring_room(r) < length)
		read_bell(stage->room_bell);
}

static void produce(void)
{
	struct ring r = attached(stage->there, RING_PRODUCER, sleepy ? stage->bell : -1);
	struct message m = {0};
	for (uint64_t i = 0; i < MESSAGES; i++) {
		m.words[0] = i;
		while (!ring_send(&r, TYPE, 0, 0, &m, sizeof m))
			wait_for_room(&r, sizeof m);
	}
	stage->doorbells = r.doorbells;
	ring_detach(&r);
}

static void consume(void)
{
	struct ring r = attached(stage->there, RING_CONSUMER, -1);
	ring_room_bell(&r, sleepy ? stage->room_bell : -1);
	struct ring_record record;
	struct message m;
	for (uint64_t i = 0; i < MESSAGES; i++) {
		while (ring_next(&r, &record, &m, sizeof m) != 1)
			wait_for_message(&r);
		check(m.words[0], i);
		ring_done(&r);
	}
	stage->room_bells = r.room_rung_for;
}

static void take(struct ring *r, int bell)
{
	struct ring_record record;
	struct message m;
	while (ring_next(r, &record, &m, sizeof m) != 1) {
		if (sleepy)
			sleep_until_bell(r, bell);
		else
			relax();
	}
	ring_done(r);
}

static void pong(void)
{
	struct ring in = attached(stage->there, RING_CONSUMER, -1);
	struct ring out = attached(stage->back, RING_PRODUCER, stage->room_bell);
	struct message m = {0};
	for (int i = 0; i < TRIPS; i++) {
		take(&in, stage->bell);
		ring_send(&out, TYPE, 0, 0, &m, sizeof m);
	}
}

static void ping(void)
{
	struct ring out = attached(stage->there, RING_PRODUCER, stage->bell);
	struct ring in = attached(stage->back, RING_CONSUMER, -1);
	struct message m = {0};
	for (int i = 0; i < TRIPS; i++) {
		uint64_t start = now_ns();
		ring_send(&out, TYPE, 0, 0, &m, sizeof m);
		take(&in, stage->room_bell);
		stage->trip_us[i] = (double)(now_ns() - start) / 1e3;
	}
	ring_detach(&out);
	ring_detach(&in);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof *values, by_size);
	return values[RUNS / 2];
}

static void measure_spinning(void)
{
	double ours[RUNS], peer[RUNS] = {0}, ratio[RUNS] = {0};
	sleepy = false;
	for (int i = 0; i < RUNS; i++) {
		ours[i] = MESSAGES * 1e3 / (double)race(produce, consume);
		if (!peer_ready())
			continue;
		peer[i] = MESSAGES * 1e3 / (double)race(peer_produce, peer_consume);
		ratio[i] = ours[i] / peer[i];
	}
	printf("ring spinning: %.1f M messages/s of 64 bytes", median(ours));
	if (median(peer) > 0)
		printf(", ratio to ck_ring %.2f (%.1f M, fixed slots, nothing checked)", median(ratio), median(peer));
	printf("\n");
}

static void measure_sleeping(void)
{
	double rate[RUNS], bells[RUNS], room[RUNS];
	sleepy = true;
	for (int i = 0; i < RUNS; i++) {
		rate[i] = MESSAGES * 1e3 / (double)race(produce, consume);
		bells[i] = (double)stage->doorbells / MESSAGES;
		room[i] = (double)stage->room_bells / MESSAGES;
	}
	printf("ring under load with the sleep protocol: %.1f M messages/s, %.5f doorbells per message, ratio to the"
	       " limit of 0.05: %.3f; %.5f requests for room\n",
		median(rate), median(bells), median(bells) / 0.05, median(room));
}

static void measure_trips(bool with_bells)
{
	double p50[RUNS], p99[RUNS];
	sleepy = with_bells;
	for (int i = 0; i < RUNS; i++) {
		race(ping, pong);
		qsort(stage->trip_us, TRIPS, sizeof *stage->trip_us, by_size);
		p50[i] = stage->trip_us[TRIPS / 2];
		p99[i] = stage->trip_us[TRIPS * 99 / 100];
	}
	printf("ring there and back, %s: p50 %.2f us, p99 %.2f us\n", with_bells ? "asleep" : "spinning", median(p50),
		median(p99));
}

int main(void)
{
	stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED)
		fail("mmap");
	stage->there = ring_create("bench", CAPACITY, VERSION);
	stage->back = ring_create("bench", CAPACITY, VERSION);
	stage->bell = eventfd(0, EFD_CLOEXEC);
	stage->room_bell = eventfd(0, EFD_CLOEXEC);
	if (stage->there < 0 || stage->back < 0 || stage->bell < 0 || stage->room_bell < 0)
		fail("bench/ring");
	measure_spinning();
	measure_sleeping();
	measure_trips(false);
	measure_trips(true);
	return 0;
}
