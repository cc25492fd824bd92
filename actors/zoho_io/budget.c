/* Owns the one budget of calls to Zoho: no job may spend what another program, another lane or a killed predecessor of
 * this process has already spent. The day is in day.c, what a refusal changes in refusals.c. */
#include "actors/zoho_io/budget_private.h"

enum {
	MINUTE_MS = 60000,
	OVERTAKE_MS_MIN =
		200, /* Zoho counts arrivals, we count departures: two seconds of a minute for what overtakes */
	BLOCK_MINUTES_MAX = 5,
	KEPT_PERCENT = 10, /* of the minute, for the realtime lane */
	KEPT_PERCENT_MAX = 90,
};

void zoho_budget_open(struct budget *b, const struct budget_limits *limits, struct slot_zoho *memory)
{
	int64_t minute = limits->minute_ms ? limits->minute_ms : MINUTE_MS, overtake = minute / 30;
	*b = (struct budget){.limits = *limits,
		.memory = memory,
		.minute_ms = minute,
		.day_ms = limits->day_ms ? limits->day_ms : DAY_MS,
		.window_ms = minute + (overtake > OVERTAKE_MS_MIN ? overtake : OVERTAKE_MS_MIN),
		.at_once = limits->at_once_max,
		.need = {.minute_ms = minute},
		.others = {.minute_ms = minute}};
}

/* Above SLOT_MINUTE_CALLS calls a minute, one entry of the window stands for several calls. */
static int64_t stride(const struct budget *b)
{
	return (b->limits.per_minute_max + SLOT_MINUTE_CALLS - 1) / SLOT_MINUTE_CALLS;
}

struct window {
	int64_t used, realtime, oldest_ms; /* oldest_ms INT64_MAX: no entry */
};

static bool counts(const struct budget *b, int64_t call_ms, int64_t now_ms)
{
	/* beyond: the clock was set back */
	return call_ms > now_ms - b->window_ms && call_ms < now_ms + b->window_ms;
}

static struct window look(const struct budget *b, int64_t now_ms)
{
	struct window w = {0, 0, INT64_MAX};
	for (int i = 0; i < SLOT_MINUTE_CALLS; i++) {
		int64_t call = atomic_load_explicit(&b->memory->calls[i], memory_order_relaxed), at = call / 2;
		if (!counts(b, at, now_ms))
			continue;
		w.used += stride(b);
		w.realtime += call % 2 ? stride(b) : 0;
		if (at < w.oldest_ms)
			w.oldest_ms = at;
	}
	w.used += b->unrecorded;
	return w;
}

/* Less what other programs take of it, as far as the day's header or a refusal told. */
static int64_t per_minute(struct budget *b, int64_t now_ms)
{
	int64_t max = b->limits.per_minute_max, others = zoho_need_in_a_minute(&b->others, now_ms);
	return at_most(b->learned_until_ms > now_ms ? b->learned : max, max - at_most(others, max / 2));
}

int64_t zoho_budget_minute_used(const struct budget *b, int64_t now_ms)
{
	return look(b, now_ms).used;
}

int64_t zoho_budget_minute_left(struct budget *b, int64_t now_ms)
{
	int64_t left = per_minute(b, now_ms) - look(b, now_ms).used;
	return left > 0 && b->memory->minute_until_ms <= now_ms ? left : 0;
}

/* What of the minute the other lanes leave to the realtime lane: a tenth, more when it has lately wanted more. */
static int64_t kept(struct budget *b, int64_t max, const struct window *w, int64_t now_ms)
{
	if (max <= 1)
		return 0;
	int64_t tenth = (max * KEPT_PERCENT + 99) / 100;
	return at_most(
		at_least(tenth, zoho_need_in_a_minute(&b->need, now_ms) - w->realtime), max * KEPT_PERCENT_MAX / 100);
}

static int64_t minute_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	struct window w = look(b, now_ms);
	int64_t max = per_minute(b, now_ms), until = b->memory->minute_until_ms;
	if (lane != LANE_REALTIME)
		max -= kept(b, max, &w, now_ms);
	if (until > now_ms + BLOCK_MINUTES_MAX * b->minute_ms)
		b->memory->minute_until_ms = until = now_ms; /* the clock was set back */
	if (until > now_ms)
		return until - now_ms;
	if (w.used < max)
		return 0;
	if (w.oldest_ms == INT64_MAX) { /* only unrecorded ones: they age by no entry of their own */
		b->unrecorded = 0;
		return 0;
	}
	return at_least(1, w.oldest_ms + b->window_ms - now_ms);
}

/* One place at once is left free for webhooks. A person's bulk sync may use it, too, while none have come lately: the
 * first one then waits for the end of a call. */
static bool is_full(struct budget *b, enum lane lane, int64_t now_ms)
{
	if (b->at_once < b->limits.at_once_max && now_ms >= b->more_at_once_ms) {
		b->at_once++;
		b->more_at_once_ms = now_ms + b->grow_ms;
	}
	bool keeps = lane > LANE_USER || (lane == LANE_USER && zoho_need_lately(&b->need, now_ms));
	int64_t bulk_max = b->at_once > 1 ? b->at_once - 1 : 1;
	return b->in_flight >= b->at_once || (keeps && b->in_flight_bulk >= bulk_max);
}

int64_t zoho_budget_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	if (is_full(b, lane, now_ms))
		return INT64_MAX;
	return at_least(minute_wait(b, lane, now_ms), zoho_budget_day_wait(b, lane, now_ms));
}

int64_t zoho_budget_burst_wait(const struct budget *b, enum lane lane, int product, int64_t now_ms)
{
	return at_least(0, b->bursts[lane][product].until_ms - now_ms);
}

static void record(struct budget *b, int64_t at_ms, bool realtime, int64_t now_ms)
{
	int place = 0;
	int64_t oldest = INT64_MAX;
	if (++b->unrecorded < stride(b))
		return;
	for (int i = 0; i < SLOT_MINUTE_CALLS; i++) {
		int64_t at = atomic_load_explicit(&b->memory->calls[i], memory_order_relaxed) / 2;
		if (!counts(b, at, now_ms))
			at = INT64_MIN;
		if (at < oldest) {
			oldest = at;
			place = i;
		}
	}
	atomic_store(&b->memory->calls[place], at_ms * 2 + realtime);
	b->unrecorded = 0;
}

void zoho_budget_take(struct budget *b, enum lane lane, int64_t now_ms)
{
	record(b, now_ms, lane == LANE_REALTIME, now_ms);
	if (lane == LANE_REALTIME)
		zoho_need_note(&b->need, 1, now_ms);
	b->calls++;
	b->in_flight++;
	b->in_flight_bulk += lane != LANE_REALTIME;
	if (b->own_day != now_ms / DAY_MS)
		b->own_calls = 0;
	b->own_day = now_ms / DAY_MS;
	b->own_calls++;
}

void zoho_budget_recall(struct budget *b, int64_t n, int64_t at_ms, int64_t now_ms)
{
	for (int64_t i = 0; counts(b, at_ms, now_ms) && i < n && i < b->limits.per_minute_max; i++)
		record(b, at_ms, false, now_ms);
}

void zoho_budget_back(struct budget *b, enum lane lane)
{
	b->in_flight--;
	b->in_flight_bulk -= lane != LANE_REALTIME;
}
