/* Owns the faults that are planned: which request is struck, how, and how often. */
#include "faults.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "text.h"

#define FAULTS_MAX 64

static const char *const kind_names[] = {"none", "429", "500", "503", "html", "truncate", "reset", "slow",
	"token_revoked", "unauthorized", "hang", "gzip_cut"};
#define KIND_COUNT (sizeof kind_names / sizeof *kind_names)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault faults[FAULTS_MAX];
static size_t fault_count;
static struct random dice = {42};

static bool knows_all_keys(json_object *spec)
{
	static const char known[] = " kind path count rate after code status delay_ms body ";
	char word[24];

	json_object_object_foreach(spec, key, value)
	{
		(void)value;
		snprintf(word, sizeof word, " %s ", key);
		if (!strstr(known, word))
			return false;
	}
	return true;
}

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

static long whole(json_object *spec, const char *key, long unset)
{
	json_object *value;

	return json_object_object_get_ex(spec, key, &value) ? (long)json_object_get_int64(value) : unset;
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
		return "kind must be 429, 500, 503, html, truncate, reset, slow, token_revoked, unauthorized, hang or"
		       " gzip_cut";
	if (!knows_all_keys(spec))
		return "keys are kind, path, count, rate, after, code, status, delay_ms, body";
	fault.count = whole(spec, "count", -1);
	fault.after = whole(spec, "after", 0);
	fault.code = (int)whole(spec, "code", fault.kind == FAULT_UNAUTHORIZED ? 57 : 44);
	fault.status = (int)whole(spec, "status", 503);
	fault.delay_ms = whole(spec, "delay_ms", -1);
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

/* "429,code=44,count=3" as the object it stands for. */
static json_object *spec_of(const char *text)
{
	json_object *spec;
	char *copy, *part, *rest, *equals;

	if (*text == '{')
		return json_tokener_parse(text);
	spec = json_object_new_object();
	copy = text_format("kind=%s", text);
	for (part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		equals = strchr(part, '=');
		if (!equals) {
			/* No key of that name: it will be refused. */
			json_object_object_add(spec, part, NULL);
			continue;
		}
		*equals = '\0';
		json_object_object_add(spec, part, json_object_new_string(equals + 1));
	}
	free(copy);
	return spec;
}

bool faults_add_text(const char *text)
{
	json_object *spec = spec_of(text);
	const char *wrong = spec ? faults_add(spec) : "not JSON";

	json_object_put(spec);
	return wrong == NULL;
}

void faults_clear(void)
{
	pthread_mutex_lock(&lock);
	fault_count = 0;
	pthread_mutex_unlock(&lock);
}

static bool strikes(struct fault *fault, const char *path)
{
	if (fault->count == 0 || !strstr(path, fault->path))
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

void faults_describe(struct text *out)
{
	size_t i;

	pthread_mutex_lock(&lock);
	text_puts(out, "[");
	for (i = 0; i < fault_count; i++) {
		text_printf(out, "%s{\"kind\":\"%s\",\"path\":", i ? "," : "", kind_names[faults[i].kind]);
		text_json_string(out, faults[i].path);
		text_printf(out,
			",\"count\":%ld,\"rate\":%g,\"after\":%ld,\"code\":%d,\"status\":%d,\"delay_ms\":%ld,"
			"\"struck\":%ld}",
			faults[i].count, faults[i].rate, faults[i].after, faults[i].code, faults[i].status,
			faults[i].delay_ms, faults[i].struck);
	}
	text_puts(out, "]");
	pthread_mutex_unlock(&lock);
}
