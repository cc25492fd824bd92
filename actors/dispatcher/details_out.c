/* Which details are on their way, which their handlers have, and which were answered in vain a moment ago: none of them is asked for
 * anew meanwhile. Only the first keep Zoho busy; a handler that gets no further (somebody's lock) is given no more than two looks', and
 * holds up nobody else's. So the
 * next ones can be looked up while others are still out, and a record whose detail settles nothing (Zoho's answer is older
 * than its list's) costs a call now and then, less and less often, and in the end none. */
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/details.h"
#include "ipc/buf.h"

enum { HELD_MAX = 1000, VAIN_MAX = 6 };
static const int64_t answer_timeout_ns = 120000000000, held_ns = 45000000000, remembered_ns = 3600000000000;

enum detail_state {
	DETAIL_OUT,	   /* zoho-io has it */
	DETAIL_APPLYING,   /* its handler has it */
	DETAIL_HELD,	   /* it settled nothing: not asked for again before until_ns */
	DETAIL_REMEMBERED, /* it may be asked for again; until_ns: how often it was in vain is forgotten */
};

struct detail {
	TAILQ_ENTRY(detail) in_list;
	enum detail_state state;
	enum entity_id entity;
	int64_t sent_ns, moved_ns; /* asked for; when it came into its state */
	int64_t until_ns;
	unsigned vain; /* answers so far that said nothing new */
	size_t len;
	char ids[];
};

void details_out_init(struct dispatcher *d)
{
	TAILQ_INIT(&d->details_out);
}

/* What is in which state is counted here alone. */
static void move(struct dispatcher *d, struct detail *t, enum detail_state to, int64_t now)
{
	d->details_in_flight -= t->state == DETAIL_OUT;
	d->details_held -= t->state == DETAIL_HELD;
	d->details_in_flight += to == DETAIL_OUT;
	d->details_held += to == DETAIL_HELD;
	t->state = to;
	t->moved_ns = now;
}

static void drop(struct dispatcher *d, struct detail *t)
{
	move(d, t, DETAIL_REMEMBERED, 0);
	TAILQ_REMOVE(&d->details_out, t, in_list);
	free(t);
}

static struct detail *find(const struct dispatcher *d, uint64_t entity, struct str ids)
{
	struct detail *t;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	if (t->entity == entity && t->len == ids.len && !memcmp(t->ids, ids.data, ids.len))
		break;
	return t;
}

static bool is_away(const struct detail *t)
{
	return t->state == DETAIL_OUT || t->state == DETAIL_APPLYING;
}

void details_out_add(struct dispatcher *d, enum entity_id entity, struct str ids, int64_t now)
{
	struct detail *t = find(d, entity, ids);
	if (!t) {
		t = calloc(1, sizeof *t + ids.len);
		if (!t)
			die(EXIT_TEMPORARY, "out of memory");
		*t = (struct detail){.state = DETAIL_REMEMBERED, .entity = entity, .len = ids.len};
		memcpy(t->ids, ids.data, ids.len);
		TAILQ_INSERT_TAIL(&d->details_out, t, in_list);
	}
	t->sent_ns = now;
	move(d, t, DETAIL_OUT, now);
}

int64_t details_out_answered(
	struct dispatcher *d, uint64_t entity, struct str ids, enum detail_answer answer, int64_t now)
{
	struct detail *t = find(d, entity, ids);
	if (!t || !is_away(t))
		return 0;
	int64_t sent = t->sent_ns;
	if (answer == DETAIL_SETTLED) {
		drop(d, t);
		return sent;
	}
	move(d, t, DETAIL_HELD, now);
	t->until_ns = now + (held_ns << (answer == DETAIL_IN_VAIN ? t->vain : 0));
	t->vain += answer == DETAIL_IN_VAIN && t->vain < VAIN_MAX;
	if (d->details_held >= HELD_MAX)
		details_later(d);
	return sent;
}

void details_out_fetched(struct dispatcher *d, uint64_t entity, struct str ids, int64_t now)
{
	struct detail *t = find(d, entity, ids);
	if (t && t->state == DETAIL_OUT)
		move(d, t, DETAIL_APPLYING, now);
}

bool details_out_away(const struct dispatcher *d, enum entity_id entity, struct str ids)
{
	const struct detail *t = find(d, entity, ids);
	return t && is_away(t);
}

int64_t details_out_asked(const struct dispatcher *d, enum entity_id entity, struct str ids)
{
	const struct detail *t = find(d, entity, ids);
	return t ? t->sent_ns : INT64_MIN;
}

unsigned details_out_vain(const struct dispatcher *d, enum entity_id entity, struct str ids)
{
	const struct detail *t = find(d, entity, ids);
	return t ? t->vain : 0;
}

unsigned details_out_applying(const struct dispatcher *d, enum entity_id entity)
{
	const struct detail *t;
	unsigned n = 0;
	TAILQ_FOREACH(t, &d->details_out, in_list)
	n += t->state == DETAIL_APPLYING && t->entity == entity;
	return n;
}

bool details_out_in_vain(struct dispatcher *d, enum entity_id entity, struct str ids)
{
	const struct detail *t = find(d, entity, ids);
	return t && t->vain == VAIN_MAX;
}

void details_out_expire(struct dispatcher *d, int64_t now)
{
	struct detail *t, *next;
	for (t = TAILQ_FIRST(&d->details_out); t; t = next) {
		next = TAILQ_NEXT(t, in_list);
		if (t->state == DETAIL_HELD && now >= t->until_ns) {
			move(d, t, DETAIL_REMEMBERED, now);
			t->until_ns = now + remembered_ns;
		} else if (is_away(t) ? now - t->moved_ns > answer_timeout_ns : now >= t->until_ns) {
			drop(d, t);
		}
	}
}

void details_out_lost(struct dispatcher *d)
{
	struct detail *t, *next;
	for (t = TAILQ_FIRST(&d->details_out); t; t = next) {
		next = TAILQ_NEXT(t, in_list);
		if (t->state == DETAIL_OUT)
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
		if (t->state == DETAIL_REMEMBERED)
			continue;
		buf_str(b, lead);
		buf_add(b, t->ids, t->len);
		lead = ",";
	}
}
