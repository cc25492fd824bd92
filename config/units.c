/* Owns how durations and sizes are written and read, so that a number never stands without its unit. */
#include "config/units.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t worth;
};
static const struct unit durations[] = {{"d", INT64_C(86400000000000)}, {"h", INT64_C(3600000000000)},
	{"m", INT64_C(60000000000)}, {"s", 1000000000}, {"ms", 1000000}, {NULL, 0}};
static const struct unit sizes[] = {
	{"GiB", INT64_C(1) << 30}, {"MiB", INT64_C(1) << 20}, {"KiB", INT64_C(1) << 10}, {"B", 1}, {NULL, 0}};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool integer_parse(const char *text, int64_t *value)
{
	char *end;
	if (!digit(text[0]) && !(text[0] == '-' && digit(text[1])))
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static bool parse(const struct unit *units, const char *text, int64_t *value)
{
	char *end;
	if (!digit(text[0]))
		return false;
	errno = 0;
	int64_t n = strtoll(text, &end, 10);
	if (errno != 0)
		return false;
	*value = 0;
	if (n == 0 && *end == '\0')
		return true;
	for (const struct unit *u = units; u->name != NULL; u++)
		if (strcmp(end, u->name) == 0)
			return !__builtin_mul_overflow(n, u->worth, value);
	return false;
}

static const char *format(const struct unit *units, int64_t value, char text[UNITS_TEXT_BYTES])
{
	const struct unit *u = units;
	while (u[1].name != NULL && (value == 0 || value % u->worth != 0))
		u++;
	snprintf(text, UNITS_TEXT_BYTES, "%" PRId64 "%s", value / u->worth, u->name);
	return text;
}

bool duration_parse(const char *text, int64_t *ns)
{
	return parse(durations, text, ns);
}
bool size_parse(const char *text, int64_t *bytes)
{
	return parse(sizes, text, bytes);
}
const char *duration_text(int64_t ns, char text[UNITS_TEXT_BYTES])
{
	return ns == 0 ? "0s" : format(durations, ns, text);
}
const char *size_text(int64_t bytes, char text[UNITS_TEXT_BYTES])
{
	return bytes == 0 ? "0B" : format(sizes, bytes, text);
}
