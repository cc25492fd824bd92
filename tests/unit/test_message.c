/* The codec, for every message of the table: what goes in comes out, and nothing else gets in. The tests are made from
 * messages.def like the codec itself, so a new message is tested by being there. */
#include "ipc/message.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 1 << 17, ROUNDS = 200 };
static uint8_t frame[FRAME_MAX];
static struct message_scratch scratch;
static uint64_t luck = 1;

static uint64_t any_number(void)
{
	luck = luck * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint64_t x = luck ^ (luck >> 29);
	return x >> (x % 64); /* every size of integer */
}

static struct str any_string(void)
{
	static char bytes[70000];
	const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
	uint64_t x = any_number();
	if (x % 8 == 0)
		return (struct str){0};
	if (x % 8 == 1)
		return STR("Gr\xc3\xbc\xc3\x9f Gott \0 \xff");
	bytes[x % sizeof bytes]++;
	return (struct str){bytes, x % 100 ? (size_t)(x % 3000) : lengths[x / 100 % 8]};
}

static struct u64_list any_list(void)
{
	static uint64_t numbers[4 * MESSAGE_LIST_MAX];
	static size_t from;
	size_t n = any_number() % 4 ? (size_t)(any_number() % 40) : MESSAGE_LIST_MAX;
	if (from + n > sizeof numbers / sizeof *numbers)
		from = 0;
	struct u64_list list = {numbers + from, n};
	for (size_t i = 0; i < n; i++)
		numbers[from++] = any_number();
	return list;
}

static bool same_strings(struct str a, struct str b)
{
	if (!a.data || !b.data)
		return !a.data && !b.data;
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool same_lists(struct u64_list a, struct u64_list b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n * sizeof *a.at) == 0);
}

#define U64(name) m->name = any_number();
#define I64(name) m->name = (int64_t)(any_number() % 2 ? any_number() >> 1 : ~(any_number() >> 1));
#define FLAG(name) m->name = any_number() % 2;
#define TEXT(name) m->name = any_string();
#define BYTES(name) m->name = any_string();
#define LIST(name) m->name = any_list();
#define MESSAGE(id, name, fields)                                                                                      \
	static void fill_##name(struct msg_##name *m)                                                                  \
	{                                                                                                              \
		fields                                                                                                 \
	}
#include "ipc/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef LIST

#define U64(name) &&a->name == b->name
#define I64(name) &&a->name == b->name
#define FLAG(name) &&a->name == b->name
#define TEXT(name) &&same_strings(a->name, b->name)
#define BYTES(name) &&same_strings(a->name, b->name)
#define LIST(name) &&same_lists(a->name, b->name)
#define MESSAGE(id, name, fields)                                                                                      \
	static bool same_##name(const struct msg_##name *a, const struct msg_##name *b)                                \
	{                                                                                                              \
		return true fields;                                                                                    \
	}
#include "ipc/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef LIST

static void fill(enum message_type type, union message *m)
{
	switch (type) {
#define MESSAGE(id, name, fields)                                                                                      \
	case MSG_##id:                                                                                                 \
		fill_##name(&m->name);                                                                                 \
		break;
#include "ipc/messages.def"
#undef MESSAGE
	case MSG_NONE:
	case MSG_N:
		break;
	}
}

static bool same(enum message_type type, const union message *a, const union message *b)
{
	switch (type) {
#define MESSAGE(id, name, fields)                                                                                      \
	case MSG_##id:                                                                                                 \
		return same_##name(&a->name, &b->name);
#include "ipc/messages.def"
#undef MESSAGE
	case MSG_NONE:
	case MSG_N:
		break;
	}
	return false;
}

/* A copy with nothing around it, so that AddressSanitizer sees a read beyond it. */
static bool decodes(enum message_type type, const void *bytes, size_t length)
{
	static union message out;
	void *exact = malloc(length ? length : 1);
	memcpy(exact, bytes, length);
	bool is = message_decode(type, exact, length, &out, &scratch);
	free(exact);
	return is;
}

Test(message, comes_out_as_it_went_in)
{
	static union message in, out;
	for (enum message_type type = MSG_NONE + 1; type < MSG_N; type++)
		for (int round = 0; round < ROUNDS; round++) {
			fill(type, &in);
			size_t most = message_size_max(type, &in);
			uint8_t *to = malloc(most);
			size_t length = message_encode(type, &in, to, most);
			cr_assert(length > 0 && length <= most, "%s", message_name(type));
			cr_assert_eq(message_encode(type, &in, frame, length - 1), 0, "it doesn't fit");
			cr_assert(message_decode(type, to, length, &out, &scratch), "%s", message_name(type));
			cr_assert(same(type, &in, &out), "%s", message_name(type));
			free(to);
		}
}

Test(message, cut_off_or_with_more_behind_it_is_refused)
{
	static union message in;
	for (enum message_type type = MSG_NONE + 1; type < MSG_N; type++)
		for (int round = 0; round < 3; round++) {
			size_t length;
			do {
				fill(type, &in);
			} while ((length = message_encode(type, &in, frame, sizeof frame)) == 0 || length > 20000);
			for (size_t n = 0; n < length; n += n < 3000 ? 1 : 97)
				cr_assert_not(decodes(type, frame, n), "%s %zu/%zu", message_name(type), n, length);
			frame[length] = 0;
			cr_assert_not(decodes(type, frame, length + 1));
		}
}

Test(message, no_bytes_crash_the_decoder)
{
	static union message in;
	for (enum message_type type = MSG_NONE; type <= MSG_N; type++)
		for (int round = 0; round < 3000; round++) {
			size_t length = (size_t)(any_number() % 300);
			for (size_t i = 0; i < length; i++)
				frame[i] = (uint8_t)any_number();
			decodes(type, frame, length);
			if (type == MSG_NONE || type == MSG_N)
				continue;
			fill(type, &in);
			length = message_encode(type, &in, frame, sizeof frame);
			for (int hits = 0; hits < 4 && length; hits++)
				frame[any_number() % (hits % 2 ? 40 : length) % length] = (uint8_t)any_number();
			decodes(type, frame, length);
		}
}

Test(message, no_header_is_believed)
{
	static union message in, out;
	const uint8_t absurd[][6] = {{0xdd, 0xff, 0xff, 0xff, 0xff}, {0xdc, 0xff, 0xff}, {0xdf, 0xff, 0xff, 0xff, 0xff},
		{0xde, 0xff, 0xff}, {0xdb, 0xff, 0xff, 0xff, 0xff}, {0xc6, 0xff, 0xff, 0xff, 0xff},
		{0xc9, 0xff, 0xff, 0xff, 0xff}, {0xd9, 0xff}, {0xc1}, {0x8f}, {0xca}, {0xcb}, {0xc7}, {0xd4}, {0xd8}};
	memset(&in, 0, sizeof in);
	for (enum message_type type = MSG_NONE + 1; type < MSG_N; type++)
		for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
			size_t length = message_encode(type, &in, frame, sizeof frame);
			cr_assert(message_decode(type, frame, length, &out, &scratch), "all nothing is fine");
			cr_assert_not(decodes(type, absurd[i], 6));
			for (size_t at = 0; at < length; at++) {
				message_encode(type, &in, frame, sizeof frame);
				memcpy(frame + at, absurd[i], sizeof absurd[i]);
				cr_assert_not(decodes(type, frame, length), "%s %zu", message_name(type), at);
			}
		}
}

/* One field of its own kind: {array of 1, item}. SWEEP is the one message with a single number. */
static bool sweep_takes(const char *item, size_t length)
{
	frame[0] = 0x91;
	memcpy(frame + 1, item, length);
	return decodes(MSG_SWEEP, frame, length + 1);
}

Test(message, fields_are_of_their_kind)
{
	cr_assert(sweep_takes("\x07", 1));
	cr_assert(sweep_takes("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9));
	cr_assert(sweep_takes("\xd0\x07", 2), "a signed item may hold a natural number");
	cr_assert_not(sweep_takes("\xff", 1), "-1");
	cr_assert_not(sweep_takes("\xd3\x80\0\0\0\0\0\0\0", 9));
	cr_assert_not(sweep_takes("\xc0", 1), "nil");
	cr_assert_not(sweep_takes("\xc3", 1), "true");
	cr_assert_not(sweep_takes("\xa1x", 2), "text");
	cr_assert_not(sweep_takes("\x91\x07", 2), "a list");
	cr_assert_not(sweep_takes("\x91\x91\x07", 3), "a list of lists");
	cr_assert_not(sweep_takes("\xcb\0\0\0\0\0\0\0\0", 9), "a float");
}

Test(message, a_list_has_a_limit)
{
	static uint64_t numbers[MESSAGE_LIST_MAX];
	struct msg_work work = {.batch = 1, .seqs = {numbers, MESSAGE_LIST_MAX}};
	size_t length = message_encode(MSG_WORK, &work, frame, sizeof frame);
	cr_assert(decodes(MSG_WORK, frame, length));
	uint8_t *header = memmem(frame, length, "\xdc\x03\xe8", 3);
	cr_assert_not_null(header);
	memmove(header + 4, header + 3, length);
	memcpy(header, "\xdc\x03\xe9\x00", 4); /* one more, and it is there */
	cr_assert_not(decodes(MSG_WORK, frame, length + 1));
	cr_assert_not(message_decode(MSG_WORK, frame, length, &(union message){0}, NULL), "no room for lists");
}

Test(message, has_a_name_and_a_version)
{
	cr_assert_str_eq(message_name(MSG_WORK_DONE), "work_done");
	cr_assert_str_eq(message_name(MSG_NONE), "unknown");
	cr_assert_str_eq(message_name(MSG_N), "unknown");
	cr_assert_neq(message_version(), 0);
	cr_assert_eq(message_version(), message_version());
}

Test(message, strings_compare)
{
	cr_assert(str_eq(str_of("abc"), "abc"));
	cr_assert_not(str_eq(str_of("abc"), "ab"));
	cr_assert_not(str_eq(str_of("ab"), "abc"));
	cr_assert(str_eq(str_of(NULL), NULL));
	cr_assert_not(str_eq(str_of(""), NULL));
	cr_assert_not(str_eq(str_of(NULL), ""));
	cr_assert(str_eq(STR(""), ""));
}
