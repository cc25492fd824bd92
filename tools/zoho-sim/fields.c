/* Owns the expansion of field tables into one field per key, done once at start. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

struct field *fields_expand(const struct field_group *groups)
{
	struct field *fields = NULL;
	size_t count = 0;
	const struct field_group *group;
	char *keys, *key, *rest;

	for (group = groups; group->keys; group++) {
		/* The copy is never freed: the keys point into it. */
		keys = strdup(group->keys);
		for (key = strtok_r(keys, " ", &rest); key; key = strtok_r(NULL, " ", &rest)) {
			fields = realloc(fields, (count + 2) * sizeof *fields);
			if (!fields)
				abort();
			fields[count++] = (struct field){
				key, group->forms, group->value, group->sub ? fields_expand(group->sub) : NULL};
		}
	}
	fields[count] = (struct field){0};
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
