/* Owns the organisation's clock: how far it is from this machine's, its zone, its text forms, its midnight. */
#include "clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"

static _Atomic int64_t skew_seconds;

static bool offset_parse(const char *zone, int *seconds)
{
	int hours, minutes, length = 0;

	if ((zone[0] != '+' && zone[0] != '-') || strlen(zone) != 5 || strspn(zone + 1, "0123456789") != 4)
		return false;
	if (sscanf(zone + 1, "%2d%2d%n", &hours, &minutes, &length) != 2 || hours > 14 || minutes > 59)
		return false;
	*seconds = (hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
	return true;
}

/* A name is a file of zones; what has digits and isn't one is a POSIX rule, which the C library reads itself. */
static bool zone_is_known(const char *zone)
{
	char path[256];

	snprintf(path, sizeof path, ZONES "/%s", zone);
	if (strstr(zone, "..") || (!isalpha((unsigned char)*zone) && *zone != '<'))
		return false;
	return access(path, R_OK) == 0 || strpbrk(zone, "0123456789");
}

bool clock_set_zone(const char *zone)
{
	char fixed[32];
	int seconds;

	if (offset_parse(zone, &seconds))
		snprintf(fixed, sizeof fixed, "<%.5s>%c%.2s:%.2s", zone, *zone == '-' ? '+' : '-', zone + 1, zone + 3);
	else if (!zone_is_known(zone))
		return false;
	else
		*fixed = '\0';
	setenv("TZ", *fixed ? fixed : zone, 1);
	tzset();
	return true;
}

void clock_set_skew(int64_t seconds)
{
	skew_seconds = seconds;
}

int64_t clock_skew(void)
{
	return skew_seconds;
}

time_t clock_now(void)
{
	return time(NULL) + skew_seconds;
}

static struct tm local(time_t time)
{
	struct tm parts;

	localtime_r(&time, &parts);
	return parts;
}

const char *clock_text(time_t time, char text[static TIME_TEXT_MAX])
{
	struct tm parts = local(time);

	strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S%z", &parts);
	return text;
}

const char *clock_date(time_t time, char text[static TIME_TEXT_MAX])
{
	struct tm parts = local(time);

	strftime(text, TIME_TEXT_MAX, "%Y-%m-%d", &parts);
	return text;
}

const char *clock_display(time_t time, bool with_time, char text[static TIME_TEXT_MAX])
{
	struct tm parts = local(time);

	strftime(text, TIME_TEXT_MAX, with_time ? "%d %b %Y %I:%M %p" : "%d %b %Y", &parts);
	return text;
}

const char *clock_http(time_t time, char text[static TIME_TEXT_MAX])
{
	struct tm parts;

	gmtime_r(&time, &parts);
	strftime(text, TIME_TEXT_MAX, "%a, %d %b %Y %H:%M:%S GMT", &parts);
	return text;
}

/* Checks text against a pattern in which 9 stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
	if (strlen(text) != strlen(pattern))
		return false;
	for (; *pattern; pattern++, text++) {
		if (*pattern == '9' ? !isdigit((unsigned char)*text) : *pattern != *text)
			return false;
	}
	return true;
}

bool clock_parse(const char *text, time_t *time)
{
	struct tm parts = {0};
	int seconds;

	if (!looks_like(text, "9999-99-99T99:99:99+9999") && !looks_like(text, "9999-99-99T99:99:99-9999"))
		return false;
	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) || !offset_parse(text + 19, &seconds))
		return false;
	*time = timegm(&parts) - seconds;
	return true;
}

bool clock_parse_date(const char *text, time_t *time)
{
	struct tm parts = {0};

	if (!looks_like(text, "9999-99-99") || !strptime(text, "%Y-%m-%d", &parts))
		return false;
	parts.tm_isdst = -1;
	*time = mktime(&parts);
	return true;
}

int clock_seconds_to_midnight(time_t time)
{
	struct tm parts = local(time);

	return 86400 - (parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}
