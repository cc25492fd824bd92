/* status and health: how TDS is, for people and for monitoring. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

enum { SAMPLE_MS = 1000 };

static double counter(struct json_object *actor, const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "counters.%s", name);
	return json_number(actor, path);
}

static void show_counters(struct json_object *now, struct json_object *before)
{
	double rate = before ? counter(now, "processed") - counter(before, "processed") : 0;
	if (counter(now, "processed") > 0)
		printf("  %.0f processed, %.0f succeeded, %.0f failed, %.0f retried, %.0f/s", counter(now, "processed"),
			counter(now, "succeeded"), counter(now, "failed"), counter(now, "retried"), rate);
	else if (counter(now, "failed") + counter(now, "retried") >
		 0) /* the dispatcher's: attempts and fetches in vain */
		printf("  %.0f given up, %.0f retried", counter(now, "failed"), counter(now, "retried"));
	if (counter(now, "events") > 0)
		printf("  %.0f webhooks, %.0f/s", counter(now, "events"),
			before ? counter(now, "events") - counter(before, "events") : 0);
	if (counter(now, "zoho_calls") > 0)
		printf("  %.0f calls to Zoho, %.0f failed", counter(now, "zoho_calls"),
			counter(now, "zoho_calls_failed"));
}

static void show_actor(const struct ctl *c, struct json_object *now, struct json_object *before, bool last)
{
	char up[32];
	const char *state = json_text(json_at(now, "state")), *health = json_text(json_at(now, "health"));
	const char *word = !strcmp(state, "ready") && *health ? health : state, *note = json_text(json_at(now, "note"));
	const char *obituary = json_text(json_at(now, "obituary"));
	show_duration(json_number(now, "uptime_ms") / 1000, up, sizeof up);
	printf("%s %-20s pid %-7s %s%-9s%s up %-10s restarts %-3s %s", last ? "└─" : "├─",
		json_text(json_at(now, "name")), json_text(json_at(now, "pid")), colour(c, word), word, colour_end(c),
		up, json_text(json_at(now, "restarts")), json_text(json_at(now, "io")));
	show_counters(now, before);
	putchar('\n');
	if (*note) {
		printf("%s    note: ", last ? "  " : "│ ");
		show_text(note, 0);
		putchar('\n');
	}
	if (*obituary) {
		printf("%s    last death: ", last ? "  " : "│ ");
		show_text(obituary, 0);
		putchar('\n');
	}
}

int run_status(struct ctl *c, struct args *a)
{
	char up[32];
	args_done(a, 0);
	struct json_object *before = c->json ? NULL : control_ask(c, "status", NULL);
	if (before)
		poll(NULL, 0, SAMPLE_MS);
	struct json_object *now = control_ask(c, "status", NULL);
	if (c->json)
		return EXIT_DONE;
	struct json_object *actors = json_at(now, "actors"), *were = json_at(before, "actors");
	struct json_object *postgres = json_at(now, "database.postgres");
	size_t n = actors ? json_object_array_length(actors) : 0;
	show_duration(json_number(now, "uptime_ms") / 1000, up, sizeof up);
	printf("tds %s  pid %s  %s  up %s  %s  %s\n", json_text(json_at(now, "version")),
		json_text(json_at(now, "pid")), json_text(json_at(now, "phase")), up, json_text(json_at(now, "io")),
		json_text(json_at(now, "config")));
	if (postgres && !json_object_is_type(postgres, json_type_null))
		show_actor(c, postgres, NULL, n == 0);
	else
		printf("├─ database: %s\n", json_object_get_boolean(json_at(now, "database.up")) ? "up" : "away");
	for (size_t i = 0; i < n; i++)
		show_actor(c, json_object_array_get_idx(actors, i),
			were && i < json_object_array_length(were) ? json_object_array_get_idx(were, i) : NULL,
			i + 1 == n);
	json_object_put(before);
	json_object_put(now);
	return EXIT_DONE;
}

/* The plugin API's codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
/* All that is wrong, in the one line that there is for it. */
static void show_issues(struct json_object *issues)
{
	size_t n = issues ? json_object_array_length(issues) : 0;
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "; " : ": ", stdout);
		show_text(json_text(json_at(json_object_array_get_idx(issues, i), "message")), 0);
	}
	putchar('\n');
}

int run_health(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	struct json_object *alive = control_try(c, "ping", NULL);
	if (!alive) {
		puts("UNKNOWN - TDS doesn't answer on its control socket");
		return 3;
	}
	json_object_put(alive);
	c->patience_s = HEALTH_PATIENCE_SECONDS;
	struct reply r = http_try(c, "GET", "/api/bff/tds/health/complete", NULL);
	const char *status = json_text(json_at(r.json, "status"));
	if (r.status != 200 || !*status) {
		char why[256];
		reply_detail(&r, why, sizeof why);
		printf("CRITICAL - the supervisor runs, but the API %s%s; see tdsctl status\n",
			r.status ? "answers: " : "doesn't answer: ", r.status ? why : r.error);
		return 2;
	}
	int code = !strcmp(status, "healthy") ? 0 : !strcmp(status, "degraded") ? 1 : 2;
	static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
	if (c->json) {
		printf("%s\n", r.body.data);
	} else {
		printf("%s - %s, score %s, %s waiting, %s dead letters", words[code], status,
			json_text(json_at(r.json, "score")), json_text(json_at(r.json, "metrics.queue_depth")),
			json_text(json_at(r.json, "metrics.dead_letter_count")));
		show_issues(json_at(r.json, "issues"));
	}
	reply_free(&r);
	return code;
}
