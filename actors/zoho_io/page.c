/* Owns a page of a scan: what is asked for it, and how it gets to its handler, or is reported as failed. */
#include "actors/zoho_io/zoho.h"
#include "ipc/buf.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void zoho_page_report(struct page *p, const struct reply *r)
{
	struct scan *s = p->scan;
	bool failed = r->verdict != REPLY_OK;
	zoho_report(s->zoho, MSG_PAGE_FETCHED,
		&(struct msg_page_fetched){.run = str_of(s->run),
			.fence = s->fence,
			.page = p->number,
			.more = p->more,
			.failed = failed,
			.status = (uint64_t)r->status,
			.code = r->code,
			.error = str_of(failed ? r->why : ""),
			.date_us = p->call.date_us,
			.calls = s->calls});
	s->calls = 0;
}

void zoho_page_free(struct page *p)
{
	zoho_call_stop(&p->call);
	TAILQ_REMOVE(&p->scan->pages, p, in_scan);
	free(p);
}

/* An empty page was asked for on the guess that it exists: those before it say whether it does. */
static bool is_settled(const struct page *p)
{
	const struct page *other;
	TAILQ_FOREACH(other, &p->scan->pages, in_scan)
	if (other->number < p->number && other->call.state != CALL_HELD)
		return false;
	return true;
}

/* To the handler, and the dispatcher is told; false: no room yet, or nobody knows yet whether there is such a page. */
bool zoho_page_hand_over(struct page *p)
{
	struct scan *s = p->scan;
	struct reply fine = {.verdict = REPLY_OK, .status = 200};
	if (p->unsure && !is_settled(p))
		return false;
	struct msg_page message = {.run = str_of(s->run),
		.fence = s->fence,
		.entity = s->entity,
		.page = p->number,
		.more = p->more,
		.sent_us = p->call.sent_us,
		.dry_run = s->dry_run,
		.verify = s->verify,
		.stocked_only = s->stocked_only,
		.body = {p->call.body, p->call.length}};
	if (!zoho_hand_over(&p->call, MSG_PAGE, &message, p->call.length + strlen(s->run)))
		return false;
	actor_count(s->zoho->actor, COUNT_PAGES, 1);
	zoho_page_report(p, &fine);
	return true;
}

static bool has_more(const struct scan *s, const struct reply *r)
{
	bool reaches_back = s->since_us && s->of->since == SINCE_SORTED && r->newest_first && r->oldest_us &&
			    r->oldest_us < s->since_us;
	return r->more && !reaches_back && !s->of->one_page;
}

/* A list that ignores paging and says that there is more would be read until the day's calls are used up. */
static void look_for_repeats(struct scan *s, const struct page *p, struct reply *r)
{
	if (r->verdict != REPLY_OK || !r->look)
		return;
	if (!s->look) {
		s->look = r->look;
		s->look_page = p->number;
	}
	if (r->look != s->look || p->number == s->look_page)
		return;
	r->verdict = REPLY_REFUSED;
	snprintf(r->why, sizeof r->why,
		"it is page %" PRIu64 " once more, and says that there are further ones: paging is ignored",
		s->look_page);
}

static void on_over(struct call *call, const struct reply *reply)
{
	struct page *p = (struct page *)call;
	struct scan *s = p->scan;
	struct reply own = *reply, *r = &own;
	look_for_repeats(s, p, r);
	call->state = CALL_HELD;
	if (zoho_plan_beyond(&s->plan, p->number)) {
		zoho_plan_result(&s->plan, p->number, PLAN_DROPPED);
		zoho_page_free(p);
		return;
	}
	p->more = r->verdict == REPLY_OK && has_more(s, r);
	p->unsure = r->verdict == REPLY_OK && !r->rows && !p->more;
	zoho_plan_result(&s->plan, p->number, r->verdict != REPLY_OK ? PLAN_FAILED : p->more ? PLAN_MORE : PLAN_LAST);
	if (r->verdict != REPLY_OK)
		zoho_page_report(p, r);
	if (r->verdict != REPLY_OK || zoho_page_hand_over(p))
		zoho_page_free(p);
}

struct page *zoho_page_new(struct scan *s, uint64_t number)
{
	struct page *p = calloc(1, sizeof *p);
	if (!p)
		die(EXIT_TEMPORARY, "out of memory");
	*p = (struct page){.scan = s, .number = number};
	p->call = (struct call){.zoho = s->zoho,
		.lane = s->lane,
		.since_ns = loop_clock(),
		.entity = s->entity,
		.of = s->of,
		.page = true,
		.list = true,
		.to = actor_edge_handler(s->zoho->actor, s->entity, number),
		.correlation = s->run,
		.over = on_over};
	TAILQ_INSERT_TAIL(&s->pages, p, in_scan);
	return p;
}

static void add_since(struct buf *path, const struct scan *s)
{
	char text[64];
	struct tm tm;
	time_t at = (time_t)(s->since_us / 1000000);
	if (!s->since_us || s->of->since != SINCE_FILTERED)
		return;
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &tm));
	buf_fmt(path, "&last_modified_time=%s%%2B0000", text); /* "Z" would be refused */
}

static bool names(const char *filter, const char *key)
{
	const char *at = strstr(filter, key);
	return at && (at == filter || at[-1] == '&');
}

static void add_filters(struct buf *path, const struct scan *s)
{
	bool own = !names(s->filter, "filter_by=") && !names(s->filter, "status=");
	const char *always = s->of->filter ? s->of->filter : "", *by = strstr(always, "filter_by=");
	size_t n = !own && by ? (size_t)(by - always) : strlen(always);
	while (n && always[n - 1] == '&')
		n--;
	if (n)
		buf_fmt(path, "&%.*s", (int)n, always);
	if (*s->filter)
		buf_fmt(path, "&%s", s->filter);
}

void zoho_scan_go(struct call *call)
{
	struct page *p = (struct page *)call;
	struct scan *s = p->scan;
	bool newest_first = s->since_us && s->of->since == SINCE_SORTED;
	const char *sort = newest_first ? "sort_column=last_modified_time&sort_order=D" : s->of->sort;
	struct buf path = {0};
	buf_fmt(&path, "%s?page=%" PRIu64 "&per_page=%" PRIu64, s->of->path, p->number, s->per_page);
	if (sort && !names(s->filter, "sort_column="))
		buf_fmt(&path, "&%s", sort);
	add_filters(&path, s);
	add_since(&path, s);
	s->calls++;
	zoho_call_start(call, path.data);
	buf_free(&path);
}
