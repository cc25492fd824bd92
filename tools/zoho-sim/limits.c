/* Owns the organisation's quota: calls per minute (a sliding window), per day until its midnight, and at once. */
#include "limits.h"

#include <pthread.h>
#include <stdlib.h>

#include "clock.h"
#include "options.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* When the last calls_per_minute accepted calls came; the oldest is at next. */
static int64_t *accepted;
static size_t next;
static unsigned inside, used_today;
static time_t day_ends;

static void new_day(void)
{
	time_t now = time(NULL);

	if (now < day_ends)
		return;
	day_ends = now + clock_seconds_to_midnight(now);
	used_today = 0;
}

static enum limit forbidden(int64_t now)
{
	if (inside >= options.concurrent)
		return LIMIT_CONCURRENT;
	if (accepted[next] && accepted[next] > now - (int64_t)options.minute_seconds * 1000)
		return LIMIT_MINUTE;
	if (used_today >= options.calls_per_day)
		return LIMIT_DAY;
	return LIMIT_NONE;
}

enum limit limits_enter(void)
{
	enum limit limit;
	int64_t now;

	pthread_mutex_lock(&lock);
	if (!accepted)
		accepted = calloc(options.calls_per_minute + 1, sizeof *accepted);
	if (!accepted)
		abort();
	now = clock_monotonic_ms();
	new_day();
	limit = options.calls_per_minute ? forbidden(now) : LIMIT_MINUTE;
	if (limit == LIMIT_NONE) {
		accepted[next] = now;
		next = (next + 1) % options.calls_per_minute;
		used_today++;
		inside++;
	}
	pthread_mutex_unlock(&lock);
	return limit;
}

void limits_leave(void)
{
	pthread_mutex_lock(&lock);
	inside--;
	pthread_mutex_unlock(&lock);
}

void limits_headers(struct request *request)
{
	unsigned left;

	pthread_mutex_lock(&lock);
	new_day();
	left = used_today < options.calls_per_day ? options.calls_per_day - used_today : 0;
	pthread_mutex_unlock(&lock);
	reply_header(request, "x-rate-limit-limit", "%u", options.calls_per_day);
	reply_header(request, "x-rate-limit-remaining", "%u", left);
	reply_header(request, "x-rate-limit-reset", "%d", clock_seconds_to_midnight(time(NULL)));
}

void limits_set_used(unsigned used)
{
	pthread_mutex_lock(&lock);
	new_day();
	used_today = used;
	pthread_mutex_unlock(&lock);
}

void limits_reset(void)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; accepted && i < options.calls_per_minute; i++)
		accepted[i] = 0;
	used_today = 0;
	pthread_mutex_unlock(&lock);
}
