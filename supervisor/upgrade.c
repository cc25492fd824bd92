/* Owns the way to another image of this program: the binary on disk is checked, then this process becomes it, keeping
 * pid, listening sockets, lock, PostgreSQL and, where both images agree on the layout, actors, rings and slots. What
 * the next image must know is written as lines into a memfd; adopt.c reads them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

static uint32_t mix(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
	return hash * 16777619u;
}

uint32_t layout_hash(const struct supervisor *s)
{
	char facts[96];
	snprintf(facts, sizeof facts, "%u %zu %d %d", message_version(), sizeof(struct slot), COUNTERS, SLOT_BYTES);
	uint32_t hash = mix(2166136261u, facts);
	for (int i = 0; i < s->children_n; i++)
		hash = mix(hash, s->children[i].name);
	return hash;
}

static void checked(struct supervisor *s, int code)
{
	if (s->phase != PHASE_RUNNING || (code != 0 && code != EXIT_OTHER_LAYOUT)) {
		log_error("no upgrade: the program on disk can't be started, or refuses the configuration",
			LF_STR("program", s->exe_path), LF_INT("code", code));
		return;
	}
	if (code == 0) {
		s->upgrade_now = true;
		return;
	}
	log_info("upgrade: the new program is laid out otherwise, draining everybody first");
	phase_stop(s, AFTER_UPGRADE, 0);
}

const char *upgrade_begin(struct supervisor *s)
{
	if (s->phase != PHASE_RUNNING)
		return "not running";
	if (s->tasks[TASK_CHECK].pid)
		return "an upgrade is under way";
	s->tasks[TASK_CHECK].done = checked;
	if (!task_start_check(s))
		return "the check could not be started";
	log_info("upgrade: checking the program on disk", LF_STR("program", s->exe_path));
	return NULL;
}

static void write_suspects(FILE *f, const struct poison *p)
{
	for (int i = 0; i < SUSPECTS_MAX; i++) {
		const struct suspect *t = &p->at[i];
		if (t->kind)
			fprintf(f, "suspect %d %u %u %lld %s\t%s\t%s\n", (int)t->kind, t->points, t->deaths,
				(long long)t->last_ns, t->entity, t->id, t->obituary);
	}
}

static void write_children(FILE *f, const struct supervisor *s, bool actors)
{
	for (int i = 0; i < (actors ? s->children_n : 1); i++) {
		const struct child *c = &s->children[i];
		int64_t due = c->due_ns == NEVER ? -1 : c->due_ns;
		fprintf(f, "child %s %d %d %d %d %lld %lld %llu %d %d %d\n", c->name, (int)c->pid, c->pidfd, c->bell_fd,
			(int)c->state, (long long)c->started_ns, (long long)due, (unsigned long long)c->restarts,
			c->was_ready, c->single_step, c->again);
	}
	for (int i = 0; actors && i < s->edges_n; i++)
		fprintf(f, "ring %s %s %d\n", s->children[s->edges[i].from].name, s->children[s->edges[i].to].name,
			s->edges[i].fd);
	if (actors)
		fprintf(f, "slots %d\n", s->slots_fd);
}

/* A newline in a value would end its line: none has one, paths included (the configuration refuses control bytes). */
static int write_state(const struct supervisor *s, bool actors)
{
	int fd = memfd_create("tds:upgrade", 0);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
	if (!f)
		return -1;
	fprintf(f, "lock %d\ncontrol %d\nstderr %d\ndata_dir %s\nstarted %lld\nadopted %d\n", s->lock_fd, s->control_fd,
		s->stderr_fd, s->config.tds_data_dir, (long long)s->started_ns, s->postgres.adopted);
	for (uint32_t i = 0; i < s->listeners_n; i++)
		fprintf(f, "listener %d %d %s\n", s->listeners[i].fd, s->listeners[i].trusted, s->listeners[i].name);
	write_children(f, s, actors);
	write_suspects(f, &s->poison);
	bool failed = ferror(f);
	if (fclose(f) != 0 || failed) {
		close(fd);
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void keep_over_exec(int fd, bool keep)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void keep_all(const struct supervisor *s, bool keep, bool actors)
{
	keep_over_exec(s->lock_fd, keep);
	keep_over_exec(s->control_fd, keep);
	keep_over_exec(s->stderr_fd, keep);
	for (uint32_t i = 0; i < s->listeners_n; i++)
		keep_over_exec(s->listeners[i].fd, keep);
	for (int i = 0; i < (actors ? s->children_n : 1); i++) {
		keep_over_exec(s->children[i].pidfd, keep);
		keep_over_exec(s->children[i].bell_fd, keep);
	}
	for (int i = 0; actors && i < s->edges_n; i++)
		keep_over_exec(s->edges[i].fd, keep);
	if (actors)
		keep_over_exec(s->slots_fd, keep);
}

/* Comes back only where it failed: then everything goes on as it was. */
void upgrade_exec(struct supervisor *s)
{
	char number[16];
	bool actors = s->phase == PHASE_RUNNING;
	s->upgrade_now = false;
	int fd = write_state(s, actors);
	snprintf(number, sizeof number, "%d", fd);
	log_info("upgrade: becoming the program on disk", LF_STR("program", s->exe_path));
	if (fd >= 0) {
		keep_all(s, true, actors);
		execv(s->exe_path, (char *[]){"tds: supervisor", "-c", s->config.file, "-U", number, NULL});
		keep_all(s, false, actors);
		close(fd);
	}
	log_error("upgrade failed, going on", LF_STR("error", strerror(errno)));
	phase_go_on(s);
}
