/* Which details are on their way, which their handlers have, and which were answered in vain a moment ago: none of them is asked for
 * anew meanwhile. Only the first keep Zoho busy; a handler that gets no further (somebody's lock) is given no more than one look's, and
 * holds up nobody else's. So the
 * next ones can be looked up while others are still out, and a record whose detail settles nothing (Zoho's answer is older
 * than its list's) costs a call now and then, less and less often, and in the end none. */
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/details.h"
#include "ipc/buf.h"

enum { HELD_MAX = 1000, VAIN_MAX = 6 };
static const int64_t answer_timeout_ns = 120000000000, held_ns = 45000000000, remembered_ns = 3600000000000;

struct detail {
	TAILQ_ENTRY(detail) in_list;
	enum entity_id entity;
	int64_t sent_ns;
	int64_t until_ns; /* held back, or remembered; 0: on its way */
	bool applying;	  /* its handler has it */
	bool remembered;  /* it may be asked for again */
	unsigned vain;	  /* answers so far that settled nothing */
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
	else if (!t->applying)
		d->details_in_flight--;
	free(t);
}

static struct detail *find(struct dispatcher *d, uint64_t entity, struct str ids, bool remembered)
{
	struct detail *t;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	if ((remembered ? t->remembered : !t->until_ns) && t->entity == entity && t->len == ids.len &&
		!memcmp(t->ids, ids.data, ids.len))
		break;
	return t;
}

void details_out_add(struct dispatcher *d, enum entity_id entity, struct str ids, int64_t now)
{
	struct detail *known = find(d, entity, ids, true);
	unsigned vain = known ? known->vain : 0;
	if (known)
		drop(d, known);
	struct detail *t = calloc(1, sizeof *t + ids.len);
	if (!t)
		die(EXIT_TEMPORARY, "out of memory");
	*t = (struct detail){.entity = entity, .sent_ns = now, .vain = vain, .len = ids.len};
	memcpy(t->ids, ids.data, ids.len);
	TAILQ_INSERT_TAIL(&d->details_out, t, in_list);
	d->details_in_flight++;
}

int64_t details_out_answered(struct dispatcher *d, uint64_t entity, struct str ids, bool settled, int64_t now)
{
	struct detail *t = find(d, entity, ids, false);
	if (!t)
		return 0;
	int64_t sent = t->sent_ns;
	if (settled) {
		drop(d, t);
		return sent;
	}
	t->until_ns = now + (held_ns << t->vain);
	t->vain += t->vain < VAIN_MAX;
	if (!t->applying)
		d->details_in_flight--;
	t->applying = false;
	if (++d->details_held >= HELD_MAX)
		details_later(d);
	return sent;
}

void details_out_fetched(struct dispatcher *d, uint64_t entity, struct str ids)
{
	struct detail *t = find(d, entity, ids, false);
	if (!t || t->applying)
		return;
	t->applying = true;
	d->details_in_flight--;
}

unsigned details_out_applying(const struct dispatcher *d, enum entity_id entity)
{
	const struct detail *t;
	unsigned n = 0;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	n += t->applying && t->entity == entity;
	return n;
}

bool details_out_in_vain(struct dispatcher *d, enum entity_id entity, struct str ids)
{
	const struct detail *t;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	if (t->vain == VAIN_MAX && t->entity == entity && t->len == ids.len && !memcmp(t->ids, ids.data, ids.len))
		return true;
	return false;
}

void details_out_expire(struct dispatcher *d, int64_t now)
{
	struct detail *t, *next;
	for (t = TAILQ_FIRST(&d->details_out); t; t = next) {
		next = TAILQ_NEXT(t, in_list);
		if (t->until_ns && !t->remembered && now >= t->until_ns) {
			t->remembered = true;
			t->until_ns = now + remembered_ns;
		} else if (t->until_ns ? now >= t->until_ns : now - t->sent_ns > answer_timeout_ns) {
			drop(d, t);
		}
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
		if (t->remembered)
			continue;
		buf_str(b, lead);
		buf_add(b, t->ids, t->len);
		lead = ",";
	}
}
