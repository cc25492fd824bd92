/* Two runs of one kind at once: the second joins the first where that does all that it was asked to do; else it has its turn
 * afterwards, or its request is refused. */
#include "actors/dispatcher/runs.h"

/* One is running that was asked for less, or for something else. A part of another run, or what the schedule wants, has its turn
 * when that one is done (runs_tick); a request is told. */
static void stand_back(struct dispatcher *d, struct run *r, const char *id)
{
	if (!r->waiters_n) {
		r->waits = true;
		return;
	}
	for (unsigned i = 0; i < r->waiters_n; i++)
		actor_refuse(d->actor, r->waiters[i].edge, r->waiters[i].request, 409,
			"%s is being synced with other options by run %s: ask again when that is done (GET /api/bff/tds/runs/%s)",
			run_name(r), id, id);
	run_free(d, r);
}

/* What somebody waits for now isn't left in the lane of a scan that had all day. */
static void promote(struct dispatcher *d, struct run *r, enum lane lane)
{
	struct run *part;
	if (lane >= r->lane)
		return;
	r->lane = lane;
	if (r->scanning && !r->closing && r->entity && r->options.kind == RUN_PULL)
		run_scan_again(d, r);
	TAILQ_FOREACH(part, &d->runs, in_list)
	if (part->parent == r)
		promote(d, part, lane);
}

/* The request waits for the run that was running already. */
static void join(struct dispatcher *d, struct run *r, struct run *running, const char *id)
{
	if (running) {
		running->options.sync_images |= r->options.sync_images;
		promote(d, running, r->lane);
	}
	for (unsigned i = 0; i < r->waiters_n; i++) {
		if (r->options.wait && running && running->waiters_n < RUN_WAITERS_MAX)
			running->waiters[running->waiters_n++] = r->waiters[i];
		else
			bulk_accepted(d, &r->waiters[i], id);
	}
	if (r->parent) /* a part that finds its work being done: that run reports to the parent */
		running->parent = r->parent;
	struct run *parent = r->parent;
	run_free(d, r);
	if (parent)
		run_check(d, parent);
}

/* A run reports to one parent; of a part, what it did is that one's. */
void run_meet(struct dispatcher *d, struct run *r, const char *id, bool does_it)
{
	struct run *running = run_find(d, str_of(id), 0);
	if (!does_it || (r->parent && (!running || running->parent)))
		stand_back(d, r, id);
	else
		join(d, r, running, id);
}
