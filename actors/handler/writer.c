#include "actors/handler/writer.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/owed.h"
#include "actors/handler/report.h"

static const int64_t unused_ns = 10000000000;

void writer_init(struct writer *w, struct actor *a, const struct entity *e, struct db *db,
	void (*ended)(struct actor *, struct writer *))
{
	*w = (struct writer){.actor = a, .db = db, .cut = &w->own, .ended = ended};
	applier_init(&w->applier, a, e, db);
}

bool writer_ready(struct writer *w)
{
	w->used_ns = loop_now(w->actor->loop);
	if (!w->db)
		w->db = w->applier.db = actor_database_more(w->actor);
	return w->state != WRITER_AHEAD && db_up(w->db);
}

bool writer_has(const struct writer *w, const struct msg_page *page, enum writer_state state)
{
	const struct msg_page *own = &w->page;
	return w->state == state && own->page == page->page && own->fence == page->fence &&
	       own->run.len == page->run.len && !memcmp(own->run.data, page->run.data, page->run.len);
}

static void on_done(void *ctx, struct job *j)
{
	struct writer *w = ctx;
	w->state = j->retry ? WRITER_IDLE : WRITER_WROTE;
	if (j->retry)
		log_debug("a page begun ahead of its turn waits for it", LF_STR("sqlstate", j->sqlstate),
			LF_STR("error", j->error));
	else if (!j->dry_run)
		count_job(w->actor, j);
	if (!j->retry && !report_page(w->actor, j, &w->page))
		log_warn("the dispatcher's ring is full; it will look for itself");
	w->ended(w->actor, w);
}

void writer_begin(struct writer *w, struct intake *in, const struct msg_page *page)
{
	w->page = *page;
	w->state = WRITER_AHEAD;
	w->cut = intake_take(in, w->cut);
	w->job = (struct job){.done = on_done, .ctx = w, .tentative = true, .unnamed = true};
	intake_page(&w->applier, page, w->cut, &w->job);
	job_run(&w->applier, &w->job);
}

void writer_rest(struct writer *w, bool spare)
{
	if (w->state == WRITER_AHEAD || !w->db)
		return;
	if (!spare || w->applier.owed_n || loop_now(w->actor->loop) - w->used_ns < unused_ns) {
		if (db_up(w->db))
			owed_again(&w->applier);
		return;
	}
	db_close(w->db);
	w->db = w->applier.db = NULL;
}
