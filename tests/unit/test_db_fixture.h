/* A private PostgreSQL for tests of the libpq layer (Debian's binaries, unix socket only, a temporary folder), one for
 * all tests of a run unless a test wants to stop it, and a loop that turns until something came true. */
#pragma once
#include "ipc/loop.h"
#include "sql/db.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <fcntl.h>
#include <unistd.h>

#define PG_BIN "/usr/lib/postgresql/15/bin"
static const int64_t test_second_ns = 1000000000;

static inline int pg_shell(const char *dir, const char *words)
{
	char line[1024];
	snprintf(line, sizeof line, "cd %s && %s" PG_BIN "/%s >>%s/out 2>&1", dir,
		geteuid() ? "" : "setpriv --reuid=postgres --regid=postgres --clear-groups ", words, dir);
	return system(line);
}

static inline int pg_start(const char *dir)
{
	char words[512];
	snprintf(words, sizeof words,
		"pg_ctl -D data -w -t 30 -l log -o \"-k %s -c listen_addresses= -c fsync=off -c max_connections=200 -c jit=off\""
		" start",
		dir);
	return pg_shell(dir, words);
}

static inline int pg_stop(const char *dir, const char *mode)
{
	char words[64];
	snprintf(words, sizeof words, "pg_ctl -D data -w -m %s stop", mode);
	return pg_shell(dir, words);
}

static inline bool pg_make(const char *dir)
{
	char chown[256];
	snprintf(chown, sizeof chown, "chown postgres %s", dir);
	if (!geteuid() && system(chown) != 0)
		return false;
	return pg_shell(dir, "initdb -D data -U tds -A trust -N -E UTF8 --locale=C") == 0 && pg_start(dir) == 0;
}

static inline void pg_remove(const char *dir)
{
	char line[256];
	pg_stop(dir, "immediate");
	snprintf(line, sizeof line, "rm -rf %s", dir);
	if (system(line) != 0)
		fprintf(stderr, "%s is left behind\n", dir);
}

static inline void pg_needed(void)
{
	if (access(PG_BIN "/postgres", X_OK) != 0)
		cr_skip_test("no PostgreSQL in " PG_BIN);
}

/* The run's server, started by the test that comes first (TDS_TEST_PG is set by test_db_server.c). */
static inline const char *pg_url(void)
{
	static char url[256];
	char path[256];
	const char *dir = getenv("TDS_TEST_PG");
	pg_needed();
	cr_assert(dir, "TDS_TEST_PG isn't set");
	snprintf(path, sizeof path, "%s/lock", dir);
	int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	cr_assert(lock >= 0 && flock(lock, LOCK_EX) == 0);
	snprintf(path, sizeof path, "%s/data/postmaster.pid", dir);
	cr_assert(access(path, F_OK) == 0 || pg_make(dir), "no server in %s", dir);
	close(lock);
	snprintf(url, sizeof url, "host=%s user=tds dbname=postgres", dir);
	return url;
}

struct fixture { /* what the answers said */
	struct loop *loop;
	struct db *db;
	bool up;
	int changes, answers, failures;
	char why[256], sqlstate[SQLSTATE_BYTES], message[256], column[64], constraint[64], value[256], value2[256];
	enum db_failure failure;
	int failed, order[16];
};

static inline void on_state(void *ctx, bool up, const char *why)
{
	struct fixture *f = ctx;
	f->up = up;
	f->changes++;
	snprintf(f->why, sizeof f->why, "%s", why);
}

static inline void keep(char *to, size_t size, const PGresult *result)
{
	snprintf(to, size, "%s", result && PQntuples(result) && PQnfields(result) ? PQgetvalue(result, 0, 0) : "");
}

static inline void on_done(void *ctx, const struct db_reply *reply)
{
	struct fixture *f = ctx;
	f->answers++;
	f->failures += reply->failure != DB_OK;
	f->failure = reply->failure;
	f->failed = reply->failed;
	snprintf(f->sqlstate, sizeof f->sqlstate, "%s", reply->sqlstate);
	snprintf(f->message, sizeof f->message, "%s", reply->message);
	snprintf(f->column, sizeof f->column, "%s", reply->column);
	snprintf(f->constraint, sizeof f->constraint, "%s", reply->constraint);
	keep(f->value, sizeof f->value, reply->n > 0 ? reply->results[0] : NULL);
	keep(f->value2, sizeof f->value2, reply->n > 1 ? reply->results[1] : NULL);
}

static inline struct fixture *fixture_open_as(const char *url, enum loop_backend backend, bool by_key)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->loop = loop_new(backend);
	if (!f->loop)
		cr_skip_test("no io_uring here");
	f->db = db_open(f->loop, &(struct db_options){.url = url,
					 .schema = "public",
					 .name = "tds:test",
					 .statement_timeout_ns = 30 * test_second_ns,
					 .lock_timeout_ns = 5 * test_second_ns,
					 .connect_timeout_ns = test_second_ns,
					 .backoff_min_ns = test_second_ns / 100,
					 .backoff_max_ns = test_second_ns / 10,
					 .by_key = by_key,
					 .state = on_state,
					 .ctx = f});
	return f;
}

static inline struct fixture *fixture_open(const char *url, enum loop_backend backend)
{
	return fixture_open_as(url, backend, false);
}

#define UNTIL(f, condition)                                                                                            \
	do {                                                                                                           \
		int64_t until_ = loop_clock() + 20 * test_second_ns;                                                   \
		while (!(condition) && loop_clock() < until_)                                                          \
			cr_assert(loop_turn((f)->loop, test_second_ns / 100) >= 0);                                    \
		cr_assert(condition, #condition " did not come true: %s %s", (f)->why, (f)->message);                  \
	} while (0)

static inline struct fixture *fixture_up(enum loop_backend backend)
{
	struct fixture *f = fixture_open(pg_url(), backend);
	UNTIL(f, f->up);
	return f;
}

static inline void fixture_close(struct fixture *f)
{
	db_close(f->db);
	for (int i = 0; i < 50; i++)
		loop_turn(f->loop, 1000000);
	loop_free(f->loop);
	free(f);
}

/* A statement of that text, under a name that lives as long as the test. */
static inline struct db_statement named(const char *sql)
{
	static char names[64][16];
	static const char *texts[64];
	int i = 0;
	while (texts[i] && texts[i] != sql)
		i++;
	cr_assert(i < 63);
	texts[i] = sql;
	snprintf(names[i], sizeof names[i], "t%d", i);
	return (struct db_statement){names[i], sql};
}

/* One statement without parameters, waited for. */
static inline void query(struct fixture *f, const char *sql)
{
	int answers = f->answers;
	struct db_statement statement = named(sql);
	db_query(f->db, &statement, on_done, f, 0);
	UNTIL(f, f->answers > answers);
}

/* Both loop backends must behave the same. */
#define ON_BOTH(suite, name, ...)                                                                                      \
	static void name(enum loop_backend backend);                                                                   \
	Test(suite, name##_on_epoll, ##__VA_ARGS__)                                                                    \
	{                                                                                                              \
		name(LOOP_EPOLL);                                                                                      \
	}                                                                                                              \
	Test(suite, name##_on_uring, ##__VA_ARGS__)                                                                    \
	{                                                                                                              \
		name(LOOP_URING);                                                                                      \
	}                                                                                                              \
	static void name(enum loop_backend backend)
