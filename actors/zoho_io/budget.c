/* Owns the one budget of calls to Zoho: no job may spend what another program, another lane or a killed predecessor of
 * this process has already spent. */
#include "actors/zoho_io/budget.h"

enum {
	MINUTE_MS = 62000, /* Zoho counts arrivals, we count departures: two seconds for what overtakes */
	BLOCK_MS_MAX = 300000,
	BURST_PAUSE_MS_MIN = 30000,
	BURST_PAUSE_MS_MAX = 600000,
	REALTIME_PROBE_MS = 60000, /* a day that is used up may turn out not to be */
	AT_ONCE_PAUSE_MS = 400,
	AT_ONCE_GROW_MS = 30000,
	DAY_MS = 86400000,
	KEPT_PERCENT = 10, /* of the minute, for the realtime lane */
};

void zoho_budget_open(struct budget *b, const struct budget_limits *limits, _Atomic int64_t *minute)
{
	*b = (struct budget){.limits = *limits, .minute = minute, .at_once = limits->at_once_max, .day_left = -1};
}

/* Above SLOT_MINUTE_CALLS calls a minute, one entry of the window stands for several calls. */
static int64_t stride(const struct budget *b)
{
	return (b->limits.per_minute_max + SLOT_MINUTE_CALLS - 1) / SLOT_MINUTE_CALLS;
}

struct window {
	int64_t entries, oldest_ms;
};

static bool counts(int64_t call_ms, int64_t now_ms)
{
	return call_ms > now_ms - MINUTE_MS && call_ms < now_ms + MINUTE_MS; /* beyond: the clock was set back */
}

static struct window look(const struct budget *b, int64_t now_ms)
{
	struct window w = {0, INT64_MAX};
	for (int i = 0; i < SLOT_MINUTE_CALLS; i++) {
		int64_t at = atomic_load_explicit(&b->minute[i], memory_order_relaxed);
		if (!counts(at, now_ms))
			continue;
		w.entries++;
		if (at < w.oldest_ms)
			w.oldest_ms = at;
	}
	return w;
}

static int64_t used(const struct budget *b, const struct window *w)
{
	return w->entries * stride(b) + b->unrecorded;
}

int64_t zoho_budget_minute_left(const struct budget *b, int64_t now_ms)
{
	struct window w = look(b, now_ms);
	int64_t left = b->limits.per_minute_max - used(b, &w);
	return left > 0 && b->minute_until_ms <= now_ms ? left : 0;
}

static int64_t at_least(int64_t wait, int64_t ms)
{
	return ms > wait ? ms : wait;
}

static int64_t minute_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	struct window w = look(b, now_ms);
	int64_t max = b->limits.per_minute_max, kept = (max * KEPT_PERCENT + 99) / 100;
	if (lane != LANE_REALTIME && max > 1)
		max -= kept;
	if (b->minute_until_ms > now_ms + BLOCK_MS_MAX)
		b->minute_until_ms = now_ms; /* the clock was set back */
	if (b->minute_until_ms > now_ms)
		return b->minute_until_ms - now_ms;
	if (used(b, &w) < max)
		return 0;
	if (!w.entries) { /* only unrecorded ones: they age by no entry of their own */
		b->unrecorded = 0;
		return 0;
	}
	return at_least(1, w.oldest_ms + MINUTE_MS - now_ms);
}

static bool day_is_over(const struct budget *b, int64_t now_ms)
{
	return b->day_resets_ms && now_ms >= b->day_resets_ms;
}

int64_t zoho_budget_day_limit(const struct budget *b)
{
	int64_t own = b->limits.per_day_max;
	return own && (!b->day_limit || own < b->day_limit) ? own : b->day_limit;
}

int64_t zoho_budget_day_left(const struct budget *b, int64_t now_ms)
{
	int64_t limit = zoho_budget_day_limit(b), spent = b->own_day == now_ms / DAY_MS ? b->own_calls : 0;
	if (!limit)
		return -1;
	if (b->day_limit && b->day_left >= 0)
		spent = day_is_over(b, now_ms) ? 0 : b->day_limit - b->day_left;
	return limit > spent ? limit - spent : 0;
}

static int64_t until_midnight(const struct budget *b, int64_t now_ms)
{
	return b->day_resets_ms > now_ms ? b->day_resets_ms - now_ms : DAY_MS - now_ms % DAY_MS;
}

static int64_t day_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	if (lane == LANE_REALTIME)
		return at_least(0, b->realtime_until_ms - now_ms);
	if (b->day_until_ms > now_ms)
		return b->day_until_ms - now_ms;
	int64_t left = zoho_budget_day_left(b, now_ms);
	int64_t reserve = (zoho_budget_day_limit(b) * b->limits.reserve_percent + 99) / 100;
	return left < 0 || left - b->in_flight > reserve ? 0 : until_midnight(b, now_ms);
}

/* Background lanes leave one of the calls at once free for webhooks. A person's bulk sync may use them all: the
 * realtime lane is asked first, so it waits for the end of one call at most. */
static bool is_full(struct budget *b, enum lane lane, int64_t now_ms)
{
	if (b->at_once < b->limits.at_once_max && now_ms >= b->more_at_once_ms) {
		b->at_once++;
		b->more_at_once_ms = now_ms + AT_ONCE_GROW_MS;
	}
	int64_t bulk_max = b->at_once > 1 ? b->at_once - 1 : 1;
	return b->in_flight >= b->at_once || (lane > LANE_USER && b->in_flight_bulk >= bulk_max);
}

int64_t zoho_budget_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	if (is_full(b, lane, now_ms))
		return INT64_MAX;
	int64_t wait = at_least(minute_wait(b, lane, now_ms), day_wait(b, lane, now_ms));
	if (lane == LANE_DETAIL || lane == LANE_DRIFT)
		wait = at_least(wait, b->detail_until_ms - now_ms);
	return wait;
}

static void record(struct budget *b, int64_t now_ms)
{
	int place = 0;
	int64_t oldest = INT64_MAX;
	if (++b->unrecorded < stride(b))
		return;
	for (int i = 0; i < SLOT_MINUTE_CALLS; i++) {
		int64_t at = atomic_load_explicit(&b->minute[i], memory_order_relaxed);
		if (!counts(at, now_ms))
			at = INT64_MIN;
		if (at < oldest) {
			oldest = at;
			place = i;
		}
	}
	atomic_store(&b->minute[place], now_ms);
	b->unrecorded = 0;
}

void zoho_budget_take(struct budget *b, enum lane lane, int64_t now_ms)
{
	record(b, now_ms);
	b->in_flight++;
	b->in_flight_bulk += lane != LANE_REALTIME;
	if (b->own_day != now_ms / DAY_MS)
		b->own_calls = 0;
	b->own_day = now_ms / DAY_MS;
	b->own_calls++;
}

void zoho_budget_back(struct budget *b, enum lane lane)
{
	b->in_flight--;
	b->in_flight_bulk -= lane != LANE_REALTIME;
}

void zoho_budget_told(struct budget *b, int64_t limit, int64_t left, int64_t reset_s, int64_t now_ms)
{
	if (limit <= 0 || left < 0)
		return;
	b->day_limit = limit;
	b->day_left = left;
	b->day_resets_ms = reset_s >= 0 ? now_ms + reset_s * 1000 : now_ms + DAY_MS - now_ms % DAY_MS;
}

static int64_t refused_for_burst(struct budget *b, int64_t retry_ms, int64_t now_ms)
{
	if (b->detail_until_ms > now_ms) /* another one of the same burst */
		return b->detail_until_ms - now_ms;
	b->detail_pause_ms = b->detail_pause_ms ? b->detail_pause_ms * 2 : BURST_PAUSE_MS_MIN;
	if (b->detail_pause_ms > BURST_PAUSE_MS_MAX)
		b->detail_pause_ms = BURST_PAUSE_MS_MAX;
	b->detail_until_ms = now_ms + at_least(b->detail_pause_ms, retry_ms);
	return b->detail_until_ms - now_ms;
}

int64_t zoho_budget_refused(struct budget *b, int64_t code, int64_t retry_after_s, int64_t now_ms)
{
	int64_t retry_ms = retry_after_s > 0 ? retry_after_s * 1000 : 0;
	switch (code) {
	case ZOHO_CODE_BURST:
		return refused_for_burst(b, retry_ms, now_ms);
	case ZOHO_CODE_DAY:
		b->day_until_ms = now_ms + until_midnight(b, now_ms);
		b->realtime_until_ms = now_ms + at_least(REALTIME_PROBE_MS, retry_ms);
		return b->realtime_until_ms - now_ms;
	case ZOHO_CODE_AT_ONCE:
		if (b->more_at_once_ms < now_ms + AT_ONCE_GROW_MS && b->at_once > 1) /* one step per turn of events */
			b->at_once--;
		b->more_at_once_ms = now_ms + AT_ONCE_GROW_MS;
		return at_least(AT_ONCE_PAUSE_MS, retry_ms);
	default:
		if (!retry_ms || retry_ms > BLOCK_MS_MAX)
			retry_ms = 60000;
		b->minute_until_ms = at_least(b->minute_until_ms, now_ms + retry_ms);
		return retry_ms;
	}
}

void zoho_budget_went_well(struct budget *b, enum lane lane)
{
	if (lane == LANE_DETAIL || lane == LANE_DRIFT)
		b->detail_pause_ms = 0;
	b->realtime_until_ms = 0;
}
