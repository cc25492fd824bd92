/* Owns what each kind of 429 asks for. They are told apart by the body's code alone, and each has its own cure: what
 * helps against one prolongs another. */
#include "actors/zoho_io/budget_private.h"

enum {
	BURST_MINUTES_MAX = 10,
	AT_ONCE_PAUSE_MS = 400,
	AT_ONCE_SAME_MS = 1000, /* refusals within it are of one crowd */
	AT_ONCE_GROW_MINUTES_MAX = 60,
	LEARNED_MINUTES = 60,
	LEARNED_LEAST_PERCENT = 10,
	RETRY_MINUTES_MAX = 5,
	DAY_PROBE_MINUTES = 60, /* Zoho didn't say when its day is over */
};

/* 43: that lane rests from that product, longer each time; so do the lanes that fetch details in the background. */
static int64_t burst(struct budget *b, const struct refusal *r, int64_t retry_ms, int64_t now_ms)
{
	struct burst *own = &b->bursts[r->lane][r->product];
	if (own->until_ms > now_ms) /* another one of the same burst */
		return own->until_ms - now_ms;
	own->pause_ms = own->pause_ms ? own->pause_ms * 2 : b->minute_ms / 2;
	if (own->pause_ms > BURST_MINUTES_MAX * b->minute_ms)
		own->pause_ms = BURST_MINUTES_MAX * b->minute_ms;
	own->until_ms = now_ms + at_least(own->pause_ms, retry_ms);
	for (int lane = LANE_DETAIL; lane < LANES; lane++) {
		struct burst *other = &b->bursts[lane][r->product];
		other->until_ms = at_least(other->until_ms, lane > (int)r->lane ? own->until_ms : 0);
	}
	return own->until_ms - now_ms;
}

/* 45: nobody calls until Zoho's day is over. */
static int64_t day(struct budget *b, int64_t now_ms)
{
	int64_t told = b->memory->day_resets_ms;
	b->memory->day_until_ms = told > now_ms ? told : now_ms + DAY_PROBE_MINUTES * b->minute_ms;
	return b->memory->day_until_ms - now_ms;
}

/* 1070: one fewer at once, and one more after a while; a place that is refused again and again is tried less and less
 * often. */
static int64_t at_once(struct budget *b, int64_t retry_ms, int64_t now_ms)
{
	int64_t least = b->minute_ms / 2, most = AT_ONCE_GROW_MINUTES_MAX * b->minute_ms;
	if (now_ms - b->at_once_refused_ms > AT_ONCE_SAME_MS) {
		bool again = b->at_once_refused_ms && now_ms - b->at_once_refused_ms < 3 * b->grow_ms;
		b->grow_ms = again ? b->grow_ms * 2 : least;
		b->grow_ms = b->grow_ms > most ? most : b->grow_ms;
	}
	b->at_once_refused_ms = now_ms;
	if (b->at_once > 1)
		b->at_once--;
	b->more_at_once_ms = now_ms + b->grow_ms;
	return at_least(AT_ONCE_PAUSE_MS, retry_ms);
}

/* 44: everybody waits for the window. It was full before we had filled it, so others spend it, too: for an hour we
 * leave them what they took. */
static int64_t minute(struct budget *b, int64_t retry_ms, int64_t now_ms)
{
	int64_t allowed = b->learned_until_ms > now_ms ? b->learned : b->limits.per_minute_max;
	int64_t least = (b->limits.per_minute_max * LEARNED_LEAST_PERCENT + 99) / 100;
	if (!retry_ms || retry_ms > RETRY_MINUTES_MAX * b->minute_ms)
		retry_ms = b->minute_ms;
	if (b->memory->minute_until_ms <= now_ms) { /* else one of the same crowd */
		b->learned = at_least(allowed / 2, zoho_budget_minute_used(b, now_ms) * 9 / 10);
		b->learned = b->learned > allowed ? allowed : at_least(least, b->learned);
		b->learned_until_ms = now_ms + LEARNED_MINUTES * b->minute_ms;
	}
	b->memory->minute_until_ms = at_least(b->memory->minute_until_ms, now_ms + retry_ms);
	return retry_ms;
}

int64_t zoho_budget_refused(struct budget *b, const struct refusal *r, int64_t now_ms)
{
	int64_t retry_ms = r->retry_after_s > 0 ? r->retry_after_s * 1000 : 0;
	switch (r->code) {
	case ZOHO_CODE_BURST:
		return burst(b, r, retry_ms, now_ms);
	case ZOHO_CODE_DAY:
		return day(b, now_ms);
	case ZOHO_CODE_AT_ONCE:
		return at_once(b, retry_ms, now_ms);
	default:
		return minute(b, retry_ms, now_ms);
	}
}

void zoho_budget_went_well(struct budget *b, enum lane lane, int product, int64_t now_ms)
{
	if (b->bursts[lane][product].until_ms <= now_ms) /* else it was sent before the refusal */
		b->bursts[lane][product].pause_ms = 0;
}
