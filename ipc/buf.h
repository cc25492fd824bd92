/* A growing byte buffer for text that is put together piece by piece: replies, SQL, array literals. Allocation failure
 * ends the process (a restart is the cure), so callers need no checks. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated once anything was added */
	size_t len, size;
};

void buf_add(struct buf *, const void *bytes, size_t n);
void buf_str(struct buf *, const char *z);
void buf_fmt(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; bytes that aren't UTF-8 become U+FFFD. */
void buf_json(struct buf *, const char *bytes, size_t n);
/* One element of a PostgreSQL array literal, quoted and escaped; NULL bytes pointer = NULL. */
void buf_array_item(struct buf *, const char *bytes, size_t n);
/* A time as RFC 3339 UTC with Z and milliseconds, quoted. Unix microseconds. */
void buf_time(struct buf *, long long us);
void buf_reset(struct buf *); /* empty, memory kept */
void buf_free(struct buf *);
