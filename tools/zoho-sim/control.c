/* Owns /_sim/: what tests and checkers ask and order beside the simulated API; no token, no limits. */
#include "control.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "clock.h"
#include "control_images.h"
#include "drift.h"
#include "faults.h"
#include "limits.h"
#include "oauth.h"
#include "options.h"
#include "quirks.h"
#include "replies.h"
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

/* What is planned beforehand: told by GET, added to by POST, forgotten by DELETE. */
struct orders {
	const char *name;
	const char *(*add)(json_object *spec);
	void (*clear)(void);
	void (*describe)(struct text *out);
};

static void orders_call(struct request *request, const struct orders *orders)
{
	json_object *spec;
	const char *wrong = NULL;

	if (!strcmp(request->method, "DELETE")) {
		orders->clear();
	} else if (!strcmp(request->method, "POST")) {
		spec = json_tokener_parse(request->body.data ? request->body.data : "");
		wrong = spec ? orders->add(spec) : "the body must be JSON";
		json_object_put(spec);
	}
	if (wrong) {
		control_error(request, 400, wrong);
		return;
	}
	text_printf(&request->reply, "{\"%s\":", orders->name);
	orders->describe(&request->reply);
	text_puts(&request->reply, "}");
}

static void faults_call(struct request *request)
{
	static const struct orders orders = {"faults", faults_add_all, faults_clear, faults_describe};

	orders_call(request, &orders);
}

static void drift_call(struct request *request)
{
	static const struct orders orders = {"drift", drift_add, drift_clear, drift_describe};

	orders_call(request, &orders);
}

static void replies_call(struct request *request)
{
	static const struct orders orders = {"replies", replies_add, replies_clear, replies_describe};

	orders_call(request, &orders);
}

static void quirks_call(struct request *request)
{
	static const struct orders orders = {"quirks", quirks_add, quirks_clear, quirks_describe};

	store_lock();
	orders_call(request, &orders);
	store_forget();
	store_unlock();
}

static void clock_call(struct request *request)
{
	char now[TIME_TEXT_MAX];

	if (!strcmp(request->method, "POST"))
		clock_set_skew(control_query_number(request, "skew", 0));
	text_printf(
		&request->reply, "{\"now\":\"%s\",\"skew\":%" PRId64 "}", clock_text(clock_now(), now), clock_skew());
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
	{"drift", "GET POST DELETE", drift_call},
	{"quirks", "GET POST DELETE", quirks_call},
	{"replies", "GET POST DELETE", replies_call},
	{"clock", "GET POST", clock_call},
	{"reset-counters", "POST", reset_counters},
	{"quota", "POST", quota},
	{"limits", "POST", limits},
	{"change", "POST", control_change},
	{"images", "GET", control_images},
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
