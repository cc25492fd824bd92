/* Owns the expansion of field tables into one field per key, done once at start. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

struct field *fields_expand(const struct field_group *groups)
{
	struct field *fields = calloc(1, sizeof *fields);
	size_t count = 0, length;
	const struct field_group *group;
	const char *key;

	if (!fields)
		abort();
	for (group = groups; group->keys; group++) {
		for (key = group->keys; *key; key += length, key += strspn(key, " ")) {
			length = strcspn(key, " ");
			fields = realloc(fields, (count + 2) * sizeof *fields);
			if (!fields)
				abort();
			fields[count] = (struct field){strndup(key, length), group->forms, group->value,
				group->sub ? fields_expand(group->sub) : NULL};
			if (!fields[count++].key)
				abort();
			fields[count] = (struct field){0};
		}
	}
	return fields;
}

const struct field *fields_find(const struct field *fields, const char *key)
{
	for (; fields->key; fields++) {
		if (!strcmp(fields->key, key))
			return fields;
	}
	return NULL;
}
