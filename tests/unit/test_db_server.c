/* The libpq layer against a real PostgreSQL: calls, their order, their errors, and what one call may do to the next. */
#include "tests/unit/test_db_fixture.h"

#include <criterion/hooks.h>

static char server_dir[] = "/tmp/tds-unit-XXXXXX";
static pid_t runner;

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
	(void)tests;
	runner = getpid();
	if (mkdtemp(server_dir))
		setenv("TDS_TEST_PG", server_dir, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	(void)stats;
	if (runner == getpid())
		pg_remove(server_dir);
}

static void on_ordered(void *ctx, const struct db_reply *reply)
{
	struct fixture *f = ctx;
	f->order[f->answers % 16] = atoi(PQgetvalue(reply->results[0], 0, 0));
	on_done(ctx, reply);
}

ON_BOTH(db_server, calls_are_answered_in_order)
{
	static const struct db_statement echo = {"echo", "SELECT $1::text, $2::text IS NULL"};
	struct fixture *f = fixture_up(backend);
	for (int i = 0; i < 10; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		db_query(f->db, &echo, on_ordered, f, 2, text, NULL);
	}
	cr_expect_eq(f->answers, 0);
	cr_expect_eq(db_waiting(f->db), 10);
	UNTIL(f, f->answers == 10);
	for (int i = 0; i < 10; i++)
		cr_expect_eq(f->order[i], i);
	cr_expect_eq(f->failures, 0);
	cr_expect_eq(db_waiting(f->db), 0);
	fixture_close(f);
}

ON_BOTH(db_server, a_session_is_set_up)
{
	struct fixture *f = fixture_up(backend);
	query(f, "SELECT concat_ws(' ', current_setting('search_path'), current_setting('application_name'),"
		 " current_setting('timezone'), current_setting('statement_timeout'),"
		 " current_setting('client_connection_check_interval'))");
	cr_expect_str_eq(f->value, "public tds:test UTC 30s 100ms");
	fixture_close(f);
}

ON_BOTH(db_server, who_looks_rows_up_by_key_never_reads_a_table_through_and_keeps_his_plans)
{
	static const char *const sessions[] = {"on auto", "off force_generic_plan"};
	for (int by_key = 0; by_key < 2; by_key++) {
		struct fixture *f = fixture_open_as(pg_url(), backend, by_key);
		UNTIL(f, f->up);
		query(f, "SELECT current_setting('enable_seqscan') || ' ' || current_setting('plan_cache_mode')");
		cr_expect_str_eq(f->value, sessions[by_key]);
		fixture_close(f);
	}
}

ON_BOTH(db_server, a_commit_waits_for_the_disk_whatever_the_role_is_set_to)
{
	static const struct {
		const char *role, *session;
	} cases[] = {{"off", "on"}, {"on", "on"}, {"remote_apply", "remote_apply"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char options[64];
		snprintf(options, sizeof options, "-c synchronous_commit=%s", cases[i].role);
		setenv("PGOPTIONS", options, 1);
		struct fixture *f = fixture_up(backend);
		query(f, "SELECT current_setting('synchronous_commit')");
		cr_expect_str_eq(f->value, cases[i].session);
		fixture_close(f);
	}
}

static void add(struct db_call *call, const char *sql)
{
	struct db_statement statement = named(sql);
	db_add(call, &statement, 0, NULL);
}

ON_BOTH(db_server, an_error_in_the_middle_of_a_call_undoes_it_and_leaves_the_next_alone)
{
	struct fixture *f = fixture_up(backend);
	query(f, "CREATE TEMP TABLE middle (a int NOT NULL CONSTRAINT positive CHECK (a > 0))");
	struct db_call *call = db_begin(f->db);
	add(call, "INSERT INTO middle VALUES (1)");
	add(call, "INSERT INTO middle VALUES (NULL)");
	add(call, "INSERT INTO middle VALUES (3)");
	db_run(call, on_done, f);
	struct fixture next = {.loop = f->loop};
	db_query(f->db, &(struct db_statement){"n", "SELECT count(*) FROM middle"}, on_done, &next, 0);
	UNTIL(f, f->answers == 2);
	cr_expect_str_eq(f->sqlstate, "23502");
	cr_expect_eq(f->failure, DB_DATA);
	cr_expect_eq(f->failed, 1);
	cr_expect_str_eq(f->column, "a");
	UNTIL(f, next.answers == 1);
	cr_expect_str_eq(next.value, "0");
	cr_expect_eq(next.failure, DB_OK);
	query(f, "INSERT INTO middle VALUES (-1)");
	cr_expect_str_eq(f->constraint, "positive");
	query(f, "INSERT INTO middle VALUES (3)");
	cr_expect_eq(f->failure, DB_OK);
	fixture_close(f);
}

ON_BOTH(db_server, a_statement_that_cannot_be_prepared_fails_its_call_only)
{
	static const struct db_statement later = {"later", "SELECT 7 FROM appears_later"};
	struct fixture *f = fixture_up(backend);
	db_query(f->db, &later, on_done, f, 0);
	db_query(f->db, &later, on_done, f, 0);
	UNTIL(f, f->answers == 2);
	cr_expect_eq(f->failures, 2);
	cr_expect_str_eq(f->sqlstate, "42P01");
	cr_expect_eq(f->failed, 0);
	query(f, "CREATE TEMP TABLE appears_later AS SELECT 1");
	cr_expect_eq(f->failure, DB_OK);
	for (int i = 0; i < 3; i++) {
		query(f, later.sql);
		db_query(f->db, &later, on_done, f, 0);
	}
	UNTIL(f, f->answers == 9);
	cr_expect_str_eq(f->value, "7");
	cr_expect_eq(f->failures, 2);
	fixture_close(f);
}

ON_BOTH(db_server, a_transaction_that_fails_ends_with_its_call)
{
	struct fixture *f = fixture_up(backend);
	for (int i = 0; i < 2; i++) {
		struct db_call *call = db_begin(f->db);
		add(call, "BEGIN");
		add(call, i ? "SELECT 1" : "SELECT 1/0");
		add(call, "COMMIT");
		db_run(call, on_done, f);
	}
	db_query(f->db, &(struct db_statement){"after", "SELECT 'fine'"}, on_done, f, 0);
	UNTIL(f, f->answers == 3);
	cr_expect_eq(f->failures, 1);
	cr_expect_str_eq(f->value, "fine");
	fixture_close(f);
}

ON_BOTH(db_server, a_transaction_may_go_over_several_calls)
{
	struct fixture *f = fixture_up(backend);
	query(f, "CREATE TEMP TABLE several (a int UNIQUE)");
	query(f, "BEGIN");
	query(f, "INSERT INTO several VALUES (1)");
	query(f, "SAVEPOINT one");
	query(f, "INSERT INTO several VALUES (1)");
	cr_expect_str_eq(f->sqlstate, "23505");
	struct db_call *call = db_begin(f->db);
	add(call, "ROLLBACK TO SAVEPOINT one");
	add(call, "INSERT INTO several VALUES (2)");
	add(call, "COMMIT");
	db_run(call, on_done, f);
	UNTIL(f, db_waiting(f->db) == 0);
	query(f, "SELECT count(*) FROM several");
	cr_expect_str_eq(f->value, "2");
	fixture_close(f);
}

ON_BOTH(db_server, an_error_at_commit_belongs_to_the_call)
{
	struct fixture *f = fixture_up(backend);
	query(f, "CREATE TEMP TABLE deferred (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
	struct db_call *call = db_begin(f->db);
	add(call, "INSERT INTO deferred VALUES (1), (1)");
	add(call, "SELECT 'written'");
	db_run(call, on_done, f);
	UNTIL(f, f->answers == 2);
	cr_expect_str_eq(f->sqlstate, "23505");
	cr_expect_eq(f->failed, 1);
	query(f, "SELECT count(*) FROM deferred");
	cr_expect_str_eq(f->value, "0");
	fixture_close(f);
}

ON_BOTH(db_server, ten_thousand_calls_at_once, .timeout = 60)
{
	static const struct db_statement plus = {"plus", "SELECT $1::int + 1"};
	struct fixture *f = fixture_up(backend);
	int64_t began = loop_clock();
	for (int i = 0; i < 10000; i++)
		db_query(f->db, &plus, on_done, f, 1, "9999");
	UNTIL(f, f->answers == 10000);
	cr_expect_eq(f->failures, 0);
	cr_expect_str_eq(f->value, "10000");
	cr_log_info("10,000 calls in %lld ms", (long long)(loop_clock() - began) / 1000000);
	fixture_close(f);
}

ON_BOTH(db_server, big_parameters_go_through, .timeout = 60)
{
	static const struct db_statement sizes = {"sizes", "SELECT octet_length($1::bytea) + length($2::text)"};
	enum { big = 4 << 20 }; /* libpq moves what is left after each partial send: much more takes long */
	struct fixture *f = fixture_up(backend);
	char *bytes = calloc(1, big), *text = malloc(big);
	memset(text, 'x', big - 1);
	text[big - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		struct db_call *call = db_begin(f->db);
		db_add(call, &sizes, 2, (const struct db_param[]){DB_BYTES(bytes, big), DB_TEXT(text)});
		db_run(call, on_done, f);
		memset(text, 'y', big - 1); /* was copied */
	}
	free(bytes);
	free(text);
	UNTIL(f, f->answers == 3);
	cr_expect_eq(f->failures, 0);
	cr_expect_eq(atoi(f->value), 2 * big - 1);
	fixture_close(f);
}
