/* Owns the order of starting and stopping: database, actors, http-ingest last; the reverse way down. Each turn of the
 * loop asks the phase whether it is over. */
#include <string.h>
#include "supervisor/supervisor.h"

const char *const phase_names[PHASES] = {
	[PHASE_DATABASE] = "starting",
	[PHASE_ACTORS] = "starting",
	[PHASE_INGEST] = "starting",
	[PHASE_RUNNING] = "running",
	[PHASE_STOPPING] = "stopping",
	[PHASE_RESTING] = "drained",
	[PHASE_DONE] = "done",
};

static const int64_t look_ns = 200000000;

static void enter(struct supervisor *s, enum phase phase)
{
	s->phase = phase;
	s->phase_since_ns = s->now;
	s->phase_due_ns = phase < PHASE_RUNNING ? s->now + s->config.supervisor_ready_timeout : NEVER;
}

static void start_kinds(struct supervisor *s, bool ingest)
{
	for (int i = 1; i < s->children_n; i++)
		if ((s->children[i].kind == ACTOR_HTTP_INGEST) == ingest)
			child_event(s, &s->children[i], EVENT_START);
}

bool actors_ready(const struct supervisor *s, bool essential_only)
{
	for (int i = 1; i < s->children_n; i++)
		if (s->children[i].state != CHILD_READY && (!essential_only || child_essential(&s->children[i])))
			return false;
	return true;
}

static bool others_ready(const struct supervisor *s)
{
	for (int i = 1; i < s->children_n; i++)
		if (s->children[i].kind != ACTOR_HTTP_INGEST && s->children[i].state != CHILD_READY &&
			s->children[i].state != CHILD_PARKED)
			return false;
	return true;
}

/* Work on the database that ends soon is worth waiting for; a migration may wait for another node's. */
static bool database_in_work(const struct supervisor *s)
{
	int64_t patience_ns = 3 * s->config.supervisor_ready_timeout;
	return s->tasks[TASK_INITDB].pid || (s->tasks[TASK_MIGRATE].pid && s->now - s->phase_since_ns < patience_ns);
}

/* Actors start without a database as well (ingest then answers 503), but not into the middle of its making. */
static void database_phase(struct supervisor *s)
{
	if (!s->migrated && !s->migrate_tried && s->now < s->phase_due_ns)
		return;
	if (!s->migrated && database_in_work(s)) {
		s->phase_due_ns = s->now + look_ns;
		return;
	}
	s->roll_after_migrate = !s->migrated;
	start_kinds(s, false);
	enter(s, PHASE_ACTORS);
}

static void actors_phase(struct supervisor *s)
{
	if (!others_ready(s) && s->now < s->phase_due_ns)
		return;
	workers_announce(s);
	start_kinds(s, true);
	enter(s, PHASE_INGEST);
}

static void ingest_phase(struct supervisor *s)
{
	if (!actors_ready(s, true) && s->now < s->phase_due_ns)
		return;
	enter(s, PHASE_RUNNING);
	log_info(actors_ready(s, false) ? "ready" : "running, not everybody is ready",
		LF_STR("http", s->listeners[0].name), LF_STR("database", s->postgres.wanted ? "private" : "external"),
		LF_MS("after_ms", s->now - s->started_ns));
	notify("READY=1\nSTATUS=%d actors on %s", s->children_n - 1, s->listeners[0].name);
}

static bool kind_down(const struct supervisor *s, enum actor_kind kind)
{
	for (int i = 0; i < s->children_n; i++)
		if (s->children[i].kind == kind && s->children[i].state != CHILD_STOPPED)
			return false;
	return true;
}

static void event_to_kind(struct supervisor *s, enum actor_kind kind, enum child_event event)
{
	for (int i = 0; i < s->children_n; i++)
		if (s->children[i].kind == kind)
			child_event(s, &s->children[i], event);
}

static void stopped(struct supervisor *s)
{
	s->stop_due_ns = NEVER;
	switch (s->after_stop) {
	case AFTER_EXIT:
		enter(s, PHASE_DONE);
		break;
	case AFTER_REST:
		log_info("drained; `restart all` goes on");
		enter(s, PHASE_RESTING);
		break;
	case AFTER_UPGRADE:
		s->upgrade_now = true;
		enter(s, PHASE_RESTING);
	}
}

/* One kind after the other; the time is for all of them together. PostgreSQL, last, has its own. */
static void stopping_phase(struct supervisor *s)
{
	int last = s->after_stop == AFTER_EXIT ? ACTOR_SUPERVISOR : ACTOR_SUPERVISOR + 1;
	if (s->now >= s->stop_due_ns) {
		s->stop_due_ns = NEVER;
		for (int i = 1; i < s->children_n; i++)
			child_event(s, &s->children[i], EVENT_KILL);
	}
	while (s->stop_kind >= last && kind_down(s, (enum actor_kind)s->stop_kind)) {
		s->stop_kind--;
		if (s->stop_kind >= last)
			event_to_kind(s, (enum actor_kind)s->stop_kind, EVENT_DRAIN);
	}
	if (s->stop_kind < last)
		stopped(s);
}

void phase_stop(struct supervisor *s, enum after_stop after, int exit_code)
{
	if (s->phase == PHASE_STOPPING || s->phase == PHASE_DONE) {
		if (after == AFTER_EXIT)
			s->after_stop = after;
		return;
	}
	s->after_stop = after;
	s->exit_code = exit_code;
	s->stop_due_ns = s->now + s->config.supervisor_drain_timeout;
	s->stop_kind = ACTOR_KINDS - 1;
	enter(s, PHASE_STOPPING);
	event_to_kind(s, (enum actor_kind)s->stop_kind, EVENT_DRAIN);
}

void phase_go_on(struct supervisor *s)
{
	if (s->phase == PHASE_RESTING || s->phase == PHASE_STOPPING)
		enter(s, PHASE_DATABASE);
}

void phase_step(struct supervisor *s)
{
	static void (*const steps[PHASES])(struct supervisor *) = {
		[PHASE_DATABASE] = database_phase,
		[PHASE_ACTORS] = actors_phase,
		[PHASE_INGEST] = ingest_phase,
		[PHASE_STOPPING] = stopping_phase,
	};
	if (steps[s->phase])
		steps[s->phase](s);
}
