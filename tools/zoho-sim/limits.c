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
	day_ends = now + (options.day_seconds ? (int)options.day_seconds : clock_seconds_to_midnight(now));
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

/* With the lock held. */
static enum limit take(void)
{
	enum limit limit;
	int64_t now = clock_monotonic_ms();

	if (!accepted)
		accepted = calloc(options.calls_per_minute + 1, sizeof *accepted);
	if (!accepted)
		abort();
	new_day();
	limit = options.calls_per_minute ? forbidden(now) : LIMIT_MINUTE;
	if (limit == LIMIT_NONE) {
		accepted[next] = now;
		next = (next + 1) % options.calls_per_minute;
		used_today++;
	}
	return limit;
}

enum limit limits_enter(void)
{
	enum limit limit;

	pthread_mutex_lock(&lock);
	limit = take();
	inside += limit == LIMIT_NONE;
	pthread_mutex_unlock(&lock);
	return limit;
}

unsigned limits_spend(unsigned calls)
{
	unsigned spent = 0;

	pthread_mutex_lock(&lock);
	while (spent < calls && take() == LIMIT_NONE)
		spent++;
	pthread_mutex_unlock(&lock);
	return spent;
}

void limits_change(unsigned concurrent, unsigned calls_per_day)
{
	pthread_mutex_lock(&lock);
	options.concurrent = concurrent ? concurrent : options.concurrent;
	options.calls_per_day = calls_per_day ? calls_per_day : options.calls_per_day;
	pthread_mutex_unlock(&lock);
}

void limits_leave(void)
{
	pthread_mutex_lock(&lock);
	inside--;
	pthread_mutex_unlock(&lock);
}

void limits_headers(struct request *request)
{
	unsigned limit, left;
	int seconds;

	pthread_mutex_lock(&lock);
	new_day();
	limit = options.calls_per_day;
	left = used_today < limit ? limit - used_today : 0;
	seconds = (int)(day_ends - time(NULL));
	pthread_mutex_unlock(&lock);
	reply_header(request, "x-rate-limit-limit", "%u", limit);
	reply_header(request, "x-rate-limit-remaining", "%u", left);
	reply_header(request, "x-rate-limit-reset", "%d", seconds);
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
