/* Details on their way: which are not asked for meanwhile, and how long one that settles nothing is left alone. */
#include <criterion/criterion.h>
#include <string.h>
#include "actors/dispatcher/details.h"
#include "ipc/buf.h"

static struct dispatcher d;
static const int64_t second = 1000000000;

static void make(void)
{
	memset(&d, 0, sizeof d);
	details_out_init(&d);
}

/* Whether it would be left out of what is looked up. */
static bool is_out(const char *id)
{
	struct buf b = {0};
	details_out_list(&d, &b);
	bool found = strstr(b.data, id);
	buf_free(&b);
	return found;
}

TestSuite(details_out, .init = make);

Test(details_out, what_is_on_its_way_is_left_out_until_it_is_answered)
{
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 5);
	cr_assert(is_out("7"));
	cr_assert_eq(details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_SETTLED, 9), 5);
	cr_assert_not(is_out("7"));
	cr_assert_eq(d.details_in_flight + d.details_held, 0);
}

Test(details_out, one_that_settles_nothing_is_held_twice_as_long_each_time_and_then_given_up)
{
	int64_t now = second, held = 45 * second;
	for (int i = 0; i < 6; i++, held *= 2) {
		cr_assert_not(details_out_in_vain(&d, ENTITY_INVOICE, str_of("7")), "after %d answers", i);
		details_out_add(&d, ENTITY_INVOICE, str_of("7"), now);
		details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_IN_VAIN, now);
		details_out_expire(&d, now + held - 1);
		cr_assert(is_out("7"), "answer %d", i);
		now += held;
		details_out_expire(&d, now);
		cr_assert_not(is_out("7"), "answer %d", i);
	}
	cr_assert(details_out_in_vain(&d, ENTITY_INVOICE, str_of("7")));
	cr_assert_not(details_out_in_vain(&d, ENTITY_ORDER, str_of("7")));
}

Test(details_out, what_settles_begins_anew)
{
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 0);
	details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_IN_VAIN, 0);
	details_out_expire(&d, 45 * second);
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 45 * second);
	details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_SETTLED, 46 * second);
	cr_assert_eq(d.details_in_flight + d.details_held, 0);
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 47 * second);
	details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_IN_VAIN, 50 * second);
	details_out_expire(&d, 95 * second);
	cr_assert_not(is_out("7"));
}

Test(details_out, what_a_handler_has_keeps_zoho_from_nothing)
{
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 0);
	details_out_add(&d, ENTITY_INVOICE, str_of("8"), 0);
	details_out_fetched(&d, ENTITY_INVOICE, str_of("7"), 1);
	details_out_fetched(&d, ENTITY_INVOICE, str_of("7"), 1);
	cr_assert_eq(d.details_in_flight, 1);
	cr_assert_eq(details_out_applying(&d, ENTITY_INVOICE), 1);
	cr_assert_eq(details_out_applying(&d, ENTITY_ORDER), 0);
	cr_assert(is_out("7"));
	cr_assert_eq(details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_SETTLED, 9), 0);
	cr_assert_not(is_out("7"));
	details_out_fetched(&d, ENTITY_INVOICE, str_of("8"), 1);
	details_out_answered(&d, ENTITY_INVOICE, str_of("8"), DETAIL_IN_VAIN, 9);
	cr_assert_eq(details_out_applying(&d, ENTITY_INVOICE), 0);
	cr_assert_eq(d.details_in_flight, 0);
	cr_assert_eq(d.details_held, 1);
}

Test(details_out, what_could_not_be_written_is_held_no_longer_each_time)
{
	int64_t now = 0;
	for (int i = 0; i < 10; i++, now += 45 * second) {
		details_out_add(&d, ENTITY_INVOICE, str_of("7"), now);
		details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_PUT_OFF, now);
		details_out_expire(&d, now + 45 * second);
		cr_assert_not(is_out("7"), "answer %d", i);
		cr_assert_eq(d.details_held, 0);
	}
	cr_assert_not(details_out_in_vain(&d, ENTITY_INVOICE, str_of("7")));
}

Test(details_out, what_a_handler_has_outlives_zoho_io)
{
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 0);
	details_out_add(&d, ENTITY_INVOICE, str_of("8"), 0);
	details_out_fetched(&d, ENTITY_INVOICE, str_of("7"), 100 * second);
	details_out_lost(&d);
	cr_assert(is_out("7"));
	cr_assert_not(is_out("8"));
	details_out_expire(&d, 219 * second);
	cr_assert(is_out("7"));
	details_out_expire(&d, 221 * second);
	cr_assert_not(is_out("7"));
}

Test(details_out, what_is_forgotten_begins_anew)
{
	details_out_add(&d, ENTITY_INVOICE, str_of("7"), 0);
	details_out_answered(&d, ENTITY_INVOICE, str_of("7"), DETAIL_IN_VAIN, 0);
	details_out_expire(&d, 45 * second);
	details_out_expire(&d, 45 * second + 3600 * second);
	cr_assert_eq(d.details_held, 0);
}
