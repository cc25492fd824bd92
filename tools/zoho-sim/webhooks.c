/* Owns sending webhooks: a queue, threads with connections kept open, and what became of each. */
#include "webhooks.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "checksum.h"
#include "clock.h"
#include "http.h"
#include "options.h"
#include "random.h"
#include "record_json.h"

#define THREADS_MAX 64
#define QUEUE_MAX 200000
#define BACKOFF_MS 250
#define BACKOFF_MS_MAX 8000
#define HOLD_BACK_MS_MAX 2000
#define SEND_SECONDS_MAX 30
#define WAIT_MS 1000

struct delivery_state {
	struct delivery_state *next;
	const struct entity *entity;
	char id[ID_TEXT_MAX];
	char modified[TIME_TEXT_MAX];
	enum webhook_event event;
	unsigned shape, attempts;
	int64_t due_ms;
	struct text body;
};

struct acknowledged {
	const struct entity *entity;
	char id[ID_TEXT_MAX];
	char modified[TIME_TEXT_MAX];
	enum webhook_event event;
	unsigned status, attempts;
	int64_t time_ms;
	char event_id[64];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct webhook_settings settings;
static struct delivery_state *queue; /* by due time */
static size_t queued, sending;
static bool stopping;
static pthread_t threads[THREADS_MAX];
static unsigned thread_count;
static struct random dice = {7};
static struct acknowledged *acknowledged;
static size_t acknowledged_count, acknowledged_capacity;
static struct {
	uint64_t wanted, sent, acked, failed, retried, lost, duplicated, held_back;
} counts;

static void enqueue(struct delivery_state *delivery)
{
	struct delivery_state **place = &queue;

	while (*place && (*place)->due_ms <= delivery->due_ms)
		place = &(*place)->next;
	delivery->next = *place;
	*place = delivery;
	queued++;
	pthread_cond_signal(&changed);
}

static struct delivery_state *delivery_of(struct record *record, enum webhook_event event, unsigned shape)
{
	struct delivery_state *delivery = calloc(1, sizeof *delivery);

	if (!delivery)
		abort();
	delivery->entity = record->entity;
	delivery->event = event;
	delivery->shape = shape;
	delivery->due_ms = clock_monotonic_ms();
	memcpy(delivery->id, record->id, sizeof delivery->id);
	clock_text(record->modified, delivery->modified);
	webhook_body(&delivery->body, record, event, shape);
	return delivery;
}

static void delivery_free(struct delivery_state *delivery)
{
	text_free(&delivery->body);
	free(delivery);
}

void webhooks_send(struct record *record, enum webhook_event event)
{
	unsigned copies = 1;

	pthread_mutex_lock(&lock);
	if (*settings.url && queued < QUEUE_MAX) {
		counts.wanted++;
		if (random_chance(&dice, settings.loss_rate)) {
			copies = 0;
			counts.lost++;
		} else if (random_chance(&dice, settings.duplicate_rate)) {
			copies = 2;
			counts.duplicated++;
		}
		while (copies--) {
			struct delivery_state *delivery = delivery_of(record, event, settings.shape);

			if (random_chance(&dice, settings.reorder_rate)) {
				delivery->due_ms += random_between(&dice, 50, HOLD_BACK_MS_MAX);
				counts.held_back++;
			}
			enqueue(delivery);
		}
	}
	pthread_mutex_unlock(&lock);
}

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

/* One attempt. Returns the HTTP status, 0 when there was no answer; reply gets the body. */
static unsigned attempt(CURL *curl, struct delivery_state *delivery, struct text *reply)
{
	char *url, *key, *secret;
	const char *query = webhook_event_in_query(delivery->event, delivery->shape) ? "event=deleted" : "";
	struct curl_slist *headers;
	long status = 0;

	pthread_mutex_lock(&lock);
	url = text_format("%s/%s%s%s", settings.url, delivery->entity->webhook_name, *query ? "?" : "", query);
	key = text_format("%s", settings.key);
	secret = text_format("%s", settings.secret);
	pthread_mutex_unlock(&lock);
	headers = headers_of(delivery, key, secret, query);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, delivery->body.data);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)delivery->body.length);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SEND_SECONDS_MAX);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "zoho-sim");
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	free(url);
	free(key);
	free(secret);
	return (unsigned)status;
}

static void note_acknowledged(struct delivery_state *delivery, unsigned status, const struct text *reply)
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

/* With the lock held: acknowledged, to be tried again, or given up. */
static void settle(struct delivery_state *delivery, unsigned status, const struct text *reply)
{
	int64_t backoff = BACKOFF_MS << (delivery->attempts < 8 ? delivery->attempts : 8);

	delivery->attempts++;
	counts.sent++;
	if (status >= 200 && status < 300) {
		counts.acked++;
		note_acknowledged(delivery, status, reply);
		delivery_free(delivery);
	} else if (delivery->attempts > options.webhook_retries || stopping) {
		counts.failed++;
		delivery_free(delivery);
	} else {
		counts.retried++;
		delivery->due_ms = clock_monotonic_ms() + (backoff < BACKOFF_MS_MAX ? backoff : BACKOFF_MS_MAX);
		enqueue(delivery);
	}
}

/* With the lock held: the next that is due, after waiting if need be; NULL when it is time to stop. */
static struct delivery_state *next_due(void)
{
	struct timespec until;
	struct delivery_state *delivery;
	int64_t now, wait;

	while (!stopping) {
		now = clock_monotonic_ms();
		if (queue && queue->due_ms <= now) {
			delivery = queue;
			queue = delivery->next;
			queued--;
			return delivery;
		}
		wait = queue && queue->due_ms - now < WAIT_MS ? queue->due_ms - now : WAIT_MS;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += wait * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&changed, &lock, &until);
	}
	return NULL;
}

static void *send_all(void *unused)
{
	CURL *curl = curl_easy_init();
	struct delivery_state *delivery;
	struct text reply = {0};
	unsigned status;

	(void)unused;
	pthread_mutex_lock(&lock);
	while ((delivery = next_due())) {
		sending++;
		pthread_mutex_unlock(&lock);
		text_clear(&reply);
		status = attempt(curl, delivery, &reply);
		pthread_mutex_lock(&lock);
		sending--;
		settle(delivery, status, &reply);
	}
	pthread_mutex_unlock(&lock);
	text_free(&reply);
	curl_easy_cleanup(curl);
	return NULL;
}

void webhooks_start(void)
{
	settings = (struct webhook_settings){strdup(options.webhook_url), strdup(options.webhook_key),
		strdup(options.webhook_signature_secret), options.duplicate_rate, options.reorder_rate,
		options.loss_rate, options.webhook_shape};
	for (; thread_count < options.webhook_threads && thread_count < THREADS_MAX; thread_count++)
		pthread_create(&threads[thread_count], NULL, send_all, NULL);
}

void webhooks_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	while (thread_count)
		pthread_join(threads[--thread_count], NULL);
}

void webhooks_fire(struct text *out, struct record *record, enum webhook_event event)
{
	CURL *curl = curl_easy_init();
	struct delivery_state *delivery;
	struct text reply = {0};
	unsigned status, shape;

	pthread_mutex_lock(&lock);
	shape = settings.shape;
	pthread_mutex_unlock(&lock);
	store_lock();
	delivery = delivery_of(record, event, shape);
	store_unlock();
	status = attempt(curl, delivery, &reply);
	text_printf(out, "{\"status\":%u,\"acknowledged\":%s,\"reply\":", status,
		status >= 200 && status < 300 ? "true" : "false");
	text_json_string(out, reply.length ? reply.data : "");
	text_puts(out, "}");
	pthread_mutex_lock(&lock);
	counts.wanted++;
	delivery->attempts = options.webhook_retries; /* this one is not tried again */
	settle(delivery, status, &reply);
	pthread_mutex_unlock(&lock);
	text_free(&reply);
	curl_easy_cleanup(curl);
}

static void take_text(json_object *given, const char *key, char **target)
{
	json_object *value;

	if (!json_object_object_get_ex(given, key, &value))
		return;
	free(*target);
	*target = strdup(json_object_get_string(value));
}

static void take_rate(json_object *given, const char *key, double *target)
{
	json_object *value;

	if (json_object_object_get_ex(given, key, &value))
		*target = json_object_get_double(value);
}

const char *webhooks_configure(json_object *given)
{
	json_object *shape;

	if (json_object_object_get_ex(given, "shape", &shape) &&
		(json_object_get_int(shape) < 1 || json_object_get_int(shape) > 7))
		return "shape must be 1 to 7";
	pthread_mutex_lock(&lock);
	take_text(given, "url", &settings.url);
	take_text(given, "key", &settings.key);
	take_text(given, "signature_secret", &settings.secret);
	take_rate(given, "duplicate_rate", &settings.duplicate_rate);
	take_rate(given, "reorder_rate", &settings.reorder_rate);
	take_rate(given, "loss_rate", &settings.loss_rate);
	if (json_object_object_get_ex(given, "shape", &shape))
		settings.shape = (unsigned)json_object_get_int(shape);
	pthread_mutex_unlock(&lock);
	return NULL;
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

void webhooks_describe(struct text *out, size_t after, size_t limit)
{
	size_t i;

	pthread_mutex_lock(&lock);
	text_puts(out, "{\"url\":");
	text_json_string(out, settings.url);
	text_printf(out, ",\"shape\":%u,\"duplicate_rate\":%g,\"reorder_rate\":%g,\"loss_rate\":%g,", settings.shape,
		settings.duplicate_rate, settings.reorder_rate, settings.loss_rate);
	text_printf(out, "\"queued\":%zu,\"wanted\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",",
		queued + sending, counts.wanted, counts.sent, counts.acked);
	text_printf(out, "\"failed\":%" PRIu64 ",\"retried\":%" PRIu64 ",\"lost\":%" PRIu64 ",", counts.failed,
		counts.retried, counts.lost);
	text_printf(out, "\"duplicated\":%" PRIu64 ",\"held_back\":%" PRIu64 ",\"acknowledged\":[", counts.duplicated,
		counts.held_back);
	for (i = after; i < acknowledged_count && i - after < limit; i++) {
		text_puts(out, i > after ? "," : "");
		describe_acknowledged(out, i);
	}
	text_printf(out, "],\"next\":%zu,\"total\":%zu}", i < acknowledged_count ? i : acknowledged_count,
		acknowledged_count);
	pthread_mutex_unlock(&lock);
}
