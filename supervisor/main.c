/* The one binary's door: supervisor, actor or one-shot child, told apart by argv[0], and the command line. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "actors/actor.h"
#include "supervisor/supervisor.h"

#define ACTOR(id, symbol, name, essential, database, many) extern const struct actor_type actor_##symbol;
#include "actors/actors.def"
#undef ACTOR

static const struct actor_type *const actor_types[ACTOR_KINDS] = {
#define ACTOR(id, symbol, name, essential, database, many) [ACTOR_##id] = &actor_##symbol,
#include "actors/actors.def"
#undef ACTOR
};

static const char supervisor_title[] = "tds: supervisor";

static const char help[] = "NAME\n"
			   "    tds - synchronises a Zoho organisation with PostgreSQL\n"
			   "\n"
			   "SYNOPSIS\n"
			   "    tds -c FILE\n"
			   "    tds -t [-v] -c FILE\n"
			   "    tds -h | -V\n"
			   "\n"
			   "DESCRIPTION\n"
			   "    Takes Zoho's webhooks, fetches what they don't carry, and keeps the tables of\n"
			   "    an ERP in PostgreSQL up to date. Runs in the foreground, under systemd or as\n"
			   "    PID 1 of a container, and logs to stderr unless log.file is set. A small\n"
			   "    supervisor starts one process per task; each may die at any time and is\n"
			   "    started again within milliseconds.\n"
			   "\n"
			   "    With no database.url it keeps a PostgreSQL of its own under data_dir.\n"
			   "\n"
			   "OPTIONS\n"
			   "    -c, --config FILE   the configuration (libconfig); conf.d/*.conf beside it is\n"
			   "                        read as well\n"
			   "    -t, --test          check the configuration and exit: 0, or 78 and one line\n"
			   "                        \"file:line: key: what is wrong\"\n"
			   "    -v, --verbose       with -t: show every parameter with its value\n"
			   "    -h, --help          this text\n"
			   "    -V, --version       the version\n"
			   "\n"
			   "SIGNALS\n"
			   "    TERM, INT   drain and stop; the second time at once\n"
			   "    HUP         read the configuration again; an invalid one changes nothing\n"
			   "    USR1        open the log file again\n"
			   "    USR2        check the binary on disk, then become it; no connect is refused\n"
			   "\n"
			   "EXIT STATUS\n"
			   "    0 stopped as asked, 2 usage, 78 configuration, 100 permanent (don't restart),\n"
			   "    111 temporary (restart)\n"
			   "\n"
			   "FILES\n"
			   "    data_dir/control.sock   tdsctl asks here\n"
			   "    data_dir/api.sock       the HTTP API for local callers\n"
			   "    data_dir/postgres/      the private PostgreSQL: data, run (its socket), log\n"
			   "    data_dir/lock           held by the running supervisor\n"
			   "\n"
			   "SEE ALSO\n"
			   "    tdsctl(1)\n";

static __attribute__((noreturn)) void run_actor(const char *title)
{
	struct boot boot;
	if (pread(FD_BOOT, &boot, sizeof boot, 0) != sizeof boot || boot.magic != BOOT_MAGIC ||
		boot.kind >= ACTOR_KINDS || !actor_types[boot.kind]) {
		fprintf(stderr, "%s: not started by the tds supervisor\n", title);
		exit(EXIT_USAGE);
	}
	prctl(PR_SET_NAME, title);
	actor_main(actor_types[boot.kind]);
}

static void run_as_child(char **argv)
{
	if (!strcmp(argv[0], "tds: migrate"))
		task_migrate_main();
	if (!strcmp(argv[0], "tds: initdb"))
		task_initdb_main(argv);
	if (!strncmp(argv[0], "tds: ", 5) && strcmp(argv[0], supervisor_title) != 0)
		run_actor(argv[0]);
}

static int usage(const char *what, const char *about)
{
	fprintf(stderr, "tds: %s%s (tds -h tells more)\nusage: tds [-t [-v]] -c FILE\n", what, about);
	return EXIT_USAGE;
}

struct options {
	const char *config, *layout;
	bool test, verbose;
	int upgrade_fd;
};

/* -L and -U are for the supervisor's own use in an upgrade. */
static int parse(char **argv, struct options *o)
{
	static const struct {
		const char *brief, *full;
	} names[] = {{"-c", "--config"}, {"-t", "--test"}, {"-v", "--verbose"}, {"-h", "--help"}, {"-V", "--version"},
		{"-L", "-L"}, {"-U", "-U"}};
	for (char **a = argv + 1; *a; a++) {
		const char *brief = *a;
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (!strcmp(*a, names[i].full))
				brief = names[i].brief;
		bool takes = !strcmp(brief, "-c") || !strcmp(brief, "-L") || !strcmp(brief, "-U");
		if (takes && !a[1])
			return usage("a value is missing after ", *a);
		if (!strcmp(brief, "-h"))
			return fputs(help, stdout) < 0;
		if (!strcmp(brief, "-V"))
			return puts("tds " TDS_VERSION) < 0;
		if (!strcmp(brief, "-c"))
			o->config = *++a;
		else if (!strcmp(brief, "-L"))
			o->layout = *++a;
		else if (!strcmp(brief, "-U"))
			o->upgrade_fd = (int)strtol(*++a, NULL, 10);
		else if (!strcmp(brief, "-t"))
			o->test = true;
		else if (!strcmp(brief, "-v"))
			o->verbose = true;
		else
			return usage("unknown argument ", *a);
	}
	return o->config ? -1 : usage("-c FILE is missing", "");
}

static bool other_layout(const struct config *config, const char *wanted)
{
	static struct supervisor s;
	s.config = *config;
	children_make(&s);
	return strtoul(wanted, NULL, 16) != layout_hash(&s);
}

static int test(const struct options *o)
{
	struct config config;
	char error[CONFIG_ERROR_BYTES];
	if (config_read(&config, o->config, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return EXIT_CONFIG;
	}
	for (size_t i = 0; i < config.warnings.n; i++)
		fprintf(stderr, "%s\n", config.warnings.at[i]);
	if (o->verbose)
		config_show(&config, stdout, false);
	int code = o->layout && other_layout(&config, o->layout) ? EXIT_OTHER_LAYOUT : 0;
	if (!o->layout && !o->verbose)
		printf("%s: valid\n", o->config);
	config_free(&config);
	return code;
}

/* ps shows who this is: the process becomes itself under its title. */
static void take_title(char **argv)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	argv[0] = (char *)supervisor_title;
	if (fd >= 0)
		execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	if (fd >= 0)
		close(fd); /* where /proc is missing: run under the old title */
}

int main(int argc, char **argv)
{
	struct options o = {.upgrade_fd = -1};
	if (argc < 1)
		return EXIT_USAGE;
	run_as_child(argv);
	int code = parse(argv, &o);
	if (code >= 0)
		return code;
	if (o.test)
		return test(&o);
	if (strcmp(argv[0], supervisor_title) != 0)
		take_title(argv);
	return supervise(o.config, o.upgrade_fd);
}
