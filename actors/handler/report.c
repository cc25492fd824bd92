/* What became of a job: counted in the slot, and told to the dispatcher. */
#include "actors/handler/report.h"

void count_job(struct actor *a, const struct job *j)
{
	uint64_t done = j->created + j->updated + j->unchanged + j->stale;
	actor_count(a, COUNT_PROCESSED, done + j->failed);
	actor_count(a, COUNT_SUCCEEDED, done);
	actor_count(a, COUNT_FAILED, j->failed);
	actor_count(a, COUNT_RETRIED, j->again);
	actor_count(a, COUNT_CREATED, j->created);
	actor_count(a, COUNT_UPDATED, j->updated);
	actor_count(a, COUNT_UNCHANGED, j->unchanged);
	actor_count(a, COUNT_STALE, j->stale);
	actor_count(a, COUNT_SUPERSEDED, j->closed_n);
	actor_count(a, COUNT_BATCHES, 1);
	if (j->kind == JOB_PAGE)
		actor_count(a, COUNT_PAGES, 1);
}

bool report_work(struct actor *a, const struct job *j, const struct msg_work *m)
{
	struct edge *to = actor_edge(a, ACTOR_DISPATCHER, 0);
	return actor_send(a, to, MSG_WORK_DONE,
		&(struct msg_work_done){.batch = m->batch,
			.entity = m->entity,
			.seqs = {j->seqs, j->n},
			.outcomes = {j->outcomes, j->retry ? 0 : j->n},
			.retry = j->retry,
			.sqlstate = str_of(j->retry ? j->sqlstate : j->put_off),
			.error = str_of(j->retry ? j->error : j->put_off_words),
			.superseded = {j->closed, j->closed_n}});
}

bool report_page(struct actor *a, const struct job *j, const struct msg_page *m)
{
	return actor_send(a, actor_edge(a, ACTOR_DISPATCHER, 0), MSG_PAGE_APPLIED,
		&(struct msg_page_applied){.run = m->run,
			.fence = m->fence,
			.entity = m->entity,
			.page = m->page,
			.retry = j->retry && !j->repeated,
			.rows = j->docs->n,
			.created = j->created,
			.updated = j->updated,
			.unchanged = j->unchanged,
			.stale = j->stale,
			.failed = j->failed,
			.skipped = j->docs->n - j->n - j->set_aside,
			.stock = j->stock,
			.error = str_of(j->retry && !j->repeated ? j->error : "")});
}

bool report_record(struct actor *a, const struct job *j, const struct msg_record *m)
{
	return actor_send(a, actor_edge(a, ACTOR_DISPATCHER, 0), MSG_RECORD_APPLIED,
		&(struct msg_record_applied){.entity = m->entity,
			.id = m->id,
			.seq = m->seq,
			.outcome = j->outcomes[0],
			.retry = j->retry,
			.sqlstate = str_of(j->retry ? j->sqlstate : ""),
			.error = str_of(j->error),
			.closed = {j->closed, j->closed_n}});
}
