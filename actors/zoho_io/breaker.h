/* A circuit breaker: after some failures in a row Zoho's product is left alone for a while, then tried with few calls.
 * Pure: no clock, no network. Times are milliseconds of any one clock that doesn't go back; `_us` is the wall clock.
 * Its memory is the actor's slot: a successor goes on with it. */
#pragma once
#include <stdbool.h>
#include "ipc/slot.h"

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker_limits {
	int64_t failures, successes, half_open_calls_max, timeout_ms;
};

extern const char *const zoho_breaker_words[]; /* by state: "closed" … */

/* After a death: the calls that were under way tell nothing any more. `now_ms` as ever. */
void zoho_breaker_adopt(struct slot_breaker *, const struct breaker_limits *, int64_t now_ms);
/* How long a call has to wait: 0 = go; INT64_MAX = until one of those that try it comes back. */
int64_t zoho_breaker_wait(const struct slot_breaker *, const struct breaker_limits *, int64_t now_ms);
/* A call goes out; true: it is one that tries an open breaker, to be said again when it ends. */
bool zoho_breaker_start(struct slot_breaker *, const struct breaker_limits *, int64_t now_ms);
enum breaker_end { BREAKER_SUCCESS, BREAKER_FAILURE, BREAKER_NEITHER };
void zoho_breaker_end(struct slot_breaker *, const struct breaker_limits *, enum breaker_end, bool trial,
	int64_t now_ms, int64_t now_us);
void zoho_breaker_reset(struct slot_breaker *);
