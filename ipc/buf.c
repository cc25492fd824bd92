/* The growing buffer of buf.h. */
#include "ipc/buf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ipc/log.h"

static void grow(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;
	if (need <= b->size)
		return;
	size_t size = b->size ? b->size : 256;
	while (size < need)
		size *= 2;
	char *p = realloc(b->data, size);
	if (!p)
		die(EXIT_TEMPORARY, "out of memory: %zu bytes", size);
	b->data = p;
	b->size = size;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	grow(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = 0;
}

void buf_str(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

void buf_fmt(struct buf *b, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	grow(b, (size_t)n);
	va_start(ap, format);
	vsnprintf(b->data + b->len, (size_t)n + 1, format, ap);
	va_end(ap);
	b->len += (size_t)n;
}

/* Length of the UTF-8 sequence at p, 0 when it isn't one (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	size_t len = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
		     : (p[0] & 0xf0) == 0xe0	    ? 3
		     : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
						    : 0;
	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
		(p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

void buf_json(struct buf *b, const char *bytes, size_t n)
{
	buf_add(b, "\"", 1);
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)bytes[i];
		size_t len = utf8_length((const unsigned char *)bytes + i, n - i);
		if (c == '"' || c == '\\')
			buf_fmt(b, "\\%c", c);
		else if (c == '\n')
			buf_str(b, "\\n");
		else if (c < 0x20)
			buf_fmt(b, "\\u%04x", c);
		else if (!len)
			buf_str(b, "\xef\xbf\xbd");
		else
			buf_add(b, bytes + i, len);
		i += len ? len : 1;
	}
	buf_add(b, "\"", 1);
}

void buf_array_item(struct buf *b, const char *bytes, size_t n)
{
	if (!bytes) {
		buf_str(b, "NULL");
		return;
	}
	buf_add(b, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			buf_add(b, "\\", 1);
		buf_add(b, bytes + i, 1);
	}
	buf_add(b, "\"", 1);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = 0;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void buf_time(struct buf *b, long long us)
{
	time_t s = (time_t)(us / 1000000);
	struct tm t;
	gmtime_r(&s, &t);
	buf_fmt(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03lldZ\"", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
		t.tm_min, t.tm_sec, us / 1000 % 1000);
}
