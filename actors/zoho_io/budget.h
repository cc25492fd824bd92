/* The organisation's call budget, one for all lanes: calls of the last minute, calls at once, calls of the day, and
 * what Zoho's refusals ask for. Pure: the caller brings the clock (wall, milliseconds) and the memory of the last
 * minute. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "actors/kinds.h"
#include "ipc/slot.h"

enum { /* Zoho's codes of a 429 */
	ZOHO_CODE_BURST = 43,
	ZOHO_CODE_MINUTE = 44,
	ZOHO_CODE_DAY = 45,
	ZOHO_CODE_AT_ONCE = 1070,
};

struct budget_limits {
	int64_t per_minute_max, at_once_max;
	int64_t per_day_max; /* 0: what Zoho says */
	int64_t reserve_percent;
};

struct budget {
	struct budget_limits limits;
	_Atomic int64_t *minute; /* SLOT_MINUTE_CALLS times of calls, in the slot: they outlive a killed process */
	int64_t unrecorded;	 /* calls since the last recorded one, where one entry stands for several */
	int64_t at_once;	 /* allowed now: fewer after a 1070 */
	int64_t more_at_once_ms; /* when one more is tried */
	int64_t in_flight, in_flight_bulk;
	int64_t minute_until_ms; /* refused for the minute */
	int64_t day_until_ms;	 /* refused for the day: everything but the realtime lane */
	int64_t realtime_until_ms;
	int64_t detail_until_ms, detail_pause_ms;   /* refused for a burst of details */
	int64_t day_limit, day_left, day_resets_ms; /* by Zoho's headers; 0 limit = not told yet */
	int64_t own_day, own_calls;		    /* counted here, for when Zoho doesn't tell */
};

void zoho_budget_open(struct budget *, const struct budget_limits *, _Atomic int64_t *minute);
/* How long a call of this lane has to wait: 0 = go, INT64_MAX = until one under way comes back. */
int64_t zoho_budget_wait(struct budget *, enum lane, int64_t now_ms);
void zoho_budget_take(struct budget *, enum lane, int64_t now_ms);
void zoho_budget_back(struct budget *, enum lane);
/* The three x-rate-limit headers; -1 = the reply had none. */
void zoho_budget_told(struct budget *, int64_t limit, int64_t left, int64_t reset_s, int64_t now_ms);
/* A 429 with this code; retry_after_s -1 = the reply had none. Returns how long that call has to wait, ms. */
int64_t zoho_budget_refused(struct budget *, int64_t code, int64_t retry_after_s, int64_t now_ms);
void zoho_budget_went_well(struct budget *, enum lane);
int64_t zoho_budget_minute_left(const struct budget *, int64_t now_ms);
int64_t zoho_budget_day_limit(const struct budget *);
int64_t zoho_budget_day_left(const struct budget *, int64_t now_ms); /* -1 = unknown */
