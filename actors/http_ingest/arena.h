/* The memory of one request: blocks that are freed in one go when its answer is sent. First blocks are recycled. */
#pragma once
#include <stddef.h>
#include "ipc/message.h"

enum { HTTP_ARENA_BLOCK_BYTES = 8192, HTTP_ARENA_SPARE_MAX = 128 };

struct http_arena_block;
struct http_arena {
	struct http_arena_block *last;
};

/* Never NULL (out of memory is a broken environment: exit 111); aligned to 16, not zeroed. */
void *http_arena_alloc(struct http_arena *, size_t bytes);
/* Makes the newest allocation larger, in place where it fits, else by copying. `p` may be NULL. */
void *http_arena_grow(struct http_arena *, void *p, size_t old, size_t bytes);
void http_arena_free(struct http_arena *);

char *http_arena_printf(struct http_arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str http_arena_copy(struct http_arena *, struct str);

/* A text that grows in an arena; always NUL-terminated once something was added. */
struct http_text {
	struct http_arena *arena;
	char *at;
	size_t n, size;
};
void http_text_room(struct http_text *, size_t more);
void http_text_add(struct http_text *, const void *bytes, size_t n);
void http_text_put(struct http_text *, const char *z);
void http_text_printf(struct http_text *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a JSON string with its quotes; absent → null. Bytes that aren't UTF-8 become U+FFFD. */
void http_text_json(struct http_text *, struct str);
