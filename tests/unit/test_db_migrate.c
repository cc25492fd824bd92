/* The migrator against a real PostgreSQL: each test has a schema of its own. */
#include "tests/unit/test_db_fixture.h"
#include "ipc/log.h"

#include <sys/wait.h>

static void quiet(void)
{
	log_open(STDERR_FILENO, LOG_ERROR, LOG_LOGFMT, "test");
}

/* The first value of the last statement. */
static const char *psql(const char *sql)
{
	static char value[256];
	PGconn *conn = PQconnectdb(pg_url());
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	cr_assert(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
	keep(value, sizeof value, result);
	PQclear(result);
	PQfinish(conn);
	return value;
}

static int migrate(const char *schema, char error[512])
{
	return db_migrate(pg_url(), schema, error, 512);
}

Test(db_migrate, a_new_schema_is_made_and_a_second_time_changes_nothing, .init = quiet)
{
	char error[512], applied[32];
	cr_expect_eq(migrate("Odd \"name\"", error), 0, "%s", error);
	snprintf(applied, sizeof applied, "%s",
		psql("SELECT max(applied_at) FROM \"Odd \"\"name\"\"\".tds_schema_version"));
	cr_expect_eq(migrate("Odd \"name\"", error), 0, "%s", error);
	cr_expect_str_eq(psql("SELECT max(applied_at) FROM \"Odd \"\"name\"\"\".tds_schema_version"), applied);
	cr_expect_eq(atoi(psql("SELECT count(*) FROM \"Odd \"\"name\"\"\".tds_schema_version")), db_schema_version());
}

Test(db_migrate, migrators_at_the_same_time_wait_for_each_other, .init = quiet)
{
	char error[512];
	psql("SELECT 1");
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(migrate("many", error));
	for (int i = 0, status; i < 4; i++)
		cr_expect(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(atoi(psql("SELECT count(*) FROM many.tds_schema_version")), db_schema_version());
}

Test(db_migrate, a_newer_database_is_left_alone, .init = quiet)
{
	char error[512], wanted[128];
	cr_assert_eq(migrate("newer", error), 0, "%s", error);
	psql("INSERT INTO newer.tds_schema_version VALUES (9999, 'x', 'y', 'z')");
	cr_expect_eq(migrate("newer", error), EXIT_PERMANENT);
	snprintf(wanted, sizeof wanted,
		"database schema version 9999 is newer than this program's %d: install a newer tds",
		db_schema_version());
	cr_expect_str_eq(error, wanted);
}

Test(db_migrate, a_missing_right_is_named, .init = quiet)
{
	char error[512], url[256];
	psql("CREATE SCHEMA locked; CREATE ROLE guest LOGIN");
	snprintf(url, sizeof url, "%s user=guest", pg_url());
	cr_expect_eq(db_migrate(url, "locked", error, sizeof error), EXIT_PERMANENT);
	cr_expect_str_eq(error, "database: role guest may not create tables in schema locked: GRANT USAGE, CREATE ON"
				" SCHEMA locked TO guest");
	cr_expect_eq(db_migrate(url, "absent", error, sizeof error), EXIT_PERMANENT);
	cr_expect(strstr(error, "permission denied") && strstr(error, "lacks a right"), "%s", error);
}

Test(db_migrate, a_migration_that_fails_leaves_nothing_of_itself, .init = quiet)
{
	char error[512];
	psql("CREATE SCHEMA half; CREATE TABLE half.tds_run_pages (a int)"); /* in the way of the third */
	cr_expect_eq(migrate("half", error), EXIT_PERMANENT);
	cr_expect(strstr(error, "0003_runs_and_state") && strstr(error, "tds_run_pages"), "%s", error);
	cr_expect_str_eq(psql("SELECT max(version) FROM half.tds_schema_version"), "2");
	cr_expect_str_eq(
		psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'half' AND tablename = 'tds_sync_runs'"), "0");
	psql("DROP TABLE half.tds_run_pages");
	cr_expect_eq(migrate("half", error), 0, "%s", error);
}

Test(db_migrate, a_database_that_is_away_is_temporary, .init = quiet)
{
	char error[512];
	cr_expect_eq(db_migrate("host=/nowhere", "public", error, sizeof error), EXIT_TEMPORARY);
	cr_expect(strstr(error, "/nowhere"), "%s", error);
}
