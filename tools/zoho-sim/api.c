/* Owns what is answered under /books/v3/ and /inventory/v1/: the order of the checks is Zoho's. */
#include "api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "clock.h"
#include "fault_reply.h"
#include "image.h"
#include "image_forms.h"
#include "limits.h"
#include "oauth.h"
#include "options.h"
#include "quirks.h"
#include "record_json.h"
#include "replies.h"
#include "store.h"

#define BOOKS "/books/v3/"
#define INVENTORY "/inventory/v1/"
#define ITEMDETAILS_MAX 100

void api_error(struct request *request, unsigned status, int code, const char *format, ...)
{
	char message[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	request->status = status;
	request->code = code;
	request->delivery = DELIVER_WHOLE;
	text_clear(&request->reply);
	text_printf(&request->reply, "{\"code\":%d,\"message\":", code);
	text_json_string(&request->reply, message);
	text_puts(&request->reply, "}");
}

/* The living record of one of the resource's entities, with the lock held. */
static struct record *find_live(const struct resource *resource, const char *id)
{
	struct record *record = NULL;
	enum entity_id which;

	for (which = resource->first; which <= resource->last && !record; which++)
		record = store_find(&entities[which], id);
	return record && !record->deleted ? record : NULL;
}

static void detail(struct request *request, const struct resource *resource, const char *id)
{
	struct record *record;
	const struct text *text;

	store_lock();
	record = find_live(resource, id);
	if (record) {
		text = record_detail(record);
		text_printf(&request->reply, "{\"code\":0,\"message\":\"success\",\"%s\":", record->entity->wrapper);
		text_append(&request->reply, text->data, text->length);
		text_puts(&request->reply, "}");
		request->delivery = options.content_length ? DELIVER_WHOLE : DELIVER_CHUNKED;
	}
	store_unlock();
	if (!record)
		api_error(request, 404, 1002, "%s does not exist.", entities[resource->first].label);
}

static void image(struct request *request, const char *id)
{
	const struct resource *items = resources;
	struct record *record;
	char seed[64] = "", type[16] = "";

	store_lock();
	record = find_live(items, id);
	if (record) {
		snprintf(seed, sizeof seed, "%s", get_text(record->values, "image_document_id"));
		snprintf(type, sizeof type, "%s", get_text(record->values, "image_type"));
	}
	store_unlock();
	if (!*seed) {
		api_error(
			request, 404, record ? 1040 : 1002, record ? "Image does not exist." : "Item does not exist.");
		return;
	}
	request->content_type = image_of(&request->reply, type, seed);
}

static void itemdetails(struct request *request)
{
	const char *given = request_query(request, "item_ids");
	char *ids, *id, *rest;
	struct record *record;
	const struct text *text;
	size_t asked = 0, found = 0;

	if (!given || !*given) {
		api_error(request, 400, 2, "Invalid value passed for item_ids");
		return;
	}
	ids = text_format("%s", given);
	store_lock();
	text_puts(&request->reply, "{\"code\":0,\"message\":\"success\",\"items\":[");
	for (id = strtok_r(ids, ",", &rest); id; id = strtok_r(NULL, ",", &rest), asked++) {
		record = find_live(resources, id);
		if (!record)
			continue;
		text = record_detail(record);
		text_puts(&request->reply, found++ ? "," : "");
		text_append(&request->reply, text->data, text->length);
	}
	text_puts(&request->reply, "]}");
	store_unlock();
	free(ids);
	request->delivery = options.content_length ? DELIVER_WHOLE : DELIVER_CHUNKED;
	if (asked > ITEMDETAILS_MAX)
		api_error(request, 400, 2, "Invalid value passed for item_ids");
}

static void organizations(struct request *request)
{
	text_puts(&request->reply, "{\"code\":0,\"message\":\"success\",\"organizations\":[{\"organization_id\":");
	text_json_string(&request->reply, options.organization_id);
	text_puts(&request->reply,
		",\"name\":\"Sample Trading\",\"contact_name\":\"Sample Operator\","
		"\"email\":\"operator@example.com\",\"is_default_org\":true,\"language_code\":\"en\","
		"\"fiscal_year_start_month\":\"1\",\"account_created_date\":\"2021-06-01\","
		"\"time_zone\":\"Asia/Baghdad\",\"is_dst_active\":false,\"date_format\":\"yyyy-MM-dd\","
		"\"field_separator\":\"-\",\"industry_type\":\"Technology\",\"industry_size\":\"11-50\","
		"\"company_id_label\":\"\",\"company_id_value\":\"\",\"tax_id_label\":\"\","
		"\"tax_id_value\":\"\",\"currency_id\":" ID(
			"000000097") ",\"currency_code\":\"USD\","
				     "\"currency_symbol\":\"$\",\"currency_format\":\"###,##0.00\",\"price_precision\":"
				     "2,"
				     "\"plan_type\":3,\"plan_name\":\"Professional\",\"plan_period\":\"Month\","
				     "\"country_code\":\"IQ\",\"country_name\":\"Iraq\",\"portal_name\":"
				     "\"sampletrading\","
				     "\"org_settings\":{\"is_org_active\":true}}]}");
}

static const struct resource *resource_at(const char *path, bool books, const char **rest)
{
	size_t i, length;

	for (i = 0; i < resource_count; i++) {
		length = strlen(resources[i].path);
		if (strncmp(path, resources[i].path, length) != 0 || (path[length] && path[length] != '/'))
			continue;
		*rest = path[length] ? path + length + 1 : "";
		return (books ? resources[i].in_books : resources[i].in_inventory) ? &resources[i] : NULL;
	}
	return NULL;
}

static void route(struct request *request, const char *path, bool books)
{
	const char *rest = "", *slash;
	const struct resource *resource = resource_at(path, books, &rest);
	char id[ID_TEXT_MAX];

	slash = strchr(rest, '/');
	if (!strcmp(path, "itemdetails"))
		itemdetails(request);
	else if (resource && !*rest)
		api_list(request, resource);
	else if (resource && resource->has_detail && !slash)
		detail(request, resource, rest);
	else if (resource == resources && slash && !strcmp(slash, "/image") && slash - rest < ID_TEXT_MAX) {
		snprintf(id, sizeof id, "%.*s", (int)(slash - rest), rest);
		image(request, id);
	} else
		api_error(request, 404, 5, "Invalid URL Passed");
}

static void answer(struct request *request)
{
	bool books = !strncmp(request->path, BOOKS, strlen(BOOKS));
	const char *path = request->path + strlen(books ? BOOKS : INVENTORY);
	const char *organization = request_query(request, "organization_id");
	int refused = oauth_check(request);

	if (refused)
		api_error(request, 401, refused,
			refused == 14 ? "Invalid value passed for authtoken."
				      : "You are not authorized to perform this operation");
	else if (strcmp(request->method, "GET") != 0)
		api_error(request, 405, 5, "The simulator serves only GET here");
	else if (!strcmp(path, "organizations"))
		organizations(request);
	else if (!organization || strcmp(organization, options.organization_id) != 0)
		api_error(request, 400, 6041, "This user is not associated with the CompanyID/CompanyName:%.40s.",
			organization ? organization : "");
	else if (!replies_answer(request))
		route(request, path, books);
}

static void refuse(struct request *request, enum limit limit)
{
	if (limit == LIMIT_MINUTE)
		api_error(request, 429, (int)limit,
			"For security reasons your account has been blocked as you have exceeded the maximum number of"
			" requests per minute that can originate from one account.");
	else if (limit == LIMIT_DAY)
		api_error(request, 429, (int)limit,
			"The API call for this organization has exceeded the maximum call rate limit of %u.",
			options.calls_per_day);
	else
		api_error(request, 429, (int)limit,
			"You have reached the maximum number of in process requests allowed. Kindly try again after"
			" some time.");
	if (options.retry_after_seconds)
		reply_header(request, "Retry-After", "%u", options.retry_after_seconds);
}

static void offer_gzip(struct request *request)
{
	const char *accepted = request_header(request, "Accept-Encoding");

	if (!options.gzip || request->gzipped || request->content_type || !accepted || !strstr(accepted, "gzip"))
		return;
	gzip_wrap(&request->reply);
	request->gzipped = true;
}

void api_call(struct request *request)
{
	struct fault fault = {0};
	enum limit limit;

	calls_begin();
	limit = limits_enter();
	if (limit) {
		refuse(request, limit);
	} else {
		fault = faults_strike(request->path);
		if (!fault_before(request, &fault)) {
			http_sleep(request, options.latency_ms);
			answer(request);
		}
		fault_after(request, &fault);
		limits_leave();
	}
	limits_headers(request);
	request->undated = quirk_of(QUIRK_UNDATED, NULL) != NULL;
	offer_gzip(request);
	calls_end();
}
