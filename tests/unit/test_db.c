/* What of the libpq layer needs no server: classes of errors, calls while there is no connection, secrets in messages.
 */
#include "tests/unit/test_db_fixture.h"
#include "ipc/log.h"
#include "ipc/seam.h"
#include "sql_embedded.h"

#include <sys/socket.h>
#include <sys/un.h>

Test(db, sqlstates_ask_for_what_architecture_says)
{
	static const struct {
		const char *sqlstate;
		enum db_failure failure;
	} cases[] = {{"", DB_OK}, {"22001", DB_DATA}, {"22P05", DB_DATA}, {"23505", DB_DATA}, {"23502", DB_DATA},
		{"23503", DB_REFERENCE}, {"08006", DB_ENVIRONMENT}, {"25006", DB_ENVIRONMENT}, {"25P02", DB_PROGRAM},
		{"40001", DB_ENVIRONMENT}, {"40P01", DB_ENVIRONMENT}, {"53100", DB_ENVIRONMENT},
		{"55P03", DB_ENVIRONMENT}, {"57014", DB_ENVIRONMENT}, {"57P01", DB_ENVIRONMENT},
		{"58030", DB_ENVIRONMENT}, {"54000", DB_DATA}, {"42P01", DB_PROGRAM}, {"42501", DB_PROGRAM},
		{"XX000", DB_PROGRAM}, {"0A000", DB_PROGRAM}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(db_classify(cases[i].sqlstate), cases[i].failure, "%s", cases[i].sqlstate);
}

Test(db, migrations_are_numbered_without_gaps)
{
	for (int i = 0; i < sql_migrations_n; i++)
		cr_expect_eq(sql_migrations[i].version, i + 1, "%s", sql_migrations[i].name);
	cr_expect_eq(db_schema_version(), sql_migrations_n);
}

Test(db, no_message_shows_a_password)
{
	static const char *const urls[] = {"postgres://u:ge@heim@127.0.0.1:1/db", "postgres://u:geheim@127.0.0.1:1/db",
		"postgres://u:geheim@[::1/db", "host=127.0.0.1 port=1 password=geheim",
		"host=/nowhere password=geheim oops", "postgres://u:ge/heim@127.0.0.1:1/db",
		"password=geheim host=127.0.0.1 port=geheim"};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		char error[512] = "";
		int code = db_migrate(urls[i], "public", error, sizeof error);
		cr_expect(code == EXIT_PERMANENT || code == EXIT_TEMPORARY);
		cr_expect(*error && !strstr(error, "heim") && !strchr(error, '\n'), "%s", error);
	}
}

ON_BOTH(db, a_call_without_connection_is_answered_later_with_08006)
{
	struct fixture *f = fixture_open("host=/nowhere", backend);
	db_query(f->db, &(struct db_statement){"one", "SELECT $1"}, on_done, f, 1, "x");
	cr_expect_eq(f->answers, 0);
	cr_expect_eq(db_waiting(f->db), 1);
	UNTIL(f, f->answers == 1);
	cr_expect_str_eq(f->sqlstate, "08006");
	cr_expect_eq(f->failure, DB_ENVIRONMENT);
	cr_expect_eq(f->failed, -1);
	UNTIL(f, f->changes == 1);
	cr_expect(!db_up(f->db) && strstr(f->why, "/nowhere"), "%s", f->why);
	cr_expect_eq(db_waiting(f->db), 0);
	fixture_close(f);
}

ON_BOTH(db, closing_answers_what_is_outstanding)
{
	struct fixture *f = fixture_open("host=/nowhere", backend);
	struct loop *loop = f->loop;
	db_query(f->db, &(struct db_statement){"one", "SELECT 1"}, on_done, f, 0);
	db_close(f->db);
	cr_expect_eq(f->answers, 1);
	cr_expect_str_eq(f->sqlstate, "08006");
	for (int i = 0; i < 10; i++)
		loop_turn(loop, 1000000);
	cr_expect_eq(f->changes, 0);
	loop_free(loop);
	free(f);
}

ON_BOTH(db, a_connect_that_gets_no_answer_is_given_up)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/tds-unit-XXXXXX", url[64];
	cr_assert(mkdtemp(dir));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", dir);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
	snprintf(url, sizeof url, "host=%s", dir);
	struct fixture *f = fixture_open(url, backend);
	UNTIL(f, f->changes == 1);
	cr_expect_str_eq(f->why, "connecting took too long");
	fixture_close(f);
	close(listener);
	unlink(address.sun_path);
	rmdir(dir);
}

ON_BOTH(db, a_fault_at_connect_is_retried)
{
	cr_assert(seam_arm("pq_connect:1+:ENOMEM", ""));
	struct fixture *f = fixture_open("host=/nowhere", backend);
	UNTIL(f, f->changes == 1);
	seam_arm("", "");
	UNTIL(f, strstr(f->why, "/nowhere"));
	fixture_close(f);
}
