/* Kills the two sides of a pair of rings at random moments, thousands of times, and proves from journals that nothing
 * was lost, torn or reordered, and nothing repeated but the message in hand at a death.
 *
 *   ring_kill [--kills N] [--seed S] [--break-rule tail-first|head-first]
 *
 * Two processes, each producer of one ring and consumer of the other, sleeping by the doorbell protocol; this one plays
 * the supervisor. A message's length and bytes follow from its number, and its number is the ring's sequence. Whoever
 * handles a message appends to a journal that outlives it, then moves the head. --break-rule publishes before the
 * payload is there, or moves the head before the message was handled: the campaign must then fail. */
#include "tests/crash/ring_journal.h"
#include "tests/crash/ring_payload.h"
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIDES = 2, CAPACITY = 1 << 16, VERSION = 77 };
enum { PACE_MS = 1, LATE_MS = 2000, END_MS = 20000 };

static struct stage {
	_Atomic bool closing;	   /* send no more, finish what is there, exit */
	_Atomic bool quiet[SIDES]; /* has sent its last */
	_Atomic uint64_t missed;   /* slept although a message was there */
	_Atomic uint64_t lives[SIDES];
	struct journal journals[SIDES]; /* of what side i handled */
} * stage;

static int rings[SIDES], bells[SIDES]; /* ring i is produced by side i; bell i wakes side i */
static struct tally tallies[SIDES];
static pid_t pids[SIDES];
static bool tail_first, head_first;
static uint64_t turn; /* of this process's luck */

static __attribute__((noreturn)) void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* A process of the pair */

/* Kills should find the moments that matter: between two steps of the protocol some time passes now and then. */
static void linger(void)
{
	if (chance(&turn, 32) == 0)
		for (uint64_t n = chance(&turn, 4000); n > 0; n--)
			atomic_signal_fence(memory_order_seq_cst);
}

static bool send_next(struct ring *out)
{
	static uint64_t words[PAYLOAD_WORDS_MAX];
	uint64_t number = out->sequence + 1;
	size_t length = payload_length(number);
	void *to = ring_reserve(out, length);
	if (!to)
		return false;
	payload_compose(number, words);
	if (tail_first)
		ring_publish(out, PAYLOAD_TYPE, 0, mix(number), length);
	linger();
	memcpy(to, words, length);
	linger();
	if (!tail_first)
		ring_publish(out, PAYLOAD_TYPE, 0, mix(number), length);
	return true;
}

static int handle_next(struct ring *in, int side)
{
	static uint64_t payload[PAYLOAD_WORDS_MAX];
	struct ring_record record;
	int got = ring_next(in, &record, payload, sizeof payload);
	if (got != 1)
		return got;
	struct journal_entry entry = {
		record.sequence, atomic_load(&stage->lives[side]), payload_sound(&record, payload)};
	if (head_first)
		ring_done(in);
	linger();
	journal_note(&stage->journals[side], entry);
	linger();
	if (!head_first)
		ring_done(in);
	return 1;
}

/* Sleeps until the bell or the next turn's time. A message that is there without its bell is a missed wake. */
static void doze(struct ring *in, int side)
{
	struct pollfd p = {.fd = bells[side], .events = POLLIN};
	uint64_t count;
	if (!ring_sleep(in))
		return;
	if (poll(&p, 1, PACE_MS) == 0 && !ring_empty(in) && poll(&p, 1, LATE_MS) == 0)
		atomic_fetch_add(&stage->missed, 1);
	ring_awake(in);
	if (p.revents && read(bells[side], &count, sizeof count) < 0)
		fail("bell");
}

static __attribute__((noreturn)) void live(int side)
{
	struct ring in, out;
	int peer = 1 - side;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ring_attach(&out, rings[side], RING_PRODUCER, VERSION, bells[peer]) != 0 ||
		ring_attach(&in, rings[peer], RING_CONSUMER, VERSION, -1) != 0)
		_exit(2);
	for (;;) {
		bool closing = atomic_load(&stage->closing), all_sent = closing && atomic_load(&stage->quiet[peer]);
		bool idle = true;
		int got = 0;
		for (uint64_t n = closing ? 0 : chance(&turn, 40); n > 0 && send_next(&out); n--)
			idle = false;
		if (closing)
			atomic_store(&stage->quiet[side], true);
		for (uint64_t n = 1 + chance(&turn, 60); n > 0 && (got = handle_next(&in, side)) == 1; n--)
			idle = false;
		if (got == RING_BROKEN || ring_broken(&out))
			_exit(3);
		if (all_sent && got == 0)
			_exit(0);
		if (idle || chance(&turn, 4) == 0)
			doze(&in, side);
	}
}

/* The supervisor */

static void start(int side, uint64_t luck)
{
	atomic_fetch_add(&stage->lives[side], 1);
	pids[side] = fork();
	if (pids[side] < 0)
		fail("fork");
	if (pids[side] == 0) {
		turn = luck;
		live(side);
	}
}

static void ring_all_bells(void)
{
	uint64_t one = 1;
	for (int side = 0; side < SIDES; side++)
		if (write(bells[side], &one, sizeof one) < 0)
			fail("bell");
}

/* Nobody ends but by our hand, or well, when all is sent. */
static void check_end(int side, int status)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return;
	printf("ring_kill: FAILED: side %d ended by itself, status %#x (0x200: can't attach, 0x300: ring broken)\n",
		side, (unsigned)status);
	exit(1);
}

static void kill_one(int side, uint64_t *luck)
{
	int status;
	if (kill(pids[side], SIGKILL) != 0 || waitpid(pids[side], &status, 0) < 0)
		fail("kill");
	check_end(side, status);
	tallies[side].kills++;
	start(side, mix((*luck)++));
	ring_all_bells();
}

static void campaign(uint64_t kills, uint64_t luck)
{
	for (int side = 0; side < SIDES; side++)
		start(side, mix(luck++));
	for (uint64_t i = 0; i < kills; i++) {
		usleep((useconds_t)chance(&luck, 1500));
		kill_one((int)chance(&luck, SIDES), &luck);
		for (int side = 0; side < SIDES; side++)
			journal_audit(&tallies[side], &stage->journals[side]);
	}
}

static void close_down(void)
{
	atomic_store(&stage->closing, true);
	for (int ms = 0, left = SIDES; left > 0; ms++) {
		for (int side = 0; side < SIDES; side++) {
			int status;
			if (pids[side] && waitpid(pids[side], &status, WNOHANG) == pids[side]) {
				check_end(side, status);
				pids[side] = 0, left--;
			}
			journal_audit(&tallies[side], &stage->journals[side]);
		}
		if (ms > END_MS)
			fail("ring_kill: FAILED: the two don't come to an end");
		usleep(1000);
	}
}

/* What was published and never came is lost, too. */
static void audit_end(int side)
{
	struct ring r;
	journal_audit(&tallies[side], &stage->journals[side]);
	if (ring_attach(&r, rings[1 - side], RING_PRODUCER, VERSION, -1) != 0)
		fail("ring_attach");
	tallies[side].lost += r.sequence - tallies[side].last;
	ring_detach(&r);
}

static int verdict(void)
{
	struct tally sum = {0};
	bool repeats_fit = true;
	for (int side = 0; side < SIDES; side++) {
		const struct tally *t = &tallies[side];
		sum.last += t->last, sum.kills += t->kills, sum.lost += t->lost, sum.torn += t->torn;
		sum.reordered += t->reordered, sum.repeated += t->repeated;
		repeats_fit = repeats_fit && t->repeated <= t->kills;
	}
	uint64_t missed = atomic_load(&stage->missed);
	bool ok = repeats_fit && sum.lost + sum.torn + sum.reordered + missed == 0 && sum.last > sum.kills;
	printf("ring_kill: %s: %lu kills, %lu messages, %lu lost, %lu torn, %lu reordered, %lu repeated (at most one"
	       " per death), %lu wakes missed\n",
		ok ? "ok" : "FAILED", sum.kills, sum.last, sum.lost, sum.torn, sum.reordered, sum.repeated, missed);
	return ok ? 0 : 1;
}

static __attribute__((noreturn)) void usage(void)
{
	fprintf(stderr, "usage: ring_kill [--kills N] [--seed S] [--break-rule tail-first|head-first]\n");
	exit(2);
}

static void read_options(int argc, char **argv, uint64_t *kills, uint64_t *seed)
{
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--kills") == 0 && *value)
			*kills = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && *value)
			*seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i], "--break-rule") == 0 && strcmp(value, "tail-first") == 0)
			tail_first = true;
		else if (strcmp(argv[i], "--break-rule") == 0 && strcmp(value, "head-first") == 0)
			head_first = true;
		else
			usage();
	}
}

int main(int argc, char **argv)
{
	uint64_t kills = 2000, seed = (uint64_t)time(NULL);
	read_options(argc, argv, &kills, &seed);
	stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED)
		fail("mmap");
	for (int side = 0; side < SIDES; side++) {
		rings[side] = ring_create("kill", CAPACITY, VERSION);
		bells[side] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (rings[side] < 0 || bells[side] < 0)
			fail("ring_kill");
	}
	printf("ring_kill: seed %lu\n", seed);
	fflush(stdout);
	campaign(kills, mix(seed));
	close_down();
	for (int side = 0; side < SIDES; side++)
		audit_end(side);
	return verdict();
}
