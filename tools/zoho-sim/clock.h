/* Owns the organisation's clock: its zone, its text forms, its midnight. */
#ifndef ZOHO_SIM_CLOCK_H
#define ZOHO_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define TIME_TEXT_MAX 32

/* zone: "+hhmm" or "-hhmm"; false when it is not one. */
bool clock_set_zone(const char *zone);
const char *clock_zone(void);
/* "YYYY-MM-DDTHH:MM:SS+hhmm" in the organisation's zone. */
const char *clock_text(time_t time, char text[static TIME_TEXT_MAX]);
/* "YYYY-MM-DD" in the organisation's zone. */
const char *clock_date(time_t time, char text[static TIME_TEXT_MAX]);
/* "09 Jun 2026", with_time: "09 Jun 2026 09:47 AM". */
const char *clock_display(time_t time, bool with_time, char text[static TIME_TEXT_MAX]);
/* Only "YYYY-MM-DDTHH:MM:SS+hhmm" is understood, as by Zoho. */
bool clock_parse(const char *text, time_t *time);
/* "YYYY-MM-DD" as that day's start in the organisation's zone. */
bool clock_parse_date(const char *text, time_t *time);
int clock_seconds_to_midnight(time_t time);
/* Milliseconds since an arbitrary moment, never going back. */
int64_t clock_monotonic_ms(void);
int64_t clock_wall_ms(void);

#endif
