/* Which record is given up on, and for how long it is remembered. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "supervisor/poison.h"

static const int64_t s = 1000000000;
static struct poison poison;

static bool dies(const char *id, enum death_cause cause, int64_t at)
{
	const struct suspect *t = poison_death(&poison, ACTOR_HANDLER, "product", id, cause, at, "obituary");
	return t && poison_is(t);
}

static uint32_t skips(enum actor_kind kind, const char *entity, int64_t now)
{
	static struct boot_skip to[BOOT_SKIPS_MAX];
	return poison_skips(&poison, kind, entity, now, to, BOOT_SKIPS_MAX);
}

Test(poison, two_crashes_are_enough)
{
	cr_assert_not(dies("1", DEATH_CRASH, s));
	cr_assert(dies("1", DEATH_HUNG, 2 * s));
}

Test(poison, three_kills_from_outside_are)
{
	cr_assert_not(dies("1", DEATH_OUTSIDE, s));
	cr_assert_not(dies("1", DEATH_OUTSIDE, s));
	cr_assert(dies("1", DEATH_OUTSIDE, s));
}

Test(poison, one_of_each_is_not)
{
	cr_assert_not(dies("1", DEATH_CRASH, s));
	cr_assert_not(dies("1", DEATH_OUTSIDE, s));
	cr_assert(dies("1", DEATH_OUTSIDE, s));
}

Test(poison, a_bad_environment_blames_no_record)
{
	for (int i = 0; i < 10; i++) {
		cr_assert_not(dies("1", DEATH_TEMPORARY, s));
		cr_assert_not(dies("1", DEATH_ASKED, s));
		cr_assert_not(dies("1", DEATH_EXIT, s));
	}
	cr_assert_not(dies("", DEATH_CRASH, s));
}

Test(poison, records_are_told_apart)
{
	cr_assert_not(dies("1", DEATH_CRASH, s));
	cr_assert_not(dies("2", DEATH_CRASH, s));
	cr_assert_eq(skips(ACTOR_HANDLER, "product", s), 0);
}

Test(poison, only_whom_it_kills_is_told)
{
	dies("1", DEATH_CRASH, s);
	dies("1", DEATH_CRASH, s);
	cr_assert_eq(skips(ACTOR_HANDLER, "vendor", s), 0);
	cr_assert_eq(skips(ACTOR_ZOHO_IO, NULL, s), 0);
	cr_assert_eq(skips(ACTOR_HANDLER, "product", s), 1);
}

Test(poison, it_is_told_at_every_start_until_an_actor_lived_on)
{
	dies("1", DEATH_CRASH, s);
	dies("1", DEATH_CRASH, s);
	poison_served(&poison, ACTOR_HANDLER, "product", 100 * s);
	cr_assert_eq(skips(ACTOR_HANDLER, "product", 2 * s), 1, "not handed on yet: not served");
	poison_served(&poison, ACTOR_HANDLER, "product", s);
	cr_assert_eq(skips(ACTOR_HANDLER, "product", 3 * s), 1, "told after that life began");
	poison_served(&poison, ACTOR_HANDLER, "product", 4 * s);
	cr_assert_eq(skips(ACTOR_HANDLER, "product", 5 * s), 0);
}

Test(poison, deaths_an_hour_apart_have_nothing_to_do_with_each_other)
{
	cr_assert_not(dies("1", DEATH_CRASH, s));
	cr_assert_not(dies("1", DEATH_CRASH, 3700 * s));
	cr_assert(dies("1", DEATH_CRASH, 3800 * s));
}

Test(poison, the_oldest_suspect_makes_room)
{
	char id[16];
	for (int i = 0; i < SUSPECTS_MAX + 10; i++) {
		snprintf(id, sizeof id, "%d", i);
		cr_assert_not(dies(id, DEATH_CRASH, (i + 1) * s / 10));
	}
	cr_assert_not(dies("0", DEATH_CRASH, 20 * s), "forgotten");
	cr_assert(dies("137", DEATH_CRASH, 20 * s), "remembered");
}
