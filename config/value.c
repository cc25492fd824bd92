/* Owns the conversion of each type from and to text with its range check, so that no value is out of its range wherever
 * it came from. */
#include "config/value.h"
#include "config/memory.h"
#include "config/schedule.h"
#include "config/units.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool number_parse(enum parameter_type type, const char *text, int64_t *value)
{
	return type == PARAM_DURATION ? duration_parse(text, value)
	       : type == PARAM_SIZE   ? size_parse(text, value)
				      : integer_parse(text, value);
}

/* A limit as the table has it. */
static int64_t limit(const struct parameter *p, const char *text)
{
	int64_t value = 0;
	bool good = number_parse(p->type, text, &value);
	assert(good);
	return good ? value : 0;
}

static bool fraction_parse(const char *text, double *value)
{
	char *end;
	if (text[strspn(text, "+-0123456789.eE")] != '\0' || strpbrk(text, "0123456789") == NULL)
		return false;
	*value = strtod(text, &end);
	return *end == '\0';
}

static bool refuse_text(const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES], wanted[VALUE_TEXT_BYTES];
	int64_t n;
	double d;
	bool bare = (p->type == PARAM_INTEGER && integer_parse(text, &n)) ||
		    (p->type == PARAM_FRACTION && fraction_parse(text, &d));
	snprintf(why, VALUE_WHY_BYTES, "is %s, must be %s", bare ? text : value_quoted(text, room),
		value_wanted(p, wanted));
	return false;
}

static bool set_number(struct config *c, const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	int64_t value;
	if (!number_parse(p->type, text, &value) || value < limit(p, p->min) || value > limit(p, p->max))
		return refuse_text(p, text, why);
	*(int64_t *)parameter_field(c, p) = value;
	return true;
}

static bool set_fraction(struct config *c, const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	double value;
	if (!fraction_parse(text, &value) || !(value >= strtod(p->min, NULL) && value <= strtod(p->max, NULL)))
		return refuse_text(p, text, why);
	*(double *)parameter_field(c, p) = value;
	return true;
}

static bool set_flag(struct config *c, const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return refuse_text(p, text, why);
	*(bool *)parameter_field(c, p) = text[0] == 't';
	return true;
}

static bool set_choice(struct config *c, const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	size_t n = strlen(text);
	for (const char *word = p->min; word != NULL; word = strchr(word, '|')) {
		word += *word == '|';
		if (n == strcspn(word, "|") && strncmp(word, text, n) == 0) {
			*(char **)parameter_field(c, p) = config_text(c, text, n);
			return true;
		}
	}
	return refuse_text(p, text, why);
}

/* The length and what no name, path or secret holds: control characters. Never shows the text: it may be a secret. */
static bool text_good(const char *text, size_t min, size_t max, const char *what, char why[VALUE_WHY_BYTES])
{
	size_t n = strlen(text);
	if (n < min || n > max) {
		snprintf(why, VALUE_WHY_BYTES, "%s%zu bytes long, must be a text of %zu to %zu bytes", what, n, min,
			max);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
			snprintf(why, VALUE_WHY_BYTES, "%sa text with a control character in it (byte %zu)", what,
				i + 1);
			return false;
		}
	return true;
}

static bool set_text(struct config *c, const struct parameter *p, const char *text, char why[VALUE_WHY_BYTES])
{
	if (!text_good(text, strtoul(p->min, NULL, 10), strtoul(p->max, NULL, 10), "is ", why))
		return false;
	*(char **)parameter_field(c, p) = config_text(c, text, strlen(text));
	return true;
}

static bool set_list(
	struct config *c, const struct parameter *p, const struct strings *texts, char why[VALUE_WHY_BYTES])
{
	struct strings list = {NULL, 0};
	for (size_t i = 0; i < texts->n; i++) {
		char what[32];
		snprintf(what, sizeof what, "entry %zu is ", i + 1);
		if (!text_good(texts->at[i], 1, VALUE_ENTRY_BYTES_MAX, what, why))
			return false;
		strings_add(c, &list, config_text(c, texts->at[i], strlen(texts->at[i])));
	}
	*(struct strings *)parameter_field(c, p) = list;
	return true;
}

static bool set_schedules(
	struct config *c, const struct parameter *p, const struct strings *texts, char why[VALUE_WHY_BYTES])
{
	struct config_schedules list = {config_alloc(c, (texts->n + 1) * sizeof *list.at), texts->n};
	for (size_t i = 0; i < texts->n; i++)
		if (!config_schedule_parse(c, texts->at[i], &list.at[i], why))
			return false;
	*(struct config_schedules *)parameter_field(c, p) = list;
	return true;
}

static bool count_good(const struct parameter *p, size_t n, char why[VALUE_WHY_BYTES])
{
	char wanted[VALUE_TEXT_BYTES];
	bool list = parameter_list(p);
	size_t min = p->type == PARAM_RESERVED ? 0 : list ? strtoul(p->min, NULL, 10) : 1;
	size_t max = p->type == PARAM_RESERVED ? 0 : list ? strtoul(p->max, NULL, 10) : 1;
	if (n < min || n > max)
		snprintf(why, VALUE_WHY_BYTES, "has %zu entries, must be %s", n, value_wanted(p, wanted));
	return n >= min && n <= max;
}

bool value_set(struct config *c, const struct parameter *p, const struct strings *texts, char why[VALUE_WHY_BYTES])
{
	if (!count_good(p, texts->n, why))
		return false;
	switch (p->type) {
	case PARAM_STRING:
	case PARAM_PATH:
	case PARAM_SECRET:
		return set_text(c, p, texts->at[0], why);
	case PARAM_CHOICE:
		return set_choice(c, p, texts->at[0], why);
	case PARAM_STRINGS:
	case PARAM_SECRETS:
	case PARAM_MAPPING:
		return set_list(c, p, texts, why);
	case PARAM_INTEGER:
	case PARAM_DURATION:
	case PARAM_SIZE:
		return set_number(c, p, texts->at[0], why);
	case PARAM_FRACTION:
		return set_fraction(c, p, texts->at[0], why);
	case PARAM_FLAG:
		return set_flag(c, p, texts->at[0], why);
	case PARAM_SCHEDULES:
		return set_schedules(c, p, texts, why);
	case PARAM_RESERVED:
		break;
	}
	return true;
}

struct strings value_split(struct config *c, const struct parameter *p, const char *text)
{
	struct strings list = {NULL, 0};
	if (p->type == PARAM_RESERVED || (parameter_list(p) && text[0] == '\0'))
		return list;
	for (const char *end; parameter_list(p) && (end = strstr(text, ", ")) != NULL; text = end + 2)
		strings_add(c, &list, config_text(c, text, (size_t)(end - text)));
	strings_add(c, &list, config_text(c, text, strlen(text)));
	return list;
}

void values_default(struct config *c)
{
	char why[VALUE_WHY_BYTES];
	memset(c, 0, sizeof *c);
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		struct strings texts = value_split(c, p, p->def);
		bool good = value_set(c, p, &texts, why);
		assert(good);
		(void)good;
	}
}
