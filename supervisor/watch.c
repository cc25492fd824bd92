/* Owns the noticing: who is ready, who is silent, whose timer is up, who is dead. It tells the state table and decides
 * nothing itself. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

static const int64_t look_ns = 10000000, look_slowly_ns = 200000000; /* while something starts */

bool child_runs(const struct child *c)
{
	return c->pid > 0;
}

/* Nothing about it will change by itself soon: whoever waits for it may go on. */
bool child_settled(const struct child *c)
{
	return c->state != CHILD_STARTING && c->state != CHILD_DRAINING && c->state != CHILD_ABORTING &&
	       c->state != CHILD_KILLED;
}

static bool says_ready(const struct supervisor *s, const struct child *c)
{
	if (c->kind == ACTOR_SUPERVISOR)
		return postgres_ready(s, c);
	const struct slot *slot = child_slot(s, c);
	uint32_t state = atomic_load(&slot->state);
	return (state == SLOT_READY || state == SLOT_DEGRADED) && atomic_load(&slot->pid) == c->pid;
}

/* Silence is counted from the last beat, the start, or the end of a pause of the supervisor itself. */
static bool is_silent(const struct supervisor *s, const struct child *c)
{
	if (c->kind == ACTOR_SUPERVISOR)
		return false;
	int64_t last = atomic_load(&child_slot(s, c)->heartbeat_ns);
	if (last < c->started_ns)
		last = c->started_ns;
	if (last < s->grace_ns)
		last = s->grace_ns;
	return s->now - last > s->config.supervisor_heartbeat_timeout;
}

static void forget_suspects(struct supervisor *s, const struct child *c)
{
	int64_t since = s->now - s->config.supervisor_deaths_window;
	const char *entity = c->kind == ACTOR_HANDLER ? entity_names[c->entity].name : NULL;
	if (c->kind != ACTOR_SUPERVISOR && c->started_ns <= since)
		poison_served(&s->poison, c->kind, entity, since);
}

static void look_at(struct supervisor *s, struct child *c, bool beat)
{
	if (c->state == CHILD_STARTING && says_ready(s, c))
		child_event(s, c, EVENT_READY);
	if (s->now >= c->due_ns)
		child_event(s, c, EVENT_TIMER);
	if (beat && child_runs(c) && is_silent(s, c))
		child_event(s, c, EVENT_HUNG);
	if (beat && c->state == CHILD_READY)
		forget_suspects(s, c);
}

void children_tick(struct supervisor *s)
{
	bool beat = s->now >= s->beat_due_ns;
	for (int i = 0; i < s->children_n; i++)
		look_at(s, &s->children[i], beat);
	if (beat) {
		obituaries_offer(s);
		s->beat_due_ns = s->now + 1000000000;
	}
}

int64_t children_due(const struct supervisor *s)
{
	int64_t due = s->beat_due_ns;
	for (int i = 0; i < s->children_n; i++) {
		const struct child *c = &s->children[i];
		due_sooner(&due, c->due_ns);
		if (c->state == CHILD_STARTING)
			due_sooner(&due, s->now + (c->due_ns == NEVER ? look_slowly_ns : look_ns));
	}
	return due;
}

/* An adopted PostgreSQL isn't our child: its pidfd says that it ended, nobody says how. */
void child_reap(struct supervisor *s, struct child *c)
{
	siginfo_t info = {0};
	int r = waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | WNOHANG);
	if (r == 0 && info.si_pid == 0)
		return;
	c->exit_code = r == 0 ? info.si_code : CLD_EXITED;
	c->exit_status = r == 0 ? info.si_status : 0;
	child_event(s, c, EVENT_DIED);
}

static bool reap_known(struct supervisor *s, pid_t pid)
{
	for (int i = 0; i < s->children_n; i++)
		if (s->children[i].pid == pid) {
			child_reap(s, &s->children[i]);
			return true;
		}
	for (int i = 0; i < TASKS; i++)
		if (s->tasks[i].pid == pid) {
			task_reap(s, &s->tasks[i]);
			return true;
		}
	return false;
}

/* As PID 1 or subreaper: what children leave behind. Looks before it takes, so that known ones keep their pidfd's way.
 */
void orphans_reap(struct supervisor *s)
{
	siginfo_t info;
	while (memset(&info, 0, sizeof info),
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
		if (!reap_known(s, info.si_pid))
			waitpid(info.si_pid, NULL, WNOHANG);
	}
}
