/* When a dead actor comes back: the arithmetic of pauses, cool-downs and giving up. */
#include <criterion/criterion.h>
#include "supervisor/restart.h"

static const int64_t ms = 1000000, s = 1000000000;
static const struct restart_limits limits = {.backoff_min_ns = 250000000,
	.backoff_max_ns = INT64_C(60) * 1000000000,
	.window_ns = INT64_C(30) * 1000000000,
	.cooldown_ns = INT64_C(30) * 1000000000,
	.deaths_max = 5,
	.outside_kills_max = 1000,
	.essential_cooldowns_max = 3};

static struct death death(enum death_cause cause, int64_t at_ns)
{
	return (struct death){.cause = cause, .at_ns = at_ns, .uptime_ns = s};
}

static struct judgement judge(struct deaths *d, struct death x)
{
	return deaths_judge(d, &limits, &x, 512);
}

Test(restart, pauses_double_up_to_the_most)
{
	int64_t last = 0;
	for (uint32_t n = 1; n <= 8; n++) {
		int64_t pause = backoff(250 * ms, 60 * s, n, 512);
		cr_assert_gt(pause, last, "pause %u", n);
		last = pause;
	}
	cr_assert_leq(backoff(250 * ms, 60 * s, 1000, 1024), 60 * s);
	cr_assert_geq(backoff(250 * ms, 60 * s, 1000, 0), 45 * s);
}

Test(restart, a_pause_is_spread_by_a_quarter_either_way)
{
	for (uint32_t random = 0; random < 5000; random++) {
		int64_t pause = backoff(1000 * ms, 60 * s, 1, random);
		cr_assert_geq(pause, 750 * ms);
		cr_assert_leq(pause, 1250 * ms);
	}
}

Test(restart, a_pause_never_overflows)
{
	cr_assert_gt(backoff(INT64_MAX / 8, INT64_MAX / 2, 64, 1024), 0);
	cr_assert_leq(backoff(INT64_MAX / 8, INT64_MAX / 2, 64, 1024), INT64_MAX / 2);
}

Test(restart, the_first_five_deaths_of_any_kind_are_free)
{
	struct deaths d = {0};
	for (int i = 0; i < 5; i++)
		cr_assert_eq(judge(&d, death(DEATH_TEMPORARY, i * s)).verdict, START_NOW);
	cr_assert_eq(judge(&d, death(DEATH_TEMPORARY, 6 * s)).verdict, START_LATER);
}

Test(restart, the_second_death_before_the_first_message_waits)
{
	struct deaths d = {0};
	struct death early = death(DEATH_TEMPORARY, 0);
	early.unheard = true;
	cr_assert_eq(judge(&d, early).verdict, START_NOW);
	struct judgement second = judge(&d, early);
	cr_assert_eq(second.verdict, START_LATER);
	cr_assert_gt(judge(&d, early).pause_ns, second.pause_ns);
}

Test(restart, a_long_life_ends_the_series)
{
	struct deaths d = {0};
	struct death early = death(DEATH_TEMPORARY, 0);
	early.unheard = true;
	for (int i = 0; i < 4; i++)
		judge(&d, early);
	early.uptime_ns = 31 * s;
	cr_assert_eq(judge(&d, early).verdict, START_NOW);
}

Test(restart, more_crashes_than_allowed_cool_down)
{
	struct deaths d = {0};
	for (int i = 0; i < 5; i++)
		cr_assert_neq(judge(&d, death(DEATH_CRASH, i * s)).verdict, COOL_DOWN);
	struct judgement j = judge(&d, death(DEATH_HUNG, 6 * s));
	cr_assert_eq(j.verdict, COOL_DOWN);
	cr_assert_eq(j.pause_ns, 30 * s);
}

Test(restart, crashes_far_apart_do_not)
{
	struct deaths d = {0};
	for (int i = 0; i < 100; i++)
		cr_assert_neq(judge(&d, death(DEATH_CRASH, INT64_C(7) * i * s)).verdict, COOL_DOWN);
}

Test(restart, a_death_with_a_suspect_does_not_count_towards_a_cooldown)
{
	struct deaths d = {0};
	struct death x = death(DEATH_CRASH, s);
	x.suspect = true;
	for (int i = 0; i < 50; i++)
		cr_assert_neq(judge(&d, x).verdict, COOL_DOWN);
}

Test(restart, kills_from_outside_restart_at_once)
{
	struct deaths d = {0};
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(judge(&d, death(DEATH_OUTSIDE, i * ms)).verdict, START_NOW);
	cr_assert_eq(judge(&d, death(DEATH_OUTSIDE, s)).verdict, COOL_DOWN);
	cr_assert_eq(judge(&d, death(DEATH_OUTSIDE, 40 * s)).verdict, START_NOW, "another window");
}

Test(restart, a_permanent_end_is_parked)
{
	struct deaths d = {0};
	cr_assert_eq(judge(&d, death(DEATH_PERMANENT, 0)).verdict, PARK);
}

Test(restart, one_crash_after_a_cooldown_is_a_relapse)
{
	struct deaths d = {0};
	deaths_after_cooldown(&d, 100 * s, 30 * s);
	cr_assert_eq(judge(&d, death(DEATH_CRASH, 110 * s)).verdict, COOL_DOWN);
	deaths_after_cooldown(&d, 140 * s, 30 * s);
	cr_assert_neq(judge(&d, death(DEATH_CRASH, 171 * s)).verdict, COOL_DOWN);
}

Test(restart, an_essential_actor_relapses_three_times_and_all_is_given_up)
{
	struct deaths d = {0};
	struct restart_limits essential = limits;
	essential.essential = true;
	for (int i = 0; i < 3; i++) {
		deaths_after_cooldown(&d, INT64_C(100) * i * s, 30 * s);
		struct death x = death(DEATH_CRASH, INT64_C(100) * i * s + s);
		cr_assert_eq(deaths_judge(&d, &essential, &x, 0).verdict, i < 2 ? COOL_DOWN : GIVE_UP);
	}
}

Test(restart, the_kept_deaths_are_enough_for_any_limit)
{
	struct deaths d = {0};
	struct restart_limits large = limits;
	large.deaths_max = 10000;
	enum verdict last = START_NOW;
	for (int i = 0; i < DEATHS_KEPT && last != COOL_DOWN; i++) {
		struct death x = death(DEATH_CRASH, i * ms);
		last = deaths_judge(&d, &large, &x, 0).verdict;
	}
	cr_assert_eq(last, COOL_DOWN);
}
