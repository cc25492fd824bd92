/* Answers to GET requests that are one query whose first column is the JSON to send (and the second, if any, the
 * total): money and ids never pass through C numbers. Shared by the actors that own such routes. */
#pragma once
#include "actors/actor.h"

enum { VIEW_PARAMS_MAX = 8, VIEW_TEXT_BYTES = 256 };

struct view {
	const struct db_statement *statement;
	int n; /* parameters */
	char text[VIEW_PARAMS_MAX][VIEW_TEXT_BYTES];
	bool null[VIEW_PARAMS_MAX];
	const char *whole;     /* one more parameter, of any length and borrowed; NULL: none */
	const char *not_found; /* detail of the 404 when there is no row */
};

/* Parameters in the statement's order; $1 is always the organisation (view_start adds it). */
void view_start(struct view *, struct actor *, const struct db_statement *);
void view_text(struct view *, struct str value); /* absent = NULL */
void view_number(struct view *, long long value);
/* `key` as a whole number in [min, max], or its default; false: answered with 422. */
bool view_range(struct actor *, struct edge *in, const struct msg_http_request *, const char *key, long long min,
	long long max, long long def, long long *value);
/* limit and offset from limit/offset or page/page_size; false: answered with 422. */
bool view_page(struct actor *, struct edge *in, const struct msg_http_request *, long long *limit, long long *offset);
/* Sends the query; the reply goes out when it is answered (503 when PostgreSQL is away). */
void view_answer(struct view *, struct actor *, struct db *, struct edge *in, uint64_t request);
