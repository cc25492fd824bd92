/* Where ring_kill strikes at random, this strikes everywhere: it single-steps a send, and a take with its done, and
 * kills after every single instruction. After each death both sides must come back with a ring in which nothing is
 * lost, torn, reordered, or repeated beyond the message in hand. Where ptrace is forbidden it says so and passes. */
#include "tests/crash/ring_payload.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAPACITY = 1 << 16, VERSION = 3, STEPS_MAX = 100000, SKIPPED = 0 };

static int ring_fd;
static uint64_t handled; /* last message taken and done with, over all lives */

static __attribute__((noreturn)) void fail(const char *what, long step)
{
	printf("ring_step: FAILED after %ld instructions: %s\n", step, what);
	exit(1);
}

static struct ring attached(enum ring_role role, long step)
{
	struct ring r;
	if (ring_attach(&r, ring_fd, role, VERSION, -1) != 0)
		fail("can't attach any more", step);
	return r;
}

static bool send_next(struct ring *out)
{
	static uint64_t words[PAYLOAD_WORDS_MAX];
	uint64_t number = out->sequence + 1;
	payload_compose(number, words);
	return ring_send(out, PAYLOAD_TYPE, 0, mix(number), words, payload_length(number));
}

/* Takes all there is; every message must be the next, but the first may be one that was in hand at a death. */
static void take_all(long step, bool may_repeat)
{
	static uint64_t payload[PAYLOAD_WORDS_MAX];
	struct ring in = attached(RING_CONSUMER, step);
	struct ring_record record;
	int got;
	for (bool first = true; (got = ring_next(&in, &record, payload, sizeof payload)) == 1; first = false) {
		bool repeat = first && may_repeat && record.sequence == handled;
		if (!repeat && record.sequence != handled + 1)
			fail("a message is lost or out of order", step);
		if (!payload_sound(&record, payload))
			fail("a message is torn", step);
		handled = record.sequence;
		ring_done(&in);
	}
	if (got != 0)
		fail("the ring is broken", step);
	ring_detach(&in);
}

static void child_send(void)
{
	static uint64_t words[PAYLOAD_WORDS_MAX];
	struct ring out = attached(RING_PRODUCER, 0);
	uint64_t number = out.sequence + 1, trace = mix(number);
	size_t length = payload_length(number);
	payload_compose(number, words);
	raise(SIGSTOP);
	ring_send(&out, PAYLOAD_TYPE, 0, trace, words, length);
	raise(SIGSTOP);
}

static void child_take(void)
{
	static uint64_t payload[PAYLOAD_WORDS_MAX];
	struct ring in = attached(RING_CONSUMER, 0);
	struct ring_record record;
	raise(SIGSTOP);
	if (ring_next(&in, &record, payload, sizeof payload) == 1)
		ring_done(&in);
	raise(SIGSTOP);
}

/* Runs `child` to where it stops itself, then for `steps` instructions, then kills it. 1 = it ended by itself before
 * that, 0 = killed, -1 = no ptrace here. */
static int run(void (*child)(void), long steps)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(9);
		child();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		fail("can't fork", steps);
	if (!WIFSTOPPED(status))
		return -1;
	bool ended = false;
	for (long n = 0; n < steps && !ended; n++) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || waitpid(pid, &status, 0) != pid ||
			!WIFSTOPPED(status))
			fail("can't step", steps);
		ended = WSTOPSIG(status) != SIGTRAP;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return ended;
}

/* A send killed after n instructions has published its message whole or not at all. */
static int check_send(long n)
{
	struct ring before = attached(RING_PRODUCER, n);
	uint64_t sent = before.sequence;
	ring_detach(&before);
	int ended = run(child_send, n);
	struct ring after = attached(RING_PRODUCER, n);
	if (after.sequence != sent && after.sequence != sent + 1)
		fail("the producer lost count", n);
	sent = after.sequence;
	if (!send_next(&after))
		fail("the restarted producer can't send", n);
	ring_detach(&after);
	take_all(n, false);
	if (handled != sent + 1)
		fail("a message is lost", n);
	return ended;
}

/* A take killed after n instructions leaves the message in hand or done. */
static int check_take(long n)
{
	struct ring out = attached(RING_PRODUCER, n);
	for (int i = 0; i < 2; i++)
		if (!send_next(&out))
			fail("no room in an empty ring", n);
	uint64_t sent = out.sequence;
	ring_detach(&out);
	int ended = run(child_take, n);
	handled++; /* the child may have handled the first of the two: then it must not come again but in hand */
	take_all(n, true);
	if (handled != sent)
		fail("a message is lost", n);
	return ended;
}

static long every_instruction(int (*check)(long))
{
	for (long n = 0; n < STEPS_MAX; n++) {
		int ended = check(n);
		if (ended < 0)
			return -1;
		if (ended)
			return n;
	}
	fail("it doesn't end", STEPS_MAX);
}

int main(void)
{
	ring_fd = ring_create("step", CAPACITY, VERSION);
	if (ring_fd < 0)
		fail("no shared memory", 0);
	long sends = every_instruction(check_send), takes = sends < 0 ? -1 : every_instruction(check_take);
	if (takes < 0) {
		printf("ring_step: skipped: ptrace is not to be had here\n");
		return SKIPPED;
	}
	printf("ring_step: ok: killed after each of %ld instructions of a send and %ld of a take, %lu messages, 0"
	       " lost, 0 torn, 0 reordered\n",
		sends, takes, handled);
	return 0;
}
