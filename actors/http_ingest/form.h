/* application/x-www-form-urlencoded: the query of a URL and form bodies, as decoded pairs in the order they came. */
#pragma once
#include "actors/http_ingest/arena.h"

enum { FORM_PAIRS_MAX = 1000 };

struct form_pair {
	struct str key, value;
};
struct form {
	struct form_pair *pairs;
	unsigned n;
	bool malformed; /* bad %-escape, or more than FORM_PAIRS_MAX pairs */
};
void form_read(struct form *, struct str text, struct http_arena *);
struct str form_value(const struct form *, const char *key); /* the first of that key, absent without */
bool form_has_doubles(const struct form *);
/* The pairs as a JSON object of strings; false when a byte in them isn't UTF-8 (replaced by U+FFFD). */
bool form_to_json(const struct form *, struct http_text *);
