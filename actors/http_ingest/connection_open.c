/* Owns the table of connections: who comes in, from where, who is too many, and what draining means for them. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/connection.h"

bool connections_start(struct ingest *in)
{
	size_t n = (size_t)in->actor->config.http_connections_max + HTTP_REFUSING_MAX;

	in->connections = calloc(n, sizeof *in->connections); /* untouched pages cost nothing */
	in->connections_n = n;
	for (size_t i = n; in->connections && i > 0; i--) {
		struct connection *c = &in->connections[i - 1];

		c->next_free = in->free_connections;
		in->free_connections = c;
	}
	return in->connections != NULL;
}

static void peer_name(struct connection *c)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a;
	int one = 1;

	if (getpeername(c->fd, (struct sockaddr *)&a, &n) != 0 || a.ss_family == AF_UNIX)
		return;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (a.ss_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, c->peer, sizeof c->peer);
		c->loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
	} else if (a.ss_family == AF_INET6) {
		bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);

		inet_ntop(AF_INET6, &v6->sin6_addr, c->peer, sizeof c->peer);
		c->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || (mapped && v6->sin6_addr.s6_addr[12] == 127);
		if (mapped)
			inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], c->peer, sizeof c->peer);
	}
}

void connection_open(struct ingest *in, int fd, bool trusted)
{
	struct connection *c = in->free_connections;

	if (!c) {
		loop_close(in->actor->loop, fd);
		return;
	}
	in->free_connections = c->next_free;
	in->open_n++;
	if (in->connections_used < (size_t)(c - in->connections) + 1)
		in->connections_used = (size_t)(c - in->connections) + 1;
	*c = (struct connection){.ingest = in, .state = CONNECTION_OPEN, .fd = fd, .trusted = trusted};
	c->receive = (struct loop_op){.done = connection_on_receive, .ctx = c};
	c->send = (struct loop_op){.done = connection_on_send, .ctx = c};
	c->phase_ns = loop_now(in->actor->loop);
	c->in = malloc(HTTP_INPUT_BYTES);
	if (!c->in)
		die(EXIT_TEMPORARY, "out of memory for a connection");
	peer_name(c);
	if (in->open_n > (size_t)in->actor->config.http_connections_max) {
		struct request *r = connection_begin_request(c);

		c->too_many = c->deaf = true;
		c->reading = NULL;
		c->complete_n++;
		http_refuse(r, 503, "All connections are in use; try again shortly");
		return;
	}
	connection_receive(c);
	connection_deadline(c);
}

void connections_drain(struct ingest *in)
{
	in->drain_ns = loop_now(in->actor->loop);
	for (size_t i = 0; i < in->connections_used; i++) {
		struct connection *c = &in->connections[i];

		if (c->state != CONNECTION_OPEN)
			continue;
		if (c->first && c->first->state == REQUEST_STREAMING)
			http_stream_end(c->first);
		else if (!c->first && c->requests)
			loop_cancel(in->actor->loop, &c->receive); /* unless a request came just now */
		else
			connection_deadline(c); /* its first request may be on its way */
	}
}
