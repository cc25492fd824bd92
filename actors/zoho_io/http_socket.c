/* Owns what libcurl waits for: its sockets as one-shot polls and its one timer, on the actor's loop.
 *
 * A poll is cancelled and reaped before its descriptor is closed: libcurl asks us to close
 * (CURLOPT_CLOSESOCKETFUNCTION), and we do when nothing of the socket is in flight. */
#include "actors/zoho_io/http_private.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static void collect(struct http *http)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left));) {
		struct http_call *call = NULL;
		CURLcode result = m->data.result;
		if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK)
			zoho_http_finish(call, result);
	}
}

static void drop(struct http_socket *s)
{
	struct http_socket **at = &s->http->sockets;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	loop_close(s->http->loop, s->fd);
	free(s);
}

static void arm(struct http_socket *s)
{
	if (loop_busy(&s->op)) {
		if (s->wanted != s->armed)
			loop_cancel(s->http->loop, &s->op);
		return;
	}
	if (s->closed) {
		drop(s);
		return;
	}
	s->armed = s->wanted;
	if (s->wanted)
		loop_poll(s->http->loop, &s->op, s->fd, s->wanted);
}

static struct http_socket *find(const struct http *http, curl_socket_t fd)
{
	struct http_socket *s = http->sockets;
	while (s && (s->fd != fd || s->closed))
		s = s->next;
	return s;
}

static int action_of(int events)
{
	int action = 0;
	if (events < 0)
		return CURL_CSELECT_ERR;
	if (events & (POLLERR | POLLNVAL)) /* libcurl's own recv or send finds the better words */
		return CURL_CSELECT_IN | CURL_CSELECT_OUT;
	if (events & (POLLIN | POLLHUP | POLLRDHUP))
		action |= CURL_CSELECT_IN;
	if (events & POLLOUT)
		action |= CURL_CSELECT_OUT;
	return action;
}

static void on_poll(void *ctx, int result, unsigned flags)
{
	struct http_socket *s = ctx;
	struct http *http = s->http;
	curl_socket_t fd = s->fd;
	int running;
	(void)flags;
	if (result != 0 && result != -ECANCELED && !s->closed && s->wanted) {
		s->armed = 0;
		curl_multi_socket_action(http->multi, fd, action_of(result), &running);
		collect(http);
		s = result > 0 ? find(http, fd) : NULL; /* it may have been closed, and its number used again */
	}
	if (s)
		arm(s);
}

static struct http_socket *add(struct http *http, curl_socket_t fd)
{
	struct http_socket *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct http_socket){.next = http->sockets, .http = http, .fd = fd};
	s->op = (struct loop_op){.done = on_poll, .ctx = s};
	http->sockets = s;
	return s;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
	struct http *http = ctx;
	struct http_socket *s = find(http, fd);
	(void)easy, (void)unused;
	if (!s && what == CURL_POLL_REMOVE)
		return 0;
	if (!s && !(s = add(http, fd)))
		return -1;
	s->wanted = what == CURL_POLL_IN      ? POLLIN
		    : what == CURL_POLL_OUT   ? POLLOUT
		    : what == CURL_POLL_INOUT ? POLLIN | POLLOUT
					      : 0;
	arm(s);
	return 0;
}

static int on_close(void *ctx, curl_socket_t fd)
{
	struct http *http = ctx;
	struct http_socket *s = find(http, fd);
	if (!s) {
		loop_close(http->loop, fd);
		return 0;
	}
	s->closed = true;
	s->wanted = 0;
	arm(s);
	return 0;
}

void zoho_http_socket_options(struct http *http, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
}

static int on_timer_wanted(CURLM *multi, long after_ms, void *ctx)
{
	struct http *http = ctx;
	(void)multi;
	alarm_set(&http->alarm, after_ms < 0 ? INT64_MAX : loop_clock() + (int64_t)after_ms * 1000000);
	return 0;
}

static void on_alarm(void *ctx)
{
	struct http *http = ctx;
	int running;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(http);
}

struct http *zoho_http_new(struct loop *loop, int connections_max)
{
	struct http *http = calloc(1, sizeof *http);
	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(http->multi = curl_multi_init())) {
		free(http);
		return NULL;
	}
	http->loop = loop;
	alarm_open(&http->alarm, loop, on_alarm, http);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
	return http;
}
