/* Cuts a Zoho reply into its records without building a tree: where each element of the list stands in the text. The
 * text goes to PostgreSQL as it came, so numbers stay exact. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "ipc/buf.h"
#include "ipc/message.h"

enum { SLICES_MAX = 1000, SLICE_DEPTH_MAX = 64, SLICE_KEYS_MAX = 512 };

struct slices {
	struct str at[SLICES_MAX];
	size_t n;
};

/* The elements of the array (or the one object) under `root` of the object `body`. false: not such a body. */
bool slices_of(struct str body, const char *root, struct slices *);
/* The text of a top-level string or number member of an object, quotes stripped, escapes left; absent if none. */
struct str slice_member(struct str object, const char *key);
/* The same over alternatives "a|b". */
struct str slice_member_any(struct str object, const char *keys);

/* The members of an object, one after the other: key (without quotes) and value in their own text. */
struct slice_walk {
	const char *p, *end;
};
struct slice_walk slice_walk(struct str object);
bool slice_next(struct slice_walk *, struct str *key, struct str *value);

/* A set of top-level keys. */
struct slice_keys {
	struct str at[SLICE_KEYS_MAX]; /* sorted by length, then by bytes; borrowed */
	size_t n;
};

/* Adds the first step of each alternative of a path: of "a|b.c", a and b. */
void slice_keys_add(struct slice_keys *, const char *path);
/* Appends the object with only the members of these keys, each in its own text. (A key written with an escape may be any of
 * them: it stays.) What isn't an object goes as it is. */
void slice_reduced(struct str object, const struct slice_keys *, struct buf *);
