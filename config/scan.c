/* Owns a look at the source text before libconfig gets it, for what libconfig would silently make wrong: a number that
 * doesn't fit loses its upper half, \x00 cuts a text short, and @include would read files nobody listed. */
#include "config/reading.h"
#include "config/value.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { depth_max = 16, number_bytes_max = 64 };

struct name {
	const char *at;
	size_t n;
};
struct scanner {
	struct reading *r;
	const char *at, *end;
	int line;
	struct name open[depth_max], last; /* the names of the groups around, and the last one seen */
	size_t depth;
};

static struct origin here(const struct scanner *s)
{
	return (struct origin){s->r->file, s->line};
}

static void skip_past(struct scanner *s, const char *mark)
{
	const char *found = strstr(s->at, mark);
	const char *stop = found == NULL ? s->end : found + strlen(mark);
	for (; s->at < stop; s->at++)
		s->line += *s->at == '\n';
}

/* At '#' or '/'. */
static void skip_comment(struct scanner *s)
{
	if (s->at[0] == '/' && s->at[1] == '*') {
		s->at += 2;
		skip_past(s, "*/");
	} else if (s->at[0] == '/' && s->at[1] != '/') {
		s->at++;
	} else {
		skip_past(s, "\n");
	}
}

static int skip_text(struct scanner *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		s->line += *s->at == '\n';
		if (strncasecmp(s->at, "\\x00", 4) == 0)
			return reading_refuse(s->r, here(s), NULL, "a text can't hold \\x00");
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->line += *++s->at == '\n';
	}
	s->at += s->at < s->end;
	return 0;
}

/* "queue.batch_size" */
static void key_here(const struct scanner *s, char key[PARAMETER_NAME_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i <= s->depth && n < PARAMETER_NAME_BYTES; i++) {
		const struct name *name = i < s->depth ? &s->open[i] : &s->last;
		if (name->n > 0)
			n += (size_t)snprintf(
				key + n, PARAMETER_NAME_BYTES - n, "%s%.*s", n > 0 ? "." : "", (int)name->n, name->at);
	}
	key[n < PARAMETER_NAME_BYTES ? n : PARAMETER_NAME_BYTES - 1] = '\0';
}

static int refuse_number(struct scanner *s, const char *number)
{
	char key[PARAMETER_NAME_BYTES] = "", wanted[VALUE_TEXT_BYTES];
	key_here(s, key);
	const struct parameter *p = parameter_named(key);
	return reading_refuse(s->r, here(s), key, "is %s, must be %s", number,
		p != NULL ? value_wanted(p, wanted) : "a number of at most 31 bits");
}

/* What libconfig would take for an integer must fit: 31 bits, or 63 with an L behind it. */
static int check_number(struct scanner *s)
{
	char number[number_bytes_max + 1], *suffix;
	size_t n = *s->at == '-' || *s->at == '+';
	while (s->at + n < s->end && (isalnum((unsigned char)s->at[n]) || s->at[n] == '.'))
		n++;
	snprintf(number, sizeof number, "%.*s", (int)(n < number_bytes_max ? n : number_bytes_max), s->at);
	s->at += n;
	const char *digits = number + strspn(number, "+-");
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	errno = 0;
	long long value = strtoll(number, &suffix, hex ? 16 : 10);
	bool wide = *suffix == 'L';
	if (n <= number_bytes_max && !wide && *suffix != '\0')
		return 0; /* a fraction, or no number: libconfig's to judge */
	if (n > number_bytes_max || errno == ERANGE || (!wide && (value > INT32_MAX || value < INT32_MIN)))
		return refuse_number(s, number);
	return 0;
}

static void take_name(struct scanner *s)
{
	s->last = (struct name){s->at, 0};
	while (s->at < s->end && (isalnum((unsigned char)*s->at) || strchr("_-*", *s->at) != NULL))
		s->at++;
	s->last.n = (size_t)(s->at - s->last.at);
}

static int take_bracket(struct scanner *s)
{
	bool opens = strchr("{([", *s->at) != NULL;
	if (opens && s->depth == depth_max)
		return reading_refuse(s->r, here(s), NULL, "nested deeper than %d", depth_max);
	if (opens)
		s->open[s->depth++] = s->last;
	else if (s->depth > 0)
		s->depth--;
	s->last = (struct name){"", 0};
	s->at++;
	return 0;
}

static int take(struct scanner *s)
{
	char c = s->at[0], next = s->at[1];
	if (c == '@')
		return reading_refuse(
			s->r, here(s), NULL, "@include isn't allowed: put the file into conf.d/ beside this one");
	if (c == '"')
		return skip_text(s);
	if (strchr("{}()[]", c) != NULL)
		return take_bracket(s);
	if (isdigit((unsigned char)c) || ((c == '-' || c == '+') && isdigit((unsigned char)next)))
		return check_number(s);
	if (c == '#' || c == '/')
		skip_comment(s);
	else if (isalpha((unsigned char)c) || c == '*')
		take_name(s);
	else {
		s->line += c == '\n';
		s->at++;
	}
	return 0;
}

int reading_scan(struct reading *r, const char *text, size_t n)
{
	struct scanner s = {.r = r, .at = text, .end = text + n, .line = 1};
	if (strlen(text) != n)
		return reading_refuse(r, here(&s), NULL, "byte %zu is NUL, which no text file holds", strlen(text) + 1);
	while (s.at < s.end)
		if (take(&s) != 0)
			return -1;
	return 0;
}
