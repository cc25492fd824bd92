/* The libpq layer when things break: connections killed with calls under way, a server that restarts, injected faults,
 * tables that change under prepared statements, callers that close or start calls while they are being answered. */
#include "tests/unit/test_db_fixture.h"
#include "ipc/seam.h"

static const struct db_statement nap = {"nap", "SELECT pg_sleep($1::float8)"}, one = {"one", "SELECT 1"};

static void reconnects(struct fixture *f)
{
	UNTIL(f, f->up);
	query(f, "SELECT 'back'");
	cr_expect_str_eq(f->value, "back");
}

ON_BOTH(db_outage, a_killed_backend_answers_every_outstanding_call)
{
	struct fixture *f = fixture_up(backend), *killer = fixture_up(backend);
	char pid[sizeof f->value];
	query(f, "SELECT pg_backend_pid()");
	memcpy(pid, f->value, sizeof pid);
	for (int i = 0; i < 100; i++)
		db_query(f->db, &nap, on_done, f, 1, "10");
	loop_turn(f->loop, test_second_ns / 10);
	db_query(killer->db, &(struct db_statement){"kill", "SELECT pg_terminate_backend($1::int)"}, on_done, killer, 1,
		pid);
	UNTIL(killer, killer->answers == 1);
	UNTIL(f, f->answers == 101);
	cr_expect_eq(f->failures, 100);
	cr_expect_str_eq(f->sqlstate, "08006");
	cr_expect_str_eq(f->message, "terminating connection due to administrator command");
	cr_expect_eq(f->failure, DB_ENVIRONMENT);
	reconnects(f);
	cr_expect_eq(f->changes, 3, "up, down, up: %d", f->changes);
	fixture_close(killer);
	fixture_close(f);
}

static void restart(enum loop_backend backend, const char *mode)
{
	char dir[] = "/tmp/tds-unit-XXXXXX", url[128];
	pg_needed();
	cr_assert(mkdtemp(dir) && pg_make(dir));
	snprintf(url, sizeof url, "host=%s user=tds dbname=postgres", dir);
	struct fixture *f = fixture_open(url, backend);
	UNTIL(f, f->up);
	query(f, "SELECT 1");
	db_query(f->db, &nap, on_done, f, 1, "30");
	loop_turn(f->loop, test_second_ns / 10);
	pg_stop(dir, mode);
	UNTIL(f, !f->up && f->answers == 2);
	cr_expect_str_eq(f->sqlstate, "08006");
	query(f, "SELECT 2");
	cr_expect_str_eq(f->sqlstate, "08006");
	UNTIL(f, strstr(f->why, "No such file"));
	pg_start(dir);
	reconnects(f);
	fixture_close(f);
	pg_remove(dir);
}

ON_BOTH(db_outage, a_server_that_restarts_is_found_again, .timeout = 90)
{
	restart(backend, "fast");
}

ON_BOTH(db_outage, a_server_that_crashed_is_found_again, .timeout = 90)
{
	restart(backend, "immediate");
}

ON_BOTH(db_outage, a_fault_while_sending_or_receiving_costs_the_connection_only)
{
	static const char *const faults[] = {"pq_send:1:EIO", "pq_send:2:EIO", "pq_send:3:EIO", "pq_result:1:EIO"};
	struct fixture *f = fixture_up(backend);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		int answers = f->answers, failures = f->failures;
		cr_assert(seam_arm(faults[i], ""));
		for (int k = 0; k < 5; k++)
			db_query(f->db, &one, on_done, f, 0);
		cr_expect_eq(f->answers, answers, "never inside");
		UNTIL(f, f->answers == answers + 5);
		cr_expect_gt(f->failures, failures, "%s", faults[i]);
		cr_expect_str_eq(f->sqlstate, "08006");
		seam_arm("", "");
		reconnects(f);
	}
	fixture_close(f);
}

ON_BOTH(db_outage, a_poll_that_fails_costs_the_connection_only)
{
	struct fixture *f = fixture_up(backend);
	cr_assert(seam_arm("poll:1:EIO", ""));
	db_query(f->db, &one, on_done, f, 0);
	UNTIL(f, !f->up && f->answers == 1);
	seam_arm("", "");
	reconnects(f);
	fixture_close(f);
}

ON_BOTH(db_outage, a_reset_answers_and_connects_anew)
{
	struct fixture *f = fixture_up(backend);
	query(f, "SELECT 1");
	db_query(f->db, &nap, on_done, f, 1, "10");
	db_reset(f->db);
	cr_expect_eq(f->answers, 1);
	cr_expect_not(db_up(f->db));
	UNTIL(f, f->answers == 2);
	cr_expect_str_eq(f->sqlstate, "08006");
	reconnects(f);
	fixture_close(f);
}

static void costs_one_retry(
	enum loop_backend backend, const char *make, const char *read, const char *change, const char *drop)
{
	const struct db_statement all = {"all", read};
	struct fixture *f = fixture_up(backend);
	query(f, make);
	for (int i = 0; i < 3; i++) {
		db_query(f->db, &all, on_done, f, 0);
		UNTIL(f, f->answers == 2 + i);
	}
	query(f, change);
	db_query(f->db, &all, on_done, f, 0);
	UNTIL(f, f->answers == 6);
	cr_expect_str_eq(f->sqlstate, "0A000");
	cr_expect_eq(f->failure, DB_ENVIRONMENT);
	UNTIL(f, f->changes == 3 && f->up);
	db_query(f->db, &all, on_done, f, 0);
	UNTIL(f, f->answers == 7);
	cr_expect_str_eq(f->value, "1");
	query(f, drop);
	fixture_close(f);
}

ON_BOTH(db_outage, a_table_that_changed_under_a_statement_costs_one_retry)
{
	if (backend == LOOP_EPOLL) /* both run at the same time */
		costs_one_retry(backend, "CREATE TABLE changing AS SELECT 1 AS a", "SELECT * FROM changing",
			"ALTER TABLE changing ALTER a TYPE text", "DROP TABLE changing");
	else
		costs_one_retry(backend, "CREATE TABLE altering AS SELECT 1 AS a", "SELECT * FROM altering",
			"ALTER TABLE altering ALTER a TYPE text", "DROP TABLE altering");
}

static void on_again(void *ctx, const struct db_reply *reply)
{
	struct fixture *f = ctx;
	on_done(ctx, reply);
	if (f->answers < 100)
		db_query(f->db, &one, on_again, f, 0);
}

ON_BOTH(db_outage, an_answer_may_start_the_next_call)
{
	struct fixture *f = fixture_up(backend);
	db_query(f->db, &one, on_again, f, 0);
	UNTIL(f, f->answers == 100);
	cr_expect_eq(f->failures, 0);
	fixture_close(f);
}

static void on_close(void *ctx, const struct db_reply *reply)
{
	struct fixture *f = ctx;
	on_done(ctx, reply);
	if (f->answers == 1)
		db_close(f->db);
}

ON_BOTH(db_outage, an_answer_may_close_the_connection)
{
	struct fixture *f = fixture_up(backend);
	for (int i = 0; i < 3; i++)
		db_query(f->db, &one, on_close, f, 0);
	UNTIL(f, f->answers == 3);
	cr_expect_eq(f->failures, 2);
	for (int i = 0; i < 20; i++)
		loop_turn(f->loop, 1000000);
	loop_free(f->loop);
	free(f);
}
