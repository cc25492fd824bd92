/* The circuit breaker's three states. */
#include <criterion/criterion.h>
#include "actors/zoho_io/breaker.h"

static const struct breaker_limits limits = {
	.failures = 3, .successes = 2, .half_open_calls_max = 2, .timeout_ms = 1000};

static void call(struct slot_breaker *b, enum breaker_end end, int64_t now)
{
	bool trial = zoho_breaker_start(b, &limits, now);
	zoho_breaker_end(b, &limits, end, trial, now, now * 1000);
}

static struct slot_breaker opened(void)
{
	struct slot_breaker b = {0};
	for (int i = 0; i < 3; i++)
		call(&b, BREAKER_FAILURE, 100);
	return b;
}

Test(zoho_breaker, failures_in_a_row_open_it)
{
	struct slot_breaker b = {0};
	call(&b, BREAKER_FAILURE, 1);
	call(&b, BREAKER_FAILURE, 2);
	call(&b, BREAKER_SUCCESS, 3);
	call(&b, BREAKER_FAILURE, 4);
	call(&b, BREAKER_FAILURE, 5);
	cr_assert_eq(b.state, BREAKER_CLOSED);
	call(&b, BREAKER_FAILURE, 6);
	cr_assert_eq(b.state, BREAKER_OPEN);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 6), 1000);
	cr_assert_eq(b.failed, 5);
}

Test(zoho_breaker, refusals_count_neither_way)
{
	struct slot_breaker b = {0};
	for (int i = 0; i < 10; i++)
		call(&b, BREAKER_NEITHER, i);
	cr_assert_eq(b.state, BREAKER_CLOSED);
	cr_assert_eq(b.failed + b.successful, 0);
}

Test(zoho_breaker, after_its_time_a_few_calls_try_it)
{
	struct slot_breaker b = opened();
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1099), 1);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1100), 0);
	cr_assert(zoho_breaker_start(&b, &limits, 1100));
	cr_assert_eq(b.state, BREAKER_HALF_OPEN);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1100), 0);
	cr_assert(zoho_breaker_start(&b, &limits, 1100));
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1100), INT64_MAX);
}

Test(zoho_breaker, successes_close_it)
{
	struct slot_breaker b = opened();
	call(&b, BREAKER_SUCCESS, 1100);
	cr_assert_eq(b.state, BREAKER_HALF_OPEN);
	call(&b, BREAKER_SUCCESS, 1101);
	cr_assert_eq(b.state, BREAKER_CLOSED);
	cr_assert_eq(b.changes, 3);
}

Test(zoho_breaker, a_failed_trial_opens_it_again)
{
	struct slot_breaker b = opened();
	call(&b, BREAKER_FAILURE, 1100);
	cr_assert_eq(b.state, BREAKER_OPEN);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1100), 1000);
}

Test(zoho_breaker, calls_from_before_it_opened_decide_nothing)
{
	struct slot_breaker b = opened();
	zoho_breaker_end(&b, &limits, BREAKER_SUCCESS, false, 101, 101000);
	cr_assert_eq(b.state, BREAKER_OPEN);
	bool trial = zoho_breaker_start(&b, &limits, 1100);
	zoho_breaker_end(&b, &limits, BREAKER_FAILURE, false, 1101, 1101000);
	cr_assert_eq(b.state, BREAKER_HALF_OPEN);
	zoho_breaker_end(&b, &limits, BREAKER_NEITHER, trial, 1102, 1102000);
	cr_assert_eq(b.half_open_calls, 0);
}

Test(zoho_breaker, a_person_can_close_it)
{
	struct slot_breaker b = opened();
	zoho_breaker_reset(&b);
	cr_assert_eq(b.state, BREAKER_CLOSED);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 100), 0);
	call(&b, BREAKER_FAILURE, 101);
	cr_assert_eq(b.state, BREAKER_CLOSED);
}

Test(zoho_breaker, a_killed_predecessors_state_goes_on)
{
	struct slot_breaker b = opened();
	zoho_breaker_adopt(&b, &limits, 500);
	cr_assert_eq(b.state, BREAKER_OPEN);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 500), 600);
	cr_assert(zoho_breaker_start(&b, &limits, 1100));
	cr_assert(zoho_breaker_start(&b, &limits, 1100));
	zoho_breaker_adopt(&b, &limits, 1101);
	cr_assert_eq(zoho_breaker_wait(&b, &limits, 1101), 0, "the trials that died are made anew");
	cr_assert(zoho_breaker_start(&b, &limits, 1101));
	cr_assert_eq(b.half_open_calls, 1);
	zoho_breaker_adopt(&b, &limits, 50);
	cr_assert_eq(b.state, BREAKER_CLOSED, "times of another clock mean nothing");
}
