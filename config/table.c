/* Owns the table of all parameters and how a name is found in it, also a misspelt one, so that an error can name the
 * key that was meant. */
#include "config/table.h"
#include <string.h>

/* The keys of section `tds` stand at the file's top level. */
#define PREFIX_BYTES(section) (__builtin_strcmp(section, "tds") == 0 ? sizeof "tds." - 1 : 0)

const struct parameter parameters[PARAMETERS] = {
#define PARAMETER(section_, key_, type_, def_, min_, max_, reloadable_, who_, text_)                                   \
	{                                                                                                              \
		.name = &(#section_ "." #key_)[PREFIX_BYTES(#section_)],                                               \
		.section = #section_,                                                                                  \
		.key = #key_,                                                                                          \
		.type = PARAM_##type_,                                                                                 \
		.def = (def_),                                                                                         \
		.min = (min_),                                                                                         \
		.max = (max_),                                                                                         \
		.reloadable = (reloadable_),                                                                           \
		.who = (who_),                                                                                         \
		.text = (text_),                                                                                       \
		.at = offsetof(struct config, section_##_##key_),                                                      \
	},
#include "config/parameters.def"
#undef PARAMETER
};

const struct parameter *parameter_named(const char *name)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

bool section_named(const char *name)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if (strcmp(p->section, name) == 0 && strcmp(name, "tds") != 0)
			return true;
	return false;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
	size_t row[PARAMETER_NAME_BYTES + 1], n = strnlen(b, PARAMETER_NAME_BYTES);
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0]++;
		for (size_t j = 1; j <= n; j++) {
			size_t replaced = diagonal + (a[i] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(replaced, 1 + least(row[j], row[j - 1]));
		}
	}
	return row[n];
}

/* A key in the wrong place counts as one letter more than its name alone. */
const char *parameter_nearest(const char *name)
{
	const char *dot = strrchr(name, '.'), *nearest = "", *key = dot == NULL ? name : dot + 1;
	size_t best = SIZE_MAX;
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		size_t d = least(edit_distance(name, p->name), 1 + edit_distance(key, p->key));
		if (d < best) {
			best = d;
			nearest = p->name;
		}
	}
	return nearest;
}

const char *section_nearest(const char *name)
{
	const char *nearest = "";
	size_t best = SIZE_MAX;
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		size_t d = edit_distance(name, p->section);
		if (d < best && strcmp(p->section, "tds") != 0) {
			best = d;
			nearest = p->section;
		}
	}
	return nearest;
}
