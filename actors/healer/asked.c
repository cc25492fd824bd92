/* Owns what the healer's routes have in common: who asked for what, checked, and what PostgreSQL's refusal is answered
 * with. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "actors/view.h"

struct asked *asked_new(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct asked *q = calloc(1, sizeof *q);
	if (!q)
		die(EXIT_TEMPORARY, "out of memory");
	*q = (struct asked){.healer = a->state, .in = in, .request = m->request};
	snprintf(q->who, sizeof q->who, "%.*s", (int)m->who.len, m->who.len ? m->who.data : "");
	if (!*q->who)
		snprintf(q->who, sizeof q->who, "api");
	snprintf(q->correlation, sizeof q->correlation, "%.*s", (int)m->correlation.len,
		m->correlation.len ? m->correlation.data : "");
	return q;
}

void asked_failed(struct asked *q, const struct db_reply *r)
{
	struct actor *a = q->healer->actor;
	if (r->failure == DB_ENVIRONMENT)
		actor_refuse(a, q->in, q->request, 503,
			"PostgreSQL is away or busy (%s); nothing was changed, ask again", r->message);
	else
		actor_refuse(a, q->in, q->request, 500, "PostgreSQL refused it, nothing was changed: %s", r->message);
	free(q);
}

static bool is_uuid(struct str s)
{
	if (s.len != UUID_LENGTH)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s.data[i] != '-' : !isxdigit((unsigned char)s.data[i]))
			return false;
	}
	return true;
}

bool path_uuid(struct actor *a, struct edge *in, const struct msg_http_request *m, const char *not_found,
	char id[UUID_LENGTH + 1])
{
	struct str segment = path_segment(m->path, 4);
	if (!is_uuid(segment)) {
		actor_refuse(a, in, m->request, 404, "%s", not_found);
		return false;
	}
	memcpy(id, segment.data, UUID_LENGTH);
	id[UUID_LENGTH] = 0;
	return true;
}
