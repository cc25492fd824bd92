/* What actors say to each other. The table is messages.def; from it come the enum, the structs, the names, the msgpack
 * codec and the version hash that guards an edge between two images. A frame is a msgpack array with one element per
 * field, in the table's order. The decoder walks the frame (count, depth, sizes against what is there) before it
 * believes any length, and allocates nothing: strings point into the caller's copy of the frame. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str { /* borrowed bytes, not NUL-terminated; data NULL = absent (msgpack nil) */
	const char *data;
	size_t len;
};
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
struct str str_of(const char *z); /* NULL → absent */
bool str_eq(struct str, const char *z);

enum { MESSAGE_LIST_MAX = 1000 };
struct u64_list { /* numbers; points into the decoder's scratch or the sender's array */
	const uint64_t *at;
	size_t n;
};

#define U64(name) uint64_t name;
#define I64(name) int64_t name;
#define FLAG(name) bool name;
#define TEXT(name) struct str name;
#define BYTES(name) struct str name;
#define LIST(name) struct u64_list name;
#define MESSAGE(id, name, fields)                                                                                      \
	struct msg_##name {                                                                                            \
		fields                                                                                                 \
	};
#include "ipc/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef LIST

enum message_type {
	MSG_NONE,
#define MESSAGE(id, name, fields) MSG_##id,
#include "ipc/messages.def"
#undef MESSAGE
	MSG_N
};

union message {
#define MESSAGE(id, name, fields) struct msg_##name name;
#include "ipc/messages.def"
#undef MESSAGE
};

struct message_scratch { /* where decoded lists live: LISTS_MAX lists of LIST_MAX numbers in a message */
	uint64_t numbers[4 * MESSAGE_LIST_MAX];
};

const char *message_name(enum message_type);
uint32_t message_version(void); /* hash of the table's text: fields, types, order */

/* Bytes an encoded message needs at most. */
size_t message_size_max(enum message_type, const void *msg);
/* Encodes into `to` (capacity ≥ message_size_max); returns the length. `msg` points at the message's own struct. */
size_t message_encode(enum message_type, const void *msg, void *to, size_t capacity);
/* Decodes a frame that the caller owns; strings in `out` point into it. false = not a frame of this type. */
bool message_decode(enum message_type, const void *frame, size_t length, union message *out, struct message_scratch *);
