/* One parameter's value as texts and back: the file, the environment, the defaults and the hand-over to an actor all
 * come as texts (a list as several), so there is one parser and one range check. */
#pragma once
#include "config/table.h"

enum {
	VALUE_TEXT_BYTES = 192,
	VALUE_WHY_BYTES = 320,
	VALUE_ENTRY_BYTES_MAX = 4096, /* of a list's entry */
};

/* False leaves the value as it was and says in `why`: "is 501, must be a whole number from 1 to 500". */
bool value_set(struct config *, const struct parameter *, const struct strings *, char why[VALUE_WHY_BYTES]);
/* Forgets what the struct held (without freeing it): every parameter at its default. */
void values_default(struct config *);
/* The texts of a default, min or max: split at ", " where the parameter is a list. */
struct strings value_split(struct config *, const struct parameter *, const char *);

/* Its texts, at `i` < value_count: either `room` or the value's own memory. */
size_t value_count(const struct config *, const struct parameter *);
const char *value_text(const struct config *, const struct parameter *, size_t i, char room[VALUE_TEXT_BYTES]);
bool value_same(const struct config *, const struct config *, const struct parameter *);

/* "a whole number from 1 to 500" */
const char *value_wanted(const struct parameter *, char room[VALUE_TEXT_BYTES]);
/* The value in quotes, cut where long, nothing in it that a terminal would act on. */
const char *value_quoted(const char *, char room[VALUE_TEXT_BYTES]);
