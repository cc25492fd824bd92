/* Owns the listening sockets' side of this process: accepts while not draining, pauses where descriptors run out. The
 * sockets themselves are the supervisor's, so nobody is refused while ingest restarts. */
#include <errno.h>
#include <string.h>
#include "actors/http_ingest/connection.h"

static void on_accept(void *ctx, int result, unsigned flags)
{
	struct listener *l = ctx;
	struct actor *a = l->ingest->actor;

	if (result >= 0)
		connection_open(l->ingest, result, l->trusted);
	if ((flags & LOOP_MORE) || a->draining)
		return;
	if (result >= 0 || result == -ECONNABORTED || result == -EINTR) {
		loop_accept(a->loop, &l->accept, l->fd);
		return;
	}
	log_warn("accept", LF_STR("error", strerror(-result)));
	loop_timer(a->loop, &l->pause, HTTP_ACCEPT_PAUSE_NS);
}

static void on_pause_over(void *ctx, int result, unsigned flags)
{
	struct listener *l = ctx;

	(void)flags;
	if (result == 0 && !l->ingest->actor->draining)
		loop_accept(l->ingest->actor->loop, &l->accept, l->fd);
}

void listeners_start(struct ingest *in)
{
	const struct boot *boot = in->actor->boot;

	in->listeners_n = boot->listeners_n;
	for (unsigned i = 0; i < in->listeners_n; i++) {
		struct listener *l = &in->listeners[i];

		*l = (struct listener){
			.ingest = in, .fd = boot->listeners[i].fd, .trusted = boot->listeners[i].trusted};
		l->accept = (struct loop_op){.done = on_accept, .ctx = l};
		l->pause = (struct loop_op){.done = on_pause_over, .ctx = l};
		loop_accept(in->actor->loop, &l->accept, l->fd);
	}
}

void listeners_stop(struct ingest *in)
{
	for (unsigned i = 0; i < in->listeners_n; i++) {
		loop_cancel(in->actor->loop, &in->listeners[i].accept);
		loop_cancel(in->actor->loop, &in->listeners[i].pause);
	}
}
