/* Query parameters that are one of a few words, and how a wrong one is refused. Shared by the actors that own such routes. */
#pragma once
#include "actors/actor.h"

enum { WORD_BYTES = 24 };

/* A 422 about one field; `key` "" = the whole of it. */
void refuse_field(
	struct actor *, struct edge *, uint64_t request, const char *where, const char *key, const char *what);
/* One word out of "a|b|c", or "" when not given; false: answered with 422. */
bool query_word(struct actor *, struct edge *, const struct msg_http_request *, const char *key, const char *words,
	char word[WORD_BYTES]);
/* "true" or "false", or the default (NULL = absent); false: answered with 422. */
bool query_flag(struct actor *, struct edge *, const struct msg_http_request *, const char *key, const char *def,
	struct str *value);
struct str word_or_null(const char *word);
/* `entity_type`, in the singular or as in the paths of bulk-sync, as the entity's name, or ""; false: answered with 422. */
bool query_entity(struct actor *, struct edge *, const struct msg_http_request *, char name[WORD_BYTES]);
