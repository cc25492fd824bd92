/* Owns the deadlines of all connections with one timer, which runs only while a connection is open and is due at the
 * earliest of them: an idle server has no timer at all. */
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/connection.h"

enum { DEADLINE_SCANNING = 1 }; /* earlier than any: nobody starts the timer while all are looked at */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Each is INT64_MAX where it doesn't apply. A write that makes no progress has the time that a body has. */
static int64_t write_due(const struct connection *c)
{
	return loop_busy(&c->send) ? c->send_ns + c->ingest->actor->config.http_body_timeout : INT64_MAX;
}

static int64_t reply_due(const struct connection *c)
{
	if (!c->first || c->first->state != REQUEST_WAITING)
		return INT64_MAX;
	return c->first->started_ns + c->ingest->actor->config.http_reply_timeout;
}

static int64_t read_due(const struct connection *c)
{
	const struct config *k = &c->ingest->actor->config;

	if (c->reading && http_parser_begun(&c->parser))
		return c->phase_ns + (c->parser.head_told ? k->http_body_timeout : k->http_header_timeout);
	if (c->first && c->first != c->reading)
		return INT64_MAX;
	if (c->ingest->drain_ns)
		return (c->phase_ns > c->ingest->drain_ns ? c->phase_ns : c->ingest->drain_ns) + HTTP_DRAIN_GRACE_NS;
	return c->phase_ns + (c->requests ? k->http_idle_timeout : k->http_header_timeout);
}

static int64_t due(const struct connection *c)
{
	if (c->state == CONNECTION_LINGERING)
		return c->phase_ns + HTTP_LINGER_NS;
	if (c->state != CONNECTION_OPEN)
		return INT64_MAX;
	return earlier(write_due(c), earlier(reply_due(c), read_due(c)));
}

static void expire(struct connection *c, int64_t now)
{
	bool writing = c->state == CONNECTION_LINGERING || write_due(c) <= now;

	if (!writing && reply_due(c) <= now) {
		http_refuse(c->first, 504,
			"The answer took too long; the work goes on, look at its status before asking again");
	} else if (!writing && c->reading && http_parser_begun(&c->parser)) {
		struct request *r = c->reading;

		c->reading = NULL;
		c->deaf = r->close = true;
		c->complete_n++;
		http_refuse(r, 408, "The request didn't come in time");
	} else {
		connection_destroy(c);
	}
}

static void arm(struct ingest *in, int64_t at)
{
	int64_t now = loop_now(in->actor->loop);

	in->deadline_ns = at;
	loop_timer(in->actor->loop, &in->deadline, at > now ? at - now : 0);
}

static void on_deadline(void *ctx, int result, unsigned flags)
{
	struct ingest *in = ctx;
	int64_t now = loop_now(in->actor->loop), next = INT64_MAX;

	(void)result, (void)flags;
	in->deadline_ns = DEADLINE_SCANNING;
	for (size_t i = 0; i < in->connections_used; i++) {
		struct connection *c = &in->connections[i];

		if (due(c) <= now)
			expire(c, now);
		next = earlier(next, due(c));
	}
	in->deadline_ns = 0;
	if (next != INT64_MAX)
		arm(in, next);
}

void connection_deadline(struct connection *c)
{
	struct ingest *in = c->ingest;
	int64_t at = due(c);

	if (at == INT64_MAX || (in->deadline_ns && in->deadline_ns <= at))
		return;
	if (loop_busy(&in->deadline)) {
		in->deadline_ns = at;
		loop_cancel(in->actor->loop, &in->deadline); /* its end starts it anew */
	} else {
		arm(in, at);
	}
}

void deadlines_start(struct ingest *in)
{
	in->deadline = (struct loop_op){.done = on_deadline, .ctx = in};
}
