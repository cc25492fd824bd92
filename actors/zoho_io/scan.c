/* Owns the scans: from the dispatcher's request to its pages, in the order plan.c gives, each with its handler or
 * reported as failed. A run sent again replaces itself. */
#include "actors/zoho_io/images.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_scan(struct scan *s)
{
	while (!TAILQ_EMPTY(&s->pages))
		zoho_page_free(TAILQ_FIRST(&s->pages));
	zoho_plan_close(&s->plan);
	TAILQ_REMOVE(&s->zoho->scans, s, in_zoho);
	free(s);
}

static struct scan *find(struct zoho *z, struct str run)
{
	struct scan *s;
	TAILQ_FOREACH(s, &z->scans, in_zoho)
	if (str_eq(run, s->run))
		return s;
	return NULL;
}

/* A page that waits and may go, or a new one. */
static struct page *page_of(struct zoho *z, struct scan *s)
{
	struct page *p, *next;
	uint64_t number;
	for (p = TAILQ_FIRST(&s->pages); p; p = next) {
		next = TAILQ_NEXT(p, in_scan);
		if (p->call.state != CALL_WAITING)
			continue;
		if (zoho_plan_beyond(&s->plan, p->number)) {
			zoho_plan_result(&s->plan, p->number, PLAN_DROPPED);
			zoho_page_free(p);
		} else if (zoho_may_go(z, &p->call)) {
			return p;
		} else if (!p->call.attempts && !p->call.refusals) {
			return NULL; /* a fresh one has no place: neither has the next */
		}
	}
	if (z->actor->draining || !zoho_plan_next(&s->plan, &number))
		return NULL;
	p = zoho_page_new(s, number);
	return zoho_may_go(z, &p->call) ? p : NULL;
}

static int flying(const struct scan *s)
{
	const struct page *p;
	int n = 0;
	TAILQ_FOREACH(p, &s->pages, in_scan)
	n += p->call.state == CALL_FLYING;
	return n;
}

/* Of the lane's scans, the one with the fewest calls under way goes next. */
struct call *zoho_scan_next(struct zoho *z, enum lane lane)
{
	struct scan *s;
	struct page *page = NULL;
	int least = INT_MAX;
	TAILQ_FOREACH(s, &z->scans, in_zoho)
	{
		int n = flying(s);
		struct page *p = s->lane == lane && n < least ? page_of(z, s) : NULL;
		if (p) {
			least = n;
			page = p;
		}
	}
	return page ? &page->call : NULL;
}

static void refuse_page(struct scan *s, uint64_t number, int64_t code, const char *why)
{
	struct page p = {.scan = s, .number = number};
	struct reply r = {.verdict = REPLY_REFUSED, .code = code};
	snprintf(r.why, sizeof r.why, "%s", why);
	zoho_page_report(&p, &r);
}

/* All that isn't under way is answered; what is under way may still come. */
static bool refuse(struct scan *s, int64_t code, const char *why)
{
	struct page *p, *next;
	uint64_t number;
	bool any = false;
	for (p = TAILQ_FIRST(&s->pages); p; p = next) {
		next = TAILQ_NEXT(p, in_scan);
		if (p->call.state != CALL_WAITING)
			continue;
		zoho_plan_result(&s->plan, p->number, PLAN_FAILED);
		refuse_page(s, p->number, code, why);
		zoho_page_free(p);
		any = true;
	}
	while (zoho_plan_next(&s->plan, &number)) {
		zoho_plan_result(&s->plan, number, PLAN_FAILED);
		refuse_page(s, number, code, why);
		any = true;
	}
	if (any)
		log_warn("scan refused", LF_STR("run", s->run), LF_STR("entity", entity_names[s->of->id].name),
			LF_STR("why", why));
	return any;
}

void zoho_scans_refuse(struct zoho *z, enum lane from, enum lane to, int64_t code, const char *why)
{
	struct scan *s;
	TAILQ_FOREACH(s, &z->scans, in_zoho)
	if (s->lane >= from && s->lane <= to)
		refuse(s, code, why);
	zoho_many_refuse(z, from, to, PRODUCTS, code, why);
	zoho_images_refuse(z, from, to, why);
}

void zoho_scans_refuse_product(struct zoho *z, enum lane lane, enum product product, int64_t code, const char *why)
{
	struct scan *s;
	TAILQ_FOREACH(s, &z->scans, in_zoho)
	if (s->lane == lane && s->of->product == product && refuse(s, code, why))
		z->breakers[(int)lane * PRODUCTS + (int)product].rejected++;
	zoho_many_refuse(z, lane, lane, product, code, why);
}

static void tidy(struct scan *s)
{
	struct page *p, *next;
	for (p = TAILQ_FIRST(&s->pages); p; p = next) {
		next = TAILQ_NEXT(p, in_scan);
		if (p->call.state == CALL_HELD && (zoho_plan_beyond(&s->plan, p->number) || zoho_page_hand_over(p)))
			zoho_page_free(p);
	}
}

void zoho_scans_tidy(struct zoho *z)
{
	struct scan *s, *next;
	for (s = TAILQ_FIRST(&z->scans); s; s = next) {
		next = TAILQ_NEXT(s, in_zoho);
		tidy(s);
		if (TAILQ_EMPTY(&s->pages) && !zoho_plan_open_end(&s->plan))
			free_scan(s);
	}
}

static void refuse_scan(struct zoho *z, const struct msg_scan *m, const char *why)
{
	log_warn("scan not possible", LF_STRN("run", m->run.data, m->run.len), LF_STR("why", why));
	zoho_report(z, MSG_PAGE_FETCHED,
		&(struct msg_page_fetched){.run = m->run,
			.fence = m->fence,
			.page = m->todo.n  ? m->todo.at[0]
				: m->first ? m->first
					   : 1,
			.failed = true,
			.code = CODE_NOT_POSSIBLE,
			.error = str_of(why)});
}

static void take(char *to, size_t size, struct str from)
{
	snprintf(to, size, "%.*s", (int)from.len, from.data ? from.data : "");
}

static void open_scan(struct zoho *z, const struct msg_scan *m, const struct entity *of)
{
	struct scan *s = calloc(1, sizeof *s);
	if (!s)
		die(EXIT_TEMPORARY, "out of memory");
	*s = (struct scan){.zoho = z,
		.fence = m->fence,
		.per_page = m->per_page ? m->per_page : (uint64_t)z->actor->config.sync_page_size,
		.entity = (enum entity_id)m->entity,
		.lane = m->lane < LANES ? (enum lane)m->lane : LANE_SCHEDULED,
		.of = of,
		.since_us = m->since_us,
		.dry_run = m->dry_run,
		.verify = m->verify,
		.stocked_only = m->stocked_only};
	take(s->run, sizeof s->run, m->run);
	take(s->filter, sizeof s->filter, m->filter);
	zoho_plan_open(&s->plan, m->first, m->expected, m->todo.at, m->todo.n);
	TAILQ_INIT(&s->pages);
	TAILQ_INSERT_TAIL(&z->scans, s, in_zoho);
	log_info("scan", LF_STR("run", s->run), LF_STR("entity", entity_names[of->id].name),
		LF_INT("expected", m->expected), LF_INT("todo", m->todo.n), LF_STR("filter", s->filter));
}

void zoho_scan(struct actor *a, struct edge *e, const union message *message)
{
	struct zoho *z = a->state;
	const struct msg_scan *m = &message->scan;
	const struct entity *of = entity_of(m->entity);
	struct scan *old = find(z, m->run);
	(void)e;
	if (old)
		free_scan(old); /* the dispatcher was restarted and asks again */
	if (!of)
		refuse_scan(z, m, "Zoho has no list of this entity");
	else if (!actor_edge_handler(a, (enum entity_id)m->entity, 1))
		refuse_scan(z, m, "nobody handles this entity");
	else if (m->run.len >= RUN_BYTES || m->filter.len >= FILTER_BYTES)
		refuse_scan(z, m, "run or filter is too long");
	else
		open_scan(z, m, of);
}

void zoho_scan_stop(struct actor *a, struct edge *e, const union message *message)
{
	struct scan *s = find(a->state, message->scan_stop.run);
	(void)e;
	if (s && s->fence <= message->scan_stop.fence) {
		log_info("scan stopped", LF_STR("run", s->run));
		free_scan(s);
	}
	zoho_many_stop(a->state, message->scan_stop.run, message->scan_stop.fence);
	zoho_images_stop(a->state, message->scan_stop.run, message->scan_stop.fence);
}
