/* Owns what is asked of a read JSON text: members, values, the canonical form. */
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/json.h"

enum { FIELD_BYTES_MAX = 60 };

enum json_kind json_kind(const struct json *j, uint32_t node)
{
	return (enum json_kind)j->nodes[node].kind;
}

struct str json_raw(const struct json *j, uint32_t node)
{
	const struct json_node *n = &j->nodes[node];
	unsigned quote = n->kind == JSON_STRING;

	return (struct str){j->text.data + n->start - quote, n->end - n->start + 2 * quote};
}

static unsigned unit_at(const char *p)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value * 16 + (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
	return value;
}

static size_t put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) { /* a lone surrogate stays what it is: such records are kept as bytes anyway */
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xF0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* `p` stands behind the backslash; returns how many bytes the escape has. */
static size_t unescape(const char *p, const char *end, char *to, size_t *n)
{
	static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
	const char *known = strchr(from, *p);
	unsigned unit, low;

	if (*p != 'u') {
		to[*n] = *p;
		if (known)
			to[*n] = into[known - from];
		(*n)++;
		return 1;
	}
	unit = unit_at(p + 1);
	if ((unit & 0xFC00) == 0xD800 && end - p >= 11 && p[5] == '\\' && p[6] == 'u') {
		low = unit_at(p + 7);
		if ((low & 0xFC00) == 0xDC00) {
			*n += put_utf8(to + *n, 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF));
			return 11;
		}
	}
	*n += put_utf8(to + *n, unit);
	return 5;
}

struct str json_value(const struct json *j, uint32_t node, struct http_arena *arena)
{
	const struct json_node *s = &j->nodes[node];
	const char *p = j->text.data + s->start, *end = j->text.data + s->end;
	size_t n = 0;
	char *to;

	if (s->kind != JSON_STRING && s->kind != JSON_NUMBER)
		return (struct str){0};
	if (!s->escaped)
		return (struct str){p, (size_t)(end - p)};
	to = http_arena_alloc(arena, (size_t)(end - p) + 1);
	while (p < end) {
		if (*p != '\\') {
			to[n++] = *p++;
			continue;
		}
		p++;
		p += unescape(p, end, to, &n);
	}
	to[n] = 0;
	return (struct str){to, n};
}

static bool is_key(const struct json *j, uint32_t key, const char *z)
{
	const struct json_node *k = &j->nodes[key];
	size_t n = strlen(z);

	if (!k->escaped)
		return k->end - k->start == n && memcmp(j->text.data + k->start, z, n) == 0;
	struct http_arena arena = {0};
	bool same = str_eq(json_value(j, key, &arena), z);

	http_arena_free(&arena);
	return same;
}

uint32_t json_member(const struct json *j, uint32_t object, const char *key)
{
	uint32_t found = 0;

	if (j->nodes[object].kind != JSON_OBJECT)
		return 0;
	for (uint32_t at = object + 1; at < j->nodes[object].next; at = j->nodes[at + 1].next)
		if (is_key(j, at, key))
			found = at + 1;
	return found;
}

uint32_t json_count(const struct json *j, uint32_t node)
{
	bool object = j->nodes[node].kind == JSON_OBJECT;
	uint32_t n = 0;

	for (uint32_t at = node + 1; at < j->nodes[node].next; at = j->nodes[object ? at + 1 : at].next)
		n++;
	return n;
}

struct member {
	struct str key;
	uint32_t value; /* rises with the place in the text */
};

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = memcmp(x->key.data, y->key.data, n);

	if (order)
		return order;
	if (x->key.len != y->key.len)
		return x->key.len < y->key.len ? -1 : 1;
	return x->value < y->value ? -1 : 1;
}

static void put_string(struct http_text *t, struct str s)
{
	size_t from = 0;

	http_text_add(t, "\"", 1);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		http_text_add(t, s.data + from, i - from);
		http_text_printf(t, c < 0x20 ? "\\u%04x" : "\\%c", c);
		from = i + 1;
	}
	http_text_add(t, s.data + from, s.len - from);
	http_text_add(t, "\"", 1);
}

static void put_object(const struct json *j, uint32_t node, struct http_text *t)
{
	uint32_t n = json_count(j, node), i = 0;
	struct member *m = calloc(n ? n : 1, sizeof *m);
	bool first = true;

	if (!m)
		abort();
	for (uint32_t at = node + 1; at < j->nodes[node].next; at = j->nodes[at + 1].next)
		m[i++] = (struct member){json_value(j, at, t->arena), at + 1};
	qsort(m, n, sizeof *m, by_key);
	http_text_add(t, "{", 1);
	for (i = 0; i < n; i++) {
		bool again = i + 1 < n && m[i].key.len == m[i + 1].key.len &&
			     memcmp(m[i].key.data, m[i + 1].key.data, m[i].key.len) == 0;

		if (again)
			continue; /* the last of doubled keys counts */
		http_text_add(t, ",", first ? 0 : 1);
		put_string(t, m[i].key);
		http_text_add(t, ":", 1);
		json_canonical(j, m[i].value, t);
		first = false;
	}
	http_text_add(t, "}", 1);
	free(m);
}

void json_canonical(const struct json *j, uint32_t node, struct http_text *t)
{
	struct str raw = json_raw(j, node);

	switch (json_kind(j, node)) {
	case JSON_OBJECT:
		put_object(j, node, t);
		break;
	case JSON_ARRAY:
		http_text_add(t, "[", 1);
		for (uint32_t at = node + 1; at < j->nodes[node].next; at = j->nodes[at].next) {
			http_text_add(t, ",", at > node + 1 ? 1 : 0);
			json_canonical(j, at, t);
		}
		http_text_add(t, "]", 1);
		break;
	case JSON_STRING:
		if (j->nodes[node].escaped)
			put_string(t, json_value(j, node, t->arena));
		else
			http_text_add(t, raw.data, raw.len);
		break;
	default:
		http_text_add(t, raw.data, raw.len);
	}
}

static bool is_plain(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] <= ' ' || key.data[i] > '~' || key.data[i] == ':')
			return false;
	return key.len > 0 && key.len <= FIELD_BYTES_MAX;
}

const char *json_unstorable(struct str record, struct http_arena *arena)
{
	struct json all, one;

	json_read(&all, record, arena);
	for (uint32_t at = 1; all.unstorable && at < all.nodes[0].next; at = all.nodes[at + 1].next) {
		struct str key = json_raw(&all, at);

		key = (struct str){key.data + 1, key.len - 2};
		if (json_read(&one, json_raw(&all, at + 1), arena) && one.unstorable && is_plain(key))
			return http_arena_printf(arena, "field %.*s: %s", (int)key.len, key.data, one.unstorable);
	}
	return all.unstorable;
}
