/* Owns reading what is ordered from outside: JSON objects, or the short form of them that fits a command line. */
#include "spec.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct json_object *spec_of(const char *text, const char *first)
{
	json_object *spec;
	char *copy, *part, *rest, *equals;

	if (*text == '{' || *text == '[')
		return json_tokener_parse(text);
	spec = json_object_new_object();
	copy = text_format("%s=%s", first, text);
	for (part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		equals = strchr(part, '=');
		if (!equals) {
			/* No key of that name: it will be refused. */
			json_object_object_add(spec, part, NULL);
			continue;
		}
		*equals = '\0';
		json_object_object_add(spec, part, json_object_new_string(equals + 1));
	}
	free(copy);
	return spec;
}

bool spec_keys(struct json_object *spec, const char *known)
{
	char word[32];

	json_object_object_foreach(spec, key, value)
	{
		(void)value;
		snprintf(word, sizeof word, " %s ", key);
		if (!strstr(known, word))
			return false;
	}
	return true;
}

static bool is_number(json_object *value)
{
	const char *text = json_object_get_string(value);
	char *end;

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
		return true;
	strtod(text ? text : "", &end);
	return text && *text && !*end;
}

bool spec_numbers(struct json_object *spec, const char *numbers)
{
	char word[32];

	json_object_object_foreach(spec, key, value)
	{
		snprintf(word, sizeof word, " %s ", key);
		if (strstr(numbers, word) && !is_number(value))
			return false;
	}
	return true;
}

long spec_whole(struct json_object *spec, const char *key, long unset)
{
	json_object *value;

	return json_object_object_get_ex(spec, key, &value) ? (long)json_object_get_int64(value) : unset;
}

const char *spec_text(struct json_object *spec, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(spec, key, &value) && value ? json_object_get_string(value) : "";
}

int spec_word(struct json_object *spec, const char *key, const char *const *words, int unset)
{
	const char *word = spec_text(spec, key);
	int i;

	if (!*word)
		return unset;
	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], word))
			return i;
	}
	return -1;
}
