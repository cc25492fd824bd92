/* Owns the loop: everything that happens to the supervisor comes in here, over pidfds, a signalfd, the control socket
 * and a timer, and is handed to whoever owns it. Nothing in it blocks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "ipc/seam.h"
#include "supervisor/supervisor.h"
#include "ipc/loop.h"

enum { POLL_MAX = 2 + 1 + CLIENTS_MAX + SLOT_ACTORS_MAX + TASKS, DESCRIPTORS_WANTED = 65536 };
static const int64_t paused_ns = INT64_C(1500000000); /* later than this after the timer: we were not running */

int64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void due_sooner(int64_t *due, int64_t candidate)
{
	if (candidate < *due)
		*due = candidate;
}

/* The first time drains, the second doesn't wait. */
void stop_asked(struct supervisor *s, bool now)
{
	log_info("asked to stop", LF_STR("how", s->stops_asked || now ? "now" : "drain"));
	notify("STOPPING=1");
	phase_stop(s, AFTER_EXIT, 0);
	if (s->stops_asked++ || now) {
		for (int i = 0; i < s->children_n; i++)
			child_event(s, &s->children[i], EVENT_KILL);
	}
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	char error[CONFIG_ERROR_BYTES];
	while (read(s->signal_fd, &info, sizeof info) == sizeof info) {
		const char *refused = NULL;
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop_asked(s, false);
		else if (info.ssi_signo == SIGHUP)
			reload(s, error);
		else if (info.ssi_signo == SIGUSR1)
			reopen_log(s);
		else if (info.ssi_signo == SIGUSR2)
			refused = upgrade_begin(s);
		else
			orphans_reap(s);
		if (refused)
			log_error("no upgrade", LF_STR("why", refused));
	}
}

static void take_signals(struct supervisor *s)
{
	sigset_t set;
	sigemptyset(&set);
	for (const int *sig = (const int[]){SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, 0}; *sig; sig++)
		sigaddset(&set, *sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->signal_fd < 0 || s->timer_fd < 0)
		die(EXIT_TEMPORARY, "signalfd or timerfd: %s", strerror(errno));
}

static int64_t next_due(const struct supervisor *s)
{
	int64_t due = children_due(s);
	due_sooner(&due, control_due());
	due_sooner(&due, s->phase_due_ns);
	due_sooner(&due, s->stop_due_ns);
	if (s->watchdog_ns)
		due_sooner(&due, s->watchdog_due_ns);
	if (!s->migrated && s->phase < PHASE_STOPPING && s->migrate_due_ns > s->now)
		due_sooner(&due, s->migrate_due_ns);
	return due;
}

static void arm(const struct supervisor *s, int64_t due)
{
	if (due <= 0)
		due = 1;
	struct itimerspec at = {.it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000}};
	timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* The supervisor's own stop (a debugger, a frozen machine) must not look like the actors' silence. */
static void notice_pause(struct supervisor *s, int64_t due)
{
	if (s->now - due < paused_ns)
		return;
	log_warn("the supervisor itself was paused", LF_MS("for_ms", s->now - due));
	s->grace_ns = s->now;
}

static int add_children(const struct supervisor *s, struct pollfd to[])
{
	int n = 0;
	for (int i = 0; i < s->children_n; i++)
		if (child_runs(&s->children[i]))
			to[n++] = (struct pollfd){.fd = s->children[i].pidfd, .events = POLLIN};
	for (int i = 0; i < TASKS; i++)
		if (s->tasks[i].pid)
			to[n++] = (struct pollfd){.fd = s->tasks[i].pidfd, .events = POLLIN};
	return n;
}

/* By descriptor, not by place: an earlier death may have changed who runs. A start may reuse the number, but then
 * waiting finds nobody dead. */
static void reap(struct supervisor *s, const struct pollfd polled[], int n)
{
	for (int p = 0; p < n; p++) {
		if (!polled[p].revents)
			continue;
		for (int i = 0; i < s->children_n; i++)
			if (child_runs(&s->children[i]) && s->children[i].pidfd == polled[p].fd)
				child_reap(s, &s->children[i]);
		for (int i = 0; i < TASKS; i++)
			if (s->tasks[i].pid && s->tasks[i].pidfd == polled[p].fd)
				task_reap(s, &s->tasks[i]);
	}
}

static void watchdog(struct supervisor *s)
{
	if (!s->watchdog_ns || s->now < s->watchdog_due_ns)
		return;
	s->watchdog_due_ns = s->now + s->watchdog_ns;
	notify("WATCHDOG=1");
}

static void turn(struct supervisor *s)
{
	struct pollfd polled[POLL_MAX] = {
		{.fd = s->signal_fd, .events = POLLIN}, {.fd = s->timer_fd, .events = POLLIN}};
	int64_t due = next_due(s);
	arm(s, due);
	int control = control_poll(s, polled + 2, 1 + CLIENTS_MAX);
	int children = add_children(s, polled + 2 + control);
	if (poll(polled, 2 + (nfds_t)control + (nfds_t)children, -1) < 0 && errno != EINTR)
		die(EXIT_TEMPORARY, "poll: %s", strerror(errno));
	s->now = clock_ns();
	notice_pause(s, due);
	if (polled[0].revents)
		on_signal(s);
	reap(s, polled + 2 + control, children);
	control_handle(s, polled + 2, control);
	children_tick(s);
	migrate_step(s);
	phase_step(s);
	roll_step(s);
	watchdog(s);
	if (s->upgrade_now)
		upgrade_exec(s);
}

static void set_limits(void)
{
	struct rlimit files;
	umask(027);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < DESCRIPTORS_WANTED) {
		files.rlim_cur = files.rlim_max < DESCRIPTORS_WANTED ? files.rlim_max : DESCRIPTORS_WANTED;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "tds: supervisor");
}

/* Descriptors 0, 1 and 2 exist, whoever started us; nothing reads from a terminal. */
static void standard_descriptors(void)
{
	int null = open("/dev/null", O_RDWR);
	while (null >= 0 && null < 3)
		null = dup(null);
	if (null < 0 || dup2(null, 0) < 0)
		die(EXIT_TEMPORARY, "/dev/null: %s", strerror(errno));
	close(null);
}

static void open_own_binary(struct supervisor *s)
{
	ssize_t n = readlink("/proc/self/exe", s->exe_path, sizeof s->exe_path - 1);
	s->exe_path[n > 0 ? n : 0] = 0;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	s->exe_fd = fcntl(fd, F_DUPFD_CLOEXEC, FIXED_DESCRIPTORS_MAX);
	close(fd);
	if (s->exe_fd < 0)
		die(EXIT_TEMPORARY, "/proc/self/exe: %s", strerror(errno));
}

static void resolve_database(struct supervisor *s)
{
	struct postgres *p = &s->postgres;
	const char *url = s->config.database_url, *dir = s->config.tds_data_dir;
	p->wanted = !*url;
	if (strlen(dir) > sizeof p->root - 32)
		die(EXIT_CONFIG, "data_dir: longer than %zu bytes", sizeof p->root - 32);
	if (strlen(url) >= sizeof s->url)
		die(EXIT_CONFIG, "database.url: longer than %zu bytes", sizeof s->url - 1);
	snprintf(s->url, sizeof s->url, "%s", url);
	snprintf(p->root, sizeof p->root, "%s/postgres", dir);
	snprintf(p->data, sizeof p->data, "%s/postgres/data", dir);
	snprintf(p->log, sizeof p->log, "%s/postgres/log", dir);
	if (p->wanted)
		postgres_find(p);
}

static void make_slots(struct supervisor *s)
{
	if (s->slots_fd < 0)
		s->slots_fd = slots_create(SLOT_ACTORS_MAX);
	s->slots = s->slots_fd < 0 ? NULL : slots_map_all(s->slots_fd, SLOT_ACTORS_MAX);
	if (!s->slots)
		die(EXIT_TEMPORARY, "slot table: %s", strerror(errno));
	snprintf(s->slots->name, sizeof s->slots->name, "supervisor");
	for (int i = 1; i < s->children_n; i++)
		snprintf(child_slot(s, &s->children[i])->name, sizeof s->slots->name, "%s", s->children[i].name);
	atomic_store(&s->slots->pid, getpid());
	atomic_store(&s->slots->started_ns, loop_clock());
	atomic_store(&s->slots->state, SLOT_READY);
}

/* In an order in which whatever is wrong is said before anything was started. */
static void prepare(struct supervisor *s)
{
	for (size_t i = 0; i < s->config.warnings.n; i++)
		log_warn(s->config.warnings.at[i]);
	resolve_database(s);
	data_dir_open(s);
	listeners_open(s);
	control_open(s);
	if (s->postgres.wanted)
		postgres_prepare(s);
	identity_choose(s);
	make_slots(s);
	take_signals(s);
}

static void clear(struct supervisor *s)
{
	s->now = s->started_ns = s->phase_since_ns = s->grace_ns = clock_ns();
	s->lock_fd = s->control_fd = s->slots_fd = s->dir_fd = s->rolling = -1;
	s->stop_due_ns = NEVER;
	s->watchdog_ns = notify_watchdog_ns();
	srand((unsigned)s->now);
}

int supervise(const char *file, int upgrade_fd)
{
	static struct supervisor supervisor;
	struct supervisor *s = &supervisor;
	char error[CONFIG_ERROR_BYTES];
	standard_descriptors();
	set_limits();
	clear(s);
	open_own_binary(s);
	if (config_read(&s->config, file, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return EXIT_CONFIG;
	}
	const char *fault = getenv("TDS_FAULT");
	if (fault && !seam_arm(fault, "supervisor"))
		return EXIT_USAGE;
	s->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (upgrade_fd >= 0 && !upgrade_read(s, upgrade_fd))
		die(EXIT_TEMPORARY, "upgrade: the state of the program before can't be read");
	log_setup(s);
	children_make(s);
	s->phase_due_ns = s->now + s->config.supervisor_ready_timeout;
	s->beat_due_ns = s->now;
	log_starter(*s->config.log_file && upgrade_fd < 0 ? s->stderr_fd : -1);
	prepare(s);
	log_starter(-1);
	if (upgrade_fd >= 0)
		upgrade_adopt(s);
	edges_make(s);
	log_info("tds started", LF_STR("version", TDS_VERSION), LF_STR("config", s->config.file),
		LF_STR("data_dir", s->config.tds_data_dir), LF_INT("pid", getpid()));
	while (s->phase != PHASE_DONE)
		turn(s);
	unlink(s->control_path);
	unlink(s->api_path);
	postgres_tidy(s);
	log_info("stopped", LF_INT("exit_code", s->exit_code));
	return s->exit_code;
}
