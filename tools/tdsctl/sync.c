/* sync: starts a bulk sync, shows how it goes, and what came of it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tools/tdsctl/ctl.h"

enum { LOOK_EVERY_MS = 500 };

static void add_flag(struct buf *b, const char *key, const char *value)
{
	buf_fmt(b, "%s\"%s\":%s", b->len > 1 ? "," : "", key, value);
}

static void read_options(struct args *a, struct buf *body)
{
	const char *since = arg_value(a, "--since"), *size = arg_value(a, "--batch-size");
	buf_str(body, "{");
	if (arg_flag(a, "--incremental"))
		add_flag(body, "incremental", "true");
	if (arg_flag(a, "--dry-run"))
		add_flag(body, "dry_run", "true");
	if (arg_flag(a, "--verify"))
		add_flag(body, "verify", "true");
	if (arg_flag(a, "--confirm-deletes"))
		add_flag(body, "confirm_deletes", "true");
	if (arg_flag(a, "--all-items"))
		add_flag(body, "active_only", "false");
	if (arg_flag(a, "--with-stock-only"))
		add_flag(body, "with_stock_only", "true");
	if (arg_flag(a, "--images"))
		add_flag(body, "sync_images", "true");
	if (size && strspn(size, "0123456789") != strlen(size))
		fail(CTL_USAGE, "sync: --batch-size takes a whole number");
	if (size && *size)
		add_flag(body, "batch_size", size);
	if (since) {
		buf_fmt(body, "%s\"modified_since\":", body->len > 1 ? "," : "");
		buf_json(body, since, strlen(since));
	}
	buf_str(body, "}");
}

struct progress {
	struct ctl *ctl;
	const char *name; /* as in the list of running syncs */
	char run[64];	  /* once it was seen there */
	bool shown;	  /* on a terminal */
};

/* "product" → "products". */
static const char *name_of(const char *sync)
{
#define ENTITY(id, name, webhook, bulk, wrapper, id_key, alias_wrapper, alias_id, whole, symbol)                       \
	if (!strcmp(sync, name))                                                                                       \
		return bulk;
#include "actors/entities.def"
#undef ENTITY
	return sync;
}

/* One line on the terminal, written over itself. */
static void show_progress(void *ctx)
{
	struct progress *p = ctx;
	struct reply r = http_try(p->ctl, "GET", "/api/zoho/bulk-sync/status", NULL);
	struct json_object *running = json_at(r.json, "running");
	size_t n = running ? json_object_array_length(running) : 0;
	fputs(p->shown ? "\r\033[K" : "", stderr);
	for (size_t i = 0; i < n; i++) {
		struct json_object *run = json_object_array_get_idx(running, i);
		const char *entity = json_text(json_at(run, "entity_type"));
		if (!strcmp(json_text(json_at(run, "name")), p->name))
			snprintf(p->run, sizeof p->run, "%s", json_text(json_at(run, "run_id")));
		if (p->shown && strcmp(entity, "all") != 0)
			fprintf(stderr, "%s %s/%s  ", entity, json_text(json_at(run, "processed")),
				json_text(json_at(run, "total")));
	}
	fflush(stderr);
	reply_free(&r);
}

/* It takes longer than a reply may (http.reply_timeout): the run's own record tells how it ended. */
static int follow(struct progress *p)
{
	struct ctl quiet = *p->ctl;
	struct buf path = {0};
	quiet.json = false;
	buf_fmt(&path, "/api/bff/tds/runs/%s", p->run);
	for (;;) {
		struct reply r = http_ask(&quiet, "GET", path.data, NULL);
		const char *status = json_text(json_at(r.json, "status"));
		bool over = strcmp(status, "running") != 0 && strcmp(status, "pending") != 0,
		     well = !strcmp(status, "completed") &&
			    json_object_get_int64(json_at(r.json, "failed_events")) == 0;
		if (over) {
			fputs(p->shown ? "\r\033[K" : "", stderr);
			if (p->ctl->json)
				printf("%s\n", r.body.data);
			else
				printf("%s after %s s, %s failed\nrun %s\n", status,
					json_text(json_at(r.json, "duration_seconds")),
					json_text(json_at(r.json, "failed_events")), p->run);
			reply_free(&r);
			buf_free(&path);
			return well ? EXIT_DONE : EXIT_FAILED;
		}
		reply_free(&r);
		show_progress(p);
		usleep(LOOK_EVERY_MS * 1000);
	}
}

static void add_row(struct json_object *rows, const char *name, struct json_object *result)
{
	struct json_object *row = json_object_new_object();
	static const char *const from[] = {"stats.total_processed", "stats.created", "stats.updated", "stats.unchanged",
		"stats.deleted", "stats.stock_updated", "stats.failed", "duration_seconds", "api_calls", "error"};
	static const char *const to[] = {
		"rows", "created", "updated", "unchanged", "deleted", "stock", "failed", "seconds", "calls", "error"};
	json_object_object_add(row, "name", json_object_new_string(name));
	for (int i = 0; i < 10; i++)
		if (json_at(result, from[i]))
			json_object_object_add(row, to[i], json_object_get(json_at(result, from[i])));
	json_object_array_add(rows, row);
}

/* Records that Zoho's list lacks, and that are still there. */
static void show_missing(const char *name, struct json_object *result, const char *run)
{
	double missing = json_number(result, "stats.missing"), deleted = json_number(result, "stats.deleted");
	if (missing > deleted)
		printf("%s: Zoho's list lacks %.0f, of which %.0f count as deleted; why the others stay: tdsctl run show %s"
		       " (more than sync.deletes_share_max take --confirm-deletes)\n",
			name, missing, deleted, run);
}

static void show_summary(struct ctl *c, const char *name, struct json_object *answer)
{
	static const struct column columns[] = {{"name", "name", 0}, {"rows", "rows", 0}, {"created", "created", 0},
		{"updated", "updated", 0}, {"unchanged", "unchanged", 0}, {"deleted", "deleted", 0},
		{"stock", "stock", 0}, {"failed", "failed", 0}, {"seconds", "seconds", 0}, {"calls", "calls", 0},
		{"error", "error", 80}};
	struct json_object *rows = json_object_new_array(), *results = json_at(answer, "results");
	if (results) {
		json_object_object_foreach(results, key, result) add_row(rows, key, result);
	} else {
		add_row(rows, name, answer);
	}
	puts(json_text(json_at(answer, "message")));
	show_table(c, rows, columns, 11);
	const char *run = json_text(json_at(answer, "run_id"));
	if (results) {
		json_object_object_foreach(results, key, result) show_missing(key, result, run);
	} else {
		show_missing(name, answer, run);
	}
	printf("run %s\n", run);
	json_object_put(rows);
}

static int conclude(struct progress *p, const char *name, bool waited, const struct reply *r)
{
	char why[1024];
	if (!r->status)
		fail(EXIT_FAILED, "no answer: %s; the sync goes on, see tdsctl run list", r->error);
	if (r->status == 504 && *p->run)
		return follow(p);
	if (r->status >= 400 && !json_at(r->json, "run_id")) {
		reply_detail(r, why, sizeof why);
		fail(EXIT_FAILED, "%s", why);
	}
	if (p->ctl->json)
		printf("%s\n", r->body.data);
	else if (waited)
		show_summary(p->ctl, name, r->json);
	else
		printf("run %s\n", json_text(json_at(r->json, "run_id")));
	return r->status < 300 && json_object_get_boolean(json_at(r->json, "success")) ? EXIT_DONE : EXIT_FAILED;
}

int run_sync(struct ctl *c, struct args *a)
{
	struct buf path = {0}, body = {0};
	bool wait = !arg_flag(a, "--no-wait");
	read_options(a, &body);
	args_done(a, 1);
	struct progress p = {.ctl = c, .name = name_of(a->at[0]), .shown = wait && !c->json && isatty(2)};
	buf_str(&path, "/api/zoho/bulk-sync/");
	path_add(&path, a->at[0]);
	buf_str(&path, wait ? "" : "?wait=false");
	struct reply r = http_long(c, path.data, body.data, show_progress, &p, LOOK_EVERY_MS);
	fputs(p.shown ? "\r\033[K" : "", stderr);
	int code = conclude(&p, a->at[0], wait, &r);
	reply_free(&r);
	buf_free(&path);
	buf_free(&body);
	return code;
}
