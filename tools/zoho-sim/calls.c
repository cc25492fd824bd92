/* Owns the record of what the simulator was asked, so that a checker can see how a client behaved. */
#include "calls.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"

#define LOG_MAX 1000
#define PATHS_MAX 128
#define PATH_BYTES_MAX 160
#define QUERY_BYTES_MAX 320

struct call {
	int64_t time_ms;
	unsigned duration_ms, status;
	int code;
	char method[8];
	char path[PATH_BYTES_MAX], query[QUERY_BYTES_MAX];
};

struct path_count {
	char path[PATH_BYTES_MAX];
	uint64_t count;
};

static struct {
	uint64_t total, tokens_issued, tokens_refused;
	uint64_t by_status[600];
	uint64_t refused[5]; /* 429 by code: 43 44 45 1070 other */
	unsigned concurrent_max;
	size_t minute_max;
	struct path_count paths[PATHS_MAX];
	size_t path_count;
	struct call log[LOG_MAX];
	uint64_t logged;
} counters;

static const int refusal_codes[] = {43, 44, 45, 1070};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned concurrent;
/* Arrivals of the last minute, oldest first. */
static int64_t *arrivals;
static size_t arrival_first, arrival_count, arrival_capacity;

static void note_arrival(int64_t now)
{
	while (arrival_count && arrivals[arrival_first] <= now - (int64_t)options.minute_seconds * 1000) {
		arrival_first++;
		arrival_count--;
	}
	if (arrival_first + arrival_count == arrival_capacity) {
		if (arrival_first)
			memmove(arrivals, arrivals + arrival_first, arrival_count * sizeof *arrivals);
		arrival_first = 0;
		if (2 * arrival_count >= arrival_capacity) {
			arrival_capacity = arrival_capacity ? 2 * arrival_capacity : 1024;
			arrivals = realloc(arrivals, arrival_capacity * sizeof *arrivals);
			if (!arrivals)
				abort();
		}
	}
	arrivals[arrival_first + arrival_count++] = now;
	if (arrival_count > counters.minute_max)
		counters.minute_max = arrival_count;
}

void calls_begin(void)
{
	pthread_mutex_lock(&lock);
	note_arrival(clock_monotonic_ms());
	if (++concurrent > counters.concurrent_max)
		counters.concurrent_max = concurrent;
	pthread_mutex_unlock(&lock);
}

void calls_end(void)
{
	pthread_mutex_lock(&lock);
	concurrent--;
	pthread_mutex_unlock(&lock);
}

/* "/books/v3/items/{id}": a long number stands for an id. */
static void without_ids(const char *path, char result[static PATH_BYTES_MAX])
{
	size_t length = 0, digits;

	while (*path && length < PATH_BYTES_MAX - 5) {
		digits = strspn(path, "0123456789");
		if (digits >= 6) {
			memcpy(result + length, "{id}", 4);
			length += 4;
			path += digits;
		} else {
			result[length++] = *path++;
		}
	}
	result[length] = '\0';
}

static void count_path(const char *path)
{
	char plain[PATH_BYTES_MAX];
	size_t i;

	without_ids(path, plain);
	for (i = 0; i < counters.path_count && strcmp(counters.paths[i].path, plain) != 0; i++)
		;
	if (i == PATHS_MAX)
		i--;
	else if (i == counters.path_count)
		memcpy(counters.paths[counters.path_count++].path, plain, sizeof plain);
	counters.paths[i].count++;
}

void calls_log(struct request *request, int64_t started_ms)
{
	struct text query = {0};
	struct call *call;
	size_t i;

	request_queries(request, &query);
	pthread_mutex_lock(&lock);
	call = &counters.log[counters.logged++ % LOG_MAX];
	*call = (struct call){.time_ms = started_ms,
		.duration_ms = (unsigned)(clock_wall_ms() - started_ms),
		.status = request->status,
		.code = request->code};
	snprintf(call->method, sizeof call->method, "%s", request->method);
	snprintf(call->path, sizeof call->path, "%s", request->path);
	snprintf(call->query, sizeof call->query, "%s", query.data ? query.data : "");
	counters.total++;
	counters.by_status[request->status < 600 ? request->status : 0]++;
	count_path(request->path);
	if (request->status == 429) {
		for (i = 0; i < 4 && refusal_codes[i] != request->code; i++)
			;
		counters.refused[i]++;
	}
	pthread_mutex_unlock(&lock);
	text_free(&query);
}

void calls_token_issued(void)
{
	pthread_mutex_lock(&lock);
	counters.tokens_issued++;
	pthread_mutex_unlock(&lock);
}

void calls_token_refused(void)
{
	pthread_mutex_lock(&lock);
	counters.tokens_refused++;
	pthread_mutex_unlock(&lock);
}

void calls_reset(void)
{
	pthread_mutex_lock(&lock);
	memset(&counters, 0, sizeof counters);
	arrival_count = 0;
	pthread_mutex_unlock(&lock);
}

static void describe_counts(struct text *out)
{
	const char *separator = "";
	size_t i;

	text_puts(out, "\"by_path\":{");
	for (i = 0; i < counters.path_count; i++) {
		text_puts(out, i ? "," : "");
		text_json_string(out, counters.paths[i].path);
		text_printf(out, ":%" PRIu64, counters.paths[i].count);
	}
	text_puts(out, "},\"by_status\":{");
	for (i = 0; i < 600; i++) {
		if (!counters.by_status[i])
			continue;
		text_printf(out, "%s\"%zu\":%" PRIu64, separator, i, counters.by_status[i]);
		separator = ",";
	}
	text_puts(out, "},\"by_429_code\":{");
	for (i = 0; i < 4; i++)
		text_printf(out, "\"%d\":%" PRIu64 ",", refusal_codes[i], counters.refused[i]);
	text_printf(out, "\"other\":%" PRIu64 "}", counters.refused[4]);
}

static void describe_call(struct text *out, const struct call *call)
{
	char time[TIME_TEXT_MAX];

	text_printf(out, "{\"time\":\"%s\",\"time_ms\":%" PRId64 ",\"duration_ms\":%u,\"method\":\"%s\",\"path\":",
		clock_text((time_t)(call->time_ms / 1000), time), call->time_ms, call->duration_ms, call->method);
	text_json_string(out, call->path);
	text_puts(out, ",\"query\":");
	text_json_string(out, call->query);
	text_printf(out, ",\"status\":%u,\"code\":%d}", call->status, call->code);
}

void calls_describe(struct text *out)
{
	uint64_t i;

	pthread_mutex_lock(&lock);
	text_printf(out, "{\"total\":%" PRIu64 ",\"max_concurrent\":%u,\"max_per_minute\":%zu,", counters.total,
		counters.concurrent_max, counters.minute_max);
	text_printf(out, "\"tokens_issued\":%" PRIu64 ",\"tokens_refused\":%" PRIu64 ",", counters.tokens_issued,
		counters.tokens_refused);
	describe_counts(out);
	text_puts(out, ",\"calls\":[");
	for (i = counters.logged > LOG_MAX ? counters.logged - LOG_MAX : 0; i < counters.logged; i++) {
		describe_call(out, &counters.log[i % LOG_MAX]);
		if (i + 1 < counters.logged)
			text_puts(out, ",");
	}
	text_puts(out, "]}");
	pthread_mutex_unlock(&lock);
}
