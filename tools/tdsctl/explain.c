/* explain and drift: why a record looks so, and whether the tables are what Zoho holds. */
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

/* "2026-11-26T07:30:00Z  updated by a page of a sync of products (run …, page …), version …" */
static void say_entry(const struct ctl *c, const char *title, struct json_object *e)
{
	static const char *const also[] = {"run_id", "page", "event_id", "queue_id", "received_at", "version",
		"kept_version", "why", "error", "changed", "by"};
	printf("%s", title);
	if (!e) {
		puts("nothing that is still on record");
		return;
	}
	const char *what = json_text(json_at(e, "what"));
	printf("%s  %s%s%s by ", json_text(json_at(e, "at")), colour(c, what), what, colour_end(c));
	show_text(json_text(json_at(e, "from")), 0);
	for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
		struct json_object *v = json_at(e, also[i]);
		if (!v)
			continue;
		printf("\n    %-14s ", also[i]);
		show_text(json_text(v), 0);
	}
	putchar('\n');
}

static void say_all(const struct ctl *c, const char *title, struct json_object *entries)
{
	size_t n = entries ? json_object_array_length(entries) : 0;
	printf("\n%s%s\n", title, n ? "" : " nothing");
	for (size_t i = 0; i < n; i++)
		say_entry(c, "  ", json_object_array_get_idx(entries, i));
}

static void say_table(
	const struct ctl *c, const char *title, struct json_object *rows, const struct column *columns, int n)
{
	if (!rows || !json_object_array_length(rows))
		return;
	printf("\n%s\n", title);
	show_table(c, rows, columns, n);
}

static void say(const struct ctl *c, struct json_object *all)
{
	static const struct column queue[] = {{"created", "created_at", 0}, {"operation", "operation", 0},
		{"status", "status", 0}, {"outcome", "result.outcome", 0}, {"version", "version", 0},
		{"tries", "attempts", 0}, {"error", "error", 60}};
	static const struct column letters[] = {{"id", "id", 0}, {"created", "created_at", 0},
		{"resolved", "resolved", 0}, {"field", "field", 0}, {"reason", "reason", 80}};
	static const struct column differences[] = {{"found", "found_at", 0}, {"kind", "kind", 0},
		{"action", "action", 0}, {"fields", "fields", 100}, {"run", "run_id", 0}};
	printf("%s %s\n", json_text(json_at(all, "entity_type")), json_text(json_at(all, "entity_id")));
	if (json_at(all, "state"))
		show_fields(c, json_at(all, "state"));
	putchar('\n');
	say_entry(c, "The row was written  ", json_at(all, "written_by"));
	if (json_at(all, "replaced"))
		say_entry(c, "and replaced what was ", json_at(all, "replaced"));
	say_all(c, "Ignored:", json_at(all, "ignored"));
	say_table(c, "Events:", json_at(all, "queue"), queue, 7);
	say_table(c, "Dead letters:", json_at(all, "dead_letters"), letters, 5);
	say_table(c, "Found different by scans and dry runs:", json_at(all, "differences"), differences, 5);
}

int run_explain(struct ctl *c, struct args *a)
{
	struct buf path = {0};
	args_done(a, 2);
	buf_str(&path, "/api/bff/tds/explain/");
	path_add(&path, a->at[0]);
	buf_str(&path, "/");
	path_add(&path, a->at[1]);
	struct reply r = http_ask(c, "GET", path.data, NULL);
	if (!c->json && r.json)
		say(c, r.json);
	reply_free(&r);
	buf_free(&path);
	return EXIT_DONE;
}

int run_drift(struct ctl *c, struct args *a)
{
	static const struct column columns[] = {{"entity", "entity", 0}, {"complete as of", "complete_as_of", 0},
		{"rows", "rows", 0}, {"missing here", "found.missing_here", 0}, {"differed", "found.differs", 0},
		{"missing there", "found.missing_there", 0}, {"done", "done", 60},
		{"details wanted", "details_wanted", 0}};
	args_done(a, 0);
	struct reply r = http_ask(c, "GET", "/api/bff/tds/data-validation/drift", NULL);
	struct json_object *rows = json_rows(json_at(r.json, "entities"), "entity");
	if (!c->json)
		show_table(c, rows, columns, 8);
	json_object_put(rows);
	reply_free(&r);
	return EXIT_DONE;
}
