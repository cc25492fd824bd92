/* Which pages of a list are asked for, and how many calls that costs. */
#include <criterion/criterion.h>
#include "actors/zoho_io/plan.h"

enum { PAGES_MAX = 200 };

/* Fetches a list of `pages` pages in rounds of at most `at_once` calls; returns how many calls went out. */
static unsigned fetch_all(struct plan *p, uint64_t pages, unsigned at_once, unsigned *rounds)
{
	unsigned calls = 0;
	*rounds = 0;
	for (;;) {
		uint64_t round[PAGES_MAX];
		unsigned n = 0;
		while (n < at_once && zoho_plan_next(p, &round[n]))
			n++;
		if (!n)
			return calls;
		calls += n;
		++*rounds;
		for (unsigned i = 0; i < n; i++)
			zoho_plan_result(p, round[i],
				zoho_plan_beyond(p, round[i]) ? PLAN_DROPPED
				: round[i] < pages	      ? PLAN_MORE
							      : PLAN_LAST);
	}
}

Test(zoho_plan, a_list_of_known_length_costs_no_call_too_many)
{
	struct plan p;
	unsigned rounds;
	zoho_plan_open(&p, 1, 7, NULL, 0);
	cr_assert_eq(fetch_all(&p, 7, 5, &rounds), 7);
	cr_assert_eq(rounds, 2);
	cr_assert_eq(p.last, 7);
}

Test(zoho_plan, a_list_of_unknown_length_costs_at_most_the_window_too_many)
{
	for (uint64_t pages = 1; pages <= 60; pages++)
		for (unsigned at_once = 1; at_once <= 10; at_once++) {
			struct plan p;
			unsigned rounds;
			zoho_plan_open(&p, 1, 0, NULL, 0);
			cr_assert_leq(fetch_all(&p, pages, at_once, &rounds), pages + at_once - 1);
			cr_assert_eq(p.last, pages);
		}
}

Test(zoho_plan, the_window_opens_as_pages_confirm_that_there_are_more)
{
	struct plan p;
	uint64_t page;
	zoho_plan_open(&p, 1, 0, NULL, 0);
	const unsigned expected[] = {1, 2, 4, 8};
	uint64_t from = 1;
	for (int round = 0; round < 4; round++) {
		unsigned n = 0;
		while (zoho_plan_next(&p, &page))
			n++;
		cr_assert_eq(n, expected[round]);
		for (unsigned i = 0; i < n; i++)
			zoho_plan_result(&p, from++, PLAN_MORE);
	}
}

Test(zoho_plan, a_list_that_grew_is_followed_beyond_what_was_expected)
{
	struct plan p;
	unsigned rounds;
	zoho_plan_open(&p, 1, 7, NULL, 0);
	cr_assert_eq(fetch_all(&p, 9, 4, &rounds), 9 + 1);
	cr_assert_eq(p.last, 9);
}

Test(zoho_plan, a_list_that_shrank_is_left_at_its_end)
{
	struct plan p;
	unsigned rounds;
	zoho_plan_open(&p, 1, 20, NULL, 0);
	cr_assert_leq(fetch_all(&p, 3, 4, &rounds), 4);
	cr_assert_eq(p.last, 3);
}

Test(zoho_plan, a_resumed_run_asks_only_for_what_is_missing)
{
	struct plan p;
	const uint64_t todo[] = {2, 5, 6};
	uint64_t page;
	zoho_plan_open(&p, 1, 7, todo, 3);
	for (int i = 0; i < 3; i++) {
		cr_assert(zoho_plan_open_end(&p));
		cr_assert(zoho_plan_next(&p, &page));
		cr_assert_eq(page, todo[i]);
	}
	cr_assert_not(zoho_plan_next(&p, &page));
	cr_assert_not(zoho_plan_open_end(&p));
	zoho_plan_close(&p);
}

Test(zoho_plan, a_first_page_that_cannot_be_had_ends_a_scan_of_unknown_length)
{
	struct plan p;
	uint64_t page;
	zoho_plan_open(&p, 1, 0, NULL, 0);
	cr_assert(zoho_plan_next(&p, &page));
	zoho_plan_result(&p, 1, PLAN_FAILED);
	cr_assert_not(zoho_plan_next(&p, &page));
	cr_assert_not(zoho_plan_open_end(&p));
}

Test(zoho_plan, one_page_that_cannot_be_had_stops_no_other)
{
	struct plan p;
	uint64_t page;
	zoho_plan_open(&p, 1, 3, NULL, 0);
	while (zoho_plan_next(&p, &page))
		;
	zoho_plan_result(&p, 1, PLAN_MORE);
	zoho_plan_result(&p, 2, PLAN_FAILED);
	zoho_plan_result(&p, 3, PLAN_MORE);
	cr_assert(zoho_plan_next(&p, &page));
	cr_assert_eq(page, 4);
}
