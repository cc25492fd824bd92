/* Owns the quirks: ways in which Zoho's lists and bodies are right and yet not what one expects. */
#include "quirks.h"

#include <ctype.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entities.h"

#define QUIRKS_MAX 64
#define ID_DIGITS_MAX 19

static const char *const names[QUIRK_COUNT] = {
	[QUIRK_SHORT_PAGES] = "short_pages",
	[QUIRK_OVERLAP_ROWS] = "overlap_rows",
	[QUIRK_UNSTABLE_ORDER] = "unstable_order",
	[QUIRK_IGNORE_SORT] = "ignore_sort",
	[QUIRK_IGNORE_FILTERS] = "ignore_filters",
	[QUIRK_IGNORE_PAGING] = "ignore_paging",
	[QUIRK_IDS] = "ids",
	[QUIRK_NUMBERS] = "numbers",
	[QUIRK_LEAVE_OUT] = "leave_out",
	[QUIRK_LIST_LINES] = "list_lines",
	[QUIRK_UNDATED] = "undated",
};

struct entry {
	enum quirk quirk;
	const struct entity *entity; /* NULL: of all */
	char value[64];
};

/* Entries are written once and kept until exit, so that readers need no lock; the count says how many hold. */
static struct entry *entries[QUIRKS_MAX];
static atomic_size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *text_of(json_object *spec, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(spec, key, &value) ? json_object_get_string(value) : "";
}

static const char *fill(struct entry *entry, json_object *spec)
{
	const char *name = text_of(spec, "quirk"), *of = text_of(spec, "for");
	size_t i;

	for (i = 0; i < QUIRK_COUNT && strcmp(names[i], name) != 0; i++)
		;
	if (i == QUIRK_COUNT)
		return "quirk must be one of those that --help lists";
	entry->quirk = (enum quirk)i;
	entry->entity = entity_by_name(of);
	if (*of && !entry->entity)
		return "for must be an entity";
	snprintf(entry->value, sizeof entry->value, "%s", text_of(spec, "value"));
	return NULL;
}

const char *quirks_add(json_object *spec)
{
	struct entry *entry = calloc(1, sizeof *entry);
	const char *wrong;

	if (!entry)
		abort();
	wrong = fill(entry, spec);
	pthread_mutex_lock(&lock);
	if (!wrong && count == QUIRKS_MAX)
		wrong = "too many quirks; DELETE /_sim/quirks first";
	if (!wrong)
		entries[count++] = entry;
	pthread_mutex_unlock(&lock);
	if (wrong)
		free(entry);
	return wrong;
}

bool quirks_add_text(const char *text)
{
	char name[32], value[64] = "", of[32] = "", *copy = text_format("%s", text), *comma = strstr(copy, ",for=");
	json_object *spec = json_object_new_object();
	bool added;

	if (comma) {
		snprintf(of, sizeof of, "%s", comma + 5);
		*comma = '\0';
	}
	snprintf(name, sizeof name, "%.*s", (int)strcspn(copy, "="), copy);
	if (strchr(copy, '='))
		snprintf(value, sizeof value, "%s", strchr(copy, '=') + 1);
	json_object_object_add(spec, "quirk", json_object_new_string(name));
	json_object_object_add(spec, "value", json_object_new_string(value));
	json_object_object_add(spec, "for", json_object_new_string(of));
	added = quirks_add(spec) == NULL;
	json_object_put(spec);
	free(copy);
	return added;
}

void quirks_clear(void)
{
	count = 0;
}

void quirks_describe(struct text *out)
{
	size_t i;

	text_puts(out, "[");
	for (i = 0; i < count; i++) {
		text_printf(out, "%s{\"quirk\":\"%s\",\"for\":\"%s\",\"value\":", i ? "," : "",
			names[entries[i]->quirk], entries[i]->entity ? entries[i]->entity->name : "");
		text_json_string(out, entries[i]->value);
		text_puts(out, "}");
	}
	text_puts(out, "]");
}

const char *quirk_of(enum quirk quirk, const struct entity *entity)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (entries[i]->quirk == quirk && (!entries[i]->entity || !entity || entries[i]->entity == entity))
			return entries[i]->value;
	}
	return NULL;
}

long quirk_number(enum quirk quirk, const struct entity *entity)
{
	const char *value = quirk_of(quirk, entity);

	return !value ? 0 : *value ? strtol(value, NULL, 10) : 1;
}

bool quirk_leaves_out(const struct entity *entity, const char *key)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (entries[i]->quirk == QUIRK_LEAVE_OUT && (!entries[i]->entity || entries[i]->entity == entity) &&
			!strcmp(entries[i]->value, key))
			return true;
	}
	return false;
}

/* "mixed": every second one, the same ones each time. */
static bool chosen(const char *how, const char *key, const char *seed)
{
	unsigned hash = 2166136261u;

	if (!how || strcmp(how, "mixed") != 0)
		return how != NULL;
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	for (; *seed; seed++)
		hash = (hash ^ (unsigned char)*seed) * 16777619u;
	return hash >> 16 & 1;
}

static bool is_id(const char *key, const char *value, size_t length)
{
	size_t end = strlen(key);

	return end > 3 && !strcmp(key + end - 3, "_id") && length > 2 && length <= ID_DIGITS_MAX + 2 && *value == '"' &&
	       strspn(value + 1, "0123456789") == length - 2;
}

void quirk_form(struct text *out, size_t start, const struct entity *entity, const char *key, const char *seed)
{
	size_t length = out->length - start;
	char *value = out->data + start, number[64];

	if (!count || !length || length >= sizeof number - 1)
		return;
	if (is_id(key, value, length)) {
		if (!chosen(quirk_of(QUIRK_IDS, entity), key, seed))
			return;
		memmove(value, value + 1, length - 2);
		out->length -= 2;
		out->data[out->length] = '\0';
	} else if (isdigit((unsigned char)*value) || *value == '-') {
		if (!chosen(quirk_of(QUIRK_NUMBERS, entity), key, seed))
			return;
		snprintf(number, sizeof number, "%s", value);
		out->length = start;
		text_json_string(out, number);
	}
}
