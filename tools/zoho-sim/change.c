/* Owns /_sim/change: random changes to records, as busy people make them, with webhooks at a steady rate. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "control.h"
#include "generate.h"
#include "record_json.h"
#include "webhooks.h"

#define CHANGES_PER_RECORD_MAX 4
#define CHANGES_MAX 1000000

static void change_word(struct random *random, json_object *values, const struct changeable *what)
{
	char *copy, *word, *rest;
	size_t count = 1, chosen;
	const char *c;

	if (!what->words) {
		set_number(values, what->key, random_between(random, 0, 60));
		return;
	}
	for (c = what->words; *c; c++)
		count += *c == '|';
	chosen = random_below(random, count);
	copy = text_format("%s", what->words);
	for (word = strtok_r(copy, "|", &rest); chosen--; word = strtok_r(NULL, "|", &rest))
		;
	set_text(values, what->key, word);
	free(copy);
}

/* Puts a changed copy in place of the lines: documents may share theirs with others. */
static void change_lines(struct random *random, json_object *values, const char *key)
{
	json_object *lines, *copy = NULL, *line;
	size_t count;

	if (!json_object_object_get_ex(values, key, &lines) || !(count = json_object_array_length(lines)))
		return;
	json_object_deep_copy(lines, &copy, NULL);
	json_object_object_add(values, key, copy);
	line = json_object_array_get_idx(copy, random_below(random, count));
	if (!strcmp(key, "pricebook_items")) {
		set_money(line, "pricebook_rate", random_between(random, 0, 90000) * CENT);
		return;
	}
	if (random_chance(random, 0.2) && count > 1)
		json_object_array_del_idx(copy, count - 1, 1);
	else if (random_chance(random, 0.3))
		json_object_array_add(copy, generate_line(random, count + 1));
	else if (random_chance(random, 0.5))
		set_quantity(line, "quantity", random_between(random, 1, 99) * MICRO);
	else
		set_money(line, "rate", random_between(random, 0, 90000) * CENT);
	document_total(values);
}

/* True when last_modified_time is to move. */
static bool change_one(struct random *random, struct record *record, const struct changeable *what)
{
	char text[TIME_TEXT_MAX];

	switch (what->kind) {
	case CHANGE_TEXT:
		set_text(record->values, what->key, some_words(random));
		break;
	case CHANGE_WORD:
		change_word(random, record->values, what);
		break;
	case CHANGE_MONEY:
		set_money(record->values, what->key, random_between(random, 0, 900000) * CENT);
		break;
	case CHANGE_STOCK:
		if (get_flag(record->values, "track_inventory"))
			set_stock(record->values, random_between(random, -5, 500) * MICRO);
		return random_chance(random, 0.5);
	case CHANGE_FLAG:
		set_flag(record->values, what->key, !get_flag(record->values, what->key));
		break;
	case CHANGE_DATE:
		set_text(record->values, what->key,
			clock_date(clock_now() + random_between(random, 0, 60) * 86400, text));
		break;
	case CHANGE_LINES:
		change_lines(random, record->values, what->key);
		break;
	}
	return true;
}

static struct record *random_live(struct random *random, const struct entity *entity)
{
	struct record *record;
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		record = random_record(random, entity);
		if (!record || !record->deleted)
			return record;
	}
	return NULL;
}

void change_record(struct random *random, struct record *record)
{
	const struct changeable *changeables = record->entity->changeables;
	size_t i, kinds = 0, count = 1 + (size_t)random_below(random, CHANGES_PER_RECORD_MAX);
	bool touch = false;

	while (changeables[kinds].key)
		kinds++;
	for (i = 0; i < count; i++)
		touch |= change_one(random, record, &changeables[random_below(random, kinds)]);
	record_changed(record, touch);
}

/* False when there is nothing to change. */
static bool change_some(struct random *random, const struct entity *entity, bool webhook)
{
	struct record *record = random_live(random, entity);

	if (!record)
		return false;
	change_record(random, record);
	if (webhook)
		webhooks_send(record, WEBHOOK_UPDATED);
	return true;
}

void control_change(struct request *request)
{
	const char *name = request_query(request, "entity");
	const struct entity *entity = entity_by_name(name ? name : "");
	long count = control_query_number(request, "count", 1), rate = control_query_number(request, "rate", 0), done;
	struct random random = {(uint64_t)control_query_number(request, "seed", 1)};
	bool webhook = control_query_is(request, "webhook", "true"), any = true;
	int64_t started = clock_monotonic_ms(), ahead;

	if (!entity || count < 0 || count > CHANGES_MAX || rate < 0) {
		control_error(request, 400,
			"entity must be one of the entities, count 0 to 1000000, rate 0 or more a second");
		return;
	}
	for (done = 0; done < count && any; done++) {
		/* Behind the plan nothing waits; ahead of it one sleeps until the next is due. */
		ahead = rate ? started + done * 1000 / rate - clock_monotonic_ms() : 0;
		if (ahead > 0 && !http_sleep(request, ahead))
			break;
		store_lock();
		any = change_some(&random, entity, webhook);
		store_unlock();
	}
	text_printf(&request->reply, "{\"changed\":%ld}", any ? done : 0);
}
