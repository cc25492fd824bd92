/* How many calls somebody is likely to want, by what he did: the realtime lane, to which the other lanes leave them, and
 * the other programs that spend the same day. Pure: the caller brings the clock (milliseconds). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct need {
	int64_t minute_ms; /* how long a minute is */
	int64_t from_ms;   /* the minute that runs */
	int64_t calls;	   /* in it */
	int64_t peak;	   /* thousandths of a call: the busiest minute lately; an eighth is forgotten each minute */
	int64_t minutes;   /* seen, up to an hour */
	int64_t average;   /* thousandths of a call a minute, over them */
};

void zoho_need_note(struct need *, int64_t calls, int64_t now_ms); /* so many were made */
/* Calls that a minute may take. */
int64_t zoho_need_in_a_minute(struct need *, int64_t now_ms);
/* Calls from now until then. */
int64_t zoho_need_until(struct need *, int64_t now_ms, int64_t then_ms);
bool zoho_need_lately(struct need *, int64_t now_ms); /* a call in the last few minutes */
