/* Owns the client connections: a fixed table, one receive and one send in flight per connection, requests parsed as
 * they come and answered in their order. A connection lives until nothing of it is in flight. */
#include "actors/http_ingest/connection.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"

void connection_receive(struct connection *c)
{
	if (c->deaf || loop_busy(&c->receive) || c->state != CONNECTION_OPEN || c->in_at < c->in_n)
		return;
	c->in_at = c->in_n = 0;
	loop_recv(c->ingest->actor->loop, &c->receive, c->fd, c->in, HTTP_INPUT_BYTES);
}

struct request *connection_begin_request(struct connection *c)
{
	struct request *r = request_new(c);

	if (c->last)
		c->last->next = r;
	else
		c->first = r;
	c->last = c->reading = r;
	http_parser_start(&c->parser, r, &c->ingest->limits);
	return r;
}

static void release(struct connection *c)
{
	struct ingest *in = c->ingest;

	if (loop_busy(&c->receive) || loop_busy(&c->send))
		return;
	loop_close(in->actor->loop, c->fd);
	free(c->in);
	c->in = NULL;
	c->state = CONNECTION_FREE;
	c->next_free = in->free_connections;
	in->free_connections = c;
	in->open_n--;
}

void connection_destroy(struct connection *c)
{
	if (c->state == CONNECTION_CLOSING || c->state == CONNECTION_FREE)
		return;
	c->state = CONNECTION_CLOSING;
	if (!loop_busy(&c->send)) /* else the kernel still reads the front's memory */
		dispatch_abandon_all(c);
	loop_cancel(c->ingest->actor->loop, &c->receive);
	loop_cancel(c->ingest->actor->loop, &c->send);
	release(c);
}

/* After the last answer: our end is closed, what still comes is thrown away for a while, so that the client can read
 * its answer before a reset (RFC 9112, 9.6). */
static void linger(struct connection *c)
{
	c->deaf = true;
	if (c->eof) {
		connection_destroy(c);
		return;
	}
	c->state = CONNECTION_LINGERING;
	c->phase_ns = loop_now(c->ingest->actor->loop);
	shutdown(c->fd, SHUT_WR);
	if (!loop_busy(&c->receive))
		loop_recv(c->ingest->actor->loop, &c->receive, c->fd, c->in, HTTP_INPUT_BYTES);
	connection_deadline(c);
}

static void refuse_reading(struct connection *c)
{
	struct request *r = c->reading;

	c->reading = NULL;
	c->deaf = true;
	r->close = true;
	c->complete_n++;
	http_refuse(r, c->parser.guard.status, c->parser.guard.why);
}

static void complete_reading(struct connection *c)
{
	struct request *r = c->reading;

	c->reading = NULL;
	c->complete_n++;
	c->requests++;
	c->phase_ns = r->started_ns = loop_now(c->ingest->actor->loop);
	if (!r->keep_alive || c->requests >= (uint64_t)c->ingest->actor->config.http_requests_per_connection_max) {
		r->close = true;
		c->deaf = true;
	}
	dispatch(r);
}

/* One step of parsing; false when there is nothing more to do now. */
static bool parse_some(struct connection *c)
{
	size_t used;

	if (!c->reading && c->complete_n >= (unsigned)c->ingest->actor->config.http_pipeline_max)
		return false;
	if (!c->reading)
		connection_begin_request(c);
	if (!http_parser_begun(&c->parser))
		c->phase_ns = loop_now(c->ingest->actor->loop);
	switch (http_parser_feed(&c->parser, c->in + c->in_at, c->in_n - c->in_at, &used)) {
	case PARSED_REFUSED:
		refuse_reading(c);
		break;
	case PARSED_DONE:
		c->in_at += used;
		complete_reading(c);
		break;
	case PARSED_HEAD:
		c->phase_ns = loop_now(c->ingest->actor->loop);
		c->reading->continue_due = c->reading->expects;
		/* fall through */
	case PARSED_MORE:
		c->in_at += used;
		break;
	}
	return c->state == CONNECTION_OPEN && !c->deaf && c->in_at < c->in_n;
}

static void take_input(struct connection *c)
{
	while (c->in_at < c->in_n && parse_some(c))
		;
	if (c->state != CONNECTION_OPEN)
		return;
	connection_pump(c);
	if (c->state != CONNECTION_OPEN)
		return;
	connection_receive(c);
	connection_deadline(c);
}

/* The client will send no more; what it asked completely is still answered. */
static void input_ended(struct connection *c)
{
	c->eof = c->deaf = true;
	if (!c->first || c->first == c->reading) {
		connection_destroy(c); /* nothing complete to be answered */
		return;
	}
	if (c->reading)
		dispatch_abandon(c->reading);
	connection_deadline(c);
}

void connection_on_receive(void *ctx, int result, unsigned flags)
{
	struct connection *c = ctx;

	(void)flags;
	if (result == -ECANCELED && c->state == CONNECTION_OPEN) { /* draining; what came before is still served */
		ssize_t n = recv(c->fd, c->in, HTTP_INPUT_BYTES, MSG_DONTWAIT);

		result = n > 0 ? (int)n : result;
	}
	if (c->state == CONNECTION_CLOSING) {
		release(c);
	} else if (c->state == CONNECTION_LINGERING) {
		c->lingered += result > 0 ? (size_t)result : 0;
		if (result <= 0 || c->lingered > HTTP_LINGER_BYTES_MAX)
			connection_destroy(c);
		else
			loop_recv(c->ingest->actor->loop, &c->receive, c->fd, c->in, HTTP_INPUT_BYTES);
	} else if (result > 0 && !c->deaf) {
		c->in_at = 0;
		c->in_n = (size_t)result;
		take_input(c);
	} else if (result == 0) {
		input_ended(c);
	} else if (result < 0) {
		connection_destroy(c); /* reset, or cancelled at draining */
	}
}

static void front_sent(struct connection *c)
{
	struct request *r = c->first;
	bool close = r->close;

	c->first = r->next;
	if (!c->first)
		c->last = NULL;
	c->complete_n -= c->complete_n > 0;
	request_free(r);
	if (close) {
		if (c->first)
			dispatch_abandon_all(c); /* came after what was refused */
		linger(c);
	} else if (!c->first) {
		c->phase_ns = loop_now(c->ingest->actor->loop);
		if (c->eof)
			connection_destroy(c);
		else if (c->ingest->actor->draining)
			linger(c);
	}
}

void connection_pump(struct connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct request *r = c->first;
	struct loop *loop = c->ingest->actor->loop;

	if (c->state != CONNECTION_OPEN || loop_busy(&c->send) || !r)
		return;
	c->send_ns = loop_now(loop);
	if (r->state == REQUEST_READING && r->continue_due) {
		http_text_put(&r->out, go_on);
		r->continue_due = false;
	}
	if (r->sent < r->out.n)
		loop_send(loop, &c->send, c->fd, r->out.at + r->sent, r->out.n - r->sent);
	connection_deadline(c);
}

void connection_on_send(void *ctx, int result, unsigned flags)
{
	struct connection *c = ctx;
	struct request *r = c->first;

	(void)flags;
	if (c->state == CONNECTION_CLOSING) {
		dispatch_abandon_all(c);
		release(c);
		return;
	}
	if (result <= 0) {
		connection_destroy(c);
		return;
	}
	r->sent += (size_t)result;
	if (r->sent == r->out.n && r->state == REQUEST_ANSWERED && r->file_left) {
		if (image_more(r))
			connection_pump(c);
		else
			connection_destroy(c); /* less than was promised */
		return;
	}
	if (r->sent == r->out.n && r->state == REQUEST_ANSWERED) {
		front_sent(c);
		if (c->state != CONNECTION_OPEN)
			return;
		take_input(c); /* pumps the next answer, reads on where the pipeline was full */
		return;
	}
	if (r->state != REQUEST_ANSWERED) { /* a stream, or an interim answer: what went out makes room */
		memmove(r->out.at, r->out.at + r->sent, r->out.n - r->sent);
		r->out.n -= r->sent;
		r->sent = 0;
	}
	connection_pump(c);
}
