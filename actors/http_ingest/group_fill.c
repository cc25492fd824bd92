/* Owns the line of deliveries that wait for a commit, and who goes into the next group: in order of arrival, the same
 * delivery twice as one. */
#include "actors/http_ingest/group.h"
#include <string.h>

void group_add(struct ingest *in, struct delivery *d)
{
	d->next = NULL;
	*in->waiting_end = d;
	in->waiting_end = &d->next;
	in->waiting_n++;
}

void group_put_back(struct ingest *in, struct delivery **members, unsigned n)
{
	while (n > 0) {
		struct delivery *d = members[--n];

		d->next = in->waiting;
		if (!in->waiting)
			in->waiting_end = &d->next;
		in->waiting = d;
		in->waiting_n++;
	}
}

struct delivery *group_take(struct ingest *in)
{
	struct delivery *d = in->waiting;

	in->waiting = d->next;
	if (!in->waiting)
		in->waiting_end = &in->waiting;
	in->waiting_n--;
	d->next = NULL;
	return d;
}

static bool same(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Where the newest member of this record stands, or is to stand. */
static struct delivery **place_of(struct group *g, const struct delivery *d)
{
	uint64_t at = id_hash(d->id) + (uint64_t)d->entity * 0x9E3779B97F4A7C15u;

	for (;; at++) {
		struct delivery **place = &g->table[at & (g->table_size - 1)];

		if (!*place || ((*place)->entity == d->entity && same((*place)->id, d->id) &&
				       same((*place)->organization, d->organization)))
			return place;
	}
}

static void add_twin(struct delivery *first, struct delivery *d)
{
	while (first->twins)
		first = first->twins;
	first->twins = d;
}

/* Takes the next waiting one into the group; false when it has to wait for another group. */
static bool join(struct ingest *in, struct group *g)
{
	struct delivery *d = in->waiting, **place;

	if (!d || g->n == g->size || (d->alone && g->n > 0) || (g->n > 0 && g->members[0]->alone))
		return false;
	place = place_of(g, d);
	if (*place && !strcmp((*place)->key, d->key) && !d->twins && !d->number) {
		add_twin(*place, group_take(in));
		return true;
	}
	for (const struct delivery *o = *place; o; o = o->older)
		if (!strcmp(o->key, d->key))
			return false; /* A, B, A: whether the last A is new shows once B is in */
	d->older = *place;
	*place = d;
	g->members[g->n++] = group_take(in);
	return true;
}

void group_fill(struct ingest *in, struct group *g)
{
	memset(g->table, 0, g->table_size * sizeof(void *));
	for (struct delivery *d = in->waiting; d; d = d->next)
		d->older = NULL;
	while (join(in, g))
		;
}
