/* Owns forms: splitting and decoding pairs (WHATWG URL standard, 5.1). */
#include "actors/http_ingest/form.h"
#include <string.h>
#include "actors/http_ingest/utf8.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str decode(struct form *f, const char *p, size_t n, struct http_arena *arena)
{
	char *to = http_arena_alloc(arena, n + 1);
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = n - i > 2 ? hex(p[i + 1]) : -1;
			int low = high >= 0 ? hex(p[i + 2]) : -1;

			if (low < 0)
				f->malformed = true;
			else
				c = (char)(high * 16 + low);
			i += low < 0 ? 0 : 2;
		}
		to[out++] = c;
	}
	to[out] = 0;
	return (struct str){to, out};
}

void form_read(struct form *f, struct str text, struct http_arena *arena)
{
	unsigned pairs = 1;

	*f = (struct form){0};
	for (size_t i = 0; i < text.len; i++)
		pairs += text.data[i] == '&';
	if (text.len == 0 || pairs > FORM_PAIRS_MAX) {
		f->malformed = text.len > 0;
		return;
	}
	f->pairs = http_arena_alloc(arena, pairs * sizeof *f->pairs);
	for (const char *p = text.data, *end = p + text.len; p <= end;) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		const char *stop = amp ? amp : end;
		const char *equals = memchr(p, '=', (size_t)(stop - p));
		const char *key_end = equals ? equals : stop;

		if (stop > p)
			f->pairs[f->n++] = (struct form_pair){decode(f, p, (size_t)(key_end - p), arena),
				equals ? decode(f, equals + 1, (size_t)(stop - equals - 1), arena) : STR("")};
		p = stop + 1;
	}
}

struct str form_value(const struct form *f, const char *key)
{
	for (unsigned i = 0; i < f->n; i++)
		if (str_eq(f->pairs[i].key, key))
			return f->pairs[i].value;
	return (struct str){0};
}

static bool same(struct str a, struct str b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool form_has_doubles(const struct form *f)
{
	for (unsigned i = 0; i < f->n; i++)
		for (unsigned k = 0; k < i; k++)
			if (same(f->pairs[i].key, f->pairs[k].key))
				return true;
	return false;
}

static bool is_utf8(struct str s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_length(s.data + i, s.len - i);
		if (n == 0)
			return false;
	}
	return true;
}

bool form_to_json(const struct form *f, struct http_text *t)
{
	bool whole = true;

	http_text_put(t, "{");
	for (unsigned i = 0; i < f->n; i++) {
		whole &= is_utf8(f->pairs[i].key) && is_utf8(f->pairs[i].value);
		http_text_put(t, i ? "," : "");
		http_text_json(t, f->pairs[i].key);
		http_text_put(t, ":");
		http_text_json(t, f->pairs[i].value);
	}
	http_text_put(t, "}");
	return whole;
}
