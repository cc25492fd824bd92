/* Owns the private PostgreSQL: under data_dir, reachable over a unix socket only, started directly (pg_ctl would
 * daemonize it) and supervised like an actor. Its readiness is read from postmaster.pid; nobody connects here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

enum {
	SOCKET_PATH_MAX = 107 - 18,
	LOG_BYTES_MAX = 16 << 20,
	SETTINGS_MAX = 24
}; /* 18: "/.s.PGSQL.5432.lock" less one */
static const int64_t adopt_after_ns = INT64_C(60) * 1000000000, ask_after_ns = INT64_C(2) * 1000000000;

/* A path that is too long for a socket, or where PostgreSQL's user (as whom actors run) can't go, for data_dir lies in somebody's
 * private directory, has a short stand-in, which belongs to that directory alone. */
static void choose_run_dir(struct postgres *p)
{
	struct stat st;
	snprintf(p->run, sizeof p->run, "%s/run", p->root);
	bool usable = strlen(p->run) <= SOCKET_PATH_MAX && identity_reaches(&p->who, p->root);
	if (!usable && stat(p->root, &st) == 0)
		snprintf(p->run, sizeof p->run, "/tmp/tds-%llx-%llx", (unsigned long long)st.st_dev,
			(unsigned long long)st.st_ino);
	make_dir(p->run, 0700, p->who.uid, p->who.gid);
	if (lstat(p->run, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != p->who.uid)
		die(EXIT_PERMANENT, "%s: not a directory of the user that PostgreSQL runs as", p->run);
}

/* A long log is put aside at start. */
static void turn_log(const struct postgres *p)
{
	char old[320];
	struct stat st;
	snprintf(old, sizeof old, "%s.old", p->log);
	if (stat(p->log, &st) == 0 && st.st_size > LOG_BYTES_MAX && rename(p->log, old) != 0)
		log_warn("PostgreSQL's log can't be put aside", LF_STR("error", strerror(errno)));
}

void postgres_prepare(struct supervisor *s)
{
	struct postgres *p = &s->postgres;
	make_dir(p->root, 0700, p->who.uid, p->who.gid);
	choose_run_dir(p);
	turn_log(p);
	snprintf(s->url, sizeof s->url, "host=%s port=5432 dbname=tds user=postgres", p->run);
}

bool postgres_initialised(const struct supervisor *s)
{
	return access(s->postgres.data, F_OK) == 0;
}

/* Reads line `n` (1, 2, …) of postmaster.pid. */
static bool pid_file_line(const struct postgres *p, int n, char *to, size_t size)
{
	char path[320];
	snprintf(path, sizeof path, "%s/postmaster.pid", p->data);
	FILE *f = fopen(path, "re");
	bool got = f != NULL;
	while (got && n-- > 0)
		got = fgets(to, (int)size, f) != NULL;
	if (f)
		fclose(f);
	if (got)
		to[strcspn(to, "\n")] = 0;
	return got;
}

bool postgres_ready(const struct supervisor *s, const struct child *c)
{
	char line[128];
	return pid_file_line(&s->postgres, 1, line, sizeof line) && atoi(line) == c->pid &&
	       pid_file_line(&s->postgres, 8, line, sizeof line) && strncmp(line, "ready", 5) == 0;
}

/* Line 7 names the shared memory, by which PostgreSQL itself finds backends that outlived their postmaster. */
static bool memory_in_use(const struct postgres *p)
{
	char line[128];
	unsigned long key;
	int id;
	struct shmid_ds memory;
	return pid_file_line(p, 7, line, sizeof line) && sscanf(line, "%lu %d", &key, &id) == 2 &&
	       shmctl(id, IPC_STAT, &memory) == 0 && memory.shm_nattch > 0;
}

/* A postmaster that works in our data directory, left by a supervisor that was killed; 0 = none. The file of a dead one
 * stays (PostgreSQL looks after it), but a living stranger with that pid would keep PostgreSQL from ever starting. */
static pid_t predecessor(const struct postgres *p)
{
	char line[128], path[320];
	struct stat cwd, data;
	if (!pid_file_line(p, 1, line, sizeof line))
		return 0;
	pid_t pid = atoi(line);
	snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
	if (pid > 0 && stat(path, &cwd) == 0 && stat(p->data, &data) == 0 && cwd.st_ino == data.st_ino &&
		cwd.st_dev == data.st_dev)
		return pid;
	snprintf(path, sizeof path, "%s/postmaster.pid", p->data);
	if (pid > 0 && kill(pid, 0) == 0 && !memory_in_use(p))
		unlink(path);
	return 0;
}

static bool adopt(struct supervisor *s, struct child *c, pid_t pid)
{
	c->pidfd = pidfd_open(pid, 0);
	if (c->pidfd < 0)
		return false;
	log_warn("adopting the PostgreSQL of a previous supervisor", LF_INT("pid", pid));
	c->pid = pid;
	c->started_ns = s->now;
	return s->postgres.adopted = true;
}

/* How long the previous PostgreSQL has been waited for, ns. */
static int64_t waited(struct supervisor *s, pid_t pid)
{
	struct postgres *p = &s->postgres;
	if (!p->waiting_since_ns) {
		log_info("waiting for the previous PostgreSQL to end", LF_INT("pid", pid));
		p->waiting_since_ns = s->now;
	}
	return s->now - p->waiting_since_ns;
}

/* The old supervisor's death asked it to shut down; asked once more, waited for, and if all fails taken over. */
static enum spawned wait_for(struct supervisor *s, struct child *c, pid_t pid)
{
	int64_t ns = waited(s, pid);
	if (ns > adopt_after_ns)
		return adopt(s, c, pid) ? SPAWNED : SPAWN_LATER;
	if (ns > ask_after_ns)
		kill(pid, SIGINT);
	return SPAWN_LATER;
}

static int connections(const struct config *c, int children)
{
	return (int)(c->ingest_connections * c->ingest_processes) + 2 * children + 40;
}

/* fsync and synchronous_commit stay on: a 202 means that the event is on disk. (Handlers do without for what waits in the queue anyway.) */
static char **arguments(const struct supervisor *s, const char *data, const char *run)
{
	static char text[SETTINGS_MAX][320], *argv[2 * SETTINGS_MAX + 4];
	int n = 0, settings = 0;
	argv[n++] = "postgres";
	argv[n++] = "-D";
	argv[n++] = (char *)data;
#define SETTING(...)                                                                                                   \
	(snprintf(text[settings], sizeof text[0], __VA_ARGS__), argv[n++] = "-c", argv[n++] = text[settings++])
	SETTING("listen_addresses=");
	SETTING("port=5432");
	SETTING("unix_socket_directories=%s", run);
	SETTING("unix_socket_permissions=0700");
	SETTING("shared_buffers=%s", s->config.database_private_shared_buffers);
	SETTING("max_connections=%d", connections(&s->config, s->children_n));
	SETTING("cluster_name=tds");
	SETTING("wal_compression=lz4"); /* on means pglz, which takes several times as long */
	SETTING("max_wal_size=2GB");
	SETTING("checkpoint_timeout=15min");
	SETTING("jit=off");
	SETTING("log_timezone=UTC");
	SETTING("timezone=UTC");
	SETTING("autovacuum_naptime=15s");
	SETTING("logging_collector=off");
#undef SETTING
	argv[n] = NULL;
	return argv;
}

/* The path itself where PostgreSQL's user may go there, else one that leads through the open directory: no parent of
 * data_dir need be searchable by anybody but TDS. */
static const char *way_to(const char *path, int fd, char *to, size_t size)
{
	if (access(path, X_OK) == 0)
		return path;
	snprintf(to, size, "/proc/self/fd/%d", fd);
	return to;
}

static __attribute__((noreturn)) void become_postgres(const struct supervisor *s, pid_t parent)
{
	const struct postgres *p = &s->postgres;
	char program[320], data_way[32], run_way[32];
	int log = open(p->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int data = open(p->data, O_RDONLY | O_DIRECTORY), run = open(p->run, O_RDONLY | O_DIRECTORY);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || data < 0 || run < 0 || chdir("/") != 0)
		_exit(EXIT_TEMPORARY);
	umask(077);
	drop_privileges(&p->who, SIGINT, parent);
	snprintf(program, sizeof program, "%s/postgres", p->bin);
	execv(program, arguments(s, way_to(p->data, data, data_way, sizeof data_way),
			       way_to(p->run, run, run_way, sizeof run_way)));
	fprintf(stderr, "%s: %s\n", program, strerror(errno));
	_exit(EXIT_TEMPORARY);
}

enum spawned postgres_start(struct supervisor *s, struct child *c)
{
	pid_t old = predecessor(&s->postgres), parent = getpid();
	if (old > 0)
		return wait_for(s, c, old);
	if (memory_in_use(&s->postgres) && waited(s, 0) < adopt_after_ns)
		return SPAWN_LATER; /* a killed postmaster's backends notice within moments; before, a new one would refuse */
	s->postgres.waiting_since_ns = 0;
	s->postgres.adopted = false;
	c->started_ns = s->now;
	c->pid = fork_child(&c->pidfd, SIGINT);
	if (c->pid == 0)
		become_postgres(s, parent);
	if (c->pid < 0)
		c->pid = 0;
	return c->pid > 0 ? SPAWNED : SPAWN_FAILED;
}

/* A stand-in directory isn't under data_dir, where nobody would wonder about it. */
void postgres_tidy(const struct supervisor *s)
{
	const struct postgres *p = &s->postgres;
	if (p->wanted && strncmp(p->run, p->root, strlen(p->root)) != 0 && rmdir(p->run) != 0)
		log_debug("directory stays", LF_STR("path", p->run), LF_STR("error", strerror(errno)));
}

/* Which process wrote a line of the log: "… UTC [123] FATAL:  …"; 0 = it doesn't say. */
static int author(const char *line)
{
	const char *bracket = strstr(line, " [");
	return bracket ? atoi(bracket + 2) : 0;
}

/* Whether a line tells why something ended, and not only whom that hit: clients who were turned away or sent off meanwhile. */
static bool is_cause(const char *line)
{
	return (strstr(line, "FATAL:") || strstr(line, "PANIC:") || strstr(line, "initdb: error:")) &&
	       !strstr(line, "FATAL:  the database system is ") && !strstr(line, "FATAL:  terminating connection ");
}

void postgres_failure_in(char *log, char *to, size_t size)
{
	int who = 0;
	*to = 0;
	for (char *line, *rest = log; (line = strsep(&rest, "\n"));) {
		if (!is_cause(line) || (who && author(line) == who))
			continue;
		who = author(line);
		snprintf(to, size, "%.*s", (int)size - 1, line);
	}
}

void postgres_last_words(const struct supervisor *s, char *to, size_t size)
{
	static char tail[64 * 1024]; /* many who are turned away may come after the cause */
	int fd = open(s->postgres.log, O_RDONLY | O_CLOEXEC);
	off_t length = fd < 0 ? 0 : lseek(fd, 0, SEEK_END), keep = sizeof tail - 1;
	ssize_t n = fd < 0 ? 0 : pread(fd, tail, sizeof tail - 1, length > keep ? length - keep : 0);
	if (fd >= 0)
		close(fd);
	tail[n > 0 ? n : 0] = 0;
	postgres_failure_in(tail, to, size);
}
