/* Owns PostgreSQL's binary array format (array_recv): number of dimensions, null flag, element type, size, lower bound,
 * then each element with its length. Binary spares escaping the payloads twice. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/group.h"

enum { HEADER_BYTES = 20 };
static const int64_t postgres_epoch_us = 946684800000000; /* 2000-01-01 */

static void room(struct pg_array *a, size_t more)
{
	size_t size = a->size ? a->size : 4096;

	while (size - a->n < more)
		size *= 2;
	if (size == a->size)
		return;
	a->at = realloc(a->at, size);
	if (!a->at)
		die(EXIT_TEMPORARY, "out of memory for a commit");
	a->size = size;
}

void pg_array_start(struct pg_array *a, uint32_t type)
{
	a->n = 0;
	room(a, HEADER_BYTES);
	a->n = HEADER_BYTES;
	a->elements = 0;
	a->type = type;
	a->has_null = false;
}

void pg_array_add(struct pg_array *a, const void *bytes, size_t n)
{
	uint32_t length = htobe32(bytes ? (uint32_t)n : UINT32_MAX);

	room(a, n + sizeof length);
	memcpy(a->at + a->n, &length, sizeof length);
	a->n += sizeof length;
	if (bytes && n)
		memcpy(a->at + a->n, bytes, n);
	a->n += bytes ? n : 0;
	a->elements++;
	a->has_null |= !bytes;
}

void pg_array_str(struct pg_array *a, struct str s)
{
	pg_array_add(a, s.data, s.len);
}

void pg_array_int4(struct pg_array *a, int32_t value)
{
	uint32_t big = htobe32((uint32_t)value);

	pg_array_add(a, &big, sizeof big);
}

void pg_array_flag(struct pg_array *a, bool value)
{
	uint8_t byte = value;

	pg_array_add(a, &byte, 1);
}

void pg_array_time(struct pg_array *a, int64_t unix_us)
{
	uint64_t big = htobe64((uint64_t)(unix_us - postgres_epoch_us));

	pg_array_add(a, unix_us ? &big : NULL, sizeof big);
}

struct db_param pg_array_param(struct pg_array *a)
{
	uint32_t header[5] = {htobe32(1), htobe32(a->has_null), htobe32(a->type), htobe32(a->elements), htobe32(1)};

	memcpy(a->at, header, sizeof header);
	return DB_BYTES(a->at, a->n);
}
