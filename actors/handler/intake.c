/* Owns what a handler has received: the message strings that a job borrows lie in rings that stay held meanwhile. */
#include "actors/handler/intake.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/params.h"

void intake_init(struct intake *in)
{
	*in = (struct intake){.now = &in->cut[0], .ahead = &in->cut[1]};
}

void intake_keep(struct intake *in, struct edge *e, enum message_type type, const union message *m)
{
	struct waiting *w = in->at[0].edge ? &in->at[1] : &in->at[0];
	*w = (struct waiting){.edge = e, .type = type, .message = *m};
	if (type == MSG_WORK)
		memcpy(w->seqs, m->work.seqs.at, m->work.seqs.n * sizeof *w->seqs);
	actor_hold(e);
}

struct waiting *intake_next(struct intake *in)
{
	for (int i = 0; i < INTAKE_EDGES_MAX; i++)
		if (in->at[i].edge)
			return &in->at[i];
	return NULL;
}

void waiting_settled(struct waiting *w)
{
	actor_release(w->edge);
	w->edge = NULL;
}

const struct boot_skip *poison_of(const struct applier *p, struct str doc)
{
	const struct boot *boot = p->actor->boot;
	struct str id = boot->skips_n ? slice_member_any(doc, p->entity->id_path) : (struct str){0};
	const struct boot_skip *poison = NULL;
	for (uint32_t s = 0; s < boot->skips_n; s++)
		if (str_eq(id, boot->skips[s].id))
			poison = &boot->skips[s];
	return poison;
}

/* Records named as poison aren't applied any more. */
static void poison_last(const struct applier *p, struct cut *cut)
{
	struct str *at = cut->docs.at;
	cut->n = 0;
	for (size_t i = 0; i < cut->docs.n; i++) {
		struct str doc = at[i];
		if (poison_of(p, doc))
			continue;
		at[i] = at[cut->n];
		at[cut->n++] = doc;
	}
}

/* What was asked for: of a list that stands for a detail one row; a detail of another record is none. */
static void keep_one(struct slices *docs, const struct entity *e, struct str id, struct job *j)
{
	size_t kept = 0;
	for (size_t i = 0; i < docs->n; i++) {
		struct str own = slice_member_any(docs->at[i], e->id_path);
		if (own.len == id.len && !memcmp(own.data, id.data, id.len))
			docs->at[kept++] = docs->at[i];
		else
			snprintf(j->error, sizeof j->error, "Zoho answers with another record, %.*s", (int)own.len,
				own.data ? own.data : "");
	}
	if (kept)
		*j->error = 0;
	docs->n = kept;
}

static void describe(const struct msg_page *p, struct job *j)
{
	j->kind = JOB_PAGE;
	j->sent_us = p->sent_us;
	snprintf(j->run, sizeof j->run, "%.*s", (int)p->run.len, p->run.data);
	j->page = p->page;
	j->fence = p->fence;
	j->dry_run = p->dry_run;
	j->look = p->verify ? LOOK_VERIFYING : p->dry_run ? LOOK_TRACED : j->look;
	j->details = p->details;
}

static bool of_page(struct intake *in, const struct entity *e, const struct msg_page *p, struct job *j)
{
	describe(p, j);
	if (!in->ahead->of || in->ahead->of != p->body.data)
		return slices_of(p->body, e->list_root, &in->now->docs);
	struct cut *cut = in->ahead;
	in->ahead = in->now;
	in->now = cut;
	cut->of = NULL;
	j->page_text = cut->text.data;
	return true;
}

/* One record, or several that were fetched at once ("a,b,c"). */
static bool of_record(struct intake *in, const struct entity *e, const struct msg_record *r, struct job *j)
{
	bool many = memchr(r->id.data, ',', r->id.len);
	bool list = many || !e->detail_root;
	j->kind = JOB_RECORD;
	j->sent_us = r->sent_us;
	snprintf(j->id, sizeof j->id, "%.*s", (int)r->id.len, r->id.data);
	j->seq = r->seq;
	snprintf(in->ids, sizeof in->ids, "%.*s", many ? (int)r->id.len : 0, r->id.data);
	j->ids = many ? in->ids : NULL;
	j->outcomes[0] = OUTCOME_SKIPPED;
	bool cut = slices_of(r->body, list ? e->list_root : e->detail_root, &in->now->docs);
	if (!many)
		keep_one(&in->now->docs, e, r->id, j);
	return cut;
}

static void take_docs(struct cut *cut, struct job *j)
{
	j->docs = &cut->docs;
	j->n = cut->n;
	j->set_aside = cut->docs.n - cut->n;
}

static enum look look(const struct applier *p)
{
	return p->actor->config.audit_records ? LOOK_TRACED : LOOK_PLAIN;
}

bool intake_job(struct intake *in, const struct applier *p, const struct waiting *w, struct job *j)
{
	*j = (struct job){.look = look(p)};
	if (w->type == MSG_WORK) {
		j->kind = JOB_QUEUE;
		j->seqs = w->seqs;
		j->n = w->message.work.seqs.n;
		j->again = w->message.work.again;
		return true;
	}
	bool cut = w->type == MSG_PAGE ? of_page(in, p->entity, &w->message.page, j)
				       : of_record(in, p->entity, &w->message.record, j);
	poison_last(p, in->now);
	take_docs(in->now, j);
	return cut;
}

bool intake_ahead(struct intake *in, const struct applier *p, const struct waiting *w, struct msg_page *page)
{
	struct cut *cut = in->ahead;
	enum message_type type;
	union message m;
	if (w->type != MSG_PAGE || !actor_ahead(w->edge, &type, &m) || type != MSG_PAGE || m.page.details ||
		!slices_of(m.page.body, p->entity->list_root, &cut->docs))
		return false;
	poison_last(p, cut);
	params_page(p, &cut->docs, cut->n, &cut->text);
	cut->of = m.page.body.data;
	*page = m.page;
	return true;
}

struct cut *intake_take(struct intake *in, struct cut *empty)
{
	struct cut *taken = in->ahead;
	in->ahead = empty;
	empty->of = taken->of = NULL;
	return taken;
}

void intake_page(const struct applier *p, const struct msg_page *page, struct cut *cut, struct job *j)
{
	j->look = look(p);
	describe(page, j);
	j->page_text = cut->text.data;
	take_docs(cut, j);
}

void intake_forget(struct intake *in)
{
	in->ahead->of = NULL;
}
