/* Owns bytes in other formats than JSON: pictures of items, and gzip streams; both with stored deflate blocks. */
#include "image.h"

#include <string.h>

#include "checksum.h"

#define SIDE 48
#define STORED_MAX 65535u

static void put_be32(struct text *out, uint32_t number)
{
	uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

	text_append(out, bytes, 4);
}

static void put_le32(struct text *out, uint32_t number)
{
	put_be32(out, __builtin_bswap32(number));
}

/* RFC 1951, 3.2.4: non-compressed blocks. */
static void put_stored(struct text *out, const char *bytes, size_t length)
{
	size_t part;
	uint8_t head[5];

	do {
		part = length < STORED_MAX ? length : STORED_MAX;
		head[0] = part == length;
		head[1] = (uint8_t)part;
		head[2] = (uint8_t)(part >> 8);
		head[3] = (uint8_t)~head[1];
		head[4] = (uint8_t)~head[2];
		text_append(out, head, 5);
		text_append(out, bytes, part);
		bytes += part;
		length -= part;
	} while (length);
}

static void put_chunk(struct text *out, const char *type, const struct text *data)
{
	size_t start;

	put_be32(out, (uint32_t)data->length);
	start = out->length;
	text_append(out, type, 4);
	if (data->length)
		text_append(out, data->data, data->length);
	put_be32(out, crc32_of(out->data + start, out->length - start));
}

void image_png(struct text *out, const char *seed)
{
	static const uint8_t format[] = {8, 0, 0, 0, 0}; /* 8 bit grey */
	struct text header = {0}, pixels = {0}, packed = {0}, nothing = {0};
	uint32_t hash = crc32_of(seed, strlen(seed));
	uint8_t row[1 + SIDE];
	uint32_t x, y;

	for (y = 0; y < SIDE; y++) {
		row[0] = 0;
		for (x = 0; x < SIDE; x++)
			row[1 + x] = (uint8_t)((x * (hash & 15) + y * (hash >> 4 & 15)) ^ hash >> 8);
		text_append(&pixels, row, sizeof row);
	}
	put_be32(&header, SIDE);
	put_be32(&header, SIDE);
	text_append(&header, format, sizeof format);
	text_append(&packed, "\x78\x01", 2);
	put_stored(&packed, pixels.data, pixels.length);
	put_be32(&packed, adler32_of(pixels.data, pixels.length));
	text_append(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", &header);
	put_chunk(out, "IDAT", &packed);
	put_chunk(out, "IEND", &nothing);
	text_free(&header);
	text_free(&pixels);
	text_free(&packed);
}

void gzip_wrap(struct text *text)
{
	struct text out = {0};

	text_append(&out, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	put_stored(&out, text->data ? text->data : "", text->length);
	put_le32(&out, crc32_of(text->data ? text->data : "", text->length));
	put_le32(&out, (uint32_t)text->length);
	text_free(text);
	*text = out;
}
