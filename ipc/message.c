/* The codec of every message, derived from messages.def: a table of {kind, offset} per message, one loop to encode and
 * one to decode, so that no message can have an encoder that its decoder doesn't match. */
#include "ipc/message.h"
#include "ipc/message_frame.h"
#include <assert.h>
#include <msgpack/pack.h>
#include <string.h>

enum field_kind { FIELD_U64, FIELD_I64, FIELD_FLAG, FIELD_TEXT, FIELD_BYTES, FIELD_LIST };
struct field {
	uint8_t kind;
	uint16_t offset;
};
struct shape {
	const struct field *fields;
	uint32_t n;
};

/* A function per message, so that `self` can name its struct where the field macros take an offset. */
#define FIELD(kind, name) {kind, offsetof(self, name)},
#define U64(name) FIELD(FIELD_U64, name)
#define I64(name) FIELD(FIELD_I64, name)
#define FLAG(name) FIELD(FIELD_FLAG, name)
#define TEXT(name) FIELD(FIELD_TEXT, name)
#define BYTES(name) FIELD(FIELD_BYTES, name)
#define LIST(name) FIELD(FIELD_LIST, name)
#define MESSAGE(id, name, fields)                                                                                      \
	static struct shape shape_##name(void)                                                                         \
	{                                                                                                              \
		typedef struct msg_##name self;                                                                        \
		static const struct field all[] = {fields};                                                            \
		return (struct shape){all, sizeof all / sizeof *all};                                                  \
	}
#include "ipc/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef LIST

/* The scratch has room for as many lists as any message has.
 * NOLINTBEGIN(bugprone-macro-parentheses): a sum of +1s in parentheses is none */
#define U64(name)
#define I64(name)
#define FLAG(name)
#define TEXT(name)
#define BYTES(name)
#define LIST(name) +1
#define MESSAGE(id, name, fields)                                                                                      \
	_Static_assert(0 fields <= sizeof(struct message_scratch) / sizeof(uint64_t) / MESSAGE_LIST_MAX,               \
		#id ": more lists than message_scratch holds");
#include "ipc/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef LIST
/* NOLINTEND(bugprone-macro-parentheses) */

static struct shape shape_of(enum message_type type)
{
	switch (type) {
#define MESSAGE(id, name, fields)                                                                                      \
	case MSG_##id:                                                                                                 \
		return shape_##name();
#include "ipc/messages.def"
#undef MESSAGE
	case MSG_NONE:
	case MSG_N:
		break;
	}
	return (struct shape){0};
}

const char *message_name(enum message_type type)
{
	static const char *const names[MSG_N] = {
#define MESSAGE(id, name, fields) [MSG_##id] = #name,
#include "ipc/messages.def"
#undef MESSAGE
	};
	return type > MSG_NONE && type < MSG_N ? names[type] : "unknown";
}

uint32_t message_version(void)
{
	static const char table[] =
#define MESSAGE(id, name, fields) #id ":" #name ":" #fields ";"
#include "ipc/messages.def"
#undef MESSAGE
		;
	uint32_t hash = 2166136261; /* FNV-1a */
	for (size_t i = 0; i + 1 < sizeof table; i++)
		hash = (hash ^ (uint8_t)table[i]) * 16777619;
	return hash;
}

struct str str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

bool str_eq(struct str s, const char *z)
{
	if (!s.data || !z)
		return !s.data && !z;
	return strlen(z) == s.len && memcmp(s.data, z, s.len) == 0;
}

static size_t field_size_max(enum field_kind kind, const void *at)
{
	enum { HEADER = 5, NUMBER = 9 };
	switch (kind) {
	case FIELD_TEXT:
	case FIELD_BYTES:
		return HEADER + ((const struct str *)at)->len;
	case FIELD_LIST:
		return HEADER + NUMBER * ((const struct u64_list *)at)->n;
	default:
		return NUMBER;
	}
}

size_t message_size_max(enum message_type type, const void *msg)
{
	struct shape shape = shape_of(type);
	size_t bytes = 5;
	for (uint32_t i = 0; i < shape.n; i++)
		bytes += field_size_max(shape.fields[i].kind, (const char *)msg + shape.fields[i].offset);
	return bytes;
}

/* Where msgpack-c writes: the caller's memory, nothing else. */
struct sink {
	char *at, *end;
};

static int sink_write(void *to, const char *bytes, size_t n)
{
	struct sink *sink = to;
	if ((size_t)(sink->end - sink->at) < n)
		return -1;
	memcpy(sink->at, bytes, n);
	sink->at += n;
	return 0;
}

static int pack_string(msgpack_packer *pk, const struct str *s, bool text)
{
	if (!s->data)
		return msgpack_pack_nil(pk);
	if (s->len > UINT32_MAX)
		return -1;
	int failed = text ? msgpack_pack_str(pk, s->len) : msgpack_pack_bin(pk, s->len);
	if (failed || s->len == 0)
		return failed;
	return text ? msgpack_pack_str_body(pk, s->data, s->len) : msgpack_pack_bin_body(pk, s->data, s->len);
}

static int pack_list(msgpack_packer *pk, const struct u64_list *list)
{
	assert(list->n <= MESSAGE_LIST_MAX);
	int failed = msgpack_pack_array(pk, list->n);
	for (size_t i = 0; i < list->n && !failed; i++)
		failed = msgpack_pack_uint64(pk, list->at[i]);
	return failed;
}

static int pack_field(msgpack_packer *pk, enum field_kind kind, const void *at)
{
	switch (kind) {
	case FIELD_U64:
		return msgpack_pack_uint64(pk, *(const uint64_t *)at);
	case FIELD_I64:
		return msgpack_pack_int64(pk, *(const int64_t *)at);
	case FIELD_FLAG:
		return *(const bool *)at ? msgpack_pack_true(pk) : msgpack_pack_false(pk);
	case FIELD_TEXT:
	case FIELD_BYTES:
		return pack_string(pk, at, kind == FIELD_TEXT);
	case FIELD_LIST:
		return pack_list(pk, at);
	}
	return -1;
}

size_t message_encode(enum message_type type, const void *msg, void *to, size_t capacity)
{
	struct shape shape = shape_of(type);
	struct sink sink = {to, (char *)to + capacity};
	msgpack_packer pk;
	msgpack_packer_init(&pk, &sink, sink_write);
	assert(shape.n > 0);
	int failed = msgpack_pack_array(&pk, shape.n);
	for (uint32_t i = 0; i < shape.n && !failed; i++)
		failed = pack_field(&pk, shape.fields[i].kind, (const char *)msg + shape.fields[i].offset);
	return failed ? 0 : (size_t)(sink.at - (char *)to);
}

static bool read_string(const struct frame_item *item, enum frame_kind wanted, struct str *to)
{
	*to = (struct str){(const char *)item->data, (size_t)item->number};
	return item->kind == wanted || item->kind == FRAME_NIL;
}

/* The walk has seen that there are at most MESSAGE_LIST_MAX, all of them numbers. */
static bool read_list(struct frame *f, const struct frame_item *item, struct u64_list *to, uint64_t **free_numbers)
{
	if (item->kind != FRAME_ARRAY || !*free_numbers)
		return false;
	*to = (struct u64_list){*free_numbers, (size_t)item->number};
	struct frame_item number;
	for (size_t i = 0; i < to->n && frame_take(f, &number); i++)
		*(*free_numbers)++ = number.number;
	return true;
}

static bool read_field(struct frame *f, enum field_kind kind, void *to, uint64_t **free_numbers)
{
	struct frame_item item;
	if (!frame_take(f, &item))
		return false;
	switch (kind) {
	case FIELD_U64:
		*(uint64_t *)to = item.number;
		return item.kind == FRAME_UNSIGNED;
	case FIELD_I64:
		*(int64_t *)to = (int64_t)item.number;
		return item.kind == FRAME_NEGATIVE || (item.kind == FRAME_UNSIGNED && item.number <= INT64_MAX);
	case FIELD_FLAG:
		*(bool *)to = item.number != 0;
		return item.kind == FRAME_FLAG;
	case FIELD_TEXT:
		return read_string(&item, FRAME_TEXT, to);
	case FIELD_BYTES:
		return read_string(&item, FRAME_BYTES, to);
	case FIELD_LIST:
		return read_list(f, &item, to, free_numbers);
	}
	return false;
}

bool message_decode(
	enum message_type type, const void *frame, size_t length, union message *out, struct message_scratch *scratch)
{
	struct shape shape = shape_of(type);
	if (shape.n == 0 || !frame_walk(frame, length, shape.n, MESSAGE_LIST_MAX))
		return false;
	struct frame f = {frame, (const uint8_t *)frame + length};
	struct frame_item array;
	uint64_t *free_numbers = scratch ? scratch->numbers : NULL;
	bool sound = frame_take(&f, &array);
	for (uint32_t i = 0; i < shape.n && sound; i++)
		sound = read_field(&f, shape.fields[i].kind, (char *)out + shape.fields[i].offset, &free_numbers);
	return sound;
}
