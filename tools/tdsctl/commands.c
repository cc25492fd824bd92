/* What there is to be done: the table of commands, from which dispatch and help come. */
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

const struct command commands[] = {
	{"status", "", "who runs, since when, how fast, and why the last one died",
		"A tree of the supervisor and its actors: pid, state, restarts, what was worked through and the rate"
		" over a second.",
		run_status},
	{"health", "", "one line and the monitoring-plugin codes",
		"Exits 0 healthy, 1 degraded, 2 critical, 3 unknown (TDS doesn't answer).", run_health},
	{"sync",
		"NAME [--incremental] [--dry-run] [--verify] [--confirm-deletes] [--all-items] [--with-stock-only] [--images] [--since TIME] [--batch-size N]"
		" [--no-wait]",
		"pull an entity (products or product, customers, …), items-with-stock, stock, images, or everything (sync-all)",
		"--incremental goes on from the stored cursor. --since takes a date or an RFC 3339 time. --dry-run"
		" reports what would\n"
		"change, field by field (tdsctl run show ID), and writes nothing. --verify compares every row with its table,"
		" whatever is\nbelieved of it, and repairs what differs. --confirm-deletes is your word that what a complete"
		" scan misses may be\ndeleted, however much it is (each is still proved by its detail). --all-items takes inactive products, too. --no-wait answers with the run's"
		" id at once.\n"
		"stock fetches the details of the products that are known, a hundred in a call: total and stock by location, which"
		" may move\nwithout a new version. items-with-stock pulls products first. --with-stock-only leaves those alone that have"
		" none, there and here. images\nfetches the images of products that changed; --images does so behind products or items-with-stock.",
		run_sync},
	{"queue", "", "the queue by entity and status",
		"Finished rows of the last 24 hours are counted, waiting ones always. Says which entities are paused or parked,\n"
		"how many details (lines, prices, stock by location) are still to be fetched, and when they should be there.",
		run_queue},
	{"explain", "ENTITY ID", "why a record looks so",
		"Which event or page wrote its row and when, what that replaced, what was ignored and why, what waits and what"
		" was given\nup. Old and new values of fields are kept where audit.records is on.",
		run_explain},
	{"drift", "", "whether the tables are what Zoho holds",
		"Per entity: complete as of when, what that scan found different, and what was done about it. tdsctl sync NAME"
		" --verify\nscans now; sync.certificate_age_max says how often it is done by itself.",
		run_drift},
	{"dead-letter list", "[--entity ENTITY] [--resolved] [--limit N]", "what was given up, and why",
		"Newest first.", run_letter_list},
	{"dead-letter show", "ID", "one dead letter with payload, attempts and obituary",
		"The reason, every attempt, the payload as it came and, if an actor died on it, the obituary.",
		run_letter_show},
	{"dead-letter retry", "ID | --all [--entity ENTITY]", "put it back into the queue, once the cause is mended",
		"What fails again becomes a dead letter again; nothing is lost. --all takes every open one, or those"
		" of one entity.",
		run_letter_retry},
	{"dead-letter resolve", "ID [--notes TEXT]", "mark it as dealt with",
		"The event stays given up; the notes are kept with it and in the audit trail.", run_letter_resolve},
	{"run list", "[--entity ENTITY] [--status STATUS] [--limit N]", "sync runs, newest first",
		"STATUS is pending, running, completed or failed.", run_run_list},
	{"run show", "ID", "one run with its pages", "Counts, timing, options, error and every page.", run_run_show},
	{"run cancel", "ID", "stop a run; what was applied stays",
		"The cursor does not move: the next incremental sync starts where this one did.", run_run_cancel},
	{"breaker list", "", "the circuit breakers",
		"An open one lets no call to Zoho through for a while after failures in a row.", run_breaker_list},
	{"breaker reset", "NAME", "close a circuit breaker", "The next call goes through at once.", run_breaker_reset},
	{"alert list", "[--all] [--limit N]", "alerts, newest first", "--all shows resolved ones, too.",
		run_alert_list},
	{"alert ack", "ID", "acknowledge an alert", "It stays active until its cause is gone.", run_alert_ack},
	{"alert resolve", "ID", "resolve an alert", "While the cause stays, the healer raises it anew.",
		run_alert_resolve},
	{"heal", "", "heal now: stuck work, dead letters that are due",
		"Links late records, raises and ends alerts, and removes what is past its retention, too.", run_heal},
	{"pause", "ENTITY", "stop applying an entity; its events are accepted and wait",
		"Nothing of it is fetched and its syncs don't run, over restarts as well, until tdsctl resume.",
		run_pause},
	{"resume", "ENTITY", "go on with a paused or parked entity", "What waits is applied at once.", run_resume},
	{"restart", "ACTOR", "drain an actor and start it again",
		"A name as in status (handler:product#0), handler:product, handler, worker-1, postgres or all.",
		run_restart},
	{"reload", "", "read the configuration again", "An invalid one changes nothing and is told here.", run_reload},
	{"drain", "", "finish what is under way and stop the actors; restart all goes on",
		"Supervisor and private PostgreSQL stay up.", run_drain},
	{"stop", "[--now]", "drain and end TDS", "--now doesn't drain.", run_stop},
	{"upgrade", "", "replace the running program by the one on disk",
		"No connection is refused meanwhile. A program that can't be"
		" started, or refuses the\nconfiguration, changes nothing: the log says so, and tdsctl status shows the"
		" old version.",
		run_upgrade},
	{"logs", "", "where the log is", "A file, or where stderr goes.", run_logs},
	{"config show", "[--changed]", "every key with its value; secrets as <set>",
		"Of -c FILE or $TDS_CONFIG, else the file that the running TDS uses.", run_config_show},
	{"config reference", "", "the reference of all keys, as Markdown",
		"Type, default, range, when a change takes effect, who sees it.", run_config_reference},
	{"psql", "[ARGUMENT …]", "psql on TDS's database",
		"Arguments are psql's own: tdsctl psql -c 'SELECT 1'. The password, where the configuration has one,"
		" goes through\nthe environment. For the private PostgreSQL root becomes the user that it runs as.",
		run_psql},
	{"token", "[NAME]", "make a token for http.tokens_file",
		"Prints the token, which is shown only here, and the line for the file, which holds its digest. Changes"
		" nothing by itself:\n"
		"add the line and tdsctl reload. Take the line out and reload, and the token is refused.",
		run_token},
	{"version", "", "the version", "Of tdsctl; that of the running TDS stands in tdsctl status.", run_version},
	{"help", "[COMMAND]", "this list, or a command's manual",
		"tdsctl help dead-letter shows the manuals of all that begin so.", run_help},
	{0},
};

static void list(void)
{
	puts("usage: tdsctl [-s SOCKET] [-c CONFIG] [--json] COMMAND [ARGUMENT …]\n"
	     "Asks a running TDS and tells it what to do.\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-20s %s\n", c->name, c->text);
	puts("\n  -s SOCKET   the control socket; else that of -c, else $TDS_CONTROL, else that of the configuration\n"
	     "  -c CONFIG   the configuration file; else $TDS_CONFIG, else /etc/tds/tds.conf\n"
	     "  --json      the answer as it came, for scripts\n"
	     "\nExits 0 done, 1 failed or TDS not running, 2 usage, 78 configuration; health: 0 1 2 3.\n"
	     "tdsctl help COMMAND says more.");
}

int run_help(struct ctl *ctl, struct args *a)
{
	(void)ctl;
	bool any = false;
	if (!a->n) {
		list();
		return EXIT_DONE;
	}
	for (const struct command *c = commands; c->name; c++) {
		size_t n = strlen(a->at[0]);
		if (strncmp(c->name, a->at[0], n) != 0 || (c->name[n] && c->name[n] != ' '))
			continue;
		if (a->n > 1 && a->at[1] && c->name[n] && strcmp(c->name + n + 1, a->at[1]) != 0)
			continue;
		printf("%stdsctl %s %s\n    %s\n", any ? "\n" : "", c->name, c->args, c->text);
		for (const char *line = c->more; *line;) {
			size_t len = strcspn(line, "\n");
			printf("    %.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
		any = true;
	}
	if (!any)
		fail(CTL_USAGE, "no such command: %s", a->at[0]);
	return EXIT_DONE;
}

int run_version(struct ctl *ctl, struct args *a)
{
	(void)ctl;
	args_done(a, 0);
	puts("tdsctl " TDS_VERSION);
	return EXIT_DONE;
}
