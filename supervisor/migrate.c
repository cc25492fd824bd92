/* Owns the way to a usable database: initdb at the first start, then the private PostgreSQL, then the schema. What
 * fails for a while is tried again for ever, with pauses; what can't succeed stops the service with its reason. */
#include <stdlib.h>
#include <string.h>
#include "supervisor/supervisor.h"

static const int64_t pause_min_ns = 250000000, pause_max_ns = INT64_C(10) * 1000000000;

static void try_later(struct supervisor *s)
{
	s->migrate_due_ns = s->now + backoff(pause_min_ns, pause_max_ns, ++s->migrate_failures, (uint32_t)rand());
}

static void initdb_done(struct supervisor *s, int code)
{
	char words[256];
	if (code == 0) {
		log_info("private PostgreSQL initialised", LF_STR("data", s->postgres.data));
		s->migrate_failures = 0;
		s->migrate_due_ns = s->now;
		s->phase_due_ns = s->now + s->config.supervisor_ready_timeout;
		return;
	}
	postgres_last_words(s, words, sizeof words);
	log_error("initdb failed, trying again", LF_INT("code", code), LF_STR("words", words),
		LF_STR("log", s->postgres.log));
	try_later(s);
}

/* Whoever was started before the schema was there starts anew. */
static void roll_everybody(struct supervisor *s)
{
	for (int i = 1; i < s->children_n; i++)
		s->children[i].roll = child_runs(&s->children[i]);
}

static void migrated(struct supervisor *s, int code)
{
	s->migrate_tried = true;
	if (code == EXIT_PERMANENT || code == EXIT_CONFIG) {
		log_error("the schema can't be brought up to date, stopping", LF_INT("exit_code", EXIT_PERMANENT));
		phase_stop(s, AFTER_EXIT, EXIT_PERMANENT);
		return;
	}
	if (code != 0) {
		if (s->upgraded)
			roll_everybody(s); /* the new image needn't wait for its database */
		s->upgraded = false;
		try_later(s);
		return;
	}
	s->migrated = true;
	s->upgraded = false;
	s->migrate_failures = 0;
	log_info("schema is up to date");
	if (s->roll_after_migrate)
		roll_everybody(s);
	s->roll_after_migrate = false;
}

static bool database_there(struct supervisor *s)
{
	struct child *postgres = &s->children[POSTGRES];
	if (!s->postgres.wanted)
		return true;
	if (!postgres_initialised(s)) {
		s->tasks[TASK_INITDB].done = initdb_done;
		if (!task_start_initdb(s))
			try_later(s);
		return false;
	}
	if (postgres->state == CHILD_STOPPED)
		child_event(s, postgres, EVENT_START);
	return postgres->state == CHILD_READY;
}

void migrate_step(struct supervisor *s)
{
	if (s->migrated || s->phase >= PHASE_STOPPING || s->tasks[TASK_INITDB].pid || s->tasks[TASK_MIGRATE].pid ||
		s->now < s->migrate_due_ns || !database_there(s))
		return;
	s->tasks[TASK_MIGRATE].done = migrated;
	if (!task_start_migrate(s))
		try_later(s);
}
