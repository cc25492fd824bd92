/* Owns /openapi.json: OpenAPI 3.0.3, made once from the route table, so that it is true for every path. */
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"

static void put_lower(struct http_text *t, const char *word)
{
	for (; *word; word++)
		http_text_printf(t, "%c", *word >= 'A' && *word <= 'Z' ? *word + 32 : *word);
}

static void put_parameters(struct http_text *t, const char *path)
{
	const char *at = strchr(path, '{');

	http_text_put(t, "\"parameters\":[");
	for (bool first = true; at; at = strchr(at, '{'), first = false) {
		const char *end = strchr(++at, '}');

		http_text_printf(t,
			"%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}",
			first ? "" : ",", (int)(end - at), at);
	}
	http_text_put(t, "],");
}

static void put_operation(struct http_text *t, enum route_id id)
{
	const struct route *r = &routes[id];
	bool webhook = r->owner == ACTOR_HTTP_INGEST && !strcmp(r->method, "POST");
	bool open = webhook || id == ROUTE_LIVEZ || id == ROUTE_READYZ;

	http_text_put(t, "\"");
	put_lower(t, r->method);
	http_text_printf(t,
		"\":{\"operationId\":\"%s_%d\",\"tags\":[\"%s\"],\"summary\":", webhook ? "webhook" : "route", (int)id,
		webhook ? "webhooks" : actor_kind_name(r->owner));
	http_text_json(t, str_of(r->text));
	http_text_put(t, ",");
	put_parameters(t, r->path);
	if (!strcmp(r->method, "POST"))
		http_text_printf(t,
			"\"requestBody\":{\"required\":%s,\"content\":{\"application/"
			"json\":{\"schema\":{\"type\":\"object\"}}}},",
			webhook ? "true" : "false");
	if (!open)
		http_text_put(t, "\"security\":[{},{\"bearer\":[]}],");
	http_text_printf(t,
		"\"responses\":{\"%d\":{\"description\":\"Done\"},\"default\":{\"description\":\"Refused or"
		" failed\",\"content\":"
		"{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}}}",
		webhook ? 202 : 200);
}

static bool came_before(enum route_id id)
{
	for (size_t i = 0; i < (size_t)id; i++)
		if (!strcmp(routes[i].path, routes[id].path))
			return true;
	return false;
}

static void put_path(struct http_text *t, enum route_id id)
{
	bool first = true;

	http_text_json(t, str_of(routes[id].path));
	http_text_put(t, ":{");
	for (size_t i = id; i < ROUTES; i++) {
		if (strcmp(routes[i].path, routes[id].path) != 0)
			continue;
		http_text_put(t, first ? "" : ",");
		put_operation(t, (enum route_id)i);
		first = false;
	}
	http_text_put(t, "}");
}

static struct str make(void)
{
	static struct http_arena forever;
	struct http_text t = {.arena = &forever};

	http_text_put(
		&t, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"TDS\",\"version\":\"" TDS_VERSION "\"},\"paths\":{");
	for (size_t i = 0; i < ROUTES; i++) {
		if (came_before((enum route_id)i))
			continue;
		http_text_put(&t, i ? "," : "");
		put_path(&t, (enum route_id)i);
	}
	http_text_put(&t, "},\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"
			  ",\"schemas\":{\"Error\":"
			  "{\"type\":\"object\",\"required\":[\"detail\"],\"properties\":{\"detail\":{}}}}}}");
	return (struct str){t.at, t.n};
}

void own_openapi(struct request *r)
{
	struct ingest *in = r->connection->ingest;

	if (!in->openapi.data)
		in->openapi = make();
	http_answer(r, &(struct http_answer){.status = 200, .body = in->openapi});
}
