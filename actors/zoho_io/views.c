/* Owns the two routes about circuit breakers: what they are, and closing one by hand. */
#include "actors/zoho_io/zoho.h"
#include "ipc/buf.h"
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void add_time(struct buf *b, const char *key, int64_t at_us)
{
	char text[32];
	struct tm tm;
	time_t at = (time_t)(at_us / 1000000);
	if (!at_us) {
		buf_fmt(b, "\"%s\":null", key);
		return;
	}
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &tm));
	buf_fmt(b, "\"%s\":\"%s.%03dZ\"", key, text, (int)(at_us / 1000 % 1000));
}

static void add_breaker(
	struct buf *out, const char *name, const struct slot_breaker *b, const struct breaker_limits *limits)
{
	uint64_t answered = b->successful + b->failed;
	buf_fmt(out,
		"\"%s\":{\"name\":\"%s\",\"state\":\"%s\",\"failure_count\":%" PRId64 ",\"success_count\":%" PRId64
		",\"half_open_calls\":%" PRId64,
		name, name, zoho_breaker_words[b->state], b->failure_count, b->success_count, b->half_open_calls);
	buf_fmt(out,
		",\"statistics\":{\"total_calls\":%" PRIu64 ",\"successful_calls\":%" PRIu64
		",\"failed_calls\":%" PRIu64 ",\"rejected_calls\":%" PRIu64 ",\"state_changes\":%" PRIu64 ",",
		(uint64_t)b->total, (uint64_t)b->successful, (uint64_t)b->failed, (uint64_t)b->rejected,
		(uint64_t)b->changes);
	add_time(out, "last_failure", b->last_failure_us);
	buf_str(out, ",");
	add_time(out, "last_success", b->last_success_us);
	buf_fmt(out,
		"},\"configuration\":{\"failure_threshold\":%" PRId64 ",\"success_threshold\":%" PRId64
		",\"timeout_seconds\":%" PRId64 ",\"half_open_max_calls\":%" PRId64 "}",
		limits->failures, limits->successes, limits->timeout_ms / 1000, limits->half_open_calls_max);
	buf_fmt(out, ",\"success_rate\":%.4f}", answered ? (double)b->successful / (double)answered : 1.0);
}

void zoho_view_breakers(struct actor *a, struct edge *in, const struct msg_http_request *request)
{
	struct zoho *z = a->state;
	struct buf out = {0};
	int open = 0;
	buf_str(&out, "{\"circuit_breakers\":{");
	for (int i = 0; i < BREAKERS; i++) {
		buf_str(&out, i ? "," : "");
		add_breaker(&out, breaker_names[i], &z->breakers[i], &z->breaker_limits);
	}
	buf_str(&out, "},\"open_breakers\":[");
	for (int i = 0; i < BREAKERS; i++)
		if (z->breakers[i].state == BREAKER_OPEN)
			buf_fmt(&out, "%s\"%s\"", open++ ? "," : "", breaker_names[i]);
	buf_fmt(&out, "],\"open_count\":%d,\"total_breakers\":%d}", open, BREAKERS);
	actor_reply(a, in, request->request, 200, "", out.data, out.len);
	buf_free(&out);
}

void zoho_reset_breaker(struct actor *a, struct edge *in, const struct msg_http_request *request)
{
	struct zoho *z = a->state;
	struct str name = path_segment(request->path, 4);
	char body[160];
	for (int i = 0; i < BREAKERS; i++) {
		if (!str_eq(name, breaker_names[i]))
			continue;
		zoho_breaker_close(z, i, request->who, request->correlation);
		int n = snprintf(body, sizeof body,
			"{\"success\":true,\"message\":\"Circuit breaker '%s' reset to CLOSED\"}", breaker_names[i]);
		actor_reply(a, in, request->request, 200, "", body, (size_t)n);
		return;
	}
	actor_refuse(a, in, request->request, 404, "Circuit breaker '%.*s' not found", (int)name.len,
		name.data ? name.data : "");
}
