/* The commands on data: dead letters, runs, breakers, alerts, queue, pausing. Each is one request over the HTTP API. */
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

void query_add(struct buf *path, const char *key, const char *value)
{
	if (!value)
		return;
	buf_fmt(path, "%s%s=", strchr(path->data, '?') ? "&" : "?", key);
	path_add(path, value);
}

/* POST before/ID/after, and what was answered in words. */
int post_one(struct ctl *c, const char *before, const char *id, const char *after, const char *body)
{
	struct buf path = {0};
	buf_str(&path, before);
	path_add(&path, id);
	buf_str(&path, after);
	struct reply r = http_ask(c, "POST", path.data, body);
	struct json_object *message = json_at(r.json, "message");
	if (!c->json)
		puts(message ? json_text(message) : "done");
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int show_one(struct ctl *c, const char *before, const char *id)
{
	struct buf path = {0};
	buf_str(&path, before);
	path_add(&path, id);
	struct reply r = http_ask(c, "GET", path.data, NULL);
	if (!c->json && r.json)
		show_fields(c, r.json);
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

static int list(struct ctl *c, struct buf *path, const char *rows, const struct column *columns, int n)
{
	struct reply r = http_ask(c, "GET", path->data, NULL);
	struct json_object *found = *rows ? json_at(r.json, rows) : r.json;
	if (!c->json && found)
		show_table(c, found, columns, n);
	reply_free(&r);
	buf_free(path);
	return EXIT_DONE;
}

int run_letter_list(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"id", "id", 0}, {"entity", "entity_type", 0},
		{"record", "source_entity_id", 0}, {"created", "created_at", 0}, {"tries", "total_attempts", 0},
		{"reason", "failure_reason", 70}};
	struct buf path = {0};
	const char *entity = arg_value(a, "--entity"), *limit = arg_value(a, "--limit");
	bool resolved = arg_flag(a, "--resolved");
	args_done(a, 0);
	buf_str(&path, "/api/bff/tds/dead-letter");
	query_add(&path, "entity_type", entity);
	query_add(&path, "limit", limit);
	query_add(&path, "resolved", resolved ? "true" : NULL);
	return list(c, &path, "items", columns, 6);
}

int run_letter_show(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return show_one(c, "/api/bff/tds/dead-letter/", a->at[0]);
}

int run_letter_retry(struct ctl *c, struct args *a)
{
	const char *entity = arg_value(a, "--entity");
	if (!arg_flag(a, "--all")) {
		args_done(a, 1);
		return post_one(c, "/api/bff/tds/dead-letter/", a->at[0], "/retry", NULL);
	}
	args_done(a, 0);
	struct buf path = {0};
	buf_str(&path, "/api/bff/tds/dead-letter/retry");
	query_add(&path, "entity_type", entity);
	struct reply r = http_ask(c, "POST", path.data, NULL);
	if (!c->json)
		printf("%s dead letters are in the queue again\n", json_text(json_at(r.json, "retried")));
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int run_letter_resolve(struct ctl *c, struct args *a)
{
	const char *notes = arg_value(a, "--notes");
	struct buf body = {0};
	args_done(a, 1);
	buf_str(&body, "{\"notes\":");
	buf_json(&body, notes ? notes : "", notes ? strlen(notes) : 0);
	buf_str(&body, "}");
	return post_one(c, "/api/bff/tds/dead-letter/", a->at[0], "/resolve", body.data);
}

int run_run_list(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"id", "id", 0}, {"name", "run_type", 0}, {"status", "status", 0},
		{"started", "started_at", 0}, {"seconds", "duration_seconds", 0}, {"rows", "total", 0},
		{"failed", "failed", 0}};
	struct buf path = {0};
	const char *entity = arg_value(a, "--entity"), *status = arg_value(a, "--status"),
		   *limit = arg_value(a, "--limit");
	args_done(a, 0);
	buf_str(&path, "/api/bff/tds/runs");
	query_add(&path, "entity_type", entity);
	query_add(&path, "status", status);
	query_add(&path, "limit", limit ? limit : "20");
	return list(c, &path, "items", columns, 7);
}

int run_run_show(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return show_one(c, "/api/bff/tds/runs/", a->at[0]);
}

int run_run_cancel(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return post_one(c, "/api/bff/tds/runs/", a->at[0], "/cancel", NULL);
}

int run_breaker_list(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	struct reply r = http_ask(c, "GET", "/api/bff/tds/circuit-breakers", NULL);
	static const struct column columns[] = {{"name", "name", 0}, {"state", "state", 0},
		{"failures", "failure_count", 0}, {"calls", "statistics.total_calls", 0},
		{"failed", "statistics.failed_calls", 0}, {"rejected", "statistics.rejected_calls", 0}};
	struct json_object *rows = json_rows(json_at(r.json, "circuit_breakers"), NULL);
	if (!c->json)
		show_table(c, rows, columns, 6);
	json_object_put(rows);
	reply_free(&r);
	return EXIT_DONE;
}

int run_breaker_reset(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return post_one(c, "/api/bff/tds/circuit-breakers/", a->at[0], "/reset", NULL);
}

int run_alert_list(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"id", "id", 0}, {"severity", "severity", 0},
		{"since", "triggered_at", 0}, {"title", "title", 50}, {"message", "message", 80}};
	struct buf path = {0};
	const char *limit = arg_value(a, "--limit");
	bool all = arg_flag(a, "--all");
	args_done(a, 0);
	buf_str(&path, "/api/bff/tds/alerts");
	query_add(&path, "limit", limit);
	query_add(&path, "include_resolved", all ? "true" : NULL);
	return list(c, &path, "", columns, 5);
}

int run_alert_ack(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return post_one(c, "/api/bff/tds/alerts/", a->at[0], "/acknowledge", NULL);
}

int run_alert_resolve(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return post_one(c, "/api/bff/tds/alerts/", a->at[0], "/resolve", NULL);
}

static int set_paused(struct ctl *c, struct args *a, const char *what)
{
	args_done(a, 1);
	struct buf path = {0};
	buf_str(&path, "/api/bff/tds/entities/");
	path_add(&path, a->at[0]);
	buf_fmt(&path, "/%s", what);
	struct reply r = http_ask(c, "POST", path.data, NULL);
	if (!c->json)
		printf("%s: %sd\n", a->at[0], what);
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int run_pause(struct ctl *c, struct args *a)
{
	return set_paused(c, a, "pause");
}

int run_resume(struct ctl *c, struct args *a)
{
	return set_paused(c, a, "resume");
}

int run_heal(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	return post_one(c, "/api/bff/tds/auto-healing/run", "", "", NULL);
}

/* What isn't being applied, and why: paused by somebody, or parked because PostgreSQL refuses it. */
static void show_stopped(struct ctl *c)
{
	struct reply r = http_ask(c, "GET", "/api/bff/tds/alerts?is_active=true&limit=200", NULL);
	size_t n = json_object_is_type(r.json, json_type_array) ? json_object_array_length(r.json) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *alert = json_object_array_get_idx(r.json, i);
		if (strncmp(json_text(json_at(alert, "alert_type")), "entity_", 7) != 0)
			continue;
		show_text(json_text(json_at(alert, "title")), 0);
		printf(": ");
		show_text(json_text(json_at(alert, "message")), 0);
		puts("");
	}
	reply_free(&r);
}

/* Details are no events: they stand in no queue. */
static void show_details(struct ctl *c)
{
	struct reply r = http_ask(c, "GET", "/api/zoho/bulk-sync/status", NULL);
	struct json_object *wanted = json_at(r.json, "details.wanted");
	const char *finish = json_text(json_at(r.json, "details.expected_finish"));
	bool any = false;
	if (wanted) {
		json_object_object_foreach(wanted, entity, n)
		{
			printf("%s%s %s", any ? ", " : "details to be fetched: ", json_text(n), entity);
			any = true;
		}
	}
	if (any)
		printf("; %s calls, expected finish: %s\n", json_text(json_at(r.json, "details.calls")),
			*finish ? finish : json_text(json_at(r.json, "details.why")));
	reply_free(&r);
}

int run_queue(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"entity", "entity", 0}, {"pending", "pending", 0},
		{"processing", "processing", 0}, {"retry", "retry", 0}, {"failed", "failed", 0},
		{"dead letter", "dead_letter", 0}, {"completed", "completed", 0}};
	args_done(a, 0);
	struct reply r = http_ask(c, "GET", "/api/bff/tds/queue", NULL);
	struct json_object *rows = json_rows(json_at(r.json, "queue"), "entity");
	if (!c->json) {
		show_table(c, rows, columns, 7);
		show_stopped(c);
		show_details(c);
	}
	json_object_put(rows);
	reply_free(&r);
	return EXIT_DONE;
}
