/* Owns what tdsctl says of itself: the manual, made from the table of commands. */
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

static const char head[] = "NAME\n"
			   "    tdsctl - asks a running TDS and tells it what to do\n"
			   "\n"
			   "SYNOPSIS\n"
			   "    tdsctl [-s SOCKET] [-c CONFIG] [--json] COMMAND [ARGUMENTS]\n"
			   "\n"
			   "COMMANDS\n";
static const char tail[] =
	"\n"
	"OPTIONS\n"
	"    -s, --socket PATH   the control socket\n"
	"    -c, --config FILE   the configuration, which names the control socket\n"
	"    -j, --json          the answer as TDS gave it\n"
	"    -h, --help          this text; after a command: its manual\n"
	"    -V, --version       the version\n"
	"\n"
	"    Without -s and -c: $TDS_CONTROL, $TDS_CONFIG, /etc/tds/tds.conf, /var/lib/tds/control.sock,\n"
	"    ./var/control.sock. What concerns processes goes over the control socket, what concerns data over\n"
	"    the HTTP API on api.sock beside it; the mode of these files says who may ask.\n"
	"\n"
	"EXIT STATUS\n"
	"    0 done, 1 failed, 2 usage, 78 configuration; tdsctl health: 0 healthy, 1 degraded, 2 critical, 3 unknown\n"
	"\n"
	"ENVIRONMENT\n"
	"    TDS_CONTROL, TDS_CONFIG as -s and -c; NO_COLOR no colours\n"
	"\n"
	"SEE ALSO\n"
	"    tdsctl help COMMAND, tds(1)\n";

static void indented(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		printf("    %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void list(void)
{
	fputs(head, stdout);
	for (const struct command *c = commands; c->name; c++)
		printf("    %-20s %s\n", c->name, c->text);
	fputs(tail, stdout);
}

static void manual(const struct command *c)
{
	printf("NAME\n    tdsctl %s - %s\n\nSYNOPSIS\n    tdsctl %s%s%s\n\nDESCRIPTION\n", c->name, c->text, c->name,
		*c->args ? " " : "", c->args);
	indented(c->more);
}

int run_help(struct ctl *ctl, struct args *a)
{
	char wanted[64] = "";
	int shown = 0;
	(void)ctl;
	for (int i = 0; i < a->n && i < 2; i++)
		snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%s", i ? " " : "", a->at[i]);
	if (!*wanted) {
		list();
		return EXIT_DONE;
	}
	size_t n = strlen(wanted);
	for (const struct command *c = commands; c->name; c++) {
		if (strncmp(c->name, wanted, n) != 0 || (c->name[n] && c->name[n] != ' '))
			continue;
		if (shown++)
			putchar('\n');
		manual(c);
	}
	if (!shown)
		fail(CTL_USAGE, "no such command: %s (tdsctl help lists them)", wanted);
	return EXIT_DONE;
}

int run_version(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	struct json_object *where = *c->socket ? control_try(c, "where", NULL) : NULL;
	const char *running = json_text(json_at(where, "version"));
	if (c->json)
		printf("{\"tdsctl\":\"%s\",\"tds\":%s%s%s}\n", TDS_VERSION, where ? "\"" : "", where ? running : "null",
			where ? "\"" : "");
	else
		printf(where ? "tdsctl %s, tds %s (running)\n" : "tdsctl %s\n", TDS_VERSION, running);
	json_object_put(where);
	return EXIT_DONE;
}
