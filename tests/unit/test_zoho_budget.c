/* The budget of calls: per minute, per day, at once; lanes; refusals; a killed predecessor. */
#include <criterion/criterion.h>
#include <string.h>
#include "actors/zoho_io/budget.h"

static struct slot_zoho memory;
static const int64_t noon = INT64_C(1795495798000), minute_ms = 60000, hour_ms = 3600000, hour_s = 3600;

static struct budget fresh(int64_t per_minute, int64_t at_once)
{
	struct budget b;
	memset(&memory, 0, sizeof memory);
	zoho_budget_open(&b, &(struct budget_limits){per_minute, at_once, 0, 10, 0, 0}, &memory);
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
	zoho_budget_open(&successor, &b.limits, &memory);
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

static int64_t refused(struct budget *b, int64_t code, int64_t retry_after_s, int64_t now)
{
	return zoho_budget_refused(b, &(struct refusal){code, retry_after_s, LANE_DETAIL, 0}, now);
}

Test(zoho_budget, a_persons_sync_may_use_every_place_at_once_while_no_webhooks_come)
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
	zoho_budget_take(&b, LANE_REALTIME, noon);
	zoho_budget_back(&b, LANE_REALTIME);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon + 1000), INT64_MAX, "one came: its successor has a place");
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon + 1000), 0);
}

Test(zoho_budget, bulk_leaves_what_webhooks_lately_wanted)
{
	struct budget b = fresh(100, 5);
	for (int minute = 0; minute < 3; minute++) /* forty a minute */
		for (int i = 0; i < 40; i++) {
			zoho_budget_take(&b, LANE_REALTIME, noon + minute * minute_ms);
			zoho_budget_back(&b, LANE_REALTIME);
		}
	int64_t later = noon + 2 * minute_ms + 62001; /* none of them is in the window any more */
	cr_assert_eq(spend(&b, LANE_SCHEDULED, later), 50, "40 and a quarter are kept");
	cr_assert_eq(spend(&b, LANE_REALTIME, later), 50);
	later += 60 * minute_ms;
	cr_assert_eq(spend(&b, LANE_SCHEDULED, later), 90, "an hour without webhooks: a tenth again");
}

Test(zoho_budget, of_a_day_ten_percent_are_kept_for_webhooks_and_half_of_them_for_people)
{
	struct budget b = fresh(100, 5);
	zoho_budget_told(&b, 1000, 102, 60, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_SCHEDULED, noon), 0);
	zoho_budget_told(&b, 1000, 100, 60, noon);
	for (int lane = LANE_SCHEDULED; lane < LANES; lane++)
		cr_assert_eq(zoho_budget_wait(&b, (enum lane)lane, noon), 62000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 0);
	zoho_budget_told(&b, 1000, 50, 60, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon), 62000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 0);
	cr_assert_eq(zoho_budget_wait(&b, LANE_DRIFT, noon + 62001), 0, "the organisation's midnight passed");
}

Test(zoho_budget, what_is_never_done_leaves_the_day_to_the_others)
{
	struct budget b = fresh(100, 5);
	static const struct {
		int hours, left;
		enum lane least; /* the least urgent that may go */
	} cases[] = {{24, 7000, LANE_DRIFT}, {24, 6000, LANE_DETAIL}, {24, 5000, LANE_SCHEDULED}, {24, 4000, LANE_USER},
		{24, 2000, LANE_REALTIME}, {12, 3500, LANE_DETAIL}, {12, 3000, LANE_SCHEDULED}, {12, 2000, LANE_USER},
		{12, 1200, LANE_REALTIME}, {1, 1300, LANE_DRIFT}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		b = fresh(100, 5);
		zoho_budget_told(&b, 10000, cases[i].left, cases[i].hours * hour_s, noon);
		for (int lane = 0; lane < LANES; lane++)
			cr_assert_eq(!zoho_budget_wait(&b, (enum lane)lane, noon), lane <= (int)cases[i].least,
				"%d h, %d left, lane %d", cases[i].hours, cases[i].left, lane);
	}
}

Test(zoho_budget, of_a_day_is_kept_what_webhooks_will_want_of_it)
{
	struct budget b = fresh(100, 5);
	int64_t now = noon;
	for (int minute = 0; minute < 180; minute++, now += 60000)
		for (int i = 0; i < 6; i++) {
			zoho_budget_take(&b, LANE_REALTIME, now);
			zoho_budget_back(&b, LANE_REALTIME);
		}
	zoho_budget_told(&b, 10000, 4000, 10 * hour_s, now); /* six a minute for ten hours */
	cr_assert_eq(zoho_budget_wait(&b, LANE_SCHEDULED, now), 0);
	zoho_budget_told(&b, 10000, 3300, 10 * hour_s, now);
	cr_assert_gt(zoho_budget_wait(&b, LANE_SCHEDULED, now), 0);
	cr_assert_gt(zoho_budget_wait(&b, LANE_USER, now), 0);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, now), 0);
}

Test(zoho_budget, a_day_that_the_header_says_is_used_up_is_no_call)
{
	struct budget b = fresh(100, 5);
	int64_t until;
	zoho_budget_told(&b, 1000, 0, 600, noon);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon), 602000);
	cr_assert(zoho_budget_day_over(&b, noon, &until));
	cr_assert_eq(until, noon + 602000);
	cr_assert_not(zoho_budget_day_over(&b, noon + 602000, &until));
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon + 602000), 0);
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
	cr_assert_eq(refused(&b, ZOHO_CODE_MINUTE, -1, noon), 60000);
	for (int lane = 0; lane < LANES; lane++)
		cr_assert_eq(zoho_budget_wait(&b, (enum lane)lane, noon), 60000);
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon + 60000), 0);
	cr_assert_eq(refused(&b, ZOHO_CODE_MINUTE, 7, noon + 60000), 7000);
}

Test(zoho_budget, after_a_44_others_are_left_what_they_took)
{
	struct budget b = fresh(100, 5);
	cr_assert_eq(spend(&b, LANE_REALTIME, noon), 100);
	b.memory->calls[99] = b.memory->calls[98] = 0;
	refused(&b, ZOHO_CODE_MINUTE, -1, noon);
	refused(&b, ZOHO_CODE_MINUTE, -1, noon + 5); /* of the same crowd */
	cr_assert_eq(spend(&b, LANE_REALTIME, noon + 62010), 88, "nine tenths of what we had got");
	cr_assert_eq(spend(&b, LANE_REALTIME, noon + 61 * minute_ms), 100, "an hour later it is tried again");
}

Test(zoho_budget, code_44_outlives_a_killed_process)
{
	struct budget b = fresh(100, 5), successor;
	refused(&b, ZOHO_CODE_MINUTE, -1, noon);
	zoho_budget_open(&successor, &b.limits, &memory);
	cr_assert_eq(zoho_budget_wait(&successor, LANE_REALTIME, noon + 1000), 59000);
}

Test(zoho_budget, code_45_stops_every_lane_until_the_day_starts_anew)
{
	struct budget b = fresh(100, 5), successor;
	zoho_budget_told(&b, 1000, 500, 7200, noon);
	cr_assert_eq(refused(&b, ZOHO_CODE_DAY, -1, noon), 7202000);
	for (int lane = 0; lane < LANES; lane++)
		cr_assert_eq(zoho_budget_wait(&b, (enum lane)lane, noon), 7202000);
	zoho_budget_open(&successor, &b.limits, &memory);
	cr_assert_eq(
		zoho_budget_wait(&successor, LANE_REALTIME, noon + 2000), 7200000, "also for who comes after a death");
	cr_assert_eq(zoho_budget_wait(&b, LANE_REALTIME, noon + 7202000), 0);
	struct budget untold = fresh(100, 5);
	cr_assert_eq(refused(&untold, ZOHO_CODE_DAY, -1, noon), 3600000, "when nobody said when: an hour");
}

Test(zoho_budget, code_1070_takes_one_place_and_gives_it_back_later)
{
	struct budget b = fresh(100, 5);
	refused(&b, ZOHO_CODE_AT_ONCE, -1, noon);
	cr_assert_eq(b.at_once, 4);
	cr_assert_eq(zoho_budget_wait(&b, LANE_USER, noon + 1000), 0);
	cr_assert_eq(b.at_once, 4);
	zoho_budget_wait(&b, LANE_USER, noon + 30000);
	cr_assert_eq(b.at_once, 5);
}

Test(zoho_budget, a_place_at_once_that_is_never_given_is_tried_ever_less_often)
{
	struct budget b = fresh(100, 10);
	int n = 0;
	for (int64_t now = noon; now < noon + 24 * hour_ms; now += 1100) { /* Zoho gives five */
		zoho_budget_wait(&b, LANE_REALTIME, now);
		if (b.at_once > 5)
			refused(&b, ZOHO_CODE_AT_ONCE, -1, now), n++;
	}
	cr_assert_leq(n, 5 + 7 + 24, "%d", n);
	cr_assert_geq(b.at_once, 4);
}

Test(zoho_budget, code_43_backs_off_that_lane_and_product_only)
{
	struct budget b = fresh(100, 5);
	int64_t first = refused(&b, ZOHO_CODE_BURST, -1, noon);
	cr_assert_eq(zoho_budget_burst_wait(&b, LANE_DETAIL, 0, noon), first);
	cr_assert_eq(zoho_budget_burst_wait(&b, LANE_DRIFT, 0, noon), first, "it is less urgent");
	cr_assert_eq(zoho_budget_burst_wait(&b, LANE_DETAIL, 1, noon), 0);
	for (int lane = 0; lane < LANES; lane++)
		cr_assert_eq(zoho_budget_wait(&b, (enum lane)lane, noon), 0);
	for (int lane = LANE_REALTIME; lane < LANE_DETAIL; lane++)
		cr_assert_eq(zoho_budget_burst_wait(&b, (enum lane)lane, 0, noon), 0);
	cr_assert_eq(refused(&b, ZOHO_CODE_BURST, -1, noon + 1), first - 1, "of the same burst");
	zoho_budget_went_well(&b, LANE_DETAIL, 0, noon + 2); /* sent before */
	int64_t second = refused(&b, ZOHO_CODE_BURST, -1, noon + first);
	cr_assert_eq(second, 2 * first);
	zoho_budget_went_well(&b, LANE_DETAIL, 0, noon + first + second);
	cr_assert_eq(refused(&b, ZOHO_CODE_BURST, -1, noon + 3600000), first);
}

Test(zoho_budget, after_a_restart_of_all_the_minute_is_remembered)
{
	struct budget b = fresh(100, 5);
	zoho_budget_recall(&b, 80, noon - 20000, noon);
	cr_assert_eq(zoho_budget_minute_used(&b, noon), 80);
	cr_assert_eq(spend(&b, LANE_SCHEDULED, noon), 10);
	zoho_budget_recall(&b, 80, noon - 90000, noon);
	cr_assert_eq(zoho_budget_minute_used(&b, noon), 90, "too long ago");
}
