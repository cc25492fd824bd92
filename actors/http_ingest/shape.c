/* Owns the shapes in which a webhook's JSON may come: a record in its wrapper, an event with `data`, a bare record.
 * Finds which entity, which operation, which organisation, which record and its id. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "actors/http_ingest/webhook.h"

struct shape {
	struct delivery *d;
	const struct json *json;
	struct http_arena *arena;
	struct refusal *refusal;
	uint32_t event, record;
	bool in_batch;
};

static bool refuse(struct shape *s, int status, const char *loc, const char *msg, const char *type)
{
	*s->refusal = (struct refusal){status, loc, msg, type};
	return false;
}

static struct str text(struct shape *s, uint32_t object, const char *key)
{
	uint32_t node = json_member(s->json, object, key);

	return node ? json_value(s->json, node, s->arena) : (struct str){0};
}

static bool is_contact(enum entity_id e)
{
	return !strcmp(entity_names[e].wrapper, "contact");
}

static bool named(struct str word, const char *name)
{
	return *name && word.len == strlen(name) && strncasecmp(word.data, name, word.len) == 0;
}

/* "product", "item" or "products" → product. */
static enum entity_id entity_of_word(struct str word)
{
	for (int e = ENTITY_NONE + 1; word.data && e < ENTITIES; e++) {
		const struct entity_names *n = &entity_names[e];

		if (named(word, n->name) || named(word, n->wrapper) || named(word, n->alias_wrapper) ||
			named(word, n->webhook))
			return (enum entity_id)e;
	}
	return ENTITY_NONE;
}

static bool operation_of_word(struct str word, enum operation *op)
{
	static const struct {
		const char *word;
		enum operation op;
	} known[] = {{"created", OP_CREATE}, {"create", OP_CREATE}, {"added", OP_CREATE}, {"updated", OP_UPDATE},
		{"update", OP_UPDATE}, {"edited", OP_UPDATE}, {"deleted", OP_DELETE}, {"delete", OP_DELETE},
		{"upsert", OP_UPSERT}, {"upserted", OP_UPSERT}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (named(word, known[i].word)) {
			*op = known[i].op;
			return true;
		}
	return false;
}

/* "item.updated", "item_created" or "updated": what before and what behind the last mark. */
static void split(struct str type, struct str *before, struct str *behind)
{
	size_t at = type.len;

	while (at > 0 && type.data[at - 1] != '.' && type.data[at - 1] != '_')
		at--;
	*behind = (struct str){type.data + at, type.len - at};
	*before = at ? (struct str){type.data, at - 1} : (struct str){0};
}

/* The entity that the event itself names: entity_type, or the first part of event_type. */
static enum entity_id entity_named(struct shape *s)
{
	struct str word = text(s, s->event, "entity_type"), before, behind;
	enum entity_id e = entity_of_word(word);
	enum operation op;

	if (e || !s->d->event_type.data)
		return e;
	split(s->d->event_type, &before, &behind);
	return operation_of_word(behind, &op) ? entity_of_word(before) : ENTITY_NONE;
}

static uint32_t object_member(struct shape *s, uint32_t object, const char *key)
{
	uint32_t node = *key ? json_member(s->json, object, key) : 0;

	return node && json_kind(s->json, node) == JSON_OBJECT ? node : 0;
}

static uint32_t wrapped(struct shape *s, uint32_t object, enum entity_id e)
{
	uint32_t node = object_member(s, object, entity_names[e].wrapper);

	if (!node)
		node = object_member(s, object, entity_names[e].alias_wrapper);
	return node ? node : object_member(s, object, entity_names[e].name);
}

/* Where nothing names the entity: of a bare record the id that comes first, its own, as Zoho writes them (an invoice carries its order's
 * and a "contact", too); else the wrapper's name. */
static enum entity_id entity_guessed(struct shape *s, uint32_t object)
{
	for (uint32_t at = object + 1; at < s->json->nodes[object].next; at = s->json->nodes[at + 1].next) {
		struct str key = json_value(s->json, at, s->arena);
		for (int e = ENTITY_NONE + 1; e < ENTITIES; e++)
			if (str_eq(key, entity_names[e].id_key))
				return (enum entity_id)e;
	}
	for (int e = ENTITY_NONE + 1; e < ENTITIES; e++)
		if (wrapped(s, object, (enum entity_id)e))
			return (enum entity_id)e;
	return ENTITY_NONE;
}

static bool find_entity(struct shape *s, enum entity_id url)
{
	enum entity_id named_one = entity_named(s);
	uint32_t data = object_member(s, s->event, "data");

	if (url && named_one && url != named_one && !(is_contact(url) && is_contact(named_one)))
		return refuse(s, 422, "body.entity_type", "the event names another entity than the URL", "value_error");
	s->d->entity = url ? url : named_one ? named_one : entity_guessed(s, data ? data : s->event);
	if (!s->d->entity)
		return refuse(s, 422, "body.entity_type", "which entity this event is about can't be told", "missing");
	return true;
}

static bool find_record(struct shape *s)
{
	uint32_t data = json_member(s->json, s->event, "data");
	uint32_t inner;

	if (data && json_kind(s->json, data) != JSON_OBJECT && json_kind(s->json, data) != JSON_NULL)
		return refuse(s, 422, "body.data", "data is to be an object", "type_error");
	if (data && json_kind(s->json, data) == JSON_NULL)
		data = 0;
	s->record = data ? data : s->event;
	inner = wrapped(s, s->record, s->d->entity);
	if (inner)
		s->record = inner;
	return true;
}

static void settle_contact(struct shape *s)
{
	struct str type = text(s, s->record, "contact_type");

	if (!is_contact(s->d->entity) || !type.data)
		return;
	if (str_eq(type, "vendor") || str_eq(type, "customer"))
		s->d->entity = entity_by_name(type);
}

/* The ids that may stand in the record: the entity's own key first; a contact's under any of its names. */
static uint32_t id_node(struct shape *s)
{
	const struct entity_names *n = &entity_names[s->d->entity];
	const char *const keys[] = {n->id_key, n->alias_id};
	struct str id;
	bool there;

	for (int i = 0; i < 2; i++) {
		uint32_t node = *keys[i] ? json_member(s->json, s->record, keys[i]) : 0;

		if (node && (!record_id(s->json, node, s->arena, &id, &there) || there))
			return node;
	}
	return 0;
}

static bool find_id(struct shape *s)
{
	uint32_t own = id_node(s), beside = json_member(s->json, s->event, "entity_id");
	struct str id = {0}, other = {0};
	bool there, also;
	char *loc = http_arena_printf(s->arena, "body.%s", entity_names[s->d->entity].id_key);

	if (!record_id(s->json, own, s->arena, &id, &there) || !record_id(s->json, beside, s->arena, &other, &also))
		return refuse(s, 422, loc, "the id is to be 1 to 19 digits", "value_error");
	if (!there && !also)
		return refuse(s, 422, loc, "the record carries no id", "missing");
	if (there && also && (id.len != other.len || memcmp(id.data, other.data, id.len) != 0))
		return refuse(s, 422, "body.entity_id", "entity_id and the record's id differ", "value_error");
	s->d->id = there ? id : other;
	return true;
}

/* The body's word counts; what the URL says (set before) holds where the body is silent. */
static void find_operation(struct shape *s)
{
	struct str before, behind;
	static const char *const keys[] = {"operation", "operation_type", "event", "action"};

	if (s->d->event_type.data) {
		split(s->d->event_type, &before, &behind);
		if (operation_of_word(behind, &s->d->operation))
			return;
	}
	for (size_t i = 0; s->record != s->event && i < sizeof keys / sizeof *keys; i++)
		if (operation_of_word(text(s, s->event, keys[i]), &s->d->operation))
			return;
}

/* Beside the record, around the batch, or in the record; node 0 is the whole text. */
static void find_organization(struct shape *s)
{
	const uint32_t places[] = {s->event, s->in_batch ? 0 : s->event, s->record};

	for (int i = 0; i < 3; i++) {
		struct str found = text(s, places[i], "organization_id");

		if (found.len) {
			s->d->organization = found;
			return;
		}
	}
}

/* The record's text; where nothing but an id is known, the record that says just that. */
static void take_record(struct shape *s)
{
	struct delivery *d = s->d;
	struct http_text canonical = {.arena = s->arena};

	record_describe(d, s->json, s->record, s->arena);
	if (d->thin && !id_node(s)) {
		d->record = d->canonical = str_of(http_arena_printf(
			s->arena, "{\"%s\":\"%.*s\"}", entity_names[d->entity].id_key, (int)d->id.len, d->id.data));
	} else {
		d->record = json_raw(s->json, s->record);
		http_text_room(&canonical, d->record.len);
		json_canonical(s->json, s->record, &canonical);
		d->canonical = (struct str){canonical.at, canonical.n};
	}
	d->thin &= d->operation != OP_DELETE; /* a delete needs no fields */
}

bool shape_event(struct delivery *d, const struct json *json, uint32_t event, bool in_batch, enum entity_id url,
	struct http_arena *arena, struct refusal *refusal)
{
	struct shape s = {d, json, arena, refusal, event, event, in_batch};

	if (json_kind(json, event) != JSON_OBJECT)
		return refuse(&s, 422, "body", "an object is expected", "type_error");
	d->event_type = text(&s, event, "event_type");
	if (!d->event_type.len)
		d->event_type = (struct str){0};
	if (!find_entity(&s, url) || !find_record(&s))
		return false;
	settle_contact(&s);
	if (!find_id(&s))
		return false;
	find_operation(&s);
	find_organization(&s);
	take_record(&s);
	return true;
}
