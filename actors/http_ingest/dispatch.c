/* Owns the way of a complete request: its correlation id, its route, who may call it, who answers; and what is to be
 * done when its client goes away before. */
#include "actors/http_ingest/dispatch.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/uuid.h"
#include "actors/http_ingest/webhook.h"

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.' ||
	       c == ':';
}

static bool is_correlation(struct str s)
{
	if (s.len == 0 || s.len > HTTP_CORRELATION_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_plain(s.data[i]))
			return false;
	return true;
}

void dispatch_correlate(struct request *r)
{
	char *fresh;

	if (r->correlation.data)
		return;
	r->correlation = request_header(r, "X-Correlation-ID");
	if (r->correlation.data && is_correlation(r->correlation) && request_header_count(r, "X-Correlation-ID") == 1)
		return;
	fresh = http_arena_alloc(&r->arena, UUID_TEXT_BYTES);
	uuid_text(uuid_random(), fresh);
	r->correlation = str_of(fresh);
}

static void unknown(struct request *r)
{
	char allow[128], line[160];

	if (!route_allow(r->path, allow, sizeof allow)) {
		http_refuse(r, 404, "Not found");
		return;
	}
	snprintf(line, sizeof line, "Allow: %s\r\n", allow);
	http_answer(r, &(struct http_answer){
			       .status = 405, .headers = line, .body = STR("{\"detail\":\"Method not allowed\"}")});
}

static bool is_webhook(enum route_id route)
{
	return routes[route].owner == ACTOR_HTTP_INGEST && !strcmp(routes[route].method, "POST");
}

static void answer_own(struct request *r)
{
	switch (r->route) {
	case ROUTE_LIVEZ:
		own_livez(r);
		break;
	case ROUTE_READYZ:
		own_readyz(r);
		break;
	case ROUTE_OPENAPI:
		own_openapi(r);
		break;
	case ROUTE_IMAGE:
		own_image(r);
		break;
	default:
		http_refuse(r, 404, "Not found");
	}
}

void dispatch(struct request *r)
{
	const char *who = "";
	struct str param;

	r->state = REQUEST_WAITING;
	dispatch_correlate(r);
	if (str_eq(r->method, "OPTIONS")) {
		access_preflight(r);
		return;
	}
	r->route = route_find(r->method, r->path, &param);
	if (r->route == ROUTES) {
		unknown(r);
	} else if (is_webhook(r->route)) {
		webhook_take(r, param);
	} else if (r->route == ROUTE_LIVEZ || r->route == ROUTE_READYZ) {
		answer_own(r);
	} else if (access_origin(r) && access_ops(r, &who)) {
		if (routes[r->route].owner == ACTOR_HTTP_INGEST)
			answer_own(r);
		else
			forward(r, who);
	}
}

void dispatch_forget(struct request *r)
{
	if (r->forward)
		forward_forget(r);
}

static void drop(struct request *r)
{
	dispatch_forget(r);
	r->next = NULL;
	if (r->state == REQUEST_WAITING && r->webhook)
		r->connection = NULL; /* its commit is under way; freed with its answer */
	else
		request_free(r);
}

void dispatch_abandon(struct request *r)
{
	struct connection *c = r->connection;
	struct request *before = NULL;

	assert(c);
	for (struct request *at = c->first; at != r; at = at->next) {
		assert(at); /* a connection lists its requests */
		before = at;
	}
	if (before)
		before->next = r->next;
	else
		c->first = r->next;
	if (c->last == r)
		c->last = before;
	if (c->reading == r)
		c->reading = NULL;
	else
		c->complete_n--;
	drop(r);
}

void dispatch_abandon_all(struct connection *c)
{
	while (c->first)
		dispatch_abandon(c->first);
}
