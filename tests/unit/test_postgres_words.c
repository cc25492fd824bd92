/* Which line of PostgreSQL's log is the reason that it ended. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "supervisor/supervisor.h"

#define AT "2026-01-01 10:00:00.000 UTC "

static void says(const char *log, const char *expected)
{
	char text[2048], words[256];
	snprintf(text, sizeof text, "%s", log);
	postgres_failure_in(text, words, sizeof words);
	cr_assert_str_eq(words, expected);
}

Test(postgres_words, the_first_failure_of_the_last_process_that_failed)
{
	says("", "");
	says(AT "[7] LOG:  starting\n" AT "[7] ERROR:  no\n", "");
	says(AT "[7] FATAL:  could not write lock file\n" AT "[7] LOG:  database system is shut down\n",
		AT "[7] FATAL:  could not write lock file");
	says(AT "[7] FATAL:  old\n" AT "[8] PANIC:  cause\n" AT "[8] FATAL:  what follows\n", AT "[8] PANIC:  cause");
	says("initdb: error: directory exists but is not empty\n", "initdb: error: directory exists but is not empty");
}

Test(postgres_words, not_what_clients_were_told_meanwhile)
{
	says(AT "[8] PANIC:  could not write to file: No space left on device\n" AT
		"[9] FATAL:  the database system is in recovery mode\n" AT
		"[10] FATAL:  the database system is not yet accepting connections\n" AT
		"[11] FATAL:  terminating connection due to administrator command\n",
		AT "[8] PANIC:  could not write to file: No space left on device");
}
