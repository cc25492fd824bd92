/* Owns the commands about dead letters and alerts: what needs a person. */
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

#define COLUMNS(c) (int)(sizeof(c) / sizeof *(c))

void query_add(struct buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_fmt(b, "%s%s=", strchr(b->data, '?') ? "&" : "?", key);
	path_add(b, value);
}

/* POST on one thing: prints the reply's message. */
int post_one(struct ctl *c, const char *before, const char *id, const char *after, const char *body)
{
	struct buf path = {0};
	buf_str(&path, before);
	path_add(&path, id);
	buf_str(&path, after);
	struct reply r = http_ask(c, "POST", path.data, body);
	if (!c->json)
		printf("%s\n", json_at(r.json, "message") ? json_text(json_at(r.json, "message")) : "done");
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

/* GET on one thing: prints its fields. */
int show_one(struct ctl *c, const char *before, const char *id)
{
	struct buf path = {0};
	buf_str(&path, before);
	path_add(&path, id);
	struct reply r = http_ask(c, "GET", path.data, NULL);
	if (!c->json && json_object_is_type(r.json, json_type_object))
		show_fields(c, r.json);
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int run_letter_list(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"ID", "id", 0}, {"ENTITY", "entity_type", 0},
		{"RECORD", "source_entity_id", 24}, {"CREATED", "created_at", 19}, {"TRIES", "total_attempts", 0},
		{"PRIORITY", "priority", 0}, {"REASON", "failure_reason", 90}};
	struct buf path = {0};
	buf_str(&path, "/api/bff/tds/dead-letter");
	query_add(&path, "entity_type", arg_value(a, "--entity"));
	query_add(&path, "priority", arg_value(a, "--priority"));
	query_add(&path, "limit", arg_value(a, "--limit"));
	query_add(&path, "resolved", arg_flag(a, "--resolved") ? "true" : NULL);
	args_done(a, 0);
	struct reply r = http_ask(c, "GET", path.data, NULL);
	if (!c->json) {
		show_table(c, json_at(r.json, "items"), columns, COLUMNS(columns));
		printf("%s in all\n", json_text(json_at(r.json, "total")));
	}
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int run_letter_show(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return show_one(c, "/api/bff/tds/dead-letter/", a->at[0]);
}

int run_letter_retry(struct ctl *c, struct args *a)
{
	bool all = arg_flag(a, "--all");
	const char *entity = arg_value(a, "--entity");
	if (entity && !all)
		fail(CTL_USAGE, "dead-letter retry: --entity goes with --all");
	args_done(a, all ? 0 : 1);
	if (!all)
		return post_one(c, "/api/bff/tds/dead-letter/", a->at[0], "/retry", NULL);
	struct buf path = {0};
	buf_str(&path, "/api/bff/tds/dead-letter/retry");
	query_add(&path, "entity_type", entity);
	struct reply r = http_ask(c, "POST", path.data, NULL);
	if (!c->json)
		printf("%s put back into the queue\n", json_text(json_at(r.json, "retried")));
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
	int code = post_one(c, "/api/bff/tds/dead-letter/", a->at[0], "/resolve", notes ? body.data : NULL);
	buf_free(&body);
	return code;
}

int run_alert_list(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"ID", "id", 0}, {"SEVERITY", "severity", 0},
		{"SINCE", "triggered_at", 19}, {"SEEN BY", "acknowledged_by", 20}, {"ENDED", "resolved_at", 19},
		{"TITLE", "title", 50}, {"MESSAGE", "message", 100}};
	struct buf path = {0};
	buf_str(&path, "/api/bff/tds/alerts");
	query_add(&path, "severity", arg_value(a, "--severity"));
	query_add(&path, "limit", arg_value(a, "--limit"));
	query_add(&path, "include_resolved", arg_flag(a, "--all") ? "true" : NULL);
	args_done(a, 0);
	struct reply r = http_ask(c, "GET", path.data, NULL);
	if (!c->json && json_object_is_type(r.json, json_type_array))
		show_table(c, r.json, columns, COLUMNS(columns));
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
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
