/* A JSON text as an index of its own bytes (RFC 8259, strictly), so that a record can be stored exactly as it came and
 * a number is only ever its digits. json-c keeps no positions, refuses integers beyond 64 bits and cuts keys at \u0000,
 * all of which PostgreSQL or Zoho see differently; hence this small reader. Of doubled keys the last counts, as in
 * jsonb. */
#pragma once
#include "actors/http_ingest/arena.h"

enum { JSON_DEPTH_MAX = 32 };
enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct json_node {
	uint32_t start, end; /* bytes in the text; of a string without its quotes */
	uint32_t next : 28;  /* index of the node after this one and all within it */
	uint32_t kind : 3;
	uint32_t escaped : 1; /* a string with escapes */
};
_Static_assert(JSON_ARRAY < 8, "a kind fits its bits");

struct json {
	struct str text;
	struct json_node *nodes; /* in the order of the text; [0] is the whole; of a member: key, value */
	uint32_t n, size;
	const char *unstorable; /* valid JSON that jsonb can't hold: why, else NULL */
	const char *error;	/* not JSON: what is wrong */
};

bool json_read(struct json *, struct str text, struct http_arena *);
/* The value of an object's member, 0 = no such (or not an object). Nodes are named by their index. */
uint32_t json_member(const struct json *, uint32_t object, const char *key);
enum json_kind json_kind(const struct json *, uint32_t node);
struct str json_raw(const struct json *, uint32_t node); /* as it stands in the text, quotes included */
/* A string's content without escapes, or a number's digits; absent for everything else. */
struct str json_value(const struct json *, uint32_t node, struct http_arena *);
uint32_t json_count(const struct json *, uint32_t node); /* members or elements */
/* Why jsonb can't hold the object, "field NAME: …" where a member's value is to blame, in the arena; NULL: it can. */
const char *json_unstorable(struct str object, struct http_arena *);
/* Adds the canonical form: keys sorted and unique, no white space, strings with the fewest escapes, numbers as written.
 */
void json_canonical(const struct json *, uint32_t node, struct http_text *);
