/* What is under way, and what is left to be done with: the runs, Zoho's budget, details, schedule; and a run called off. */
#include <inttypes.h>
#include <string.h>
#include "actors/dispatcher/runs.h"

static void add_running(struct buf *b, struct dispatcher *d)
{
	struct run *r;
	bool first = true;
	TAILQ_FOREACH(r, &d->runs, in_list)
	{
		if (r->waits)
			continue;
		buf_fmt(b,
			"%s{\"run_id\":\"%s\",\"name\":\"%s\",\"entity_type\":\"%s\",\"processed\":%" PRIu64
			",\"total\":%" PRIu64 ",\"started_at\":",
			first ? "" : ",", r->id, run_name(r),
			r->entity	   ? entity_names[r->entity].name
			: images_of_run(r) ? "images"
					   : "all",
			r->counts.total, (r->last ? r->last : r->expected) * (uint64_t)r->options.per_page);
		buf_time(b, r->opened_us);
		buf_str(b, "}");
		first = false;
	}
}

static void add_left(struct buf *b, const struct zoho_view *z)
{
	buf_fmt(b,
		",\"zoho\":{\"minute_remaining\":%" PRIu64 ",\"day_remaining\":%" PRIu64 ",\"day_limit\":%" PRIu64
		",\"resets_at\":",
		z->minute_left, z->day_left, z->day_limit);
	if (z->day_resets_us)
		buf_time(b, z->day_resets_us);
	else
		buf_str(b, "null");
	buf_fmt(b, ",\"authorized\":%s,\"breaker_open\":%s,\"why\":", z->authorized ? "true" : "false",
		z->shut ? "true" : "false");
	buf_json(b, z->why, strlen(z->why));
	buf_str(b, "}");
}

void bulk_status(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct dispatcher *d = a->state;
	struct buf b = {0};
	bool fine = db_up(d->db) && (!d->zoho.known || (d->zoho.authorized && d->zoho.open && !d->zoho.shut));
	buf_fmt(&b, "{\"service\":\"Zoho Bulk Sync\",\"status\":\"%s\",\"running\":[", fine ? "healthy" : "degraded");
	add_running(&b, d);
	buf_str(&b, "],\"available_operations\":[");
	for (int e = 1; e < ENTITIES; e++)
		buf_fmt(&b, "\"%s\",", entity_names[e].bulk);
	buf_str(&b, "\"items-with-stock\",\"stock\",\"images\",\"sync-all\"]");
	add_left(&b, &d->zoho);
	wanted_add(d, &b);
	stretch_add(d, &b);
	buf_str(&b, "}");
	actor_reply(a, in, m->request, 200, "", b.data, b.len);
	buf_free(&b);
}

void bulk_cancel(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct dispatcher *d = a->state;
	struct run *r = run_find(d, path_segment(m->path, 4), 0), *child;
	if (!r) {
		actor_refuse(a, in, m->request, 404, "No such run is under way");
		return;
	}
	TAILQ_FOREACH(child, &d->runs, in_list)
	if (child->parent == r)
		run_fail(d, child, "cancelled");
	run_fail(d, r, "cancelled");
	static const char done[] = "{\"success\":true,\"message\":\"Run cancelled\"}";
	actor_reply(a, in, m->request, 200, "", done, sizeof done - 1);
}
