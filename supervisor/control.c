/* Owns the control socket (control.socket, mode 0660): the file's mode says who may ask. It is served beside everything
 * else, never blocks, and a slow or babbling client is dropped.
 *
 * Protocol: one request per connection, one line "COMMAND [ARGUMENT]\n" of at most 255 bytes; the reply is one line of
 * JSON, then the end of the stream. Every reply has "ok": true or false; when false "error" says why in words.
 *   ping            {"ok":true}
 *   pid             {"ok":true,"pid":1}
 *   status          everything about everybody; see status.c
 *   where           {"ok":true,"http":["127.0.0.1:8000"],"api":"/…/api.sock","control":"/…/control.sock",
 *                    "database":"host=/… dbname=tds user=postgres","database_private":true,"data_dir":"/…",
 *                    "config":"/…/tds.conf","version":"0.1.0","io":"io_uring","log":"/…"}; no password in it
 *   restart ACTOR   drains and starts: a name as in status ("handler:product#0"), "handler:product", "handler",
 *                   "worker-1", "postgres" or "all"; starts what is parked, cooling down or drained as well.
 *                   {"ok":true,"actors":["…"]} at once; status shows how it goes
 *   reload          reads the configuration again; not ok: "file:line: key: what is wrong", the old one stays
 *   reopen          opens the log file again
 *   drain           drains every actor; supervisor and private PostgreSQL stay; "restart all" goes on
 *   stop            drains and ends; "stop now" doesn't drain
 *   upgrade         checks the binary on disk with -t, then replaces this program by it */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ipc/buf.h"
#include "supervisor/supervisor.h"

enum { REQUEST_BYTES_MAX = 256 };
static const int64_t patience_ns = INT64_C(5) * 1000000000;

struct client {
	int fd; /* -1 = a free place */
	char in[REQUEST_BYTES_MAX];
	size_t in_n, sent;
	struct buf out; /* not empty: the request has been answered */
	int64_t due_ns;
};
static struct client clients[CLIENTS_MAX];

typedef const char *(*command)(struct supervisor *, const char *argument, struct buf *reply); /* NULL, or the error */

static const char *do_ping(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)s, (void)argument, (void)reply;
	return NULL;
}

static const char *do_pid(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)s, (void)argument;
	buf_fmt(reply, ",\"pid\":%d", (int)getpid());
	return NULL;
}

static const char *do_status(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)argument;
	status_write(s, reply);
	return NULL;
}

static const char *do_where(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)argument;
	where_write(s, reply);
	return NULL;
}

static const char *do_restart(struct supervisor *s, const char *argument, struct buf *reply)
{
	bool all = !strcmp(argument, "all"), any = false;
	if (s->phase == PHASE_STOPPING)
		return "stopping";
	if (s->phase == PHASE_RESTING && !all)
		return "drained: only `restart all` goes on";
	buf_str(reply, ",\"actors\":[");
	for (int i = all ? 1 : 0; i < s->children_n; i++) {
		struct child *c = &s->children[i];
		if ((i == POSTGRES && !s->postgres.wanted) || (!all && !child_called(c, argument)))
			continue;
		buf_str(reply, any ? "," : "");
		buf_json(reply, c->name, strlen(c->name));
		any = true;
		if (!all)
			child_event(s, c, EVENT_RESTART);
		else if (s->phase == PHASE_RUNNING && child_runs(c))
			c->roll = true;
		else if (s->phase == PHASE_RUNNING)
			child_event(s, c, EVENT_START);
	}
	buf_str(reply, "]");
	phase_go_on(s);
	return any ? NULL : "no such actor; status shows their names";
}

static const char *do_reload(struct supervisor *s, const char *argument, struct buf *reply)
{
	static char error[CONFIG_ERROR_BYTES];
	(void)argument, (void)reply;
	reload(s, error);
	return *error ? error : NULL;
}

static const char *do_reopen(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)argument, (void)reply;
	reopen_log(s);
	return NULL;
}

static const char *do_drain(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)argument, (void)reply;
	phase_stop(s, AFTER_REST, 0);
	return NULL;
}

static const char *do_stop(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)reply;
	stop_asked(s, !strcmp(argument, "now"));
	return NULL;
}

static const char *do_upgrade(struct supervisor *s, const char *argument, struct buf *reply)
{
	(void)argument, (void)reply;
	return upgrade_begin(s);
}

static const struct {
	const char *name;
	command run;
} commands[] = {
	{"ping", do_ping},
	{"pid", do_pid},
	{"status", do_status},
	{"where", do_where},
	{"restart", do_restart},
	{"reload", do_reload},
	{"reopen", do_reopen},
	{"drain", do_drain},
	{"stop", do_stop},
	{"upgrade", do_upgrade},
};

static const char *obey(struct supervisor *s, char *line, struct buf *reply)
{
	char *argument = line + strcspn(line, " ");
	if (*argument)
		*argument++ = 0;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, line))
			return commands[i].run(s, argument, reply);
	return "no such command";
}

/* Monitoring asks again and again: not worth a line. */
static bool looks_only(const char *line)
{
	return !strcmp(line, "status") || !strcmp(line, "where") || !strcmp(line, "ping") || !strcmp(line, "pid");
}

static void answer(struct supervisor *s, struct client *c)
{
	struct buf reply = {0};
	c->in[strcspn(c->in, "\r\n")] = 0;
	if (!looks_only(c->in))
		log_info("asked over the control socket", LF_STR("command", c->in));
	const char *error = obey(s, c->in, &reply);
	if (error) {
		buf_str(&c->out, "{\"ok\":false,\"error\":");
		buf_json(&c->out, error, strlen(error));
	} else {
		buf_str(&c->out, "{\"ok\":true");
		buf_add(&c->out, reply.data, reply.len);
	}
	buf_str(&c->out, "}\n");
	buf_free(&reply);
}

static void drop(struct client *c)
{
	close(c->fd);
	buf_free(&c->out);
	*c = (struct client){.fd = -1};
}

/* What is left unread would turn the reply into a reset connection. */
static void refuse_length(struct client *c)
{
	char rest[4096];
	for (int i = 0; i < 16 && recv(c->fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++)
		;
	buf_str(&c->out, "{\"ok\":false,\"error\":\"request too long\"}\n");
}

static void hear(struct supervisor *s, struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - 1 - c->in_n, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->in_n += (size_t)n;
	c->in[c->in_n] = 0;
	if (memchr(c->in, '\n', c->in_n))
		answer(s, c);
	else if (c->in_n == sizeof c->in - 1)
		refuse_length(c);
}

static void say(struct client *c)
{
	ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	if (n <= 0 || c->sent == c->out.len)
		drop(c);
}

static void welcome(struct supervisor *s)
{
	int fd = accept4(s->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	for (int i = 0; fd >= 0 && i < CLIENTS_MAX; i++)
		if (clients[i].fd < 0) {
			clients[i] = (struct client){.fd = fd, .due_ns = s->now + patience_ns};
			return;
		}
	if (fd >= 0)
		close(fd); /* too many at once: they may come again */
}

void control_open(struct supervisor *s)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	if (s->control_fd < 0)
		s->control_fd = unix_listener(s->control_path, 0660);
}

int control_poll(struct supervisor *s, struct pollfd *to, int max)
{
	int n = 0;
	to[n++] = (struct pollfd){.fd = s->control_fd, .events = POLLIN};
	for (int i = 0; i < CLIENTS_MAX && n < max; i++)
		if (clients[i].fd >= 0)
			to[n++] = (struct pollfd){.fd = clients[i].fd, .events = clients[i].out.len ? POLLOUT : POLLIN};
	return n;
}

static struct client *client_of(int fd)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd == fd)
			return &clients[i];
	return NULL;
}

void control_handle(struct supervisor *s, const struct pollfd *polled, int n)
{
	for (int i = 1; i < n; i++) {
		struct client *c = polled[i].revents ? client_of(polled[i].fd) : NULL;
		if (c && !c->out.len)
			hear(s, c);
		if (c && c->fd >= 0 && c->out.len)
			say(c);
	}
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd >= 0 && s->now >= clients[i].due_ns)
			drop(&clients[i]);
	if (polled[0].revents)
		welcome(s);
}

int64_t control_due(void)
{
	int64_t due = NEVER;
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd >= 0)
			due_sooner(&due, clients[i].due_ns);
	return due;
}
