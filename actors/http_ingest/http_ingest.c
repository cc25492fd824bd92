/* The actor http-ingest: speaks HTTP to the world, makes webhooks durable by itself, and asks the owner of a route for
 * everything else. This file is its skeleton; the parts are connection.c, dispatch.c, webhook.c, group.c and forward.c.
 */
#include <stdlib.h>
#include "actors/http_ingest/connection.h"
#include "actors/http_ingest/dispatch.h"
#include "actors/http_ingest/webhook.h"

static void start(struct actor *a)
{
	struct ingest *in = a->state;

	in->actor = a;
	in->limits = (struct http_limits){.head_bytes_max = (size_t)a->config.http_header_bytes_max,
		.body_bytes_max = (size_t)a->config.http_body_bytes_max};
	access_start(in);
	images_start(in);
	if (!connections_start(in))
		die(EXIT_TEMPORARY, "no memory for the connections");
	forwards_start(in);
	deadlines_start(in);
	groups_start(in);
	listeners_start(in);
}

static void end_when_idle(struct ingest *in)
{
	if (in->actor->draining && !in->actor->drained && in->open_n == 0 && !group_busy(in))
		actor_drained(in->actor);
}

static void turn(struct actor *a)
{
	struct ingest *in = a->state;

	group_flush(in);
	if (in->forwards.waiting_n)
		forwards_look(in);
	end_when_idle(in);
}

static void peer_restarted(struct actor *a, struct edge *e)
{
	forwards_owner_lost(a->state, e->peer_slot);
}

static void drain(struct actor *a)
{
	struct ingest *in = a->state;

	listeners_stop(in);
	connections_drain(in);
	end_when_idle(in);
}

const struct actor_type actor_http_ingest = {
	.kind = ACTOR_HTTP_INGEST,
	.state_size = sizeof(struct ingest),
	.start = start,
	.drain = drain,
	.turn = turn,
	.peer_restarted = peer_restarted,
	.on = {[MSG_HTTP_REPLY] = on_http_reply},
};
