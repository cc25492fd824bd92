/* Owns sending webhooks: a queue, threads with connections kept open, and what became of each. */
#include "webhooks.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "clock.h"
#include "http.h"
#include "options.h"
#include "random.h"
#include "webhook_delivery.h"

#define THREADS_MAX 64
#define QUEUE_MAX 200000
#define BACKOFF_MS 250
#define BACKOFF_MS_MAX 8000
#define HOLD_BACK_MS_MAX 2000
#define WAIT_MS 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct webhook_settings settings;
static struct delivery_state *queue; /* by due time */
static struct delivery_state *queue_last;
static size_t queued, sending;
static bool stopping;
static pthread_t threads[THREADS_MAX];
static unsigned thread_count;
static struct random dice = {7};
static struct {
	uint64_t wanted, sent, acked, failed, retried, lost, duplicated, held_back, stale;
} counts;

static void enqueue(struct delivery_state *delivery)
{
	struct delivery_state **place = &queue;

	/* Most come in the order in which they are due. */
	if (queue && queue_last->due_ms <= delivery->due_ms)
		place = &queue_last->next;
	while (*place && (*place)->due_ms <= delivery->due_ms)
		place = &(*place)->next;
	delivery->next = *place;
	*place = delivery;
	if (!delivery->next)
		queue_last = delivery;
	queued++;
	pthread_cond_signal(&changed);
}

/* stale: with the content of before the last change, and the version that it had then. */
static struct delivery_state *delivery_of(struct record *record, enum webhook_event event, unsigned shape, bool stale)
{
	struct delivery_state *delivery = calloc(1, sizeof *delivery);

	if (!delivery)
		abort();
	delivery->entity = record->entity;
	delivery->event = event;
	delivery->shape = shape;
	delivery->due_ms = clock_monotonic_ms();
	memcpy(delivery->id, record->id, sizeof delivery->id);
	clock_text(stale ? record->modified_before : record->modified, delivery->modified);
	webhook_body(&delivery->body, record, stale ? &record->before : record_detail(record), event, shape);
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
			bool stale = event == WEBHOOK_UPDATED && record->before.length &&
				     random_chance(&dice, settings.stale_rate);
			struct delivery_state *delivery = delivery_of(record, event, settings.shape, stale);

			counts.stale += stale;
			if (random_chance(&dice, settings.reorder_rate)) {
				delivery->due_ms += random_between(&dice, 50, HOLD_BACK_MS_MAX);
				counts.held_back++;
			}
			enqueue(delivery);
		}
	}
	pthread_mutex_unlock(&lock);
}

/* One attempt with the settings of this moment; the HTTP status, 0 without an answer. */
static unsigned attempt(CURL *curl, struct delivery_state *delivery, struct text *reply)
{
	struct webhook_settings now = {0};
	unsigned status;

	pthread_mutex_lock(&lock);
	now.url = text_format("%s", settings.url);
	now.key = text_format("%s", settings.key);
	now.secret = text_format("%s", settings.secret);
	pthread_mutex_unlock(&lock);
	status = delivery_post(curl, delivery, &now, reply);
	free(now.url);
	free(now.key);
	free(now.secret);
	return status;
}

/* With the lock held: acknowledged, to be tried again, or given up. */
static void settle(struct delivery_state *delivery, unsigned status, const struct text *reply)
{
	int64_t backoff = BACKOFF_MS << (delivery->attempts < 8 ? delivery->attempts : 8);

	delivery->attempts++;
	counts.sent++;
	if (status >= 200 && status < 300) {
		counts.acked++;
		acknowledged_add(delivery, status, reply);
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
		options.loss_rate, options.stale_rate, options.webhook_shape};
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
	delivery = delivery_of(record, event, shape, false);
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
	take_rate(given, "stale_rate", &settings.stale_rate);
	if (json_object_object_get_ex(given, "shape", &shape))
		settings.shape = (unsigned)json_object_get_int(shape);
	pthread_mutex_unlock(&lock);
	return NULL;
}

void webhooks_describe(struct text *out, size_t after, size_t limit)
{
	pthread_mutex_lock(&lock);
	text_puts(out, "{\"url\":");
	text_json_string(out, settings.url);
	text_printf(out, ",\"shape\":%u,\"duplicate_rate\":%g,\"reorder_rate\":%g,\"loss_rate\":%g,\"stale_rate\":%g,",
		settings.shape, settings.duplicate_rate, settings.reorder_rate, settings.loss_rate,
		settings.stale_rate);
	text_printf(out, "\"queued\":%zu,\"wanted\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"acked\":%" PRIu64 ",",
		queued + sending, counts.wanted, counts.sent, counts.acked);
	text_printf(out, "\"failed\":%" PRIu64 ",\"retried\":%" PRIu64 ",\"lost\":%" PRIu64 ",", counts.failed,
		counts.retried, counts.lost);
	text_printf(out, "\"duplicated\":%" PRIu64 ",\"held_back\":%" PRIu64 ",\"stale\":%" PRIu64 ",",
		counts.duplicated, counts.held_back, counts.stale);
	acknowledged_describe(out, after, limit);
	text_puts(out, "}");
	pthread_mutex_unlock(&lock);
}
