/* Owns /_sim/webhooks: where webhooks go, sending one now, signing, and what became of all. */
#include <json-c/json.h>
#include <string.h>

#include "checksum.h"
#include "control.h"
#include "store.h"
#include "webhooks.h"

#define LIMIT_UNSET 1000

static void configure(struct request *request)
{
	json_object *given = json_tokener_parse(request->body.length ? request->body.data : "{}");
	const char *wrong =
		json_object_is_type(given, json_type_object) ? webhooks_configure(given) : "not a JSON object";

	json_object_put(given);
	if (wrong)
		control_error(request, 400, wrong);
	else
		webhooks_describe(&request->reply, 0, 0);
}

static void fire(struct request *request)
{
	const char *name = request_query(request, "entity"), *id = request_query(request, "id");
	const struct entity *entity = entity_by_name(name ? name : "");
	struct record *record = NULL;
	enum webhook_event event = WEBHOOK_UPDATED;

	if (control_query_is(request, "event", "deleted"))
		event = WEBHOOK_DELETED;
	else if (control_query_is(request, "event", "created"))
		event = WEBHOOK_CREATED;
	if (entity && id) {
		store_lock();
		record = store_find(entity, id);
		store_unlock();
	}
	if (record)
		webhooks_fire(&request->reply, record, event);
	else
		control_error(request, 404, "no such record");
}

/* What a delivery of this body to a URL with this query would carry; lets a receiver check its own arithmetic. */
static void sign(struct request *request)
{
	const char *secret = request_query(request, "secret"), *query = request_query(request, "query");
	char hex[2 * SHA256_BYTES + 1];

	webhook_sign(secret ? secret : "", query ? query : "", request->body.length ? request->body.data : "",
		control_query_is(request, "form", "true"), hex);
	text_printf(&request->reply, "{\"signature\":\"%s\"}", hex);
}

void control_webhooks(struct request *request, const char *rest)
{
	if (!strcmp(rest, "/fire"))
		fire(request);
	else if (!strcmp(rest, "/sign"))
		sign(request);
	else if (*rest)
		control_error(request, 404, "no such control");
	else if (!strcmp(request->method, "POST"))
		configure(request);
	else
		webhooks_describe(&request->reply, (size_t)control_query_number(request, "after", 0),
			(size_t)control_query_number(request, "limit", LIMIT_UNSET));
}
