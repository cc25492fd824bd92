/* tdsctl: asks a running TDS and tells it what to do. This file owns the command line; what there is to be done stands
 * in the table of commands.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/tdsctl/ctl.h"

__attribute__((noreturn)) void fail(int code, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fflush(stdout);
	fputs("tdsctl: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(code);
}

/* How many words of the command line are the command's name; 0 = it isn't this one. */
static int matches(const char *name, char **words, int n)
{
	int used = 0;
	while (*name) {
		size_t length = strcspn(name, " ");
		if (used == n || strlen(words[used]) != length || strncmp(words[used], name, length) != 0)
			return 0;
		used++;
		name += length + (name[length] == ' ');
	}
	return used;
}

static const struct command *find(char **words, int n, int *used)
{
	const struct command *found = NULL;
	*used = 0;
	for (const struct command *c = commands; c->name; c++) {
		int m = matches(c->name, words, n);
		if (m > *used) {
			*used = m;
			found = c;
		}
	}
	return found;
}

static __attribute__((noreturn)) void unknown(const char *word)
{
	struct buf choice = {0};
	size_t n = strlen(word);
	for (const struct command *c = commands; c->name; c++)
		if (!strncmp(c->name, word, n) && c->name[n] == ' ')
			buf_fmt(&choice, "%s%s", choice.len ? ", " : "", c->name + n + 1);
	if (choice.len)
		fail(CTL_USAGE, "%s what? %s (tdsctl help %s)", word, choice.data, word);
	fail(CTL_USAGE, "no such command: %s (tdsctl help lists them)", word);
}

static bool is(const char *word, const char *brief, const char *full)
{
	return !strcmp(word, brief) || !strcmp(word, full);
}

/* The options before the command; the index of what follows. Of two TDS the one that is named here is meant, whatever the
 * environment says. */
static int take_options(struct ctl *c, int argc, char **argv, const char **socket)
{
	int at;
	const char *config = NULL;
	for (at = 1; at < argc && argv[at][0] == '-'; at++) {
		const char **value = is(argv[at], "-s", "--socket")   ? socket
				     : is(argv[at], "-c", "--config") ? &config
								      : NULL;
		if (value && at + 1 == argc)
			fail(CTL_USAGE, "%s needs a path", argv[at]);
		if (value)
			*value = argv[++at];
		else if (is(argv[at], "-j", "--json"))
			c->json = true;
		else if (is(argv[at], "-h", "--help"))
			exit(run_help(c, &(struct args){.command = "help"}));
		else if (is(argv[at], "-V", "--version"))
			exit(run_version(c, &(struct args){.command = "version"}));
		else
			fail(CTL_USAGE, "unknown option %s (tdsctl help)", argv[at]);
	}
	if (!*socket && !config)
		*socket = getenv("TDS_CONTROL");
	c->config_file = config ? config : getenv("TDS_CONFIG");
	return at;
}

int main(int argc, char **argv)
{
	struct ctl c = {
		.terminal = isatty(1), .colour = isatty(1) && !getenv("NO_COLOR"), .patience_s = API_PATIENCE_SECONDS};
	struct args args = {0};
	const char *socket = NULL;
	int used, at = take_options(&c, argc, argv, &socket);
	if (at == argc) {
		run_help(&c, &args);
		return CTL_USAGE;
	}
	const struct command *command = find(argv + at, argc - at, &used);
	if (!command)
		unknown(argv[at]);
	args.command = command->name;
	for (int i = at + used; i < argc; i++) {
		if (args.n == WORDS_MAX)
			fail(CTL_USAGE, "too many arguments");
		args.at[args.n++] = argv[i];
	}
	if (command->run != run_psql) {
		c.json |= arg_flag(&args, "--json");
		if (arg_flag(&args, "--help") || arg_flag(&args, "-h"))
			return run_help(&c, &(struct args){.command = "help",
						    .at = {argv[at], used > 1 ? argv[at + 1] : NULL},
						    .n = used});
	}
	socket_find(&c, socket);
	int code = command->run(&c, &args);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	json_object_put(c.where);
	return code;
}
