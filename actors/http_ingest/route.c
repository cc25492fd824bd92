/* Owns the question which route a path is: the table of routes.def, literals and "{placeholders}". */
#include <stdio.h>
#include <string.h>
#include "actors/http_ingest/dispatch.h"

bool route_fits(const char *pattern, struct str path, struct str *param)
{
	size_t at = 0;

	*param = (struct str){0};
	for (; *pattern; pattern++) {
		size_t from = at;

		if (*pattern != '{') {
			if (at >= path.len || path.data[at++] != *pattern)
				return false;
			continue;
		}
		while (at < path.len && path.data[at] != '/')
			at++;
		if (at == from)
			return false;
		if (!param->data)
			*param = (struct str){path.data + from, at - from};
		pattern = strchr(pattern, '}');
	}
	return at == path.len;
}

enum route_id route_find(struct str method, struct str path, struct str *param)
{
	for (size_t i = 0; i < ROUTES; i++) {
		bool same = str_eq(method, routes[i].method) ||
			    (str_eq(method, "HEAD") && !strcmp(routes[i].method, "GET"));

		if (same && route_fits(routes[i].path, path, param))
			return (enum route_id)i;
	}
	return ROUTES;
}

bool route_allow(struct str path, char *to, size_t size)
{
	struct str param;
	bool found = false;
	size_t n = 0;

	*to = 0;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!route_fits(routes[i].path, path, &param) || strstr(to, routes[i].method))
			continue;
		n += (size_t)snprintf(
			to + n, size - n, "%s%s, ", routes[i].method, strcmp(routes[i].method, "GET") ? "" : ", HEAD");
		found = true;
	}
	snprintf(to + n, size - n, "OPTIONS");
	return found;
}
