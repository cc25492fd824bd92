/* Owns the day's calls: what Zoho's header says is left, whom it is left to, and when it starts anew. Other programs spend
 * the same day, so it is never counted here alone. */
#include "actors/zoho_io/budget_private.h"

enum {
	RESET_MARGIN_MS = 2000,	   /* Zoho says whole seconds, and its clock isn't ours */
	FORESEEN_PERCENT_MAX = 50, /* a crowd isn't the whole day */
	MORE_LEFT = 100,	   /* than before, beyond what replies that overtake each other explain: a new day */
};

static bool day_has_passed(const struct budget *b, int64_t now_ms)
{
	return b->memory->day_resets_ms && now_ms >= b->memory->day_resets_ms;
}

int64_t zoho_budget_day_limit(const struct budget *b)
{
	int64_t own = b->limits.per_day_max, zohos = b->memory->day_limit;
	return own && (!zohos || own < zohos) ? own : zohos;
}

int64_t zoho_budget_day_left(const struct budget *b, int64_t now_ms)
{
	int64_t limit = zoho_budget_day_limit(b), spent = b->own_day == now_ms / DAY_MS ? b->own_calls : 0;
	if (!limit)
		return -1;
	if (b->memory->day_limit)
		spent = day_has_passed(b, now_ms) ? 0 : b->memory->day_limit - b->memory->day_left;
	return limit > spent ? limit - spent : 0;
}

int64_t zoho_budget_day_resets(const struct budget *b, int64_t now_ms)
{
	int64_t told = b->memory->day_resets_ms;
	return told > now_ms ? told : now_ms + DAY_MS - now_ms % DAY_MS;
}

/* What of the day this lane leaves to the more urgent ones: the configured share, of which people may use half; more in
 * the morning (lanes.def); and in any case what webhooks and other programs will want until the day is over. */
static int64_t reserved(struct budget *b, enum lane lane, int64_t now_ms)
{
	static const int leaves[LANES] = {
#define LANE(id, name, suffix, counter, leaves, text) leaves,
#include "actors/lanes.def"
#undef LANE
	};
	int64_t limit = zoho_budget_day_limit(b), share = (limit * b->limits.reserve_percent + 99) / 100;
	int64_t resets = zoho_budget_day_resets(b, now_ms), ahead = at_most(resets - now_ms, b->day_ms);
	if (lane == LANE_REALTIME)
		return 0;
	int64_t need = zoho_need_until(&b->need, now_ms, resets) + zoho_need_until(&b->others, now_ms, resets);
	need = at_most(need, limit * FORESEEN_PERCENT_MAX / 100);
	int64_t more = at_least(0, limit * leaves[lane] / 100 - share) * ahead / b->day_ms;
	return at_least((lane == LANE_USER ? share / 2 : share) + more, need);
}

int64_t zoho_budget_day_wait(struct budget *b, enum lane lane, int64_t now_ms)
{
	int64_t left = zoho_budget_day_left(b, now_ms), until = b->memory->day_until_ms;
	if (until > now_ms && until < now_ms + 2 * (int64_t)DAY_MS)
		return until - now_ms;
	if (left < 0 || left - b->in_flight > reserved(b, lane, now_ms))
		return 0;
	return zoho_budget_day_resets(b, now_ms) - now_ms;
}

bool zoho_budget_day_over(const struct budget *b, int64_t now_ms, int64_t *until_ms)
{
	bool refused = b->memory->day_until_ms > now_ms;
	*until_ms = refused ? b->memory->day_until_ms : zoho_budget_day_resets(b, now_ms);
	return refused || zoho_budget_day_left(b, now_ms) == 0;
}

/* What has gone of the day beyond our own calls, others have spent. Replies that overtake each other count some of it
 * late, none twice. */
static void watch_others(struct budget *b, int64_t left, int64_t now_ms)
{
	int64_t spent = b->others_base - left - b->calls;
	if (!b->others_base || day_has_passed(b, now_ms) || left > b->memory->day_left + MORE_LEFT) {
		b->others_base = left + b->calls - b->in_flight; /* of those nobody knows yet whether they count */
		b->others_spent = 0;
	} else if (spent > b->others_spent) {
		zoho_need_note(&b->others, spent - b->others_spent, now_ms);
		b->others_spent = spent;
	}
}

void zoho_budget_told(struct budget *b, int64_t limit, int64_t left, int64_t reset_s, int64_t now_ms)
{
	if (limit <= 0 || left < 0)
		return;
	watch_others(b, left, now_ms);
	b->memory->day_limit = limit;
	b->memory->day_left = left;
	b->memory->day_resets_ms =
		now_ms + (reset_s >= 0 ? reset_s * 1000 + RESET_MARGIN_MS : DAY_MS - now_ms % DAY_MS);
}
