/* The other half of an upgrade: takes over what the image before left, in two steps: descriptors first, so that nothing
 * is made that is there already, then the children, once their names are known. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

enum { STATE_BYTES_MAX = 1 << 20 };
static char *state; /* what the image before wrote */

static int taken(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void take_listener(struct supervisor *s, const char *line)
{
	int fd, trusted;
	char name[108];
	if (sscanf(line, "listener %d %d %107[^\n]", &fd, &trusted, name) != 3 || s->listeners_n == LISTENERS_MAX)
		return;
	struct listener *l = &s->listeners[s->listeners_n++];
	*l = (struct listener){.fd = taken(fd), .trusted = trusted != 0};
	snprintf(l->name, sizeof l->name, "%s", name);
}

static void take_suspect(struct supervisor *s, const char *line)
{
	struct suspect t = {0};
	int kind;
	long long last;
	if (sscanf(line, "suspect %d %u %u %lld %23[^\t]\t%39[^\t]\t%255[^\n]", &kind, &t.points, &t.deaths, &last,
		    t.entity, t.id, t.obituary) < 6 ||
		kind <= 0 || kind >= ACTOR_KINDS)
		return;
	t.kind = (enum actor_kind)kind;
	t.last_ns = last;
	for (int i = 0; i < SUSPECTS_MAX; i++)
		if (!s->poison.at[i].kind) {
			s->poison.at[i] = t;
			return;
		}
}

static void take_line(struct supervisor *s, const char *line)
{
	char dir[4096];
	long long started;
	int number;
	if (sscanf(line, "lock %d", &number) == 1)
		s->lock_fd = taken(number);
	else if (sscanf(line, "control %d", &number) == 1)
		s->control_fd = taken(number);
	else if (sscanf(line, "stderr %d", &number) == 1)
		s->stderr_fd = taken(number);
	else if (sscanf(line, "slots %d", &number) == 1)
		s->slots_fd = taken(number);
	else if (sscanf(line, "adopted %d", &number) == 1)
		s->postgres.adopted = number != 0;
	else if (sscanf(line, "started %lld", &started) == 1)
		s->started_ns = started;
	else if (sscanf(line, "data_dir %4095[^\n]", dir) == 1 && strcmp(dir, s->config.tds_data_dir) != 0)
		die(EXIT_CONFIG, "data_dir changed in an upgrade, which needs a restart");
	take_listener(s, line);
	take_suspect(s, line);
}

static void each_line(struct supervisor *s, void (*take)(struct supervisor *, const char *))
{
	char *copy = strdup(state), *rest = copy;
	for (char *line; copy && (line = strsep(&rest, "\n"));)
		take(s, line);
	free(copy);
}

bool upgrade_read(struct supervisor *s, int fd)
{
	state = calloc(1, STATE_BYTES_MAX);
	ssize_t n = state ? pread(fd, state, STATE_BYTES_MAX - 1, 0) : -1;
	close(fd);
	if (n <= 0)
		return false;
	each_line(s, take_line);
	s->upgraded = s->slots_fd >= 0;
	return s->lock_fd >= 0 && s->control_fd >= 0;
}

static void take_child(struct supervisor *s, const char *line)
{
	char name[32];
	int pid, pidfd, bell, where, was_ready, single_step, again;
	long long started, due;
	unsigned long long restarts;
	if (sscanf(line, "child %31s %d %d %d %d %lld %lld %llu %d %d %d", name, &pid, &pidfd, &bell, &where, &started,
		    &due, &restarts, &was_ready, &single_step, &again) != 11)
		return;
	struct child *c = child_named(s, name);
	if (!c || where < 0 || where >= CHILD_STATES)
		return;
	c->pid = pid;
	c->pidfd = taken(pidfd);
	c->bell_fd = taken(bell);
	c->state = (enum child_state)where;
	c->started_ns = started;
	c->due_ns = due < 0 ? NEVER : due;
	c->restarts = restarts;
	c->was_ready = was_ready != 0;
	c->single_step = single_step != 0;
	c->again = again != 0;
}

static void take_ring(struct supervisor *s, const char *line)
{
	char from[32], to[32];
	int fd;
	if (sscanf(line, "ring %31s %31s %d", from, to, &fd) != 3 || s->edges_n == EDGES_MAX)
		return;
	const struct child *a = child_named(s, from), *b = child_named(s, to);
	if (a && b)
		s->edges[s->edges_n++] = (struct edge_ring){
			.from = (int)(a - s->children), .to = (int)(b - s->children), .fd = taken(fd)};
}

/* With the actors alive the service just goes on, and they are replaced once the schema is up to date. */
void upgrade_adopt(struct supervisor *s)
{
	each_line(s, take_child);
	each_line(s, take_ring);
	free(state);
	state = NULL;
	if (s->upgraded) {
		s->phase = PHASE_RUNNING;
		s->phase_due_ns = NEVER;
	}
	s->roll_after_migrate = s->upgraded;
	log_info("upgrade: taken over", LF_STR("version", TDS_VERSION), LF_INT("rings", s->edges_n));
}
