/* Owns the one-shot children: first initdb, the schema's migration, and the check before an upgrade. They run beside
 * the supervisor, which never waits, and say with an exit code how it went. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

static bool start(
	struct supervisor *s, enum task_id id, const int fds[], int n, char *const argv[], const char *program)
{
	struct task *t = &s->tasks[id];
	t->pid = fork_child(&t->pidfd, SIGKILL);
	if (t->pid == 0) {
		keep_descriptors(fds, n);
		if (!program)
			exec_self(s, argv);
		execv(program, argv);
		fprintf(stderr, "%s: %s\n", program, strerror(errno));
		_exit(EXIT_TEMPORARY);
	}
	if (t->pid < 0)
		t->pid = 0;
	return t->pid > 0;
}

void task_reap(struct supervisor *s, struct task *t)
{
	siginfo_t info = {0};
	if (waitid(P_PIDFD, (id_t)t->pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
		return;
	close(t->pidfd);
	t->pid = 0;
	t->done(s, info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
}

/* The connection string may hold a password: it goes through memory, not through argv. */
bool task_start_migrate(struct supervisor *s)
{
	static struct boot boot;
	boot = (struct boot){
		.magic = BOOT_MAGIC, .version = message_version(), .kind = ACTOR_SUPERVISOR, .parent = getpid()};
	snprintf(boot.database_url, sizeof boot.database_url, "%s", s->url);
	int fds[2] = {boot_memfd(&boot), config_seal(&s->config, WHO_SUPERVISOR)};
	bool started =
		fds[0] >= 0 && fds[1] >= 0 && start(s, TASK_MIGRATE, fds, 2, (char *[]){"tds: migrate", NULL}, NULL);
	close(fds[0]);
	close(fds[1]);
	return started;
}

__attribute__((noreturn)) void task_migrate_main(void)
{
	static struct boot boot;
	static struct config config;
	char error[1024] = "";
	log_open(2, LOG_INFO, LOG_LOGFMT, "migrate");
	prctl(PR_SET_NAME, "tds: migrate");
	if (pread(FD_BOOT, &boot, sizeof boot, 0) != sizeof boot || boot.magic != BOOT_MAGIC ||
		config_unseal(&config, FD_CONFIG) != 0)
		die(EXIT_PERMANENT, "not started by the tds supervisor");
	log_open(2, (enum log_level)config_choice(&config, "log.level"),
		(enum log_format)config_choice(&config, "log.format"), "migrate");
	int code = db_migrate(boot.database_url, config.database_schema, error, sizeof error);
	if (code)
		log_error("schema not brought up to date", LF_STR("error", error), LF_INT("exit_code", code));
	exit(code);
}

bool task_start_initdb(struct supervisor *s)
{
	const struct postgres *p = &s->postgres;
	char uid[16], gid[16];
	snprintf(uid, sizeof uid, "%u", (unsigned)p->who.uid);
	snprintf(gid, sizeof gid, "%u", (unsigned)p->who.gid);
	return start(s, TASK_INITDB, NULL, 0,
		(char *[]){"tds: initdb", (char *)p->root, (char *)p->bin, (char *)p->log, uid, gid,
			(char *)p->who.user, NULL},
		NULL);
}

/* `program ...` with `input` on stdin; its exit code. */
static int run(const char *bin, char *const argv[], const char *input)
{
	char program[320];
	int in[2], status;
	if (pipe2(in, O_CLOEXEC) != 0)
		return EXIT_TEMPORARY;
	snprintf(program, sizeof program, "%s/%s", bin, argv[0]);
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_TEMPORARY);
		dup2(in[0], 0);
		execv(program, argv);
		_exit(EXIT_TEMPORARY);
	}
	close(in[0]);
	ssize_t n = write(in[1], input, strlen(input));
	close(in[1]);
	if (pid < 0 || n < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_TEMPORARY;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMPORARY;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int initdb(const char *bin, int dir)
{
	char here[32]; /* parents may not be searchable for this user */
	snprintf(here, sizeof here, "/proc/self/fd/%d", dir);
	int failed = run(bin,
		(char *[]){"initdb", "-D", here, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
			"--lc-collate=C", "--no-instructions", NULL},
		"");
	if (failed)
		return failed;
	return run(bin, (char *[]){"postgres", "--single", "-D", here, "template1", NULL}, "CREATE DATABASE tds\n");
}

/* argv: tds: initdb, root, bin, log, uid, gid, user. Made beside its place and moved there when complete, so that a
 * kill in the middle leaves nothing that looks like a database. */
__attribute__((noreturn)) void task_initdb_main(char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "tds: initdb");
	pid_t parent = getppid();
	int log = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
	if (chdir(argv[1]) != 0 || log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(EXIT_TEMPORARY);
	struct identity who = {.uid = (uid_t)atoi(argv[4]), .gid = (gid_t)atoi(argv[5])};
	snprintf(who.user, sizeof who.user, "%s", argv[6]);
	drop_privileges(&who, SIGKILL, parent);
	nftw("data.new", remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	int root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = mkdir("data.new", 0700) == 0 ? open("data.new", O_RDONLY | O_DIRECTORY) : -1;
	if (getppid() != parent || root < 0 || dir < 0 || chdir("/") != 0)
		_exit(EXIT_TEMPORARY);
	int failed = initdb(argv[2], dir);
	if (!failed && renameat(root, "data.new", root, "data") != 0)
		failed = EXIT_TEMPORARY;
	_exit(failed);
}

bool task_start_check(struct supervisor *s)
{
	char layout[16];
	snprintf(layout, sizeof layout, "%x", layout_hash(s));
	return start(
		s, TASK_CHECK, NULL, 0, (char *[]){"tds", "-t", "-c", s->config.file, "-L", layout, NULL}, s->exe_path);
}
