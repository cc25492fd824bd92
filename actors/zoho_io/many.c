/* Owns the pages of runs whose records are named, a hundred in a call: each is a fetch of many that goes to its handler as a
 * page, and is told of as one. */
#include "actors/zoho_io/zoho.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct many {
	char run[RUN_BYTES];
	uint64_t fence, page, calls; /* calls not yet told */
	bool dry_run, verify;
};

static void report(struct zoho *z, const struct many *m, const struct reply *r, int64_t date_us)
{
	bool failed = r->verdict != REPLY_OK;
	zoho_report(z, MSG_PAGE_FETCHED,
		&(struct msg_page_fetched){.run = str_of(m->run),
			.fence = m->fence,
			.page = m->page,
			.failed = failed,
			.status = (uint64_t)r->status,
			.code = r->code,
			.error = str_of(failed ? r->why : ""),
			.date_us = date_us,
			.calls = m->calls});
}

void zoho_many_report(struct fetch *f, const struct reply *r)
{
	report(f->call.zoho, f->of_run, r, f->call.date_us);
	f->of_run->calls = 0;
}

const char *zoho_many_run(const struct many *m)
{
	return m->run;
}

void zoho_many_called(struct fetch *f)
{
	if (f->of_run)
		f->of_run->calls++;
}

bool zoho_many_hand_over(struct fetch *f)
{
	const struct many *m = f->of_run;
	struct msg_page message = {.run = str_of(m->run),
		.fence = m->fence,
		.entity = f->call.entity,
		.page = m->page,
		.sent_us = f->call.sent_us,
		.dry_run = m->dry_run,
		.verify = m->verify,
		.details = true,
		.body = {f->call.body, f->call.length}};
	if (!zoho_hand_over(&f->call, MSG_PAGE, &message, f->call.length + strlen(m->run)))
		return false;
	actor_count(f->call.zoho->actor, COUNT_PAGES, 1);
	return true;
}

static bool is_of(const struct fetch *f, struct str run)
{
	return f->of_run && str_eq(run, f->of_run->run);
}

/* Asked for again (the dispatcher was restarted, or lost its patience): what is there goes on, under the new fence. */
static bool is_known(struct zoho *z, const struct msg_many *m)
{
	struct fetch *f;
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_FOREACH(f, &z->fetches[lane], in_lane)
	if (is_of(f, m->run) && f->of_run->page == m->page) {
		f->of_run->fence = m->fence;
		return true;
	}
	return false;
}

static void open_many(struct zoho *z, const struct msg_many *m, const struct msg_fetch *fetch)
{
	enum lane lane = m->lane < LANES ? (enum lane)m->lane : LANE_SCHEDULED;
	struct many *page = calloc(1, sizeof *page);
	if (!page)
		die(EXIT_TEMPORARY, "out of memory");
	*page = (struct many){.fence = m->fence, .page = m->page, .dry_run = m->dry_run, .verify = m->verify};
	snprintf(page->run, sizeof page->run, "%.*s", (int)m->run.len, m->run.data);
	/* Pages of one entity go to its shards in turn, as a list's do. */
	zoho_fetch_open(z, fetch, lane, m->page, page);
}

void zoho_many(struct actor *a, struct edge *e, const union message *message)
{
	struct zoho *z = a->state;
	const struct msg_many *m = &message->many;
	const struct entity *of = entity_of(m->entity);
	struct msg_fetch fetch = {.entity = m->entity, .id = m->ids};
	(void)e;
	if (m->run.len < RUN_BYTES && is_known(z, m))
		return;
	const char *why = zoho_fetch_impossible(z, &fetch);
	if (!why && !of->many)
		why = "Zoho doesn't detail many of this entity at once";
	if (!why && m->run.len >= RUN_BYTES)
		why = "the run's name is too long";
	if (!why) {
		open_many(z, m, &fetch);
		return;
	}
	struct many page = {.fence = m->fence, .page = m->page};
	struct reply r = {.verdict = REPLY_REFUSED, .code = CODE_NOT_POSSIBLE};
	snprintf(page.run, sizeof page.run, "%.*s", (int)m->run.len, m->run.data ? m->run.data : "");
	snprintf(r.why, sizeof r.why, "%s", why);
	report(z, &page, &r, 0);
}

void zoho_many_stop(struct zoho *z, struct str run, uint64_t fence)
{
	struct fetch *f, *next;
	for (int lane = 0; lane < LANES; lane++)
		for (f = TAILQ_FIRST(&z->fetches[lane]); f; f = next) {
			next = TAILQ_NEXT(f, in_lane);
			if (is_of(f, run) && f->of_run->fence <= fence)
				zoho_fetch_free(f);
		}
}

void zoho_many_refuse(struct zoho *z, enum lane from, enum lane to, enum product product, int64_t code, const char *why)
{
	struct fetch *f, *next;
	struct reply r = {.verdict = REPLY_REFUSED, .code = code};
	snprintf(r.why, sizeof r.why, "%s", why);
	for (int lane = (int)from; lane <= (int)to; lane++)
		for (f = TAILQ_FIRST(&z->fetches[lane]); f; f = next) {
			next = TAILQ_NEXT(f, in_lane);
			if (!f->of_run || f->call.state != CALL_WAITING)
				continue;
			if (product != PRODUCTS && f->call.of->product != product)
				continue;
			zoho_many_report(f, &r);
			zoho_fetch_free(f);
		}
}
