/* Owns what happens in Zoho while somebody reads a list: after a page is served, records are created, changed or deleted. */
#include "drift.h"

#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "spec.h"
#include "webhooks.h"

#define DRIFTS_MAX 64

enum action { DRIFT_CREATE, DRIFT_CHANGE, DRIFT_DELETE };
enum which { WHICH_SHOWN, WHICH_LATER, WHICH_ANY };

struct drift {
	const struct entity *list;
	unsigned long after; /* page; 0: every page */
	enum action action;
	enum which which;
	long count, times; /* records each time; times left, negative: no end */
	bool webhook;
	json_object *fields; /* what a change sets; NULL: something at random */
	json_object *struck; /* ids */
};

static struct drift drifts[DRIFTS_MAX];
static atomic_size_t drift_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct random dice = {23};

static const char *fill(struct drift *drift, json_object *spec)
{
	static const char *const actions[] = {"create", "change", "delete", NULL};
	static const char *const places[] = {"shown", "later", "any", NULL};
	int action = spec_word(spec, "do", actions, DRIFT_CHANGE), which = spec_word(spec, "which", places, WHICH_ANY);

	if (!spec_keys(spec, " list after do count which times webhook fields "))
		return "keys are list, after, do, count, which, times, webhook, fields";
	drift->list = entity_by_name(spec_text(spec, "list"));
	if (!drift->list)
		return "list must be an entity";
	if (action < 0 || which < 0)
		return "do is create, change or delete; which is shown, later or any";
	drift->action = (enum action)action;
	drift->which = (enum which)which;
	if (!spec_numbers(spec, " after count times "))
		return "after, count and times are numbers";
	drift->after = (unsigned long)spec_whole(spec, "after", 1);
	drift->count = spec_whole(spec, "count", 1);
	drift->times = spec_whole(spec, "times", 1);
	drift->webhook = !strcmp(spec_text(spec, "webhook"), "true");
	if (json_object_object_get_ex(spec, "fields", &drift->fields))
		json_object_get(drift->fields);
	return NULL;
}

const char *drift_add(json_object *spec)
{
	struct drift drift = {0};
	const char *wrong = fill(&drift, spec);

	pthread_mutex_lock(&lock);
	if (!wrong && drift_count == DRIFTS_MAX)
		wrong = "too many drifts; DELETE /_sim/drift first";
	if (!wrong) {
		drift.struck = json_object_new_array();
		drifts[drift_count++] = drift;
	}
	pthread_mutex_unlock(&lock);
	return wrong;
}

bool drift_add_text(const char *text)
{
	json_object *spec = spec_of(text, "list");
	const char *wrong = spec ? drift_add(spec) : "not JSON";

	json_object_put(spec);
	return wrong == NULL;
}

void drift_clear(void)
{
	pthread_mutex_lock(&lock);
	while (drift_count) {
		drift_count--;
		json_object_put(drifts[drift_count].fields);
		json_object_put(drifts[drift_count].struck);
	}
	pthread_mutex_unlock(&lock);
}

bool drift_is_planned(void)
{
	return drift_count > 0;
}

/* One that isn't gone yet, of those that the plan means; NULL when there is none. */
static struct record *choose(const struct drift *drift, const struct drift_page *page)
{
	size_t from = drift->which == WHICH_LATER ? page->shown : 0,
	       end = drift->which == WHICH_SHOWN ? page->shown : page->count, tries;
	struct record *record;

	for (tries = 0; from < end && tries < 1000; tries++) {
		record = page->records[from + random_below(&dice, end - from)];
		if (!record->deleted && record->entity == drift->list)
			return record;
	}
	return NULL;
}

static struct record *strike(const struct drift *drift, const struct drift_page *page)
{
	struct record *record;
	const char *refused;

	if (drift->action == DRIFT_CREATE) {
		record = generate_now(drift->list, &dice, NULL);
		if (record && drift->webhook)
			webhooks_send(record, WEBHOOK_CREATED);
		return record;
	}
	record = choose(drift, page);
	if (!record)
		return NULL;
	if (drift->action == DRIFT_DELETE) {
		record->deleted = true;
		record_changed(record, false);
	} else if (drift->fields) {
		record_changed(record, record_update(record, drift->fields, &refused));
	} else {
		change_record(&dice, record);
	}
	if (drift->webhook)
		webhooks_send(record, drift->action == DRIFT_DELETE ? WEBHOOK_DELETED : WEBHOOK_UPDATED);
	return record;
}

static bool is_due(const struct drift *drift, const struct drift_page *page)
{
	return drift->times != 0 && drift->list >= page->first && drift->list <= page->last &&
	       (!drift->after || drift->after == page->number);
}

void drift_after(const struct drift_page *page)
{
	struct record *record;
	size_t i;
	long n;

	pthread_mutex_lock(&lock);
	for (i = 0; i < drift_count; i++) {
		if (!is_due(&drifts[i], page))
			continue;
		drifts[i].times -= drifts[i].times > 0;
		for (n = 0; n < drifts[i].count; n++) {
			record = strike(&drifts[i], page);
			if (record)
				json_object_array_add(drifts[i].struck, json_object_new_string(record->id));
		}
	}
	pthread_mutex_unlock(&lock);
}

void drift_describe(struct text *out)
{
	size_t i;

	pthread_mutex_lock(&lock);
	text_puts(out, "[");
	for (i = 0; i < drift_count; i++) {
		text_printf(out, "%s{\"list\":\"%s\",\"after\":%lu,\"times\":%ld,\"struck\":", i ? "," : "",
			drifts[i].list->name, drifts[i].after, drifts[i].times);
		text_json(out, drifts[i].struck);
		text_puts(out, "}");
	}
	text_puts(out, "]");
	pthread_mutex_unlock(&lock);
}
