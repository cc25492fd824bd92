/* Owns one delivery of a webhook: how it is posted, and the list of those that were acknowledged. */
#include "webhook_delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "checksum.h"
#include "http.h"
#include "record_json.h"

#define SEND_SECONDS_MAX 30

struct acknowledged {
	const struct entity *entity;
	char id[ID_TEXT_MAX];
	char modified[TIME_TEXT_MAX];
	enum webhook_event event;
	unsigned status, attempts;
	int64_t time_ms;
	char event_id[64];
};

static struct acknowledged *acknowledged;
static size_t acknowledged_count, acknowledged_capacity;

static size_t take_reply(char *bytes, size_t size, size_t count, void *context)
{
	struct text *reply = context;

	if (reply->length < 65536)
		text_append(reply, bytes, size * count);
	return size * count;
}

static struct curl_slist *headers_of(
	struct delivery_state *delivery, const char *key, const char *secret, const char *query)
{
	struct curl_slist *headers = NULL;
	char hex[2 * SHA256_BYTES + 1], *line;

	line = text_format("Content-Type: %s", webhook_content_type(delivery->shape));
	headers = curl_slist_append(headers, line);
	free(line);
	if (*key) {
		line = text_format("X-Webhook-Key: %s", key);
		headers = curl_slist_append(headers, line);
		free(line);
	}
	if (*secret) {
		webhook_sign(secret, query, delivery->body.data, webhook_is_form(delivery->shape), hex);
		line = text_format("X-Zoho-Webhook-Signature: %s", hex);
		headers = curl_slist_append(headers, line);
		free(line);
	}
	return curl_slist_append(headers, "Expect:");
}

/* A receiver that hangs doesn't hold up the end of the program. */
static int still_wanted(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)context, (void)a, (void)b, (void)c, (void)d;
	return stop_asked();
}

unsigned delivery_post(
	void *curl, struct delivery_state *delivery, const struct webhook_settings *settings, struct text *reply)
{
	char *url;
	const char *query = webhook_event_in_query(delivery->event, delivery->shape) ? "event=deleted" : "";
	struct curl_slist *headers;
	long status = 0;

	url = text_format("%s/%s%s%s", settings->url, delivery->entity->webhook_name, *query ? "?" : "", query);
	headers = headers_of(delivery, settings->key, settings->secret, query);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, delivery->body.data);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)delivery->body.length);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SEND_SECONDS_MAX);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, still_wanted);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "zoho-sim");
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	free(url);
	return (unsigned)status;
}

void acknowledged_add(struct delivery_state *delivery, unsigned status, const struct text *reply)
{
	struct acknowledged *entry;
	json_object *said = reply->length ? json_tokener_parse(reply->data) : NULL;

	if (acknowledged_count == acknowledged_capacity) {
		acknowledged_capacity = acknowledged_capacity ? 2 * acknowledged_capacity : 1024;
		acknowledged = realloc(acknowledged, acknowledged_capacity * sizeof *acknowledged);
		if (!acknowledged)
			abort();
	}
	entry = &acknowledged[acknowledged_count++];
	*entry = (struct acknowledged){.entity = delivery->entity,
		.event = delivery->event,
		.status = status,
		.attempts = delivery->attempts,
		.time_ms = clock_wall_ms()};
	memcpy(entry->id, delivery->id, sizeof entry->id);
	memcpy(entry->modified, delivery->modified, sizeof entry->modified);
	snprintf(entry->event_id, sizeof entry->event_id, "%s", get_text(said, "event_id"));
	json_object_put(said);
}

static void describe_acknowledged(struct text *out, size_t number)
{
	const struct acknowledged *entry = &acknowledged[number];

	text_printf(out,
		"{\"number\":%zu,\"entity\":\"%s\",\"id\":\"%s\",\"last_modified_time\":\"%s\",\"event\":\"%s\",",
		number + 1, entry->entity->name, entry->id, entry->modified, webhook_event_name(entry->event));
	text_printf(out, "\"status\":%u,\"attempts\":%u,\"time_ms\":%" PRId64 ",\"event_id\":", entry->status,
		entry->attempts, entry->time_ms);
	text_json_string(out, entry->event_id);
	text_puts(out, "}");
}

void acknowledged_describe(struct text *out, size_t after, size_t limit)
{
	size_t i;

	text_puts(out, "\"acknowledged\":[");
	for (i = after; i < acknowledged_count && i - after < limit; i++) {
		text_puts(out, i > after ? "," : "");
		describe_acknowledged(out, i);
	}
	text_printf(out, "],\"next\":%zu,\"total\":%zu", i < acknowledged_count ? i : acknowledged_count,
		acknowledged_count);
}
