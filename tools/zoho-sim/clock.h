/* Owns the organisation's clock: how far it is from this machine's, its zone, its text forms, its midnight. */
#ifndef ZOHO_SIM_CLOCK_H
#define ZOHO_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define TIME_TEXT_MAX 32

/* zone: "+hhmm" or "-hhmm", "Europe/Berlin", or a POSIX one such as "CET-1CEST,M3.5.0,M10.5.0/3"; false when it is none.
 * Called before threads are started. */
bool clock_set_zone(const char *zone);
/* Zoho's clock is so many seconds ahead of this machine's (or behind it). */
void clock_set_skew(int64_t seconds);
int64_t clock_skew(void);
/* What Zoho's clock says; it knows whole seconds. */
time_t clock_now(void);
/* "YYYY-MM-DDTHH:MM:SS+hhmm" in the organisation's zone, as it was then. */
const char *clock_text(time_t time, char text[static TIME_TEXT_MAX]);
/* "YYYY-MM-DD" in the organisation's zone. */
const char *clock_date(time_t time, char text[static TIME_TEXT_MAX]);
/* "09 Jun 2026", with_time: "09 Jun 2026 09:47 AM". */
const char *clock_display(time_t time, bool with_time, char text[static TIME_TEXT_MAX]);
/* "Tue, 09 Jun 2026 21:33:01 GMT", as in the Date header. */
const char *clock_http(time_t time, char text[static TIME_TEXT_MAX]);
/* Only "YYYY-MM-DDTHH:MM:SS+hhmm" is understood, as by Zoho. */
bool clock_parse(const char *text, time_t *time);
/* "YYYY-MM-DD" as that day's start in the organisation's zone. */
bool clock_parse_date(const char *text, time_t *time);
int clock_seconds_to_midnight(time_t time);
/* Milliseconds since an arbitrary moment, never going back. */
int64_t clock_monotonic_ms(void);
int64_t clock_wall_ms(void);

#endif
