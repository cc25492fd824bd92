/* Which page of a list to fetch next, several at once, without knowing how many there are. Pure.
 *
 * Known pages (`expected`, or `todo`) go at once. Beyond them the window opens as a TCP sender's does: one page, and
 * one more for every page that said there are more: 1, 2, 4, … up to what the budget gives. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan {
	uint64_t next;	 /* first page not yet handed out */
	uint64_t known;	 /* up to here the pages are expected to exist */
	uint64_t last;	 /* the page that said there are no more; UINT64_MAX = not seen yet */
	uint64_t most;	 /* highest page that said there are more */
	uint64_t failed; /* highest page that could not be had */
	uint64_t window; /* pages allowed under way beyond `known` */
	uint64_t beyond; /* pages under way beyond `known` */
	uint64_t *todo;	 /* only these, when todo_n > 0; own copy */
	size_t todo_n, todo_at;
};

void zoho_plan_open(struct plan *, uint64_t first, uint64_t expected, const uint64_t *todo, size_t todo_n);
void zoho_plan_close(struct plan *);
/* The next page to fetch into *page; false: none now. */
bool zoho_plan_next(struct plan *, uint64_t *page);
/* What became of a page that was handed out. */
enum plan_result { PLAN_MORE, PLAN_LAST, PLAN_FAILED, PLAN_DROPPED };
void zoho_plan_result(struct plan *, uint64_t page, enum plan_result);
/* Beyond the last page: its result means nothing. */
bool zoho_plan_beyond(const struct plan *, uint64_t page);
/* A page could be handed out now. */
bool zoho_plan_open_end(const struct plan *);
