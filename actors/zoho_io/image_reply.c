/* Owns the question whether what Zoho sent is an image: told by its bytes (never by its name, never SVG or HTML, which a browser
 * would run), agreeing with Content-Type, and whole. */
#include "actors/zoho_io/image_kind.h"
#include "actors/zoho_io/http.h"
#include "actors/zoho_io/reply.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CODE_BAD_URL = 5, MARKER_SOS = 0xda, MARKER_EOI = 0xd9 };

static uint32_t be(const uint8_t *p, int bytes)
{
	uint32_t n = 0;
	for (int i = 0; i < bytes; i++)
		n = n << 8 | p[i];
	return n;
}

/* JPEG (ITU T.81, annex B): segments to the scan, behind which the only FF D9 is the end. */
static bool jpeg_is_whole(const uint8_t *p, size_t n)
{
	size_t at = 2;
	while (at + 4 <= n && p[at] == 0xff && p[at + 1] != MARKER_SOS) {
		if (p[at + 1] == 0xff) { /* a fill byte */
			at++;
			continue;
		}
		at += 2 + be(p + at + 2, 2);
	}
	if (at + 4 > n || p[at] != 0xff)
		return false;
	for (; at + 1 < n; at++)
		if (p[at] == 0xff && p[at + 1] == MARKER_EOI)
			return true;
	return false;
}

/* PNG (W3C PNG, 5.3): chunks up to IEND. */
static bool png_is_whole(const uint8_t *p, size_t n)
{
	size_t at = 8;
	while (at + 12 <= n) {
		size_t length = be(p + at, 4);
		if (length > n - at - 12)
			return false;
		if (!memcmp(p + at + 4, "IEND", 4))
			return true;
		at += length + 12;
	}
	return false;
}

/* GIF89a, 27: the trailer; some writers pad behind it. */
static bool gif_is_whole(const uint8_t *p, size_t n)
{
	while (n > 13 && !p[n - 1])
		n--;
	return n > 13 && p[n - 1] == 0x3b;
}

/* RIFF: the size of all that follows it. */
static bool webp_is_whole(const uint8_t *p, size_t n)
{
	uint32_t size = (uint32_t)p[7] << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[5] << 8 | p[4];
	return size >= 4 && size <= n - 8;
}

static const struct {
	const char *suffix, *magic, *later; /* at 0; at 8, NULL none */
	size_t magic_n;
	bool (*is_whole)(const uint8_t *, size_t);
} kinds[] = {
	{"jpg", "\xff\xd8\xff", NULL, 3, jpeg_is_whole},
	{"png", "\x89PNG\r\n\x1a\n", NULL, 8, png_is_whole},
	{"gif", "GIF87a", NULL, 6, gif_is_whole},
	{"gif", "GIF89a", NULL, 6, gif_is_whole},
	{"webp", "RIFF", "WEBP", 4, webp_is_whole},
};

const struct image_type *zoho_image_kind(const void *bytes, size_t length, bool *whole)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; length >= 12 && i < sizeof kinds / sizeof *kinds; i++) {
		if (memcmp(p, kinds[i].magic, kinds[i].magic_n) != 0 ||
			(kinds[i].later && memcmp(p + 8, kinds[i].later, 4) != 0))
			continue;
		*whole = kinds[i].is_whole(p, length);
		for (int t = 0; t < IMAGE_TYPES; t++)
			if (!strcmp(image_types[t].suffix, kinds[i].suffix))
				return &image_types[t];
	}
	return NULL;
}

/* What says nothing contradicts nothing. */
static bool agrees(const char *type, const struct image_type *with)
{
	static const char *const silent[] = {"", "application/octet-stream", "binary/octet-stream", "image/*"};
	size_t n = strcspn(type, "; \t");
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (n == strlen(silent[i]) && !strncasecmp(type, silent[i], n))
			return true;
	if (!strcmp(with->suffix, "jpg") && n == 9 && !strncasecmp(type, "image/jpg", n))
		return true;
	return n == strlen(with->type) && !strncasecmp(type, with->type, n);
}

static void refuse(struct reply *r, const char *why, const char *type)
{
	r->verdict = REPLY_REFUSED;
	r->code = CODE_NO_IMAGE;
	snprintf(r->why, sizeof r->why, "%s (Content-Type \"%.60s\")", why, type);
}

static void read_image(struct reply *r, const struct http_reply *http)
{
	bool whole = false;
	const struct image_type *kind = zoho_image_kind(http->body, http->length, &whole);
	if (!http->length)
		refuse(r, "it is empty", http->type);
	else if (!kind)
		refuse(r, "it is no JPEG, PNG, GIF or WebP", http->type);
	else if (!agrees(http->type, kind))
		refuse(r, "its bytes are of another type than it says", http->type);
	else if (!whole)
		refuse(r, "it ends before its end", http->type);
	else
		r->verdict = REPLY_OK;
}

void zoho_image_reply_read(struct reply *r, const struct http_reply *http)
{
	bool json = !strncasecmp(http->type, "application/json", 16);
	if (http->too_big) {
		*r = (struct reply){.verdict = REPLY_REFUSED, .status = http->status, .code = CODE_NO_IMAGE};
		snprintf(r->why, sizeof r->why, "%s", http->error);
		return;
	}
	if (!http->error && http->status == 200 && !json) {
		*r = (struct reply){.status = http->status};
		read_image(r, http);
		return;
	}
	zoho_reply_read(r, "item", false, http->error, http->status, http->body, http->length);
	if (r->verdict == REPLY_OK)
		refuse(r, "it is JSON", http->type);
	if (r->verdict == REPLY_REFUSED && http->status == 404 && r->code > 0 && r->code != CODE_BAD_URL)
		r->verdict = REPLY_NOT_FOUND;
}
