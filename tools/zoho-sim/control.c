/* Owns /_sim/: what tests and checkers ask and order beside the simulated API; no token, no limits. */
#include "control.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "faults.h"
#include "limits.h"
#include "oauth.h"
#include "options.h"
#include "store.h"

void control_error(struct request *request, unsigned status, const char *what)
{
	request->status = status;
	text_clear(&request->reply);
	text_puts(&request->reply, "{\"error\":");
	text_json_string(&request->reply, what);
	text_puts(&request->reply, "}");
}

bool control_query_is(struct request *request, const char *key, const char *value)
{
	const char *given = request_query(request, key);

	return given && !strcmp(given, value);
}

long control_query_number(struct request *request, const char *key, long unset)
{
	const char *given = request_query(request, key);

	return given && *given ? strtol(given, NULL, 10) : unset;
}

static void health(struct request *request)
{
	struct text *out = &request->reply;
	size_t i, k, live;

	text_puts(out, "{\"status\":\"ok\",\"organization_id\":");
	text_json_string(out, options.organization_id);
	text_puts(out, ",\"entities\":{");
	store_lock();
	for (i = 0; i < ENTITY_COUNT; i++) {
		for (k = live = 0; k < store_count(&entities[i]); k++)
			live += !store_at(&entities[i], k)->deleted;
		text_printf(out, "%s\"%s\":{\"live\":%zu,\"total\":%zu}", i ? "," : "", entities[i].name, live, k);
	}
	store_unlock();
	text_puts(out, "}}");
}

static void faults_call(struct request *request)
{
	json_object *spec;
	const char *wrong = NULL;

	if (!strcmp(request->method, "DELETE")) {
		faults_clear();
	} else if (!strcmp(request->method, "POST")) {
		spec = json_tokener_parse(request->body.data ? request->body.data : "");
		wrong = json_object_is_type(spec, json_type_object) ? faults_add(spec)
								    : "the body must be a JSON object";
		json_object_put(spec);
	}
	if (wrong) {
		control_error(request, 400, wrong);
		return;
	}
	text_puts(&request->reply, "{\"faults\":");
	faults_describe(&request->reply);
	text_puts(&request->reply, "}");
}

static void reset_counters(struct request *request)
{
	calls_reset();
	limits_reset();
	oauth_reset();
	text_puts(&request->reply, "{\"ok\":true}");
}

static void quota(struct request *request)
{
	limits_set_used((unsigned)control_query_number(request, "used", 0));
	text_puts(&request->reply, "{\"ok\":true}");
}

static void limits(struct request *request)
{
	unsigned spent;

	limits_change((unsigned)control_query_number(request, "concurrent", 0),
		(unsigned)control_query_number(request, "calls_per_day", 0));
	spent = limits_spend((unsigned)control_query_number(request, "spend", 0));
	text_printf(&request->reply, "{\"ok\":true,\"spent\":%u}", spent);
}

static void calls(struct request *request)
{
	calls_describe(&request->reply);
}

static void stop(struct request *request)
{
	request->stops = true;
	text_puts(&request->reply, "{\"ok\":true}");
}

static const struct {
	const char *name, *methods;
	void (*call)(struct request *request);
} routes[] = {
	{"health", "GET", health},
	{"calls", "GET", calls},
	{"faults", "GET POST DELETE", faults_call},
	{"reset-counters", "POST", reset_counters},
	{"quota", "POST", quota},
	{"limits", "POST", limits},
	{"change", "POST", control_change},
	{"stop", "GET POST", stop},
};

void control_call(struct request *request)
{
	const char *name = request->path + strlen("/_sim/");
	size_t i;

	if (request->too_large) {
		control_error(request, 413, "the body is too large");
		return;
	}
	if (!strncmp(name, "records/", 8)) {
		control_records(request, name + 8);
		return;
	}
	if (!strncmp(name, "webhooks", 8)) {
		control_webhooks(request, name + 8);
		return;
	}
	for (i = 0; i < sizeof routes / sizeof *routes; i++) {
		if (strcmp(routes[i].name, name) != 0)
			continue;
		if (strstr(routes[i].methods, request->method))
			routes[i].call(request);
		else
			control_error(request, 405, "that method is not for this path");
		return;
	}
	control_error(request, 404, "no such control; zoho-sim --help lists them");
}
