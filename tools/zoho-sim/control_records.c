/* Owns /_sim/records/: the truth of every record, and changing it. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "control.h"
#include "generate.h"
#include "merge.h"
#include "record_json.h"
#include "webhooks.h"

#define LIMIT_UNSET 1000

/* {"id","entity","created_time","last_modified_time","deleted","record":{the detail}} */
static void describe(struct text *out, struct record *record, bool with_list)
{
	char created[TIME_TEXT_MAX], modified[TIME_TEXT_MAX];
	const struct text *detail = record_detail(record);

	text_printf(out,
		"{\"id\":\"%s\",\"entity\":\"%s\",\"created_time\":\"%s\",\"last_modified_time\":\"%s\",\"deleted\":%s",
		record->id, record->entity->name, clock_text(record->created, created),
		clock_text(record->modified, modified), record->deleted ? "true" : "false");
	if (*record->merged_into)
		text_printf(out, ",\"merged_into\":\"%s\"", record->merged_into);
	text_puts(out, ",\"record\":");
	text_append(out, detail->data, detail->length);
	if (with_list) {
		text_puts(out, ",\"list\":");
		text_append(out, record_list(record)->data, record_list(record)->length);
	}
	text_puts(out, "}");
}

/* The position after the record with this id; 0 for none. */
static size_t position_after(const struct entity *entity, const char *id)
{
	size_t i;

	for (i = 0; id && *id && i < store_count(entity); i++) {
		if (!strcmp(store_at(entity, i)->id, id))
			return i + 1;
	}
	return 0;
}

static void list(struct request *request, const struct entity *entity)
{
	size_t i = position_after(entity, request_query(request, "after"));
	long limit = control_query_number(request, "limit", LIMIT_UNSET), n;
	bool with_list = control_query_is(request, "list", "true");
	struct text *out = &request->reply;

	text_printf(out, "{\"entity\":\"%s\",\"total\":%zu,\"records\":[", entity->name, store_count(entity));
	for (n = 0; n < limit && i < store_count(entity); n++, i++) {
		text_puts(out, n ? "," : "");
		describe(out, store_at(entity, i), with_list);
	}
	text_printf(out, "],\"next\":\"%s\"}", n && i < store_count(entity) ? store_at(entity, i - 1)->id : "");
}

static json_object *body_object(struct request *request)
{
	json_object *body = json_tokener_parse(request->body.length ? request->body.data : "{}");

	if (json_object_is_type(body, json_type_object))
		return body;
	json_object_put(body);
	return NULL;
}

static void finish(struct request *request, struct record *record, enum webhook_event event)
{
	if (control_query_is(request, "webhook", "true"))
		webhooks_send(record, event);
	describe(&request->reply, record, control_query_is(request, "list", "true"));
}

static void change(struct request *request, struct record *record)
{
	json_object *fields = body_object(request), *time;
	const char *refused = NULL;
	char what[128] = "cannot be set: ";
	bool touch;

	if (!fields) {
		control_error(request, 400, "the body must be a JSON object");
		return;
	}
	record->unlisted = control_query_is(request, "listed", "false");
	touch = !control_query_is(request, "touch", "false") &&
		!json_object_object_get_ex(fields, "last_modified_time", &time);
	if (record_update(record, fields, &refused)) {
		record_changed(record, touch);
		finish(request, record, WEBHOOK_UPDATED);
	} else {
		record_changed(record, false);
		strncat(what, refused, 64);
		control_error(request, 400, what);
	}
	json_object_put(fields);
}

static void create(struct request *request, const struct entity *entity)
{
	json_object *fields = body_object(request);
	struct random random = {(uint64_t)clock_wall_ms()};
	struct record *record;
	const char *refused = NULL;

	if (!fields) {
		control_error(request, 400, "the body must be a JSON object");
		return;
	}
	record = generate_now(entity, &random, fields);
	if (!record) {
		control_error(request, 409, "that id is taken");
	} else if (!record_update(record, fields, &refused)) {
		record->deleted = true;
		control_error(request, 400, "a field cannot be set");
	} else {
		record_changed(record, false);
		request->status = 201;
		finish(request, record, WEBHOOK_CREATED);
	}
	json_object_put(fields);
}

static void one(struct request *request, const struct entity *entity, const char *rest)
{
	char id[ID_TEXT_MAX];
	const char *slash = strchrnul(rest, '/');
	struct record *record;

	snprintf(id, sizeof id, "%.*s", (int)(slash - rest), rest);
	record = store_find(entity, id);
	if (!record) {
		control_error(request, 404, "no such record");
	} else if (!strcmp(slash, "/merge") && !strcmp(request->method, "POST")) {
		const char *into = request_query(request, "into");

		if (merge_contacts(record, store_find(entity, into ? into : "")))
			describe(&request->reply, record, false);
		else
			control_error(
				request, 400, "contacts are merged, and ?into= must be another one of the same kind");
	} else if (!strcmp(request->method, "GET")) {
		describe(&request->reply, record, true);
	} else if (!strcmp(request->method, "POST")) {
		change(request, record);
	} else if (!strcmp(request->method, "DELETE")) {
		record->deleted = true;
		record_changed(record, false);
		finish(request, record, WEBHOOK_DELETED);
	} else {
		control_error(request, 405, "GET, POST or DELETE");
	}
}

void control_records(struct request *request, const char *rest)
{
	char name[32] = "";
	const char *slash = strchrnul(rest, '/');
	const struct entity *entity;

	if ((size_t)(slash - rest) < sizeof name)
		memcpy(name, rest, (size_t)(slash - rest));
	entity = entity_by_name(name);
	if (!entity) {
		control_error(request, 404, "no such entity");
		return;
	}
	store_lock();
	if (*slash && slash[1])
		one(request, entity, slash + 1);
	else if (!strcmp(request->method, "POST"))
		create(request, entity);
	else
		list(request, entity);
	store_unlock();
}
