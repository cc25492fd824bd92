/* Owns what happens to a child: a table of state × event, one small function per cell, so that every death, hang and
 * drain takes a path that can be read. An empty cell means: nothing to do. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

typedef void (*transition)(struct supervisor *, struct child *);

const char *const state_names[CHILD_STATES] = {
	[CHILD_STOPPED] = "stopped",
	[CHILD_STARTING] = "starting",
	[CHILD_READY] = "ready",
	[CHILD_DRAINING] = "draining",
	[CHILD_ABORTING] = "hung",
	[CHILD_KILLED] = "killed",
	[CHILD_BACKOFF] = "backoff",
	[CHILD_COOLDOWN] = "cooldown",
	[CHILD_PARKED] = "parked",
};

static const int64_t retry_ns = 50000000; /* what stands in the way of a start is looked at again after this */

static void enter(struct supervisor *s, struct child *c, enum child_state state, int64_t timer_ns)
{
	c->state = state;
	c->due_ns = timer_ns == NEVER ? NEVER : s->now + timer_ns;
}

static void send_signal(const struct child *c, int sig)
{
	if (pidfd_send_signal(c->pidfd, sig, NULL, 0) != 0)
		log_debug("signal not delivered", LF_STR("to", c->name), LF_INT("signal", sig));
}

static enum spawned spawn(struct supervisor *s, struct child *c)
{
	if (c->kind == ACTOR_SUPERVISOR)
		return postgres_start(s, c);
	if (!edges_mend(s, c))
		return SPAWN_LATER;
	return spawn_actor(s, c) ? SPAWNED : SPAWN_FAILED;
}

static void begin(struct supervisor *s, struct child *c)
{
	c->again = c->was_ready = c->hung = c->killed = c->roll = false;
	switch (spawn(s, c)) {
	case SPAWNED:
		enter(s, c, CHILD_STARTING, s->config.supervisor_ready_timeout);
		break;
	case SPAWN_LATER:
		enter(s, c, CHILD_BACKOFF, retry_ns);
		break;
	case SPAWN_FAILED:
		log_error("could not be started, trying again", LF_STR("who", c->name));
		enter(s, c, CHILD_BACKOFF, s->config.supervisor_backoff_max / 4);
	}
}

static void rested(struct supervisor *s, struct child *c)
{
	deaths_after_cooldown(&c->deaths, s->now, s->config.supervisor_deaths_window);
	log_info("comes back from its cool-down", LF_STR("who", c->name));
	begin(s, c);
}

static void become_ready(struct supervisor *s, struct child *c)
{
	c->was_ready = true;
	enter(s, c, CHILD_READY, NEVER);
	log_info("started", LF_STR("who", c->name), LF_INT("pid", c->pid), LF_MS("after_ms", s->now - c->started_ns));
	if (c->kind == ACTOR_HEALER)
		obituaries_offer(s);
}

static void say_slow(struct supervisor *s, struct child *c)
{
	log_warn("not ready yet", LF_STR("who", c->name), LF_INT("pid", c->pid),
		LF_MS("after_ms", s->now - c->started_ns));
	enter(s, c, c->state, NEVER);
}

static void abort_it(struct supervisor *s, struct child *c)
{
	log_error("hangs, ending it", LF_STR("who", c->name), LF_INT("pid", c->pid),
		LF_MS("silent_ms", s->now - atomic_load(&child_slot(s, c)->heartbeat_ns)));
	c->hung = true;
	send_signal(c, SIGABRT);
	enter(s, c, CHILD_ABORTING, s->config.supervisor_kill_after);
}

static void kill_it(struct supervisor *s, struct child *c)
{
	c->killed = true;
	send_signal(c, c->kind == ACTOR_SUPERVISOR ? SIGQUIT : SIGKILL); /* PostgreSQL: immediate shutdown */
	enter(s, c, CHILD_KILLED, s->config.supervisor_kill_after * (c->kind == ACTOR_SUPERVISOR ? 5 : 1));
}

static void kill_late(struct supervisor *s, struct child *c)
{
	log_warn("didn't drain in time, killing it", LF_STR("who", c->name), LF_INT("pid", c->pid));
	kill_it(s, c);
}

/* A process with SIGKILL pending runs no user code again, whenever the kernel lets go of it: its slot and rings can be
 * used by its successor. It is reaped as an orphan. */
static void abandon(struct supervisor *s, struct child *c)
{
	log_error("doesn't die, leaving it behind", LF_STR("who", c->name), LF_INT("pid", c->pid));
	send_signal(c, SIGKILL);
	close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	s->abandoned++;
	if (c->again || c->hung)
		begin(s, c);
	else
		enter(s, c, CHILD_STOPPED, NEVER);
}

static void drain(struct supervisor *s, struct child *c)
{
	c->again = false;
	send_signal(c, c->kind == ACTOR_SUPERVISOR ? SIGINT : SIGTERM);
	enter(s, c, CHILD_DRAINING, s->config.supervisor_drain_timeout);
}

static void drain_and_start(struct supervisor *s, struct child *c)
{
	drain(s, c);
	c->again = true;
}

static void not_again(struct supervisor *s, struct child *c)
{
	(void)s;
	c->again = c->hung = false;
}

static void kill_for_good(struct supervisor *s, struct child *c)
{
	not_again(s, c);
	kill_it(s, c);
}

static void once_more(struct supervisor *s, struct child *c)
{
	(void)s;
	c->again = true;
}

static void stop_waiting(struct supervisor *s, struct child *c)
{
	enter(s, c, CHILD_STOPPED, NEVER);
}

static struct restart_limits limits_of(const struct supervisor *s, const struct child *c)
{
	const struct config *g = &s->config;
	return (struct restart_limits){.backoff_min_ns = g->supervisor_backoff_min,
		.backoff_max_ns = g->supervisor_backoff_max,
		.window_ns = g->supervisor_deaths_window,
		.cooldown_ns = g->supervisor_cooldown,
		.deaths_max = g->supervisor_deaths_max,
		.outside_kills_max = g->supervisor_outside_kills_max,
		.essential_cooldowns_max = g->supervisor_essential_cooldowns_max,
		.essential = child_essential(c)};
}

static void give_up(struct supervisor *s, struct child *c)
{
	log_error("an essential actor keeps crashing, giving up", LF_STR("who", c->name),
		LF_INT("exit_code", EXIT_TEMPORARY));
	enter(s, c, CHILD_STOPPED, NEVER);
	phase_stop(s, AFTER_EXIT, EXIT_TEMPORARY);
}

static void answer_death(struct supervisor *s, struct child *c, const struct death *death)
{
	struct restart_limits limits = limits_of(s, c);
	struct judgement j = deaths_judge(&c->deaths, &limits, death, (uint32_t)rand());
	switch (j.verdict) {
	case START_NOW:
		begin(s, c);
		break;
	case START_LATER:
		log_info("starts again after a pause", LF_STR("who", c->name), LF_MS("pause_ms", j.pause_ns));
		enter(s, c, CHILD_BACKOFF, j.pause_ns);
		break;
	case COOL_DOWN:
		obituary_cooldown(s, c, j.pause_ns);
		enter(s, c, CHILD_COOLDOWN, j.pause_ns);
		break;
	case PARK:
		log_error("parked until a reload", LF_STR("who", c->name));
		enter(s, c, CHILD_PARKED, NEVER);
		break;
	case GIVE_UP:
		give_up(s, c);
	}
}

/* What every end has in common: the books are closed, the peers look around. */
static struct death bury(struct supervisor *s, struct child *c)
{
	struct death death = obituary(s, c);
	close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	if (c->kind != ACTOR_SUPERVISOR) {
		edges_check(s, c, death.cause == DEATH_TEMPORARY);
		bells_ring(s);
	}
	return death;
}

static void died(struct supervisor *s, struct child *c)
{
	struct death death = bury(s, c);
	c->restarts++;
	if (c->kind != ACTOR_SUPERVISOR)
		atomic_fetch_add(&child_slot(s, c)->restarts, 1);
	answer_death(s, c, &death);
}

static void drained(struct supervisor *s, struct child *c)
{
	bury(s, c);
	if (c->again)
		begin(s, c);
	else
		enter(s, c, CHILD_STOPPED, NEVER);
}

/* Killed: for its silence, or because it didn't drain. */
static void died_killed(struct supervisor *s, struct child *c)
{
	if (c->hung)
		died(s, c);
	else
		drained(s, c);
}

static const transition table[CHILD_STATES][CHILD_EVENTS] = {
	[CHILD_STOPPED] = {[EVENT_START] = begin, [EVENT_RESTART] = begin},
	[CHILD_STARTING] = {[EVENT_READY] = become_ready,
		[EVENT_DIED] = died,
		[EVENT_HUNG] = abort_it,
		[EVENT_TIMER] = say_slow,
		[EVENT_DRAIN] = drain,
		[EVENT_RESTART] = drain_and_start,
		[EVENT_KILL] = kill_it},
	[CHILD_READY] = {[EVENT_DIED] = died,
		[EVENT_HUNG] = abort_it,
		[EVENT_DRAIN] = drain,
		[EVENT_RESTART] = drain_and_start,
		[EVENT_KILL] = kill_it},
	[CHILD_DRAINING] = {[EVENT_DIED] = drained,
		[EVENT_TIMER] = kill_late,
		[EVENT_DRAIN] = not_again,
		[EVENT_RESTART] = once_more,
		[EVENT_START] = once_more,
		[EVENT_KILL] = kill_it},
	[CHILD_ABORTING] = {[EVENT_DIED] = died,
		[EVENT_TIMER] = kill_it,
		[EVENT_DRAIN] = kill_for_good,
		[EVENT_KILL] = kill_for_good},
	[CHILD_KILLED] = {[EVENT_DIED] = died_killed,
		[EVENT_TIMER] = abandon,
		[EVENT_DRAIN] = not_again,
		[EVENT_KILL] = not_again,
		[EVENT_RESTART] = once_more,
		[EVENT_START] = once_more},
	[CHILD_BACKOFF] = {[EVENT_TIMER] = begin,
		[EVENT_START] = begin,
		[EVENT_RESTART] = begin,
		[EVENT_DRAIN] = stop_waiting,
		[EVENT_KILL] = stop_waiting},
	[CHILD_COOLDOWN] = {[EVENT_TIMER] = rested,
		[EVENT_START] = rested,
		[EVENT_RESTART] = rested,
		[EVENT_DRAIN] = stop_waiting,
		[EVENT_KILL] = stop_waiting},
	[CHILD_PARKED] = {[EVENT_START] = begin,
		[EVENT_RESTART] = begin,
		[EVENT_DRAIN] = stop_waiting,
		[EVENT_KILL] = stop_waiting},
};

bool state_handles(enum child_state state, enum child_event event)
{
	return table[state][event] != NULL;
}

void child_event(struct supervisor *s, struct child *c, enum child_event event)
{
	transition t = table[c->state][event];
	if (t)
		t(s, c);
}
