/* Owns the order in which a list's pages are fetched: few calls too many, and none of them waiting for another. */
#include "actors/zoho_io/plan.h"
#include <stdlib.h>
#include <string.h>

void zoho_plan_open(struct plan *p, uint64_t first, uint64_t expected, const uint64_t *todo, size_t todo_n)
{
	first = first ? first : 1;
	*p = (struct plan){.next = first, .known = first - 1, .last = UINT64_MAX, .window = expected ? 0 : 1};
	if (expected >= first)
		p->known = expected;
	p->todo = todo_n ? malloc(todo_n * sizeof *todo) : NULL;
	if (todo_n && !p->todo)
		abort();
	if (todo_n)
		memcpy(p->todo, todo, todo_n * sizeof *todo);
	p->todo_n = todo_n;
}

void zoho_plan_close(struct plan *p)
{
	free(p->todo);
	p->todo = NULL;
}

static bool next_todo(struct plan *p, uint64_t *page)
{
	while (p->todo_at < p->todo_n && p->todo[p->todo_at] > p->last)
		p->todo_at++;
	if (p->todo_at == p->todo_n)
		return false;
	*page = p->todo[p->todo_at++];
	return true;
}

/* After a failure only what a later page has confirmed is worth going on for: else all pages would fail one by one. */
static bool may_go_beyond(const struct plan *p)
{
	return p->failed < p->most || !p->failed;
}

bool zoho_plan_next(struct plan *p, uint64_t *page)
{
	if (p->todo_n)
		return next_todo(p, page);
	if (p->next > p->last)
		return false;
	if (p->next > p->known) {
		if (p->beyond >= p->window || !may_go_beyond(p))
			return false;
		p->beyond++;
	}
	*page = p->next++;
	return true;
}

void zoho_plan_result(struct plan *p, uint64_t page, enum plan_result result)
{
	if (!p->todo_n && page > p->known && p->beyond)
		p->beyond--;
	if (result == PLAN_MORE && page >= p->known)
		p->window++;
	if (result == PLAN_MORE && page > p->most)
		p->most = page;
	if (result == PLAN_LAST && page < p->last)
		p->last = page;
	if (result == PLAN_FAILED && page > p->failed)
		p->failed = page;
}

bool zoho_plan_beyond(const struct plan *p, uint64_t page)
{
	return page > p->last;
}

bool zoho_plan_open_end(const struct plan *p)
{
	for (size_t i = p->todo_at; i < p->todo_n; i++)
		if (p->todo[i] <= p->last)
			return true;
	if (p->todo_n || p->next > p->last)
		return false;
	return p->next <= p->known || (p->beyond < p->window && may_go_beyond(p));
}
