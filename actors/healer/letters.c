/* Owns the routes that show dead letters and close them by hand. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "actors/view.h"
#include "sql_embedded.h"

enum { NOTES_BYTES_MAX = 4000, BODY_DEPTH_MAX = 8, PAYLOAD_DEPTH_MAX = 100 };

static const struct db_statement list_sql = {"healer_letters", SQL_HEALER_LETTERS};
static const struct db_statement letter_sql = {"healer_letter", SQL_HEALER_LETTER};
static const struct db_statement resolve_sql = {"healer_resolve", SQL_HEALER_RESOLVE};
static const struct db_statement state_sql = {"healer_letter_state", SQL_HEALER_LETTER_STATE};
const char letter_not_found[] = "Dead letter not found";

bool letters_filter(struct actor *a, struct edge *in, const struct msg_http_request *m, char entity[WORD_BYTES],
	char priority[WORD_BYTES])
{
	return query_entity(a, in, m, entity) && query_word(a, in, m, "priority", "low|medium|high|critical", priority);
}

void letters_list(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	struct str resolved;
	char entity[WORD_BYTES], priority[WORD_BYTES];
	long long limit, offset;
	if (!letters_filter(a, in, m, entity, priority) || !query_flag(a, in, m, "resolved", "false", &resolved) ||
		!view_page(a, in, m, &limit, &offset))
		return;
	view_start(&v, a, &list_sql);
	view_text(&v, word_or_null(entity));
	view_text(&v, resolved);
	view_text(&v, word_or_null(priority));
	view_number(&v, limit);
	view_number(&v, offset);
	view_answer(&v, a, ((struct healer *)a->state)->db, in, m->request);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void unhex(struct buf *b, const char *hex)
{
	for (; hex[0] && hex[1]; hex += 2) {
		char byte = (char)(digit(hex[0]) * 16 + digit(hex[1]));
		buf_add(b, &byte, 1);
	}
}

static bool is_json(const struct buf *bytes)
{
	struct json_tokener *tok = json_tokener_new_ex(PAYLOAD_DEPTH_MAX);
	if (!tok || !bytes->len)
		return false;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *doc = json_tokener_parse_ex(tok, bytes->data, (int)bytes->len);
	bool fine = doc && json_tokener_get_error(tok) == json_tokener_success;
	json_object_put(doc);
	json_tokener_free(tok);
	return fine;
}

/* Bytes that are JSON are shown as they are, others as text. */
static void add_bytes(struct buf *b, const char *hex)
{
	struct buf bytes = {0};
	unhex(&bytes, hex);
	if (is_json(&bytes)) {
		buf_add(b, bytes.data, bytes.len);
	} else {
		buf_str(b, "null,\"raw_payload\":");
		buf_json(b, bytes.len ? bytes.data : "", bytes.len);
	}
	buf_free(&bytes);
}

static void on_letter(void *ctx, const struct db_reply *r)
{
	struct asked *q = ctx;
	struct actor *a = q->healer->actor;
	struct buf b = {0};
	if (r->failure != DB_OK) {
		asked_failed(q, r);
		return;
	}
	const PGresult *res = r->results[0];
	if (!PQntuples(res)) {
		actor_refuse(a, q->in, q->request, 404, "%s", letter_not_found);
		free(q);
		return;
	}
	buf_add(&b, PQgetvalue(res, 0, 0), (size_t)PQgetlength(res, 0, 0) - 1);
	buf_str(&b, ",\"last_payload\":");
	if (!PQgetisnull(res, 0, 1))
		buf_add(&b, PQgetvalue(res, 0, 1), (size_t)PQgetlength(res, 0, 1));
	else
		add_bytes(&b, PQgetisnull(res, 0, 2) ? "" : PQgetvalue(res, 0, 2));
	buf_str(&b, "}");
	actor_reply(a, q->in, q->request, 200, "", b.data, b.len);
	buf_free(&b);
	free(q);
}

void letters_show(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct healer *h = a->state;
	char id[UUID_LENGTH + 1];
	if (path_uuid(a, in, m, letter_not_found, id))
		db_query(h->db, &letter_sql, on_letter, asked_new(a, in, m), 2, a->config.zoho_organization_id, id);
}

void letters_not_moved(struct asked *q, const PGresult *state)
{
	struct actor *a = q->healer->actor;
	if (!PQntuples(state))
		actor_refuse(a, q->in, q->request, 404, "%s", letter_not_found);
	else if (*PQgetvalue(state, 0, 0) == 't')
		actor_refuse(a, q->in, q->request, 409, "This dead letter is already resolved (by %s: %s)",
			PQgetvalue(state, 0, 1), PQgetvalue(state, 0, 3));
	else
		actor_refuse(a, q->in, q->request, 409, "TDS has no handler for %s; resolve the dead letter by hand",
			PQgetvalue(state, 0, 2));
	free(q);
}

static void on_resolved(void *ctx, const struct db_reply *r)
{
	static const char resolved[] = "{\"success\":true,\"message\":\"Dead letter resolved\"}";
	struct asked *q = ctx;
	if (r->failure != DB_OK) {
		asked_failed(q, r);
	} else if (*PQgetvalue(r->results[0], 0, 0) == '0') {
		letters_not_moved(q, r->results[1]);
	} else {
		actor_reply(q->healer->actor, q->in, q->request, 200, "", resolved, sizeof resolved - 1);
		free(q);
	}
}

/* {"notes":"..."}; NULL, or what is wrong with it. The caller frees `doc`. */
static const char *read_notes(struct str body, struct json_object **doc, const char **notes)
{
	*doc = NULL;
	*notes = NULL;
	if (!body.len)
		return NULL;
	struct json_tokener *tok = json_tokener_new_ex(BODY_DEPTH_MAX);
	if (!tok)
		die(EXIT_TEMPORARY, "out of memory");
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*doc = json_tokener_parse_ex(tok, body.data, (int)body.len);
	bool fine = json_tokener_get_error(tok) == json_tokener_success && json_object_is_type(*doc, json_type_object);
	json_tokener_free(tok);
	if (!fine)
		return "the body must be a JSON object, or empty";
	struct json_object *value = json_object_object_get(*doc, "notes");
	if (!value)
		return NULL;
	if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) > NOTES_BYTES_MAX ||
		strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return "value must be a text of at most 4000 bytes";
	*notes = json_object_get_string(value);
	return NULL;
}

void letters_resolve(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct healer *h = a->state;
	struct json_object *doc;
	const char *notes;
	char id[UUID_LENGTH + 1];
	if (!path_uuid(a, in, m, letter_not_found, id))
		return;
	const char *wrong = read_notes(m->body, &doc, &notes);
	if (wrong) {
		refuse_field(
			a, in, m->request, "body", json_object_is_type(doc, json_type_object) ? "notes" : "", wrong);
	} else {
		struct asked *q = asked_new(a, in, m);
		const char *organization = a->config.zoho_organization_id;
		struct db_call *call = db_begin(h->db);
		db_add(call, &resolve_sql, 5,
			(struct db_param[]){DB_TEXT(organization), DB_TEXT(id), notes ? DB_TEXT(notes) : DB_NULL,
				DB_TEXT(q->who), DB_TEXT(q->correlation)});
		db_add(call, &state_sql, 2, (struct db_param[]){DB_TEXT(organization), DB_TEXT(id)});
		db_run(call, on_resolved, q);
	}
	json_object_put(doc);
}
