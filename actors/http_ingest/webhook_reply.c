/* Owns the words in which a webhook's sender learns what became of it. */
#include <stdio.h>
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/webhook.h"

/* "credit_note" → "Credit note". */
static void title(enum entity_id entity, char *to, size_t size)
{
	snprintf(to, size, "%s", entity_names[entity].name);
	*to = (char)(*to >= 'a' && *to <= 'z' ? *to - 32 : *to);
	for (char *p = to; *p; p++)
		if (*p == '_')
			*p = ' ';
}

static void put_key(struct http_text *t, const struct delivery *d)
{
	http_text_printf(t, ",\"idempotency_key\":\"%s", d->key);
	if (d->number)
		http_text_printf(t, ":%u", d->number);
	http_text_put(t, "\"");
}

/* The reply's fields without braces; `message` as it is, or made for this one delivery. */
static void put_fields(struct http_text *t, const struct delivery *d, const char *message)
{
	char name[48], id[UUID_TEXT_BYTES], made[256];
	bool duplicate = d->outcome == DELIVERY_DUPLICATE;

	title(d->entity, name, sizeof name);
	if (duplicate)
		snprintf(made, sizeof made, "Duplicate event already processed: %s", entity_names[d->entity].name);
	else if (d->outcome == DELIVERY_QUARANTINED)
		snprintf(made, sizeof made, "%s webhook stored and quarantined: %.100s", name, d->unstorable);
	else
		snprintf(made, sizeof made, "%s webhook processed and queued", name);
	uuid_text(d->event, id);
	http_text_put(t, "\"success\":true,\"message\":");
	http_text_json(t, str_of(message ? message : made));
	http_text_printf(t, ",\"event_id\":\"%s\"", duplicate ? d->first : id);
	put_key(t, d);
	http_text_printf(t, ",\"queued\":%s", d->outcome == DELIVERY_QUEUED ? "true" : "false");
}

static void put_batch(struct http_text *t, const struct webhook *w)
{
	unsigned queued = 0;
	char message[80];

	for (unsigned i = 0; i < w->n; i++)
		queued += w->deliveries[i].outcome == DELIVERY_QUEUED;
	snprintf(message, sizeof message, "Batch of %u events processed, %u queued", w->n, queued);
	put_fields(t, &w->deliveries[0], message);
	http_text_printf(t, ",\"count\":%u,\"queued_count\":%u,\"events\":[", w->n, queued);
	for (unsigned i = 0; i < w->n; i++) {
		http_text_put(t, i ? ",{" : "{");
		put_fields(t, &w->deliveries[i], NULL);
		http_text_put(t, "}");
	}
	http_text_put(t, "]");
}

void webhook_done(struct delivery *d)
{
	struct webhook *w = d->webhook;
	struct request *r = w->request;
	struct http_text t = {.arena = &r->arena};

	w->failed |= d->outcome == DELIVERY_FAILED;
	if (--w->open_n > 0)
		return;
	if (w->failed) {
		http_refuse(r, 503, "The event could not be stored now; send it again later");
		return;
	}
	http_text_put(&t, "{");
	if (w->batch)
		put_batch(&t, w);
	else
		put_fields(&t, d, NULL);
	http_text_put(&t, "}");
	http_answer(r, &(struct http_answer){.status = 202, .body = {t.at, t.n}});
}
