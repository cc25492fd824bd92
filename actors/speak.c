/* How an actor speaks: to other actors over its edges, and through them to whoever sent an HTTP request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "actors/runtime.h"
#include "ipc/buf.h"

struct edge *actor_edge(struct actor *a, enum actor_kind kind, int instance)
{
	for (int i = 0; i < a->edges_n; i++)
		if (!a->edges[i].consumer && a->edges[i].peer_kind == kind && instance-- == 0)
			return &a->edges[i];
	return NULL;
}

/* Handlers are named "handler:<entity>#<shard>" in their slots. */
static bool serves(const struct actor *a, const struct edge *e, const char *entity)
{
	const char *name = slot_of(a->slots, e->peer_slot)->name;
	size_t n = strlen(entity);
	return !e->consumer && e->peer_kind == ACTOR_HANDLER && !strncmp(name, "handler:", 8) &&
	       !strncmp(name + 8, entity, n) && name[8 + n] == '#';
}

struct edge *actor_edge_handler(struct actor *a, enum entity_id entity, uint64_t hash)
{
	unsigned shards = 0;
	for (int i = 0; i < a->edges_n; i++)
		shards += serves(a, &a->edges[i], entity_names[entity].name);
	unsigned wanted = shards ? (unsigned)(hash % shards) : 0;
	for (int i = 0; i < a->edges_n; i++)
		if (serves(a, &a->edges[i], entity_names[entity].name) && wanted-- == 0)
			return &a->edges[i];
	return NULL;
}

struct edge *actor_edge_back(struct actor *a, const struct edge *in)
{
	for (int i = 0; i < a->edges_n; i++)
		if (!a->edges[i].consumer && a->edges[i].peer_slot == in->peer_slot)
			return &a->edges[i];
	return NULL;
}

bool actor_send(struct actor *a, struct edge *to, enum message_type type, const void *msg)
{
	size_t size = message_size_max(type, msg);
	void *place = to ? ring_reserve(&to->ring, size) : NULL;
	if (!place) {
		actor_count(a, COUNT_MESSAGES_DROPPED, 1);
		return false;
	}
	ring_publish(&to->ring, (uint16_t)type, 0, 0, message_encode(type, msg, place, size));
	actor_count(a, COUNT_MESSAGES_OUT, 1);
	return true;
}

void actor_count(struct actor *a, enum counter_id id, uint64_t n)
{
	atomic_fetch_add_explicit(&a->slot->counters[id], n, memory_order_relaxed);
}

void actor_note(struct actor *a, const char *why)
{
	snprintf(a->slot->note, sizeof a->slot->note, "%s", why ? why : "");
	if (!a->draining && atomic_load(&a->slot->state) >= SLOT_READY)
		atomic_store(&a->slot->state, *a->slot->note ? SLOT_DEGRADED : SLOT_READY);
}

void actor_ready(struct actor *a)
{
	atomic_store(&a->slot->state, *a->slot->note ? SLOT_DEGRADED : SLOT_READY);
	log_info("ready", LF_STR("io", loop_name(a->loop)));
}

void actor_drained(struct actor *a)
{
	a->drained = true;
}

/* Replies that found the ring full wait here; anything else may be dropped, an answer may not. */
static struct waiting {
	struct waiting *next;
	struct edge *to;
	struct msg_http_reply reply;
	char *memory;
} * outbox, **outbox_end = &outbox;

static void post(struct actor *a, struct edge *to, const struct msg_http_reply *reply)
{
	if (!outbox && actor_send(a, to, MSG_HTTP_REPLY, reply))
		return;
	struct waiting *w = calloc(1, sizeof *w);
	char *copy = w ? malloc(reply->type.len + reply->headers.len + reply->body.len + 1) : NULL;
	if (!copy)
		die(EXIT_TEMPORARY, "out of memory");
	*w = (struct waiting){.to = to, .reply = *reply, .memory = copy};
	struct str *parts[] = {&w->reply.type, &w->reply.headers, &w->reply.body};
	for (int i = 0; i < 3; i++) {
		if (parts[i]->len)
			memcpy(copy, parts[i]->data, parts[i]->len);
		parts[i]->data = copy;
		copy += parts[i]->len;
	}
	*outbox_end = w;
	outbox_end = &w->next;
}

void outbox_flush(struct actor *a)
{
	while (outbox && actor_send(a, outbox->to, MSG_HTTP_REPLY, &outbox->reply)) {
		struct waiting *w = outbox;
		outbox = w->next;
		if (!outbox)
			outbox_end = &outbox;
		free(w->memory);
		free(w);
	}
}

static void reply(struct actor *a, struct edge *in, uint64_t request, int status, const char *type, const char *headers,
	const char *body, size_t length)
{
	struct edge *to = actor_edge_back(a, in);
	size_t part_max = to ? to->ring.capacity / 8 : 0, at = 0;
	if (!to)
		return;
	do {
		size_t n = length - at < part_max ? length - at : part_max;
		post(a, to,
			&(struct msg_http_reply){.request = request,
				.status = (uint64_t)status,
				.type = str_of(type),
				.headers = str_of(headers),
				.body = {body + at, n},
				.more = at + n < length});
		at += n;
	} while (at < length);
}

void actor_reply(struct actor *a, struct edge *in, uint64_t request, int status, const char *headers, const char *body,
	size_t length)
{
	reply(a, in, request, status, "application/json", headers ? headers : "", body, length);
}

void actor_reply_type(struct actor *a, struct edge *in, uint64_t request, int status, const char *type,
	const char *body, size_t length)
{
	reply(a, in, request, status, type, "", body, length);
}

void actor_refuse(struct actor *a, struct edge *in, uint64_t request, int status, const char *detail, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, detail);
	vsnprintf(text, sizeof text, detail, ap);
	va_end(ap);
	struct buf b = {0};
	buf_str(&b, "{\"detail\":");
	buf_json(&b, text, strlen(text));
	buf_str(&b, "}");
	actor_reply(a, in, request, status, status == 503 ? "Retry-After: 5\r\n" : "", b.data, b.len);
	buf_free(&b);
}

uint64_t id_hash(struct str id)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.data[i]) * 1099511628211u;
	return h ^ (h >> 32);
}

int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct str path_segment(struct str path, int index)
{
	size_t at = 0;
	while (at < path.len && path.data[at] == '/') {
		size_t from = ++at;
		while (at < path.len && path.data[at] != '/')
			at++;
		if (index-- == 0)
			return (struct str){path.data + from, at - from};
	}
	return (struct str){0};
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

bool query_value(struct str query, const char *key, char *to, size_t size)
{
	size_t klen = strlen(key), at = 0, out = 0;
	while (at < query.len) {
		const char *amp = memchr(query.data + at, '&', query.len - at);
		size_t end = amp ? (size_t)(amp - query.data) : query.len;
		if (end - at > klen && !memcmp(query.data + at, key, klen) && query.data[at + klen] == '=') {
			for (size_t i = at + klen + 1; i < end; i++, out++) {
				if (out + 1 >= size)
					return false;
				char c = query.data[i];
				if (c == '+')
					c = ' ';
				if (c == '%' && i + 2 < end + 0 && hex(query.data[i + 1]) >= 0 &&
					hex(query.data[i + 2]) >= 0) {
					c = (char)(hex(query.data[i + 1]) * 16 + hex(query.data[i + 2]));
					i += 2;
				}
				to[out] = c;
			}
			to[out] = 0;
			return true;
		}
		at = end + 1;
	}
	return false;
}
