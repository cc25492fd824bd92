/* The organisation's call budget, one for all lanes: calls of the last minute, calls at once, calls of the day, and
 * what Zoho's refusals ask for. Pure: the caller brings the clock (wall, milliseconds) and the memory, which outlives
 * this process. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "actors/kinds.h"
#include "actors/zoho_io/need.h"
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
	int64_t minute_ms, day_ms; /* 0: as long as they are */
};

struct burst { /* code 43: one lane's calls to one product rest */
	int64_t until_ms, pause_ms;
};

struct budget {
	struct budget_limits limits;
	struct slot_zoho *memory;
	struct need need, others; /* of the realtime lane; of other programs */
	int64_t calls, others_base, others_spent;
	int64_t day_ms, minute_ms, window_ms; /* Zoho's minute, and with what calls may overtake each other */
	int64_t unrecorded;		   /* calls since the last recorded one, where one entry stands for several */
	int64_t learned, learned_until_ms; /* after a 44 fewer a minute: others spend it, too */
	int64_t at_once;		   /* allowed now: fewer after a 1070 */
	int64_t more_at_once_ms, grow_ms;  /* when one more is tried, and how long that takes */
	int64_t at_once_refused_ms;
	int64_t in_flight, in_flight_bulk;
	struct burst bursts[LANES][ZOHO_PRODUCTS];
	int64_t own_day, own_calls; /* counted here, for when Zoho doesn't tell */
};

void zoho_budget_open(struct budget *, const struct budget_limits *, struct slot_zoho *memory);
/* How long a call of this lane has to wait: 0 = go, INT64_MAX = until one under way comes back. */
int64_t zoho_budget_wait(struct budget *, enum lane, int64_t now_ms);
/* … and one of this product, of those that there are, beside it. */
int64_t zoho_budget_burst_wait(const struct budget *, enum lane, int product, int64_t now_ms);
void zoho_budget_take(struct budget *, enum lane, int64_t now_ms);
void zoho_budget_back(struct budget *, enum lane);
/* The three x-rate-limit headers; -1 = the reply had none. */
void zoho_budget_told(struct budget *, int64_t limit, int64_t left, int64_t reset_s, int64_t now_ms);
/* n calls that went out lately, as far as a predecessor on another boot knew. */
void zoho_budget_recall(struct budget *, int64_t n, int64_t at_ms, int64_t now_ms);

struct refusal {		     /* a 429 */
	int64_t code, retry_after_s; /* -1 = the reply had none */
	enum lane lane;
	int product;
};
/* Notes what it asks for; returns how long such a call has to wait, ms. */
int64_t zoho_budget_refused(struct budget *, const struct refusal *, int64_t now_ms);
void zoho_budget_went_well(struct budget *, enum lane, int product, int64_t now_ms);

int64_t zoho_budget_minute_left(struct budget *, int64_t now_ms);
int64_t zoho_budget_minute_used(const struct budget *, int64_t now_ms);
int64_t zoho_budget_day_limit(const struct budget *);
int64_t zoho_budget_day_left(const struct budget *, int64_t now_ms);   /* -1 = unknown */
int64_t zoho_budget_day_resets(const struct budget *, int64_t now_ms); /* when it starts anew */
/* Nothing may go out today any more, realtime included; until_ms: when it goes on. */
bool zoho_budget_day_over(const struct budget *, int64_t now_ms, int64_t *until_ms);
