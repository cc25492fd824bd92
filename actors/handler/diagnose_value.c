/* What a rule has against a value, in a person's words: the rules of entity.h once more, for records that PostgreSQL refused. */
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "actors/handler/diagnose.h"

static bool is_number(const char *p)
{
	p += *p == '-' || *p == '+';
	size_t digits = strspn(p, "0123456789");
	p += digits;
	if (*p == '.') {
		size_t more = strspn(++p, "0123456789");
		digits += more;
		p += more;
	}
	if (digits && (*p == 'e' || *p == 'E')) {
		p++;
		p += *p == '-' || *p == '+';
		size_t exponent = strspn(p, "0123456789");
		p += exponent;
		if (!exponent || exponent > 4)
			return false;
	}
	return digits > 0 && digits <= 1000 && *p == 0;
}

static bool is_whole(const char *p)
{
	size_t integral = strspn(p, "+-0123456789");
	return is_number(p) &&
	       (!p[integral] || (p[integral] == '.' && strspn(p + integral + 1, "0") == strlen(p + integral + 1)));
}

static bool is_percent(const char *p)
{
	char number[64];
	size_t n = strlen(p);
	if (n && p[n - 1] == '%')
		n -= n > 1 && p[n - 2] == ' ' ? 2 : 1;
	snprintf(number, sizeof number, "%.*s", n < sizeof number ? (int)n : 0, p);
	return is_number(number);
}

static bool looks_like(const char *p, const char *pattern)
{
	for (; *pattern; pattern++, p++)
		if (*pattern == '9' ? !isdigit((unsigned char)*p) : *pattern != *p)
			return false;
	return true;
}

static bool is_day(const char *p)
{
	int y, m, d;
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (!looks_like(p, "9999-99-99") || sscanf(p, "%4d-%2d-%2d", &y, &m, &d) != 3)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return y >= 1 && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1] && !(m == 2 && d == 29 && !leap);
}

static bool is_date(const char *p)
{
	return is_day(p) && !p[10];
}

static bool is_time(const char *p)
{
	if (!is_day(p) || (p[10] != 'T' && p[10] != ' ') || !looks_like(p + 11, "99:99:99"))
		return false;
	p += 19;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (*p == 'Z')
		return !p[1];
	return (*p == '+' || *p == '-') &&
	       ((looks_like(p + 1, "9999") && !p[5]) || (looks_like(p + 1, "99:99") && !p[6]));
}

static bool is_flag(const char *p)
{
	return !strcasecmp(p, "true") || !strcasecmp(p, "false");
}

bool diagnose_is_id(const char *p)
{
	size_t n = strspn(p, "0123456789");
	return n >= 1 && n <= 19 && !p[n];
}

static bool is_text(struct json_object *v)
{
	if (json_object_is_type(v, json_type_object))
		return json_object_object_length(v) == 0;
	return !json_object_is_type(v, json_type_array) || json_object_array_length(v) == 0;
}

const char *diagnose_value(enum rule rule, struct json_object *v)
{
	const char *text = v ? json_object_get_string(v) : "";
	if (!*text)
		return NULL;
	switch (rule) {
	case RULE_NUMBER:
		return is_number(text) ? NULL : "is not a number";
	case RULE_INTEGER:
		return is_whole(text) ? NULL : "is not a whole number";
	case RULE_PERCENT:
		return is_percent(text) ? NULL : "is not a percentage";
	case RULE_DATE:
		return is_date(text) ? NULL : "is not a date (YYYY-MM-DD)";
	case RULE_TIME:
		return is_time(text) ? NULL : "is not a time (YYYY-MM-DDThh:mm:ss+hhmm)";
	case RULE_FLAG:
		return is_flag(text) ? NULL : "is neither true nor false";
	case RULE_ID:
		return diagnose_is_id(text) || !strcmp(text, "-1") ? NULL : "is not an id (1 to 19 digits)";
	case RULE_TEXT:
		return is_text(v) ? NULL : "is not a text";
	default:
		return NULL;
	}
}
