/* Owns the way from the supervisor to a running actor: fork → own group, PDEATHSIG, parent check → fixed descriptors →
 * execveat of the own binary, so that each actor has a fresh address space and holds nothing it wasn't given. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "ipc/ring_memory.h"
#include "ipc/seam.h"
#include "supervisor/supervisor.h"

enum { FDS_MAX = FIXED_DESCRIPTORS_MAX - FD_BOOT };
_Static_assert(FDS_MAX >= FD_FIRST_FREE - FD_BOOT + 2 * BOOT_EDGES_MAX + BOOT_LISTENERS_MAX, "an actor's descriptors");

/* An actor gets its secrets through its part of the configuration or not at all. */
static const char *const kept_back[] = {"ZOHO_", "WEBHOOK_", "DATABASE_URL=", "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_"};

char **child_environment(void)
{
	size_t n = 0, kept = 0;
	while (environ[n])
		n++;
	char **to = calloc(n + 1, sizeof *to);
	for (size_t i = 0; to && i < n; i++) {
		bool secret = false;
		for (size_t k = 0; k < sizeof kept_back / sizeof *kept_back; k++)
			secret |= strncmp(environ[i], kept_back[k], strlen(kept_back[k])) == 0;
		if (!secret)
			to[kept++] = environ[i];
	}
	return to ? to : environ + n;
}

static void default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int sig = 1; sig < SIGRTMIN; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t fork_child(int *pidfd, int death_signal)
{
	pid_t parent = getpid(), pid = SEAM_CALL(FORK, fork());
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, death_signal);
		if (getppid() != parent)
			_exit(EXIT_TEMPORARY);
		default_signals();
		return 0;
	}
	if (pid < 0) {
		log_error("fork", LF_STR("error", strerror(errno)));
		return -1;
	}
	setpgid(pid, pid);
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd < 0) {
		log_error("pidfd_open", LF_STR("error", strerror(errno)));
		kill(pid, SIGKILL);
		return -1;
	}
	return pid;
}

/* Two steps, since a source may have the number of another one's target. */
void keep_descriptors(const int fds[], int n)
{
	int high[FDS_MAX];
	for (int i = 0; i < n; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_BOOT + n)) < 0)
			_exit(EXIT_TEMPORARY);
	for (int i = 0; i < n; i++)
		if (dup2(high[i], FD_BOOT + i) < 0)
			_exit(EXIT_TEMPORARY);
	close_range((unsigned)(FD_BOOT + n), ~0u, CLOSE_RANGE_CLOEXEC);
}

__attribute__((noreturn)) void exec_self(const struct supervisor *s, char *const argv[])
{
	SEAM_CALL(EXEC, execveat(s->exe_fd, "", argv, child_environment(), AT_EMPTY_PATH));
	log_error("exec", LF_STR("who", argv[0]), LF_STR("error", strerror(errno)));
	_exit(EXIT_TEMPORARY);
}

int boot_memfd(const struct boot *boot)
{
	int fd = sealed_memory("tds:boot", sizeof *boot);
	if (fd < 0)
		return -1;
	if (pwrite(fd, boot, sizeof *boot, 0) == (ssize_t)sizeof *boot)
		return fd;
	close(fd);
	return -1;
}

static int add_listeners(const struct supervisor *s, struct boot *b, int fds[], int n)
{
	for (uint32_t i = 0; i < s->listeners_n; i++) {
		struct boot_listener *l = &b->listeners[b->listeners_n++];
		l->fd = FD_BOOT + n;
		l->trusted = s->listeners[i].trusted;
		snprintf(l->name, sizeof l->name, "%.*s", (int)sizeof l->name - 1, s->listeners[i].name);
		fds[n++] = s->listeners[i].fd;
	}
	return n;
}

static void fill_boot(struct supervisor *s, struct child *c, struct boot *b)
{
	*b = (struct boot){.magic = BOOT_MAGIC,
		.version = message_version(),
		.kind = c->kind,
		.slot = (uint32_t)(c - s->children),
		.slots = (uint32_t)s->children_n,
		.instance = c->instance,
		.entity = c->entity,
		.shard = c->shard,
		.shards = c->shards,
		.worker = c->worker,
		.single_step = c->single_step,
		.parent = getpid(),
		.as = s->actors_as};
	snprintf(b->database_url, sizeof b->database_url, "%s", s->url);
	snprintf(b->name, sizeof b->name, "%s", c->name);
	snprintf(b->data_dir, sizeof b->data_dir, "%s", s->config.tds_data_dir);
	b->skips_n = poison_skips(&s->poison, c->kind, c->kind == ACTOR_HANDLER ? entity_names[c->entity].name : NULL,
		s->now, b->skips, BOOT_SKIPS_MAX);
}

/* A new life in the old slot: counters and the last obituary stay. */
static void prepare_slot(struct supervisor *s, struct child *c)
{
	struct slot *slot = child_slot(s, c);
	atomic_fetch_add(&slot->generation, 1);
	atomic_store(&slot->state, SLOT_STARTING);
	atomic_store(&slot->handled_since_start, 0);
	atomic_store(&slot->database_up, 0);
	atomic_store(&slot->heartbeat_ns, s->now);
	atomic_store(&slot->started_ns, s->now);
	atomic_store(&slot->hand.count, 0);
	memset(slot->note, 0, sizeof slot->note);
	memset(slot->words, 0, sizeof slot->words);
}

static bool run(struct supervisor *s, struct child *c, const int fds[], int n)
{
	c->pid = fork_child(&c->pidfd, SIGKILL);
	if (c->pid == 0) {
		keep_descriptors(fds, n);
		exec_self(s, (char *[]){c->title, NULL});
	}
	if (c->pid < 0)
		c->pid = 0;
	else
		atomic_store(&child_slot(s, c)->pid, c->pid);
	c->started_ns = s->now;
	return c->pid > 0;
}

bool spawn_actor(struct supervisor *s, struct child *c)
{
	static struct boot boot;
	int fds[FDS_MAX], n = FD_FIRST_FREE - FD_BOOT;
	fill_boot(s, c, &boot);
	boot.edges_n = (uint32_t)edges_of(s, c, boot.edges, fds + n, FD_FIRST_FREE);
	n += 2 * (int)boot.edges_n;
	if (c->kind == ACTOR_HTTP_INGEST)
		n = add_listeners(s, &boot, fds, n);
	fds[0] = boot_memfd(&boot);
	fds[FD_CONFIG - FD_BOOT] = config_seal(&s->config, child_who(c));
	fds[FD_SLOTS - FD_BOOT] = s->slots_fd;
	fds[FD_BELL - FD_BOOT] = c->bell_fd;
	bool ran = false;
	if (fds[0] < 0 || fds[1] < 0) {
		log_error("nothing to hand to an actor", LF_STR("who", c->name), LF_STR("error", strerror(errno)));
	} else {
		prepare_slot(s, c);
		ran = run(s, c, fds, n);
	}
	close(fds[0]);
	close(fds[1]);
	return ran;
}
