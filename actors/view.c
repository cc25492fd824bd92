/* The views of view.h. */
#include "actors/view.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/query.h"

enum { LIMIT_MAX = 1000, LIMIT_DEFAULT = 50 };

struct pending {
	struct actor *actor;
	struct edge *in;
	uint64_t request;
	const char *not_found;
};

void view_text(struct view *v, struct str value)
{
	if (v->n == VIEW_PARAMS_MAX)
		return;
	v->null[v->n] = !value.data;
	snprintf(v->text[v->n++], VIEW_TEXT_BYTES, "%.*s", (int)value.len, value.data ? value.data : "");
}

void view_start(struct view *v, struct actor *a, const struct db_statement *statement)
{
	*v = (struct view){.statement = statement};
	view_text(v, str_of(a->config.zoho_organization_id));
}

void view_number(struct view *v, long long value)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", value);
	view_text(v, str_of(text));
}

bool view_range(struct actor *a, struct edge *in, const struct msg_http_request *m, const char *key, long long min,
	long long max, long long def, long long *value)
{
	char text[VIEW_TEXT_BYTES], *end;
	*value = def;
	if (!query_value(m->query, key, text, sizeof text))
		return true;
	*value = strtoll(text, &end, 10);
	if (end != text && !*end && *value >= min && *value <= max)
		return true;
	snprintf(text, sizeof text, "value must be a whole number from %lld to %lld", min, max);
	refuse_field(a, in, m->request, "query", key, text);
	return false;
}

bool view_page(struct actor *a, struct edge *in, const struct msg_http_request *m, long long *limit, long long *offset)
{
	long long page, size;
	if (!view_range(a, in, m, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, limit) ||
		!view_range(a, in, m, "offset", 0, INT32_MAX, 0, offset) ||
		!view_range(a, in, m, "page_size", 1, LIMIT_MAX, *limit, &size) ||
		!view_range(a, in, m, "page", 1, 1000000, 0, &page))
		return false;
	*limit = size;
	if (page)
		*offset = (page - 1) * size;
	return true;
}

static void on_answer(void *ctx, const struct db_reply *r)
{
	struct pending *p = ctx;
	const PGresult *res = r->failure == DB_OK ? r->results[0] : NULL;
	char headers[64] = "";
	if (!res && r->failure == DB_ENVIRONMENT)
		actor_refuse(p->actor, p->in, p->request, 503, "PostgreSQL is away");
	else if (!res)
		actor_refuse(p->actor, p->in, p->request, 500, "PostgreSQL refused the query: %s", r->message);
	else if (!PQntuples(res))
		actor_refuse(p->actor, p->in, p->request, 404, "%s", p->not_found ? p->not_found : "Not found");
	else {
		if (PQnfields(res) > 1)
			snprintf(headers, sizeof headers, "X-Total-Count: %s\r\n", PQgetvalue(res, 0, 1));
		actor_reply(p->actor, p->in, p->request, 200, headers, PQgetvalue(res, 0, 0),
			(size_t)PQgetlength(res, 0, 0));
	}
	free(p);
}

void view_answer(struct view *v, struct actor *a, struct db *db, struct edge *in, uint64_t request)
{
	struct db_param params[VIEW_PARAMS_MAX + 1];
	struct pending *p = calloc(1, sizeof *p);
	if (!p)
		die(EXIT_TEMPORARY, "out of memory");
	*p = (struct pending){a, in, request, v->not_found};
	for (int i = 0; i < v->n; i++)
		params[i] = v->null[i] ? DB_NULL : DB_TEXT(v->text[i]);
	struct db_call *call = db_begin(db);
	params[v->n] = DB_TEXT(v->whole);
	db_add(call, v->statement, v->n + (v->whole != NULL), params);
	db_run(call, on_answer, p);
}
