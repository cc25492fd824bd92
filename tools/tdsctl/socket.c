/* Owns the way to the supervisor: where its control socket is, and one question over it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "tools/tdsctl/ctl.h"

static const char default_config[] = "/etc/tds/tds.conf", default_socket[] = "/var/lib/tds/control.sock",
		  nearby_socket[] = "./var/control.sock";
enum { PATIENCE_SECONDS = 10 };

static bool from_config(struct ctl *c, const char *file, bool must)
{
	struct config config;
	char error[CONFIG_ERROR_BYTES];
	if (config_read(&config, file, error) != 0) {
		if (must)
			fail(CTL_CONFIG, "%s; a TDS that runs is asked with -s SOCKET, whatever its file says now",
				error);
		return false; /* not ours to read: the usual place may do */
	}
	if (*config.control_socket)
		snprintf(c->socket, sizeof c->socket, "%s", config.control_socket);
	else
		snprintf(c->socket, sizeof c->socket, "%s/control.sock", config.tds_data_dir);
	config_free(&config);
	return true;
}

void socket_find(struct ctl *c, const char *given)
{
	if (given && *given)
		snprintf(c->socket, sizeof c->socket, "%s", given);
	else if (c->config_file)
		from_config(c, c->config_file, true);
	else if (access(default_config, R_OK) != 0 || !from_config(c, default_config, false))
		snprintf(c->socket, sizeof c->socket, "%s",
			access(default_socket, F_OK) && !access(nearby_socket, F_OK) ? nearby_socket : default_socket);
}

static int dial(const struct ctl *c)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	if (strlen(c->socket) >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, c->socket, strlen(c->socket) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool converse(int fd, const char *line, size_t n, struct buf *reply)
{
	char part[4096];
	ssize_t got;
	if (send(fd, line, n, MSG_NOSIGNAL) != (ssize_t)n)
		return false;
	while ((got = recv(fd, part, sizeof part, 0)) > 0)
		buf_add(reply, part, (size_t)got);
	return got == 0 && reply->len;
}

struct json_object *control_try(const struct ctl *c, const char *command, struct buf *raw)
{
	struct buf reply = {0}, line = {0};
	struct json_object *json = NULL;
	int fd = dial(c);
	if (fd < 0)
		return NULL;
	buf_fmt(&line, "%s\n", command);
	if (converse(fd, line.data, line.len, &reply))
		json = json_tokener_parse(reply.data);
	int error = errno;
	close(fd);
	if (json && raw)
		buf_add(raw, reply.data, reply.len);
	buf_free(&reply);
	buf_free(&line);
	errno = json ? 0 : error ? error : EPROTO;
	return json;
}

static __attribute__((noreturn)) void not_running(const struct ctl *c)
{
	int error = errno;
	if (error == EACCES || error == EPERM)
		fail(EXIT_FAILED, "%s: %s; run it as root or as the user that TDS runs as", c->socket, strerror(error));
	if (error == EAGAIN)
		fail(EXIT_FAILED,
			"TDS doesn't answer on %s within %d s; is its supervisor stopped? (ps, systemctl status tds)",
			c->socket, PATIENCE_SECONDS);
	fail(EXIT_FAILED,
		"TDS isn't running, or not there: %s: %s; start it (systemctl start tds, or tds -c FILE), or say where"
		" it is with -s or -c",
		c->socket, strerror(error));
}

struct json_object *control_ask(struct ctl *c, const char *command, const char *argument)
{
	struct buf line = {0}, raw = {0};
	buf_fmt(&line, "%s%s%s", command, argument ? " " : "", argument ? argument : "");
	if (strpbrk(line.data, "\r\n"))
		fail(CTL_USAGE, "a line break isn't part of any name");
	struct json_object *json = control_try(c, line.data, &raw);
	if (!json)
		not_running(c);
	if (!json_object_get_boolean(json_at(json, "ok")))
		fail(!strcmp(command, "reload") ? CTL_CONFIG : EXIT_FAILED, "%s: %s", command,
			json_text(json_at(json, "error")));
	if (c->json && strcmp(command, "where") != 0)
		fputs(raw.data, stdout);
	buf_free(&raw);
	buf_free(&line);
	return json;
}

const char *where_text(struct ctl *c, const char *key)
{
	if (!c->where)
		c->where = control_ask(c, "where", NULL);
	return json_text(json_at(c->where, key));
}
