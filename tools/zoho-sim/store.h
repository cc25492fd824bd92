/* Owns every record the organisation holds, and the text each is served as. */
#ifndef ZOHO_SIM_STORE_H
#define ZOHO_SIM_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <json-c/json.h>

#include "entities.h"
#include "text.h"

#define ID_TEXT_MAX 32

struct record {
	char id[ID_TEXT_MAX];
	const struct entity *entity;
	json_object *values; /* only what differs from the field table's defaults */
	time_t created;
	time_t modified;
	bool deleted;
	bool unlisted;		       /* a detail has it and no list does: Zoho's lists lag, or leave something out */
	char merged_into[ID_TEXT_MAX]; /* "" or the contact that took this one's place */
	struct text list;	       /* cached, empty when it has to be written anew */
	struct text detail;	       /* likewise */
	struct text before;	       /* the detail before the last change, empty where nobody had read it */
	time_t modified_before;
};

/* Everything below is called with the lock held; records stay where they are until exit. */
void store_lock(void);
void store_unlock(void);

/* A new 19-digit id, greater than all before; the seed decides which. */
void store_new_id(char id[static ID_TEXT_MAX]);
/* Takes over values. Its id is values' own, else a new one. NULL when that id is taken. */
struct record *store_add(const struct entity *entity, json_object *values, time_t created, time_t modified);
/* Deleted records are found too. */
struct record *store_find(const struct entity *entity, const char *id);
size_t store_count(const struct entity *entity);
struct record *store_at(const struct entity *entity, size_t position);
/* Grows whenever a record of the entity is added, changed or deleted. */
uint64_t store_version(const struct entity *entity);

const struct text *record_list(struct record *record);
const struct text *record_detail(struct record *record);
/* Call after changing values; when touch, last_modified_time becomes now. */
void record_changed(struct record *record, bool touch);
/* Forgets how records are served: the quirks have changed. */
void store_forget(void);
/* Merges fields into the record; false and *refused names the key when one cannot be set. */
bool record_update(struct record *record, json_object *fields, const char **refused);
/* A field's JSON as served, "" when unset; for comparing and filtering. */
const char *record_text(struct record *record, const char *key);

#endif
