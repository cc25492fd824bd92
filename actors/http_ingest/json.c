/* Owns the reading of JSON: one pass over the bytes that checks the grammar and notes where each value stands. */
#include "actors/http_ingest/json.h"
#include <string.h>
#include "actors/http_ingest/utf8.h"

enum { NUMERIC_DIGITS_MAX = 131072, NUMERIC_FRACTION_MAX = 16383, EXPONENT_MAX = 1000000 }; /* PostgreSQL's numeric */

struct reader {
	struct json *json;
	struct http_arena *arena;
	const char *p, *end;
	int depth;
};

static bool fail(struct reader *r, const char *why)
{
	if (!r->json->error)
		r->json->error = why;
	return false;
}

static uint32_t add(struct reader *r, enum json_kind kind)
{
	struct json *j = r->json;

	if (j->n == j->size) {
		uint32_t size = j->size ? j->size * 2 : 128;

		j->nodes = http_arena_grow(r->arena, j->nodes, j->size * sizeof *j->nodes, size * sizeof *j->nodes);
		j->size = size;
	}
	j->nodes[j->n] = (struct json_node){.start = (uint32_t)(r->p - j->text.data), .kind = kind & 7};
	return j->n++;
}

static void close_node(struct reader *r, uint32_t node, const char *end)
{
	r->json->nodes[node].end = (uint32_t)(end - r->json->text.data);
	r->json->nodes[node].next = r->json->n & 0xFFFFFFF;
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static int hex4(const char *p, const char *end)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int c = p + i < end ? p[i] : 0;
		int digit = c >= '0' && c <= '9'		 ? c - '0'
			    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
								 : -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* \uXXXX at r->p (after the u): steps over it, over both halves of a pair. */
static bool read_unicode(struct reader *r)
{
	int unit = hex4(r->p, r->end);

	if (unit < 0)
		return fail(r, "a \\u escape is malformed");
	r->p += 4;
	if (unit == 0)
		r->json->unstorable = "\\u0000 cannot be stored";
	if (unit < 0xD800 || unit > 0xDFFF)
		return true;
	if (unit <= 0xDBFF && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u') {
		int low = hex4(r->p + 2, r->end);

		if (low >= 0xDC00 && low <= 0xDFFF) {
			r->p += 6;
			return true;
		}
	}
	r->json->unstorable = "a lone surrogate cannot be stored";
	return true;
}

static bool read_escape(struct reader *r)
{
	char c = '\0';

	if (r->p < r->end)
		c = *r->p++;

	if (c == 'u')
		return read_unicode(r);
	return (c && strchr("\"\\/bfnrt", c)) || fail(r, "an escape is malformed");
}

static bool read_string(struct reader *r)
{
	uint32_t node;

	r->p++;
	node = add(r, JSON_STRING);
	while (r->p < r->end && *r->p != '"') {
		unsigned char c = (unsigned char)*r->p;
		size_t n = c < 0x80 ? 1 : utf8_length(r->p, (size_t)(r->end - r->p));

		if (c < 0x20)
			return fail(r, "a control character stands in a string");
		if (n == 0)
			r->json->unstorable = "the text isn't UTF-8";
		r->p += n ? n : 1;
		if (c != '\\')
			continue;
		r->json->nodes[node].escaped = 1;
		if (!read_escape(r))
			return false;
	}
	if (r->p >= r->end)
		return fail(r, "a string has no end");
	close_node(r, node, r->p++);
	return true;
}

static long read_digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p - from;
}

static long read_exponent(struct reader *r, bool *well)
{
	bool negative = false;
	long value = 0;
	const char *from;

	r->p++;
	if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
		negative = *r->p++ == '-';
	from = r->p;
	*well = read_digits(r) > 0;
	for (; from < r->p && value < EXPONENT_MAX; from++)
		value = value * 10 + (*from - '0');
	return negative ? -value : value;
}

static bool read_number(struct reader *r)
{
	uint32_t node = add(r, JSON_NUMBER);
	long whole, fraction = 0, exponent = 0;
	bool zero, well = true;

	if (*r->p == '-')
		r->p++;
	zero = r->p < r->end && *r->p == '0';
	whole = read_digits(r);
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		fraction = read_digits(r);
		well = fraction > 0;
	}
	if (well && r->p < r->end && (*r->p | 32) == 'e')
		exponent = read_exponent(r, &well);
	if (!well || whole == 0 || (zero && whole > 1))
		return fail(r, "a number is malformed");
	if (whole + exponent > NUMERIC_DIGITS_MAX || fraction - exponent > NUMERIC_FRACTION_MAX)
		r->json->unstorable = "a number is out of range";
	close_node(r, node, r->p);
	return true;
}

static bool read_word(struct reader *r, const char *word, enum json_kind kind)
{
	size_t n = strlen(word);
	uint32_t node = add(r, kind);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return fail(r, "a value is malformed");
	r->p += n;
	close_node(r, node, r->p);
	return true;
}

static bool read_value(struct reader *r);

static bool read_key(struct reader *r)
{
	skip_space(r);
	if (r->p >= r->end || *r->p != '"' || !read_string(r))
		return fail(r, "a member has no name");
	skip_space(r);
	if (r->p >= r->end || *r->p != ':')
		return fail(r, "a colon is missing");
	r->p++;
	return true;
}

/* An object or array, from its bracket on. */
static bool read_many(struct reader *r, enum json_kind kind, char close)
{
	uint32_t node = add(r, kind);

	if (++r->depth > JSON_DEPTH_MAX)
		return fail(r, "it is nested too deeply");
	r->p++;
	skip_space(r);
	for (bool first = true; r->p < r->end && *r->p != close; first = false) {
		if (!first && *r->p++ != ',')
			return fail(r, "a comma is missing");
		if ((kind == JSON_OBJECT && !read_key(r)) || !read_value(r))
			return false;
		skip_space(r);
	}
	if (r->p >= r->end)
		return fail(r, "it ends too early");
	r->p++;
	r->depth--;
	close_node(r, node, r->p);
	return true;
}

static bool read_value(struct reader *r)
{
	skip_space(r);
	if (r->p >= r->end)
		return fail(r, "it ends too early");
	switch (*r->p) {
	case '{':
		return read_many(r, JSON_OBJECT, '}');
	case '[':
		return read_many(r, JSON_ARRAY, ']');
	case '"':
		return read_string(r);
	case 't':
		return read_word(r, "true", JSON_TRUE);
	case 'f':
		return read_word(r, "false", JSON_FALSE);
	case 'n':
		return read_word(r, "null", JSON_NULL);
	default:
		return (*r->p == '-' || (*r->p >= '0' && *r->p <= '9')) ? read_number(r)
									: fail(r, "a value is malformed");
	}
}

bool json_read(struct json *j, struct str text, struct http_arena *arena)
{
	struct reader r = {.json = j, .arena = arena, .p = text.data, .end = text.data + text.len};

	*j = (struct json){.text = text};
	if (text.len >= 1u << 27)
		return fail(&r, "it is too large");
	if (!read_value(&r))
		return false;
	skip_space(&r);
	return r.p == r.end || fail(&r, "something follows its end");
}
