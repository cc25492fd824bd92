/* The query parameters of query.h. */
#include "actors/query.h"
#include <stdio.h>
#include <string.h>
#include "ipc/buf.h"

enum { QUERY_VALUE_BYTES = 256 };

void refuse_field(
	struct actor *a, struct edge *in, uint64_t request, const char *where, const char *key, const char *what)
{
	struct buf b = {0};
	buf_fmt(&b, "{\"detail\":[{\"loc\":[\"%s\"", where);
	if (*key) {
		buf_str(&b, ",");
		buf_json(&b, key, strlen(key));
	}
	buf_str(&b, "],\"msg\":");
	buf_json(&b, what, strlen(what));
	buf_str(&b, ",\"type\":\"value_error\"}]}");
	actor_reply(a, in, request, 422, "", b.data, b.len);
	buf_free(&b);
}

static bool is_one_of(const char *value, const char *words)
{
	size_t n = strlen(value);
	for (const char *at = words; n && at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (!strncmp(at, value, n) && (at[n] == '|' || !at[n]))
			return true;
	return false;
}

bool query_word(struct actor *a, struct edge *in, const struct msg_http_request *m, const char *key, const char *words,
	char word[WORD_BYTES])
{
	char value[QUERY_VALUE_BYTES], what[QUERY_VALUE_BYTES];
	*word = 0;
	if (!query_value(m->query, key, value, sizeof value))
		return true;
	if (is_one_of(value, words) && strlen(value) < WORD_BYTES) {
		memcpy(word, value, strlen(value) + 1);
		return true;
	}
	snprintf(what, sizeof what, "value must be one of %s", words);
	refuse_field(a, in, m->request, "query", key, what);
	return false;
}

bool query_flag(struct actor *a, struct edge *in, const struct msg_http_request *m, const char *key, const char *def,
	struct str *value)
{
	char word[WORD_BYTES];
	*value = str_of(def);
	if (!query_word(a, in, m, key, "true|false", word))
		return false;
	if (*word)
		*value = *word == 't' ? STR("true") : STR("false");
	return true;
}

struct str word_or_null(const char *word)
{
	return *word ? str_of(word) : (struct str){0};
}

bool query_entity(struct actor *a, struct edge *in, const struct msg_http_request *m, char name[WORD_BYTES])
{
	char value[QUERY_VALUE_BYTES];
	struct buf names = {0};
	*name = 0;
	if (!query_value(m->query, "entity_type", value, sizeof value))
		return true;
	enum entity_id e = entity_by_name(str_of(value));
	if (e == ENTITY_NONE)
		e = entity_by_bulk(str_of(value));
	if (e != ENTITY_NONE) {
		snprintf(name, WORD_BYTES, "%s", entity_names[e].name);
		return true;
	}
	buf_str(&names, "value must be one of ");
	for (int i = 1; i < ENTITIES; i++)
		buf_fmt(&names, "%s%s", i > 1 ? "|" : "", entity_names[i].name);
	refuse_field(a, in, m->request, "query", "entity_type", names.data);
	buf_free(&names);
	return false;
}
