/* Owns `health`: one line and a code, as monitoring plugins have it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

enum { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };
static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

static int judge(const char *status)
{
	return !strcmp(status, "healthy")    ? PLUGIN_OK
	       : !strcmp(status, "degraded") ? PLUGIN_WARNING
	       : !strcmp(status, "critical") ? PLUGIN_CRITICAL
					     : PLUGIN_UNKNOWN;
}

static int say(const struct ctl *c, int code, const char *why)
{
	if (c->json) {
		printf("{\"status\":\"%s\",\"message\":%s}\n", code == PLUGIN_CRITICAL ? "critical" : "unknown",
			json_object_to_json_string(json_object_new_string(why)));
	} else {
		printf("TDS %s - ", words[code]);
		show_text(why, 0);
		putchar('\n');
	}
	return code;
}

static void show_line(struct json_object *health, int code)
{
	struct json_object *issues = json_at(health, "issues");
	size_t n = issues ? json_object_array_length(issues) : 0;
	printf("TDS %s - ", words[code]);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? "; " : "", stdout);
		show_text(json_text(json_at(json_object_array_get_idx(issues, i), "message")), 0);
	}
	if (!n)
		printf("%s events wait, last sync %s", json_text(json_at(health, "metrics.queue_depth")),
			json_at(health, "last_sync_at") ? json_text(json_at(health, "last_sync_at")) : "never");
	printf(" | queue_depth=%s dead_letters=%s active_alerts=%s error_rate=%s\n",
		json_text(json_at(health, "metrics.queue_depth")),
		json_text(json_at(health, "metrics.dead_letter_count")),
		json_text(json_at(health, "metrics.active_alerts")), json_text(json_at(health, "metrics.error_rate")));
}

int run_health(struct ctl *c, struct args *a)
{
	char why[PATH_BYTES + 256];
	args_done(a, 0);
	c->where = control_try(c, "where", NULL);
	if (!c->where) {
		snprintf(why, sizeof why, "not running: %s: %s", c->socket, strerror(errno));
		return say(c, errno == EACCES || errno == EPERM ? PLUGIN_UNKNOWN : PLUGIN_CRITICAL, why);
	}
	struct reply r = http_try(c, "GET", "/api/bff/tds/health/complete", NULL);
	int code = judge(json_text(json_at(r.json, "status")));
	if (!r.status) {
		snprintf(why, sizeof why, "the API doesn't answer: %s", r.error);
		code = say(c, PLUGIN_CRITICAL, why);
	} else if (r.status != 200 || code == PLUGIN_UNKNOWN) {
		reply_detail(&r, why, sizeof why);
		code = say(c, PLUGIN_UNKNOWN, why);
	} else if (c->json) {
		printf("%s\n", r.body.data);
	} else {
		show_line(r.json, code);
	}
	reply_free(&r);
	return code;
}
