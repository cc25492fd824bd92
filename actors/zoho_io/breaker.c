/* Owns when a product of Zoho's is left alone: asking a service that is down helps neither side. */
#include "actors/zoho_io/breaker.h"

const char *const zoho_breaker_words[] = {"closed", "open", "half_open"};

static void become(struct slot_breaker *b, enum breaker_state state)
{
	if (b->state == state)
		return;
	b->state = state;
	b->changes++;
	b->success_count = 0;
	if (state == BREAKER_CLOSED)
		b->failure_count = 0;
}

void zoho_breaker_adopt(struct slot_breaker *b, const struct breaker_limits *limits, int64_t now_ms)
{
	if (b->state > BREAKER_HALF_OPEN || b->opened_ms > now_ms)
		b->state = BREAKER_CLOSED;
	b->half_open_calls = 0;
	if (b->state != BREAKER_HALF_OPEN)
		return;
	b->state = BREAKER_OPEN; /* the trials died with whoever made them: there are new ones, at once */
	b->opened_ms = now_ms - limits->timeout_ms;
}

int64_t zoho_breaker_wait(const struct slot_breaker *b, const struct breaker_limits *limits, int64_t now_ms)
{
	int64_t left = b->opened_ms + limits->timeout_ms - now_ms;
	if (b->state == BREAKER_CLOSED || (b->state == BREAKER_OPEN && left <= 0))
		return 0;
	if (b->state == BREAKER_OPEN)
		return left;
	return b->half_open_calls < limits->half_open_calls_max ? 0 : INT64_MAX;
}

bool zoho_breaker_start(struct slot_breaker *b, const struct breaker_limits *limits, int64_t now_ms)
{
	if (b->state == BREAKER_OPEN && b->opened_ms + limits->timeout_ms <= now_ms) {
		become(b, BREAKER_HALF_OPEN);
		b->half_open_calls = 0;
	}
	b->total++;
	if (b->state != BREAKER_HALF_OPEN)
		return false;
	b->half_open_calls++;
	return true;
}

static void fail(struct slot_breaker *b, const struct breaker_limits *limits, bool trial, int64_t now_ms)
{
	b->failed++;
	b->failure_count++;
	bool opens = b->state == BREAKER_CLOSED ? b->failure_count >= limits->failures
						: b->state == BREAKER_HALF_OPEN && trial;
	if (!opens)
		return;
	become(b, BREAKER_OPEN);
	b->opened_ms = now_ms;
}

static void succeed(struct slot_breaker *b, const struct breaker_limits *limits, bool trial)
{
	b->successful++;
	if (b->state == BREAKER_CLOSED)
		b->failure_count = 0;
	else if (b->state == BREAKER_HALF_OPEN && trial && ++b->success_count >= limits->successes)
		become(b, BREAKER_CLOSED);
}

void zoho_breaker_end(struct slot_breaker *b, const struct breaker_limits *limits, enum breaker_end end, bool trial,
	int64_t now_ms, int64_t now_us)
{
	if (trial && b->half_open_calls > 0)
		b->half_open_calls--;
	if (end == BREAKER_FAILURE) {
		b->last_failure_us = now_us;
		fail(b, limits, trial, now_ms);
	} else if (end == BREAKER_SUCCESS) {
		b->last_success_us = now_us;
		succeed(b, limits, trial);
	}
}

void zoho_breaker_reset(struct slot_breaker *b)
{
	become(b, BREAKER_CLOSED);
	b->failure_count = b->half_open_calls = 0;
}
