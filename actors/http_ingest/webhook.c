/* Owns a webhook's way: who sends it, what it carries, into the next commit, and the reply once all of it is durable.
 */
#include "actors/http_ingest/webhook.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/connection.h"

enum { EVENT_TYPE_BYTES_MAX = 100 };

struct taking { /* a webhook being read */
	struct ingest *ingest;
	struct request *request;
	struct webhook *webhook;
	enum entity_id entity; /* the URL's */
	enum operation operation;
	struct str organization; /* beside the body, or the configured one */
	struct json json;
	bool broken; /* a form whose bytes aren't UTF-8 */
	struct refusal refusal;
};

static bool refuse(struct taking *t, int status, const char *loc, const char *msg, const char *type)
{
	t->refusal = (struct refusal){status, loc, msg, type};
	return false;
}

static bool read_query(struct taking *t)
{
	struct form form;
	struct str event;

	form_read(&form, t->request->query, &t->request->arena);
	if (form.malformed || form_has_doubles(&form))
		return refuse(t, 422, "query", "the query is malformed or names a key twice", "value_error");
	event = form_value(&form, "event");
	t->organization = form_value(&form, "organization_id");
	t->operation = OP_UPSERT;
	if (str_eq(event, "created"))
		t->operation = OP_CREATE;
	else if (str_eq(event, "updated"))
		t->operation = OP_UPDATE;
	else if (str_eq(event, "deleted"))
		t->operation = OP_DELETE;
	else if (event.data)
		return refuse(t, 422, "query.event", "event is created, updated or deleted", "value_error");
	return true;
}

static struct str form_text(struct taking *t, struct form *form)
{
	struct http_text text = {.arena = &t->request->arena};
	struct str inner = form_value(form, "JSONString");
	struct str organization = form_value(form, "organization_id");

	if (inner.data) {
		t->organization = organization.len ? organization : t->organization;
		return inner;
	}
	t->broken = !form_to_json(form, &text);
	return (struct str){text.at, text.n};
}

static bool read_body(struct taking *t)
{
	struct request *r = t->request;
	struct str body = {r->body ? r->body : "", r->body_n};
	struct form form;

	if (webhook_is_form(r)) {
		form_read(&form, body, &r->arena);
		if (form.malformed)
			return refuse(t, 400, NULL, "The form can't be read: a %-escape is malformed", NULL);
		body = form_text(t, &form);
	}
	if (!json_read(&t->json, body, &r->arena))
		return refuse(t, 400, NULL,
			http_arena_printf(&r->arena, "The body is neither JSON nor a form: %s", t->json.error), NULL);
	return true;
}

/* Every key and row carries the configured organisation; what the body says is only compared with it. */
static bool settle_organization(struct taking *t, struct delivery *d)
{
	const char *ours = t->ingest->actor->config.zoho_organization_id;

	if (*ours && d->organization.len && !str_eq(d->organization, ours))
		return refuse(t, 403, NULL, "This organisation isn't the one that is synchronised here", NULL);
	d->organization = str_of(ours);
	return true;
}

/* What goes into a text column must be text: anything else than plain ASCII is left out. */
static void tidy_event_type(struct delivery *d)
{
	for (size_t i = 0; i < d->event_type.len; i++)
		if (d->event_type.data[i] < 0x20 || d->event_type.data[i] > 0x7E)
			d->event_type = (struct str){0};
	if (d->event_type.len > EVENT_TYPE_BYTES_MAX)
		d->event_type = (struct str){0};
}

static int64_t arrival_us(void)
{
	static int64_t last;
	int64_t now = now_us();

	last = now > last ? now : last + 1; /* so that "the newest" is always one */
	return last;
}

static bool take_event(struct taking *t, struct delivery *d, uint32_t event)
{
	struct webhook *w = t->webhook;
	struct request *r = t->request;

	*d = (struct delivery){.webhook = w, .operation = t->operation, .organization = t->organization};
	if (!shape_event(d, &t->json, event, w->batch, t->entity, &r->arena, &t->refusal) || !settle_organization(t, d))
		return false;
	d->bytes = w->batch ? json_raw(&t->json, event) : (struct str){r->body, r->body_n};
	if (t->json.unstorable) /* somewhere: in this record? */
		d->unstorable = json_unstorable(d->record, &r->arena);
	if (t->broken)
		d->unstorable = "the text isn't UTF-8";
	tidy_event_type(d);
	d->received_us = arrival_us();
	d->event = uuid_timed();
	record_key(d, w->delivery_id);
	return true;
}

static bool take_batch(struct taking *t, uint32_t events)
{
	struct webhook *w = t->webhook;
	uint32_t n = json_count(&t->json, events), at = events + 1;

	if (n == 0 || n > WEBHOOK_BATCH_MAX)
		return refuse(t, 422, "body.events", "a batch has 1 to 100 events", "value_error");
	w->batch = true;
	w->n = n;
	w->deliveries = http_arena_alloc(&t->request->arena, n * sizeof *w->deliveries);
	for (uint32_t i = 0; i < n; i++, at = t->json.nodes[at].next) {
		const char *loc;

		if (take_event(t, &w->deliveries[i], at))
			continue;
		loc = t->refusal.loc && !strncmp(t->refusal.loc, "body", 4) ? t->refusal.loc + 4 : "";
		t->refusal.loc = http_arena_printf(&t->request->arena, "body.events.%u%s", i, loc);
		return false;
	}
	return true;
}

static bool take_events(struct taking *t)
{
	struct webhook *w = t->webhook;
	uint32_t events = json_member(&t->json, 0, "events");

	if (events && json_kind(&t->json, events) == JSON_ARRAY)
		return take_batch(t, events);
	w->n = 1;
	w->deliveries = http_arena_alloc(&t->request->arena, sizeof *w->deliveries);
	return take_event(t, w->deliveries, 0);
}

/* Headers worth keeping; nothing that authenticates. */
static struct str harmless_headers(struct request *r)
{
	static const char *const names[] = {
		"content-type", "user-agent", "webhook-id", "webhook-timestamp", "traceparent"};
	struct http_text t = {.arena = &r->arena};

	http_text_put(&t, "{");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str value = request_header(r, names[i]);

		if (!value.data)
			continue;
		http_text_printf(&t, "%s\"%s\":", t.n > 1 ? "," : "", names[i]);
		http_text_json(&t, value);
	}
	http_text_put(&t, "}");
	return (struct str){t.at, t.n};
}

static void answer_refusal(struct request *r, const struct refusal *why)
{
	if (why->status == 422)
		http_refuse_field(r, why->loc, why->msg, why->type);
	else
		http_refuse(r, why->status, why->msg);
}

static bool entity_of_name(struct str name, enum entity_id *entity)
{
	*entity = ENTITY_NONE;
	for (int e = ENTITY_NONE + 1; name.data && e < ENTITIES; e++)
		if (str_eq(name, entity_names[e].webhook))
			*entity = (enum entity_id)e;
	return *entity || !name.data;
}

static bool is_encoded(const struct request *r)
{
	struct str encoding = request_header(r, "Content-Encoding");

	return encoding.data && !str_eq(encoding, "identity");
}

static void commit(struct ingest *in, struct webhook *w)
{
	w->open_n = w->n;
	for (unsigned i = 0; i < w->n; i++)
		group_add(in, &w->deliveries[i]);
}

void webhook_take(struct request *r, struct str name)
{
	struct ingest *in = r->connection->ingest;
	struct taking t = {.ingest = in, .request = r};
	struct webhook *w = http_arena_alloc(&r->arena, sizeof *w);
	bool verified;

	*w = (struct webhook){.request = r, .delivery_id = request_header(r, "webhook-id")};
	t.webhook = w;
	if (!entity_of_name(name, &t.entity)) {
		http_refuse(r, 404, "Not found: there is no webhook of this name");
	} else if (!webhook_authentic(in, r, &verified)) {
		http_refuse(r, 401, "Invalid or missing webhook API key");
	} else if (is_encoded(r)) {
		http_refuse(r, 415, "Bodies are taken without Content-Encoding only");
	} else if (!read_query(&t) || !read_body(&t) || !take_events(&t)) {
		answer_refusal(r, &t.refusal);
	} else if (!group_up(in)) {
		http_refuse(r, 503, "The database isn't available now; send it again later");
	} else if (in->waiting_n + w->n > (size_t)in->actor->config.ingest_deliveries_waiting_max) {
		http_refuse(r, 503, "Too many webhooks at once; send it again later");
	} else {
		w->verified = verified;
		w->headers = harmless_headers(r);
		snprintf(w->peer, sizeof w->peer, "%s", r->connection->peer);
		r->webhook = w;
		commit(in, w);
	}
}
