/* Owns the faults that are planned: which request is struck, how, and how often. */
#include "faults.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "random.h"
#include "spec.h"
#include "text.h"

#define FAULTS_MAX 64
#define FOR_EVER_SECONDS 1e9

static const char *const kind_names[] = {"none", "429", "500", "503", "html", "truncate", "reset", "slow",
	"token_revoked", "unauthorized", "hang", "gzip_cut", "image"};
#define KIND_COUNT (sizeof kind_names / sizeof *kind_names)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault faults[FAULTS_MAX];
static size_t fault_count;
static struct random dice = {42};

static enum fault_kind kind_of(json_object *spec)
{
	json_object *kind = NULL;
	const char *name = json_object_object_get_ex(spec, "kind", &kind) ? json_object_get_string(kind) : NULL;
	size_t i;

	for (i = 1; name && i < KIND_COUNT; i++) {
		if (!strcmp(kind_names[i], name))
			return (enum fault_kind)i;
	}
	return FAULT_NONE;
}

static int64_t seconds_ms(json_object *spec, const char *key, double unset)
{
	json_object *value;

	return (int64_t)(1000 * (json_object_object_get_ex(spec, key, &value) ? json_object_get_double(value) : unset));
}

static void copy_text(json_object *spec, const char *key, char *to, size_t size)
{
	json_object *value;

	if (json_object_object_get_ex(spec, key, &value))
		snprintf(to, size, "%s", json_object_get_string(value));
}

const char *faults_add(json_object *spec)
{
	struct fault fault = {.kind = kind_of(spec), .rate = 1};
	json_object *rate;

	if (fault.kind == FAULT_NONE)
		return "kind must be 429, 500, 503, html, truncate, reset, slow, token_revoked, unauthorized, hang,"
		       " gzip_cut or image";
	if (!spec_keys(spec, " kind path count rate after after_calls at_seconds for code status delay_ms body "))
		return "keys are kind, path, count, rate, after, after_calls, at_seconds, for, code, status, delay_ms, body";
	if (!spec_numbers(spec, " count rate after after_calls at_seconds for code status delay_ms "))
		return "count, rate, after, after_calls, at_seconds, for, code, status and delay_ms are numbers";
	fault.count = spec_whole(spec, "count", -1);
	fault.after = spec_whole(spec, "after", 0);
	fault.after_calls = spec_whole(spec, "after_calls", 0);
	fault.at_ms = clock_monotonic_ms() + seconds_ms(spec, "at_seconds", 0);
	fault.until_ms = fault.at_ms + seconds_ms(spec, "for", FOR_EVER_SECONDS);
	fault.code = (int)spec_whole(spec, "code", fault.kind == FAULT_UNAUTHORIZED ? 57 : 44);
	fault.status = (int)spec_whole(spec, "status", 503);
	fault.delay_ms = spec_whole(spec, "delay_ms", -1);
	if (json_object_object_get_ex(spec, "rate", &rate))
		fault.rate = json_object_get_double(rate);
	copy_text(spec, "path", fault.path, sizeof fault.path);
	copy_text(spec, "body", fault.body, sizeof fault.body);
	if (fault.status < 200 || fault.status > 599)
		return "status must be 200 to 599";
	pthread_mutex_lock(&lock);
	if (fault_count < FAULTS_MAX)
		faults[fault_count++] = fault;
	else
		fault.kind = FAULT_NONE;
	pthread_mutex_unlock(&lock);
	return fault.kind == FAULT_NONE ? "too many faults; DELETE /_sim/faults first" : NULL;
}

const char *faults_add_all(json_object *specs)
{
	const char *wrong = NULL;
	size_t i;

	if (json_object_is_type(specs, json_type_object))
		return faults_add(specs);
	if (!json_object_is_type(specs, json_type_array))
		return "a JSON object, or an array of such";
	for (i = 0; i < json_object_array_length(specs) && !wrong; i++) {
		json_object *spec = json_object_array_get_idx(specs, i);

		wrong = json_object_is_type(spec, json_type_object) ? faults_add(spec) : "an array of objects";
	}
	return wrong;
}

bool faults_add_text(const char *text)
{
	json_object *spec = *text == '@' ? json_object_from_file(text + 1) : spec_of(text, "kind");
	const char *wrong = spec ? faults_add_all(spec) : "not JSON";

	json_object_put(spec);
	return wrong == NULL;
}

void faults_clear(void)
{
	pthread_mutex_lock(&lock);
	fault_count = 0;
	pthread_mutex_unlock(&lock);
}

/* With a * or ? the pattern is the shell's, for the whole path; else any part of it. */
static bool matches(const char *pattern, const char *path)
{
	return strpbrk(pattern, "*?[") ? fnmatch(pattern, path, 0) == 0 : strstr(path, pattern) != NULL;
}

static bool strikes(struct fault *fault, const char *path)
{
	int64_t now = clock_monotonic_ms();

	if (fault->after_calls > 0) {
		fault->after_calls--;
		return false;
	}
	if (fault->count == 0 || !matches(fault->path, path) || now < fault->at_ms || now >= fault->until_ms)
		return false;
	/* Tokens are spared unless named. */
	if (strstr(path, "/oauth/") && !strstr(fault->path, "oauth") && fault->kind != FAULT_TOKEN_REVOKED)
		return false;
	if (fault->after > 0) {
		fault->after--;
		return false;
	}
	if (!random_chance(&dice, fault->rate))
		return false;
	if (fault->count > 0)
		fault->count--;
	fault->struck++;
	return true;
}

struct fault faults_strike(const char *path)
{
	struct fault result = {0};
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < fault_count && result.kind == FAULT_NONE; i++) {
		if (strikes(&faults[i], path))
			result = faults[i];
	}
	pthread_mutex_unlock(&lock);
	return result;
}

static int64_t left(int64_t until_ms)
{
	int64_t now = clock_monotonic_ms();

	return until_ms > now ? until_ms - now : 0;
}

void faults_describe(struct text *out)
{
	size_t i;

	pthread_mutex_lock(&lock);
	text_puts(out, "[");
	for (i = 0; i < fault_count; i++) {
		text_printf(out, "%s{\"kind\":\"%s\",\"path\":", i ? "," : "", kind_names[faults[i].kind]);
		text_json_string(out, faults[i].path);
		text_printf(out,
			",\"count\":%ld,\"rate\":%g,\"after\":%ld,\"after_calls\":%ld,\"starts_in_ms\":%" PRId64
			",\"ends_in_ms\":%" PRId64 ",\"code\":%d,\"status\":%d,\"delay_ms\":%ld,\"struck\":%ld}",
			faults[i].count, faults[i].rate, faults[i].after, faults[i].after_calls, left(faults[i].at_ms),
			left(faults[i].until_ms), faults[i].code, faults[i].status, faults[i].delay_ms,
			faults[i].struck);
	}
	text_puts(out, "]");
	pthread_mutex_unlock(&lock);
}
