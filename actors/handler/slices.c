/* The scanner of slices.h: string-aware bracket matching over a body that zoho-io has checked to be JSON. */
#include "actors/handler/slices.h"
#include <string.h>

static void skip_space(struct slice_walk *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

static bool skip_string(struct slice_walk *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		if (*s->p == '\\')
			s->p++;
		else if (*s->p == '"')
			return s->p++, true;
	}
	return false;
}

static const bool ends_scalar[256] = {[','] = true,
	[':'] = true,
	[']'] = true,
	['}'] = true,
	[' '] = true,
	['\n'] = true,
	['\r'] = true,
	['\t'] = true,
	[0] = true};

/* By a table: a page is gone through byte by byte while PostgreSQL waits for it. */
static bool skip_value(struct slice_walk *s)
{
	int depth = 0;
	do {
		skip_space(s);
		if (s->p >= s->end)
			return false;
		char c = *s->p;
		if (c == '"') {
			if (!skip_string(s))
				return false;
		} else if (c == '{' || c == '[') {
			if (++depth > SLICE_DEPTH_MAX)
				return false;
			s->p++;
		} else if (c == '}' || c == ']') {
			if (--depth < 0)
				return false;
			s->p++;
		} else if (depth && (c == ',' || c == ':')) {
			s->p++;
		} else {
			const char *from = s->p;
			while (s->p < s->end && !ends_scalar[(unsigned char)*s->p])
				s->p++;
			if (s->p == from)
				return false;
		}
	} while (depth);
	return true;
}

/* Steps over `"key":` and leaves the scan at the value. */
static bool next_member(struct slice_walk *s, struct str *key)
{
	skip_space(s);
	if (s->p < s->end && *s->p == ',')
		s->p++;
	skip_space(s);
	if (s->p >= s->end || *s->p != '"')
		return false;
	const char *from = s->p + 1;
	if (!skip_string(s))
		return false;
	*key = (struct str){from, (size_t)(s->p - 1 - from)};
	skip_space(s);
	if (s->p >= s->end || *s->p != ':')
		return false;
	s->p++;
	skip_space(s);
	return true;
}

/* Leaves the scan at the value of a member. */
static bool seek(struct str object, const char *key, struct slice_walk *s)
{
	struct str k;
	*s = (struct slice_walk){object.data, object.data + object.len};
	skip_space(s);
	if (s->p >= s->end || *s->p != '{')
		return false;
	s->p++;
	while (next_member(s, &k)) {
		if (str_eq(k, key))
			return true;
		if (!skip_value(s))
			return false;
	}
	return false;
}

static bool take_value(struct slice_walk *s, struct str *value)
{
	const char *from = s->p;
	bool whole = skip_value(s);
	*value = (struct str){from, (size_t)(s->p - from)};
	return whole;
}

/* A list is gone through once: it is nearly all of a page. */
bool slices_of(struct str body, const char *root, struct slices *out)
{
	struct slice_walk s;
	out->n = 0;
	if (!seek(body, root, &s) || s.p >= s.end)
		return false;
	if (*s.p == '{')
		return take_value(&s, &out->at[out->n++]);
	if (*s.p != '[')
		return false;
	for (s.p++;;) {
		skip_space(&s);
		if (s.p < s.end && *s.p == ',')
			s.p++;
		skip_space(&s);
		if (s.p < s.end && *s.p == ']')
			return true;
		if (out->n == SLICES_MAX || !take_value(&s, &out->at[out->n]))
			return false;
		out->n++;
	}
}

struct slice_walk slice_walk(struct str object)
{
	struct slice_walk s = {object.data, object.data + object.len};
	skip_space(&s);
	s.p = s.p < s.end && *s.p == '{' ? s.p + 1 : s.end;
	return s;
}

bool slice_next(struct slice_walk *s, struct str *key, struct str *value)
{
	return next_member(s, key) && take_value(s, value);
}

struct str slice_member(struct str object, const char *key)
{
	struct slice_walk s;
	struct str v;
	if (!seek(object, key, &s) || !take_value(&s, &v))
		return (struct str){0};
	if (v.len >= 2 && *v.data == '"')
		return (struct str){v.data + 1, v.len - 2};
	return v;
}

struct str slice_member_any(struct str object, const char *keys)
{
	char key[64];
	for (const char *p = keys; p;) {
		const char *bar = strchr(p, '|');
		size_t n = bar ? (size_t)(bar - p) : strlen(p);
		if (n < sizeof key) {
			memcpy(key, p, n);
			key[n] = 0;
			struct str v = slice_member(object, key);
			if (v.data)
				return v;
		}
		p = bar ? bar + 1 : NULL;
	}
	return (struct str){0};
}

static int compare(struct str a, struct str b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.data, b.data, a.len);
}

/* Where `key` is or belongs. */
static size_t place(const struct slice_keys *k, struct str key)
{
	size_t lo = 0, hi = k->n;
	while (lo < hi) {
		size_t middle = (lo + hi) / 2;
		if (compare(k->at[middle], key) < 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

static bool has(const struct slice_keys *k, struct str key)
{
	size_t at = place(k, key);
	return (at < k->n && !compare(k->at[at], key)) || memchr(key.data, '\\', key.len);
}

void slice_keys_add(struct slice_keys *k, const char *path)
{
	for (const char *p = path; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL) {
		struct str key = {p, strcspn(p, "|.")};
		size_t at = place(k, key);
		if (k->n == SLICE_KEYS_MAX || (at < k->n && !compare(k->at[at], key)))
			continue;
		memmove(k->at + at + 1, k->at + at, (k->n++ - at) * sizeof *k->at);
		k->at[at] = key;
	}
}

void slice_reduced(struct str object, const struct slice_keys *keep, struct buf *out)
{
	struct slice_walk s = {object.data, object.data + object.len};
	struct str key;
	skip_space(&s);
	if (s.p >= s.end || *s.p != '{') {
		buf_add(out, object.data, object.len);
		return;
	}
	s.p++;
	const char *lead = "{";
	while (next_member(&s, &key)) {
		if (!skip_value(&s))
			break;
		if (!has(keep, key))
			continue;
		buf_str(out, lead);
		buf_add(out, key.data - 1, (size_t)(s.p - key.data + 1));
		lead = ",";
	}
	buf_str(out, *lead == '{' ? "{}" : "}");
}
