/* Owns the memory blocks of requests: one request, one arena, one free. A few first blocks are kept for the next
 * request, so that a steady stream of small webhooks never asks the allocator. */
#include "actors/http_ingest/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/utf8.h"
#include "ipc/log.h"

struct http_arena_block {
	struct http_arena_block *before;
	size_t size, used;
	_Alignas(16) char data[];
};

static struct http_arena_block *spare;
static unsigned spare_n;

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static struct http_arena_block *block_new(size_t data)
{
	struct http_arena_block *b = spare;

	if (data <= HTTP_ARENA_BLOCK_BYTES && b) {
		spare = b->before;
		spare_n--;
	} else {
		if (data < HTTP_ARENA_BLOCK_BYTES)
			data = HTTP_ARENA_BLOCK_BYTES;
		b = malloc(sizeof *b + data);
		if (!b)
			die(EXIT_TEMPORARY, "out of memory for a request");
		b->size = data;
	}
	b->used = 0;
	return b;
}

void *http_arena_alloc(struct http_arena *a, size_t bytes)
{
	struct http_arena_block *b = a->last;
	void *p;

	bytes = aligned(bytes ? bytes : 1);
	if (!b || b->size - b->used < bytes) {
		b = block_new(bytes);
		b->before = a->last;
		a->last = b;
	}
	p = b->data + b->used;
	b->used += bytes;
	return p;
}

void *http_arena_grow(struct http_arena *a, void *p, size_t old, size_t bytes)
{
	struct http_arena_block *b = a->last;
	void *moved;

	if (p && b && (char *)p + aligned(old) == b->data + b->used &&
		b->size - b->used >= aligned(bytes) - aligned(old)) {
		b->used += aligned(bytes) - aligned(old);
		return p;
	}
	moved = http_arena_alloc(a, bytes);
	if (p && old)
		memcpy(moved, p, old);
	return moved;
}

void http_arena_free(struct http_arena *a)
{
	for (struct http_arena_block *b = a->last, *before; b; b = before) {
		before = b->before;
		if (b->size == HTTP_ARENA_BLOCK_BYTES && spare_n < HTTP_ARENA_SPARE_MAX) {
			b->before = spare;
			spare = b;
			spare_n++;
		} else {
			free(b);
		}
	}
	a->last = NULL;
}

struct str http_arena_copy(struct http_arena *a, struct str s)
{
	char *p;

	if (!s.data)
		return s;
	p = http_arena_alloc(a, s.len + 1);
	memcpy(p, s.data, s.len);
	p[s.len] = 0;
	return (struct str){p, s.len};
}

char *http_arena_printf(struct http_arena *a, const char *format, ...)
{
	va_list args, again;
	char *p;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	p = http_arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p;
}

void http_text_room(struct http_text *t, size_t more)
{
	size_t size = t->size ? t->size : 256;

	if (t->size - t->n > more)
		return;
	while (size - t->n <= more)
		size *= 2;
	t->at = http_arena_grow(t->arena, t->at, t->size, size);
	t->size = size;
}

void http_text_add(struct http_text *t, const void *bytes, size_t n)
{
	http_text_room(t, n);
	if (n)
		memcpy(t->at + t->n, bytes, n);
	t->n += n;
	t->at[t->n] = 0;
}

void http_text_put(struct http_text *t, const char *z)
{
	http_text_add(t, z, strlen(z));
}

void http_text_printf(struct http_text *t, const char *format, ...)
{
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	http_text_room(t, (size_t)n);
	vsnprintf(t->at + t->n, (size_t)n + 1, format, again);
	va_end(again);
	t->n += (size_t)n;
}

void http_text_json(struct http_text *t, struct str s)
{
	if (!s.data) {
		http_text_put(t, "null");
		return;
	}
	http_text_put(t, "\"");
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.data[i];
		size_t n = utf8_length(s.data + i, s.len - i);

		if (c == '"' || c == '\\')
			http_text_printf(t, "\\%c", c);
		else if (c < 0x20)
			http_text_printf(t, "\\u%04x", c);
		else if (n == 0)
			http_text_put(t, "\xEF\xBF\xBD");
		else
			http_text_add(t, s.data + i, n);
		i += n ? n : 1;
	}
	http_text_put(t, "\"");
}
