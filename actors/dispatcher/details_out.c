/* Which details are on their way, and which were answered in vain a moment ago: neither is asked for anew meanwhile. So the
 * next ones can be looked up while others are still out, and a record whose detail settles nothing (Zoho's answer is older
 * than its list's) costs a call now and then, not one after the other. */
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/details.h"
#include "ipc/buf.h"

enum { HELD_MAX = 1000 };
static const int64_t answer_timeout_ns = 120000000000, held_ns = 45000000000;

struct detail {
	TAILQ_ENTRY(detail) in_list;
	enum entity_id entity;
	int64_t sent_ns;
	int64_t until_ns; /* held back; 0: on its way */
	size_t len;
	char ids[];
};

void details_out_init(struct dispatcher *d)
{
	TAILQ_INIT(&d->details_out);
}

static void drop(struct dispatcher *d, struct detail *t)
{
	TAILQ_REMOVE(&d->details_out, t, in_list);
	if (t->until_ns)
		d->details_held--;
	else
		d->details_in_flight--;
	free(t);
}

void details_out_add(struct dispatcher *d, enum entity_id entity, struct str ids)
{
	struct detail *t = calloc(1, sizeof *t + ids.len);
	if (!t)
		die(EXIT_TEMPORARY, "out of memory");
	*t = (struct detail){.entity = entity, .sent_ns = loop_now(d->actor->loop), .len = ids.len};
	memcpy(t->ids, ids.data, ids.len);
	TAILQ_INSERT_TAIL(&d->details_out, t, in_list);
	d->details_in_flight++;
}

int64_t details_out_answered(struct dispatcher *d, uint64_t entity, struct str ids, bool settled)
{
	struct detail *t;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	if (!t->until_ns && t->entity == entity && t->len == ids.len && !memcmp(t->ids, ids.data, ids.len))
		break;
	if (!t)
		return 0;
	int64_t sent = t->sent_ns;
	if (settled) {
		drop(d, t);
		return sent;
	}
	t->until_ns = loop_now(d->actor->loop) + held_ns;
	d->details_in_flight--;
	if (++d->details_held >= HELD_MAX)
		details_later(d);
	return sent;
}

void details_out_expire(struct dispatcher *d)
{
	struct detail *t, *next;
	int64_t now = loop_now(d->actor->loop);
	for (t = TAILQ_FIRST(&d->details_out); t; t = next) {
		next = TAILQ_NEXT(t, in_list);
		if (t->until_ns ? now >= t->until_ns : now - t->sent_ns > answer_timeout_ns)
			drop(d, t);
	}
}

void details_out_lost(struct dispatcher *d)
{
	struct detail *t, *next;
	for (t = TAILQ_FIRST(&d->details_out); t; t = next) {
		next = TAILQ_NEXT(t, in_list);
		if (!t->until_ns)
			drop(d, t);
	}
}

void details_out_list(const struct dispatcher *d, struct buf *b)
{
	const struct detail *t;
	const char *lead = "";
	buf_str(b, "");
	TAILQ_FOREACH(t, &d->details_out, in_list)
	{
		buf_str(b, lead);
		buf_add(b, t->ids, t->len);
		lead = ",";
	}
}
