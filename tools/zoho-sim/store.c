/* Owns every record the organisation holds, and the text each is served as; one lock guards all of it. */
#include "store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "record_json.h"
#include "render.h"

struct shelf {
	struct record **records;
	size_t count, capacity;
	uint64_t version;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shelf shelves[ENTITY_COUNT];
static struct record **slots; /* open addressing by id, a power of two many */
static size_t slot_count, slots_used;
static uint64_t last_id = UINT64_C(3871240000010000000);

void store_lock(void)
{
	pthread_mutex_lock(&lock);
}

void store_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void store_new_id(char id[static ID_TEXT_MAX])
{
	/* Gaps as in a real organisation, where one counter serves every module. */
	last_id += 2 + last_id * UINT64_C(2654435761) % 37;
	snprintf(id, ID_TEXT_MAX, "%" PRIu64, last_id);
}

static size_t slot_of(const struct entity *entity, const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)entity_index(entity);

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return (size_t)(hash ^ hash >> 32) & (slot_count - 1);
}

static void slots_insert(struct record *record)
{
	size_t slot = slot_of(record->entity, record->id);

	while (slots[slot])
		slot = (slot + 1) & (slot_count - 1);
	slots[slot] = record;
	slots_used++;
}

static void slots_grow(void)
{
	struct record **old = slots;
	size_t i, old_count = slot_count;

	slot_count = slot_count ? 2 * slot_count : 16384;
	slots = calloc(slot_count, sizeof(struct record *));
	if (!slots)
		abort();
	slots_used = 0;
	for (i = 0; i < old_count; i++) {
		if (old[i])
			slots_insert(old[i]);
	}
	free(old);
}

struct record *store_find(const struct entity *entity, const char *id)
{
	size_t slot;

	if (!slot_count)
		return NULL;
	for (slot = slot_of(entity, id); slots[slot]; slot = (slot + 1) & (slot_count - 1)) {
		if (slots[slot]->entity == entity && !strcmp(slots[slot]->id, id))
			return slots[slot];
	}
	return NULL;
}

struct record *store_add(const struct entity *entity, json_object *values, time_t created, time_t modified)
{
	struct shelf *shelf = &shelves[entity_index(entity)];
	struct record *record = calloc(1, sizeof *record);

	if (!record)
		abort();
	*record = (struct record){.entity = entity, .values = values, .created = created, .modified = modified};
	if (*get_text(values, entity->id_key))
		snprintf(record->id, sizeof record->id, "%s", get_text(values, entity->id_key));
	else
		store_new_id(record->id);
	if (store_find(entity, record->id)) {
		json_object_put(values);
		free(record);
		return NULL;
	}
	set_text(values, entity->id_key, record->id);
	if (2 * (slots_used + 1) > slot_count)
		slots_grow();
	slots_insert(record);
	if (shelf->count == shelf->capacity) {
		shelf->capacity = shelf->capacity ? 2 * shelf->capacity : 64;
		shelf->records = realloc(shelf->records, shelf->capacity * sizeof(struct record *));
		if (!shelf->records)
			abort();
	}
	shelf->records[shelf->count++] = record;
	shelf->version++;
	return record;
}

size_t store_count(const struct entity *entity)
{
	return shelves[entity_index(entity)].count;
}

struct record *store_at(const struct entity *entity, size_t position)
{
	return shelves[entity_index(entity)].records[position];
}

uint64_t store_version(const struct entity *entity)
{
	return shelves[entity_index(entity)].version;
}

const struct text *record_list(struct record *record)
{
	if (!record->list.length)
		render_record(&record->list, record, LIST);
	return &record->list;
}

const struct text *record_detail(struct record *record)
{
	if (!record->detail.length)
		render_record(&record->detail, record, DETAIL);
	return &record->detail;
}

void store_forget(void)
{
	enum entity_id which;
	size_t i;

	for (which = 0; which < ENTITY_COUNT; which++) {
		for (i = 0; i < shelves[which].count; i++) {
			text_clear(&shelves[which].records[i]->list);
			text_clear(&shelves[which].records[i]->detail);
		}
		shelves[which].version++;
	}
}

/* What a late webhook may still say. */
static void remember(struct record *record)
{
	struct text kept = record->before;

	if (!record->detail.length)
		return;
	record->before = record->detail;
	record->detail = kept;
	record->modified_before = record->modified;
}

void record_changed(struct record *record, bool touch)
{
	time_t now = clock_now();

	remember(record);
	if (touch && now > record->modified)
		record->modified = now;
	text_clear(&record->list);
	text_clear(&record->detail);
	shelves[entity_index(record->entity)].version++;
}

const char *record_text(struct record *record, const char *key)
{
	const struct field *field = fields_find(entity_fields(record->entity), key);
	const char *text = get_text(record->values, key);

	if (!*text && field && field->value && *field->value == '=')
		text = get_text(record->values, field->value + 1);
	return text;
}
