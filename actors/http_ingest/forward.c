/* Owns the requests that other actors answer: each waits in a fixed table under an id that no earlier process used, its
 * reply is put together from its parts, and whoever's owner dies gets a 503 at once. */
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"
#include "actors/uuid.h"

struct forward {
	struct request *request; /* NULL = free */
	uint32_t generation, next_free;
	int peer_slot;
	bool stream;
	struct http_text body; /* parts so far */
	struct str type, headers;
	int status;
};

void forwards_start(struct ingest *in)
{
	struct forwards *f = &in->forwards;
	struct uuid salt = uuid_random();

	f->n = (size_t)in->actor->config.http_connections_max + HTTP_REFUSING_MAX;
	f->at = calloc(f->n, sizeof *f->at);
	if (!f->at)
		die(EXIT_TEMPORARY, "out of memory");
	memcpy(&f->generation, salt.b, sizeof f->generation);
	for (size_t i = f->n; i > 0; i--) {
		f->at[i - 1].next_free = f->first_free;
		f->first_free = (uint32_t)i;
	}
}

static bool is_serving(struct ingest *in, int slot)
{
	uint32_t state = atomic_load_explicit(&slot_of(in->actor->slots, slot)->state, memory_order_relaxed);

	return state == SLOT_READY || state == SLOT_DEGRADED;
}

static bool is_false(const char *value)
{
	return !strcmp(value, "false") || !strcmp(value, "0") || !strcmp(value, "no");
}

static bool waits(const struct request *r)
{
	char value[8];

	if (request_header_has(r, "Prefer", "respond-async"))
		return false;
	return !query_value(r->query, "wait", value, sizeof value) || !is_false(value);
}

static struct forward *place(struct ingest *in, struct request *r, int peer_slot)
{
	struct forwards *fs = &in->forwards;
	struct forward *f;

	if (!fs->first_free)
		return NULL;
	f = &fs->at[fs->first_free - 1];
	fs->first_free = f->next_free;
	fs->waiting_n++;
	*f = (struct forward){.request = r, .generation = ++fs->generation, .peer_slot = peer_slot};
	r->forward = (uint64_t)f->generation << 32 | (uint64_t)(f - fs->at + 1);
	return f;
}

void forward(struct request *r, const char *who)
{
	struct ingest *in = r->connection->ingest;
	struct edge *to = actor_edge(in->actor, routes[r->route].owner, 0);
	char words[128];

	snprintf(words, sizeof words, "%s isn't available now; try again shortly",
		actor_kind_name(routes[r->route].owner));
	if (!to || !is_serving(in, to->peer_slot) || !place(in, r, to->peer_slot)) {
		http_refuse(r, 503, words);
		return;
	}
	if (!actor_send(in->actor, to, MSG_HTTP_REQUEST,
		    &(struct msg_http_request){.request = r->forward,
			    .route = (uint64_t)r->route,
			    .path = r->path,
			    .query = r->query,
			    .body = {r->body, r->body_n},
			    .correlation = r->correlation,
			    .who = str_of(who),
			    .wait = waits(r)})) {
		forward_forget(r);
		http_refuse(r, 503, words);
	}
}

static struct forward *find(struct ingest *in, uint64_t id)
{
	uint64_t index = id & UINT32_MAX;
	struct forward *f = index && index <= in->forwards.n ? &in->forwards.at[index - 1] : NULL;

	return f && f->request && f->generation == id >> 32 ? f : NULL;
}

static void release(struct ingest *in, struct forward *f)
{
	if (f->stream)
		in->streams_n--;
	f->request->forward = 0;
	f->request = NULL;
	f->next_free = in->forwards.first_free;
	in->forwards.first_free = (uint32_t)(f - in->forwards.at + 1);
	in->forwards.waiting_n--;
}

void forward_forget(struct request *r)
{
	struct forward *f = find(r->connection->ingest, r->forward);

	if (f)
		release(r->connection->ingest, f);
}

static void stream(struct ingest *in, struct forward *f, const struct msg_http_reply *m)
{
	struct request *r = f->request;

	if (!f->stream) {
		if (in->streams_n >= (unsigned)in->actor->config.metrics_streams_max || in->actor->draining) {
			release(in, f);
			http_refuse(r, 503, "Too many readers of the event stream");
			return;
		}
		f->stream = true;
		in->streams_n++;
		http_stream_begin(r, &(struct http_answer){.status = (int)m->status,
					     .type = "text/event-stream",
					     .headers = "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n"});
	}
	http_stream_part(r, m->body);
}

/* Keeps a part; false when the reply grew too large. */
static bool keep(struct forward *f, const struct msg_http_reply *m)
{
	struct http_arena *arena = &f->request->arena;

	if (!f->body.arena) {
		f->body.arena = arena;
		f->status = (int)m->status;
		f->type = http_arena_copy(arena, m->type);
		f->headers = http_arena_copy(arena, m->headers);
	}
	if (f->body.n + m->body.len > HTTP_REPLY_BYTES_MAX)
		return false;
	http_text_add(&f->body, m->body.data, m->body.len);
	return true;
}

void on_http_reply(struct actor *a, struct edge *e, const union message *message)
{
	const struct msg_http_reply *m = &message->http_reply;
	struct ingest *in = a->state;
	struct forward *f = find(in, m->request);
	struct http_answer answer;
	struct request *r;

	(void)e;
	if (!f)
		return; /* its client went away */
	r = f->request;
	if (m->more && (f->stream || str_eq(m->type, "text/event-stream"))) {
		stream(in, f, m);
		return;
	}
	if (f->stream) {
		http_stream_part(r, m->body);
		if (find(in, m->request))
			http_stream_end(r);
		return;
	}
	if (!keep(f, m)) {
		release(in, f);
		http_refuse(r, 500, "The reply is too large; ask for less at once");
		return;
	}
	if (m->more)
		return;
	answer = (struct http_answer){.status = f->status,
		.type = f->type.len ? f->type.data : NULL,
		.headers = f->headers.data,
		.body = {f->body.at, f->body.n}};
	release(in, f);
	http_answer(r, &answer);
}

void forwards_owner_lost(struct ingest *in, int peer_slot)
{
	for (size_t i = 0; i < in->forwards.n && in->forwards.waiting_n; i++) {
		struct forward *f = &in->forwards.at[i];
		struct request *r = f->request;

		if (!r || f->peer_slot != peer_slot)
			continue;
		if (f->stream) {
			connection_destroy(r->connection);
			continue;
		}
		release(in, f);
		http_refuse(r, 503, "The answer got lost when the actor that owed it ended; ask again");
	}
}

void forwards_look(struct ingest *in)
{
	struct actor *a = in->actor;

	for (int i = 0; i < a->edges_n && in->forwards.waiting_n; i++) {
		int slot = a->edges[i].peer_slot;
		uint32_t state = atomic_load_explicit(&slot_of(a->slots, slot)->state, memory_order_relaxed);

		if (!a->edges[i].consumer && (state == SLOT_EMPTY || state == SLOT_STARTING || state == SLOT_DRAINED))
			forwards_owner_lost(in, slot);
	}
}
