/* Owns how a value is written: as the text it can be read from again, and in the words of an error. */
#include "config/schedule.h"
#include "config/units.h"
#include "config/value.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

size_t value_count(const struct config *c, const struct parameter *p)
{
	const void *value = parameter_value(c, p);
	if (p->type == PARAM_SCHEDULES)
		return ((const struct config_schedules *)value)->n;
	if (parameter_list(p))
		return ((const struct strings *)value)->n;
	return p->type == PARAM_RESERVED ? 0 : 1;
}

/* The shortest that reads back as the same number. */
static const char *fraction_text(double value, char room[VALUE_TEXT_BYTES])
{
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(room, VALUE_TEXT_BYTES, "%.*g", digits, value);
		if (strtod(room, NULL) == value)
			break;
	}
	return room;
}

const char *value_text(const struct config *c, const struct parameter *p, size_t i, char room[VALUE_TEXT_BYTES])
{
	const void *value = parameter_value(c, p);
	switch (p->type) {
	case PARAM_STRING:
	case PARAM_PATH:
	case PARAM_SECRET:
	case PARAM_CHOICE:
		return *(char *const *)value;
	case PARAM_STRINGS:
	case PARAM_SECRETS:
	case PARAM_MAPPING:
		return ((const struct strings *)value)->at[i];
	case PARAM_INTEGER:
		snprintf(room, VALUE_TEXT_BYTES, "%" PRId64, *(const int64_t *)value);
		return room;
	case PARAM_DURATION:
		return duration_text(*(const int64_t *)value, room);
	case PARAM_SIZE:
		return size_text(*(const int64_t *)value, room);
	case PARAM_FRACTION:
		return fraction_text(*(const double *)value, room);
	case PARAM_FLAG:
		return *(const bool *)value ? "true" : "false";
	case PARAM_SCHEDULES:
		return config_schedule_text(&((const struct config_schedules *)value)->at[i], room);
	case PARAM_RESERVED:
		break;
	}
	return "";
}

bool value_same(const struct config *a, const struct config *b, const struct parameter *p)
{
	size_t n = value_count(a, p);
	if (n != value_count(b, p))
		return false;
	for (size_t i = 0; i < n; i++) {
		char one[VALUE_TEXT_BYTES], other[VALUE_TEXT_BYTES];
		if (strcmp(value_text(a, p, i, one), value_text(b, p, i, other)) != 0)
			return false;
	}
	return true;
}

/* "a|b|c" → "a", "b" or "c" */
static void choice_wanted(const char *words, char room[VALUE_TEXT_BYTES])
{
	size_t n = 0;
	for (const char *word = words; *word != '\0' && n < VALUE_TEXT_BYTES;) {
		size_t len = strcspn(word, "|");
		const char *next = word + len + (word[len] == '|');
		const char *between = word == words ? "" : *next == '\0' ? " or " : ", ";
		n += (size_t)snprintf(room + n, VALUE_TEXT_BYTES - n, "%s\"%.*s\"", between, (int)len, word);
		word = next;
	}
}

const char *value_wanted(const struct parameter *p, char room[VALUE_TEXT_BYTES])
{
	static const struct {
		const char *start, *between, *end; /* between: a range follows */
	} words[] = {
		[PARAM_STRING] = {"a text in quotes of ", " to ", " bytes"},
		[PARAM_PATH] = {"a path in quotes of ", " to ", " bytes"},
		[PARAM_SECRET] = {"a text in quotes of ", " to ", " bytes"},
		[PARAM_STRINGS] = {"a list of ", " to ", " texts, such as [ \"a\", \"b\" ]"},
		[PARAM_SECRETS] = {"a list of ", " to ", " texts, such as [ \"a\", \"b\" ]"},
		[PARAM_INTEGER] = {"a whole number from ", " to ", ""},
		[PARAM_DURATION] = {"a duration from \"", "\" to \"", "\" (in quotes, with ms, s, m, h or d)"},
		[PARAM_SIZE] = {"a size from \"", "\" to \"", "\" (in quotes, with B, KiB, MiB or GiB)"},
		[PARAM_FRACTION] = {"a number from ", " to ", ""},
		[PARAM_SCHEDULES] = {"a list of ", " to ",
			" groups, such as ( { name = \"stock\"; every = \"15m\"; } )"},
		[PARAM_FLAG] = {"true or false", NULL, ""},
		[PARAM_MAPPING] = {"a group { table = \"...\"; ... } that says at most ", " to ", " things"},
		[PARAM_RESERVED] = {"empty: nothing reads it yet", NULL, ""},
	};
	if (p->type == PARAM_CHOICE)
		choice_wanted(p->min, room);
	else if (words[p->type].between == NULL)
		snprintf(room, VALUE_TEXT_BYTES, "%s", words[p->type].start);
	else
		snprintf(room, VALUE_TEXT_BYTES, "%s%s%s%s%s", words[p->type].start, p->min, words[p->type].between,
			p->max, words[p->type].end);
	return room;
}

const char *value_quoted(const char *text, char room[VALUE_TEXT_BYTES])
{
	enum { shown_max = 64 };
	size_t n = 0;
	room[n++] = '"';
	for (; *text != '\0' && n <= shown_max; text++, n++) {
		room[n] = *text;
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			room[n] = '?';
	}
	while (*text != '\0' && n > 1 && ((unsigned char)*text & 0xc0) == 0x80) /* no character is cut in two */
		text--, n--;
	snprintf(room + n, VALUE_TEXT_BYTES - n, "%s", *text == '\0' ? "\"" : "...\"");
	return room;
}
