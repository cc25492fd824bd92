/* Owns the command line: one table gives options, defaults, checks and --help. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "drift.h"
#include "faults.h"
#include "help.h"
#include "quirks.h"
#include "replies.h"

struct options options;

enum kind { STRING, NUMBER, SIGNED, SEED, RATE, FLAG, SPEC, SIZE };

struct option_row {
	const char *name;
	enum kind kind;
	void *target;	   /* of SPEC: a function */
	const char *unset; /* the default, as typed */
	const char *argument;
	const char *help;
};

static const struct option_row rows[] = {
	{"listen", STRING, &options.listen, "127.0.0.1:9000", "ADDRESS:PORT",
		"where to listen; port 0 picks a free one"},
	{"port-file", STRING, &options.port_file, "", "FILE", "write the port there once requests are answered"},
	{"seed", SEED, &options.seed, "1", "N", "the same seed and sizes give the same records"},
	{"active-items", SIZE, &options.active_items, "1312", "N", "how many of the items are active"},
	{"items-file", STRING, &options.items_file, "", "FILE", "a JSON catalogue instead of invented items"},
	{"organization-id", STRING, &options.organization_id, "10234695", "ID", "the only organisation there is"},
	{"time-zone", STRING, &options.time_zone, "+0300", "ZONE",
		"the organisation's: +HHMM, Europe/Berlin, or a POSIX rule with summer time"},
	{"clock-skew", SIGNED, &options.clock_skew, "0", "SECONDS",
		"Zoho's clock is so far ahead of ours (or behind: -N)"},
	{"client-id", STRING, &options.client_id, "sim-client", "TEXT", "what a token request must say"},
	{"client-secret", STRING, &options.client_secret, "sim-secret", "TEXT", "likewise"},
	{"refresh-token", STRING, &options.refresh_token, "sim-refresh", "TEXT", "likewise"},
	{"token-seconds", NUMBER, &options.token_seconds, "3600", "N", "how long an access token lives"},
	{"tokens-per-window", NUMBER, &options.tokens_per_window, "10", "N", "more requests than that are throttled"},
	{"token-window-seconds", NUMBER, &options.token_window_seconds, "600", "N", "the window they are counted in"},
	{"tokens-live", NUMBER, &options.tokens_live, "10", "N", "one more kills the oldest access token"},
	{"calls-per-minute", NUMBER, &options.calls_per_minute, "100", "N", "beyond: 429, code 44"},
	{"minute-seconds", NUMBER, &options.minute_seconds, "60", "N", "length of that minute"},
	{"calls-per-day", NUMBER, &options.calls_per_day, "10000", "N", "beyond: 429, code 45"},
	{"day-seconds", NUMBER, &options.day_seconds, "0", "N", "length of that day; 0: until midnight in the zone"},
	{"concurrent", NUMBER, &options.concurrent, "10", "N", "calls at once; beyond: 429, code 1070"},
	{"retry-after", NUMBER, &options.retry_after_seconds, "0", "N", "Retry-After with a 429; 0 sends none"},
	{"latency-ms", NUMBER, &options.latency_ms, "0", "N", "added to every API call"},
	{"hide-inactive", FLAG, &options.hide_inactive, NULL, NULL, "lists without filter_by show only what is active"},
	{"gzip", FLAG, &options.gzip, NULL, NULL, "gzip for those who accept it"},
	{"content-length", FLAG, &options.content_length, NULL, NULL,
		"Content-Length instead of chunks, also in lists"},
	{"fault", SPEC, faults_add_text, NULL, "SPEC", "see FAULTS; may be given several times"},
	{"drift", SPEC, drift_add_text, NULL, "SPEC", "see DRIFT; likewise"},
	{"quirk", SPEC, quirks_add_text, NULL, "SPEC", "see QUIRKS; likewise"},
	{"replies", SPEC, replies_add_file, NULL, "FILE", "see REPLIES; likewise"},
	{"webhook-url", STRING, &options.webhook_url, "", "URL", "webhooks go to URL/products, URL/invoices, ..."},
	{"webhook-key", STRING, &options.webhook_key, "", "TEXT", "sent as X-Webhook-Key"},
	{"webhook-signature-secret", STRING, &options.webhook_signature_secret, "", "TEXT",
		"signs: X-Zoho-Webhook-Signature"},
	{"webhook-retries", NUMBER, &options.webhook_retries, "5", "N", "further attempts when no 2xx comes"},
	{"webhook-threads", NUMBER, &options.webhook_threads, "4", "N", "how many are sent at once"},
	{"webhook-shape", NUMBER, &options.webhook_shape, "1", "1..7", "form of the body, see WEBHOOKS"},
	{"duplicate-rate", RATE, &options.duplicate_rate, "0", "0..1", "share of webhooks sent twice"},
	{"reorder-rate", RATE, &options.reorder_rate, "0", "0..1", "share of webhooks held back a while"},
	{"loss-rate", RATE, &options.loss_rate, "0", "0..1", "share of webhooks never sent"},
	{"stale-rate", RATE, &options.stale_rate, "0", "0..1", "share of webhooks with what stood there before"},
};

static void print_row(const char *name, const char *argument, const char *help, const char *unset)
{
	char head[80];

	snprintf(head, sizeof head, "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
	printf("  %-34s %s%s%s%s\n", head, help, unset && *unset ? " (" : "", unset ? unset : "",
		unset && *unset ? ")" : "");
}

static void print_help(void)
{
	char unset[32];
	size_t i;

	fputs(help_about, stdout);
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		print_row(rows[i].name, rows[i].argument, rows[i].help, rows[i].unset);
	for (i = 0; i < ENTITY_COUNT; i++) {
		snprintf(unset, sizeof unset, "%zu", entities[i].size_default);
		print_row(entities[i].size_option, "N", "how many there are", unset);
	}
	print_row("help", NULL, "this text", NULL);
	print_row("version", NULL, "the version", NULL);
	fputs(help_more, stdout);
}

static void __attribute__((noreturn)) usage(const char *option, const char *what)
{
	fprintf(stderr, "zoho-sim: %s: %s; --help lists the options\n", option, what);
	exit(2);
}

static uint64_t number_of(const char *option, const char *text, uint64_t largest)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (!*text || *text == '-' || *end || errno || number > largest)
		usage(option, "not a number in range");
	return number;
}

static void set_option(const struct option_row *row, const char *option, char *value)
{
	char *end;

	switch (row->kind) {
	case STRING:
		*(char **)row->target = value;
		break;
	case NUMBER:
		*(unsigned *)row->target = (unsigned)number_of(option, value, 1000000000);
		break;
	case SIGNED:
		*(int64_t *)row->target =
			(*value == '-' ? -1 : 1) * (int64_t)number_of(option, value + (*value == '-'), 1000000000);
		break;
	case SIZE:
		*(size_t *)row->target = number_of(option, value, 1000000);
		break;
	case SEED:
		*(uint64_t *)row->target = number_of(option, value, UINT64_MAX);
		break;
	case RATE:
		*(double *)row->target = strtod(value, &end);
		if (!*value || *end || *(double *)row->target < 0 || *(double *)row->target > 1)
			usage(option, "not between 0 and 1");
		break;
	case FLAG:
		*(bool *)row->target = true;
		break;
	case SPEC:
		if (!((bool (*)(const char *))row->target)(value))
			usage(option, "can't be understood; see what --help says of it");
		break;
	}
}

static void set_defaults(void)
{
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].unset)
			set_option(&rows[i], rows[i].name, (char *)rows[i].unset);
	}
	for (i = 0; i < ENTITY_COUNT; i++)
		options.sizes[i] = entities[i].size_default;
}

/* True when it was one of the --items, --customers, ... */
static bool set_size(const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < ENTITY_COUNT; i++) {
		if (strcmp(entities[i].size_option, name) != 0)
			continue;
		if (!value)
			usage(name, "needs a value");
		options.sizes[i] = number_of(name, value, 1000000);
		return true;
	}
	return false;
}

/* Returns how many words of the command line it took. */
static int read_one(char *word, char *next)
{
	const char *name = word + 2;
	char *equals = strchr(word, '='), *value = equals ? equals + 1 : next;
	size_t i;

	if (strncmp(word, "--", 2) != 0)
		usage(word, "not an option");
	if (equals)
		*equals = '\0';
	if (set_size(name, value))
		return equals ? 1 : 2;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].kind != FLAG && !value)
			usage(word, "needs a value");
		set_option(&rows[i], word, value);
		return equals || rows[i].kind == FLAG ? 1 : 2;
	}
	usage(word, "unknown option");
}

void options_read(int argc, char **argv)
{
	int i;

	set_defaults();
	for (i = 1; i < argc;) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			print_help();
			exit(0);
		}
		if (!strcmp(argv[i], "--version")) {
			puts("zoho-sim " TDS_VERSION);
			exit(0);
		}
		i += read_one(argv[i], argv[i + 1]);
	}
	if (!clock_set_zone(options.time_zone))
		usage("--time-zone", "neither +HHMM nor a zone that this machine knows");
	clock_set_skew(options.clock_skew);
	if (options.webhook_shape < 1 || options.webhook_shape > 7)
		usage("--webhook-shape", "not 1 to 7");
	if (options.active_items > options.sizes[PRODUCT])
		options.active_items = options.sizes[PRODUCT];
}
