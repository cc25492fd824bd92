/* The budget of calls: per minute, per day, at once; lanes; refusals; a killed predecessor. */
#include <criterion/criterion.h>
#include "actors/zoho_io/budget.h"

static _Atomic int64_t minute[SLOT_MINUTE_CALLS];
static const int64_t noon = INT64_C(1795495798000);

static struct budget fresh(int64_t per_minute, int64_t at_once)
{
	struct budget b;
	for (int i = 0; i < SLOT_MINUTE_CALLS; i++)
		atomic_store(&minute[i], 0);
	zoho_budget_open(&b, &(struct budget_limits){per_minute, at_once, 0, 10}, minute);
	return b;
}

/* As many calls as are allowed now, each done at once. */
static int spend(struct budget *b, enum lane lane, int64_t now)
{
	int n = 0;
	for (; n < 100000 && !zoho_budget_wait(b, lane, now); n++) {
		zoho_budget_take(b, lane, now);
		zoho_budget_back(b, lane);
	}
	return n;
}

Test(zoho_budget, no_more_calls_go_out_in_a_minute_than_zoho_allows)
{
	struct budget b = fresh(100, 5);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon), 100);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon + 59999), 0);
	cr_assert_eq(zoho_budget_minute_left(&b, noon), 0);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon + 62001), 100);
}

Test(zoho_budget, the_last_tenth_of_the_minute_is_the_realtime_lanes)
{
	struct budget b = fresh(100, 5);
	cr_assert_eq(spend(&b, LANE_USER, noon), 90);
	cr_assert_eq(spend(&b, LANE_DETAIL, noon), 0);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon), 10);
}

Test(zoho_budget, every_sliding_minute_stays_within_the_limit)
{
	struct budget b = fresh(100, 5);
	int64_t times[4096] = {0};
	int n = 0;
	for (int64_t now = noon; now < noon + 600000; now += 377) {
		int spent = spend(&b, now % 2 ? LANE_USER : LANE_REALTIME, now);
		while (spent-- > 0)
			times[n++] = now;
	}
	cr_assert_gt(n, 900);
	for (int i = 100; i < n; i++)
		cr_assert_geq(times[i] - times[i - 100], 60000);
}

Test(zoho_budget, a_killed_predecessors_calls_count)
{
	struct budget b = fresh(100, 5), successor;
	spend(&b, LANE_USER, noon);
	zoho_budget_open(&successor, &b.limits, minute);
	cr_assert_eq(spend(&successor, LANE_USER, noon + 1000), 0);
	cr_assert_eq(spend(&successor, LANE_REALTIME, noon + 1000), 10);
}

Test(zoho_budget, a_limit_beyond_the_windows_size_holds_too)
{
	struct budget b = fresh(1000, 5);
	int n = spend(&b, LANE_REALTIME, noon);
	cr_assert_geq(n, 990);
	cr_assert_leq(n, 1000);
}

Test(zoho_budget, a_clock_set_back_doesnt_stop_everything)
{
	struct budget b = fresh(100, 5);
	spend(&b, LANE_USER, noon);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon - 3600000), 100);
}

Test(zoho_budget, bulk_leaves_one_place_at_once_to_the_realtime_lane)
{
	struct budget b = fresh(100, 5);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(zoho_budget_wait(&b, LANE_SCHEDULED, noon), 0);
		zoho_budget_take(&b, LANE_SCHEDULED, noon);
	}
	cr_assert_eq(zoho_budget_wait(&b, LANE_SCHEDULED, noon), INT64_MAX);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 0);
	zoho_budget_take(&b, LANE_REALTIME, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), INT64_MAX);
	zoho_budget_back(&b, LANE_SCHEDULED);
	cr_assert_eq(zoho_budget_wait(&b, LANE_SCHEDULED, noon), 0);
}

Test(zoho_budget, a_persons_sync_may_use_every_place_at_once)
{
	struct budget b = fresh(100, 5);
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 0);
		zoho_budget_take(&b, LANE_USER, noon);
	}
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), INT64_MAX);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), INT64_MAX);
	zoho_budget_back(&b, LANE_USER);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 0);
}

Test(zoho_budget, of_a_day_ten_percent_are_kept_for_the_realtime_lane)
{
	struct budget b = fresh(100, 5);
	zoho_budget_told(&b, 1000, 101, 3600, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 0);
	zoho_budget_told(&b, 1000, 100, 3600, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 3600000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 0);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon + 3600001), 0, "the organisation's midnight passed");
}

Test(zoho_budget, other_programs_calls_are_seen_in_the_header)
{
	struct budget b = fresh(100, 5);
	zoho_budget_told(&b, 1000, 676, 38262, noon);
	cr_assert_eq(zoho_budget_day_left(&b, noon), 676);
	cr_assert_eq(zoho_budget_day_limit(&b), 1000);
}

Test(zoho_budget, code_44_waits_for_the_minute)
{
	struct budget b = fresh(100, 5);
	cr_assert_eq(zoho_budget_refused(&b, ZOHO_CODE_MINUTE, -1, noon), 60000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 60000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon + 60000), 0);
	cr_assert_eq(zoho_budget_refused(&b, ZOHO_CODE_MINUTE, 7, noon + 60000), 7000);
}

Test(zoho_budget, code_45_stops_bulk_until_the_day_starts_anew)
{
	struct budget b = fresh(100, 5);
	zoho_budget_told(&b, 1000, 500, 7200, noon);
	zoho_budget_refused(&b, ZOHO_CODE_DAY, -1, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 7200000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 60000, "the realtime lane asks once a minute");
}

Test(zoho_budget, code_1070_takes_one_place_and_gives_it_back_later)
{
	struct budget b = fresh(100, 5);
	zoho_budget_refused(&b, ZOHO_CODE_AT_ONCE, -1, noon);
	cr_assert_eq(b.at_once, 4);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon + 1000), 0);
	cr_assert_eq(b.at_once, 4);
	zoho_budget_wait(&b, LANE_USER, noon + 30000);
	cr_assert_eq(b.at_once, 5);
}

Test(zoho_budget, code_43_backs_off_the_details_only)
{
	struct budget b = fresh(100, 5);
	int64_t first = zoho_budget_refused(&b, ZOHO_CODE_BURST, -1, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_DETAIL, noon), first);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 0);
	int64_t second = zoho_budget_refused(&b, ZOHO_CODE_BURST, -1, noon + first);
	cr_assert_eq(second, 2 * first);
	zoho_budget_went_well(&b, LANE_DETAIL);
	cr_assert_eq(zoho_budget_refused(&b, ZOHO_CODE_BURST, -1, noon + 3600000), first);
}
