/* Owns the access tokens: who gets one, how many live, when they die; as strict as Zoho about asking too often. */
#include "oauth.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "clock.h"
#include "fault_reply.h"
#include "options.h"
#include "random.h"

#define TOKEN_BYTES_MAX 80
#define TOKENS_MAX 64
#define PREFIX "Zoho-oauthtoken "

struct token {
	char text[TOKEN_BYTES_MAX];
	int64_t expires_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct token live[TOKENS_MAX]; /* oldest first */
static size_t live_count;
static int64_t asked[TOKENS_MAX]; /* when tokens were asked for, oldest first */
static size_t asked_count;
static struct random dice;

static bool same(const char *given, const char *wanted)
{
	return given && !strcmp(given, wanted);
}

/* Asking again while throttled makes the wait longer: refused requests count too. */
static bool throttled(int64_t now)
{
	size_t limit = options.tokens_per_window < TOKENS_MAX ? options.tokens_per_window : TOKENS_MAX - 1;

	while (asked_count && asked[0] <= now - (int64_t)options.token_window_seconds * 1000)
		memmove(asked, asked + 1, --asked_count * sizeof *asked);
	if (asked_count == TOKENS_MAX)
		memmove(asked, asked + 1, --asked_count * sizeof *asked);
	asked[asked_count++] = now;
	return asked_count > limit;
}

static void issue(struct request *request, int64_t now)
{
	struct token token = {.expires_ms = now + (int64_t)options.token_seconds * 1000};
	size_t most = options.tokens_live < TOKENS_MAX ? options.tokens_live : TOKENS_MAX;

	if (!dice.state)
		dice.state = options.seed ^ (uint64_t)clock_wall_ms();
	snprintf(token.text, sizeof token.text, "1000.%016llx%016llx.%016llx%016llx",
		(unsigned long long)random_next(&dice), (unsigned long long)random_next(&dice),
		(unsigned long long)random_next(&dice), (unsigned long long)random_next(&dice));
	while (live_count && live_count >= most)
		memmove(live, live + 1, --live_count * sizeof *live);
	live[live_count++] = token;
	text_printf(&request->reply,
		"{\"access_token\":\"%s\",\"api_domain\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%u}",
		token.text, http_base(), options.token_seconds);
}

/* What the form (body or query) says, decoded into value; false when it doesn't. */
static bool form_value(struct request *request, const char *key, char *value, size_t size)
{
	const char *query = request_query(request, key);
	char *copy, *pair, *rest, *equals;
	bool found = false;

	if (query) {
		snprintf(value, size, "%s", query);
		return true;
	}
	copy = text_format("%s", request->body.data ? request->body.data : "");
	for (pair = strtok_r(copy, "&", &rest); pair && !found; pair = strtok_r(NULL, "&", &rest)) {
		equals = strchr(pair, '=');
		found = equals && (size_t)(equals - pair) == strlen(key) && !strncmp(pair, key, strlen(key));
		if (found) {
			url_decode(equals + 1);
			snprintf(value, size, "%s", equals + 1);
		}
	}
	free(copy);
	return found;
}

/* NULL when the request is in order. */
static const char *error_of(struct request *request)
{
	char value[256];

	if (!form_value(request, "grant_type", value, sizeof value) || !same(value, "refresh_token"))
		return "invalid_request";
	if (!form_value(request, "client_id", value, sizeof value) || !same(value, options.client_id))
		return "invalid_client";
	if (!form_value(request, "client_secret", value, sizeof value) || !same(value, options.client_secret))
		return "invalid_client_secret";
	if (!form_value(request, "refresh_token", value, sizeof value) || !same(value, options.refresh_token))
		return "invalid_code";
	return NULL;
}

static void answer(struct request *request, const char *error)
{
	int64_t now = clock_monotonic_ms();

	pthread_mutex_lock(&lock);
	if (throttled(now)) {
		request->status = 400;
		error = "Access Denied";
		text_puts(&request->reply,
			"{\"error_description\":\"You have made too many requests continuously. Please try again after"
			" some time.\",\"error\":\"Access Denied\",\"status\":\"failure\"}");
	} else if (error) {
		text_printf(&request->reply, "{\"error\":\"%s\"}", error);
	} else {
		issue(request, now);
	}
	pthread_mutex_unlock(&lock);
	if (error)
		calls_token_refused();
	else
		calls_token_issued();
}

void oauth_token(struct request *request)
{
	struct fault fault = faults_strike(request->path);

	if (fault.kind == FAULT_TOKEN_REVOKED) {
		oauth_revoke();
		answer(request, "invalid_code");
	} else {
		if (!fault_before(request, &fault))
			answer(request, error_of(request));
		fault_after(request, &fault);
	}
}

int oauth_check(struct request *request)
{
	const char *given = request_header(request, "Authorization");
	int64_t now = clock_monotonic_ms();
	int code = 57;
	size_t i;

	if (!given || strncmp(given, PREFIX, strlen(PREFIX)) != 0)
		return 14;
	given += strlen(PREFIX);
	pthread_mutex_lock(&lock);
	for (i = 0; i < live_count; i++) {
		if (same(given, live[i].text) && live[i].expires_ms > now)
			code = 0;
	}
	pthread_mutex_unlock(&lock);
	return code;
}

void oauth_revoke(void)
{
	pthread_mutex_lock(&lock);
	live_count = 0;
	pthread_mutex_unlock(&lock);
}

void oauth_reset(void)
{
	pthread_mutex_lock(&lock);
	asked_count = 0;
	pthread_mutex_unlock(&lock);
}
