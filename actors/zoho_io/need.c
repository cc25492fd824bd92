/* Owns the guess what webhooks will cost: a tenth of the minute, kept whatever happens, is too little on a busy day, and
 * half of it is waste on a quiet one. */
#include "actors/zoho_io/need.h"

enum {
	THOUSAND = 1000,
	MINUTES_MAX = 600,
	FORGET = 8,
	AVERAGE_OVER = 60,
	QUIET = 5 /* minutes before the first, as far as we know */,
	PEAK_LATELY = THOUSAND / 2
};

static void end_minute(struct need *n)
{
	n->peak -= n->peak / FORGET;
	if (n->calls * THOUSAND > n->peak)
		n->peak = n->calls * THOUSAND;
	n->minutes += n->minutes < AVERAGE_OVER;
	n->average += (n->calls * THOUSAND - n->average) / (n->minutes < QUIET ? QUIET : n->minutes);
	n->calls = 0;
	n->from_ms += n->minute_ms;
}

static void roll(struct need *n, int64_t now_ms)
{
	if (!n->from_ms || now_ms < n->from_ms || now_ms - n->from_ms > MINUTES_MAX * n->minute_ms)
		*n = (struct need){.minute_ms = n->minute_ms, .from_ms = now_ms};
	while (now_ms - n->from_ms >= n->minute_ms)
		end_minute(n);
}

void zoho_need_note(struct need *n, int64_t calls, int64_t now_ms)
{
	roll(n, now_ms);
	n->calls += calls;
}

int64_t zoho_need_in_a_minute(struct need *n, int64_t now_ms)
{
	roll(n, now_ms);
	int64_t most = n->calls * THOUSAND > n->peak ? n->calls * THOUSAND : n->peak;
	return (most + most / 4 + THOUSAND - 1) / THOUSAND;
}

int64_t zoho_need_until(struct need *n, int64_t now_ms, int64_t then_ms)
{
	roll(n, now_ms);
	return then_ms > now_ms ? (then_ms - now_ms) / n->minute_ms * n->average / THOUSAND : 0;
}

bool zoho_need_lately(struct need *n, int64_t now_ms)
{
	roll(n, now_ms);
	return n->calls || n->peak >= PEAK_LATELY;
}
