/* Owns the listening sockets, so that no connect is refused while http-ingest restarts or the program is replaced. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "ipc/seam.h"
#include "supervisor/supervisor.h"

enum { BIND_TRIES = 20 }; /* a killed predecessor's actors may hold the port for a moment */

/* "127.0.0.1:8000", "[::1]:8000", "localhost:8000" */
static bool split(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	if (!colon || colon == address || !colon[1])
		return false;
	bool brackets = *address == '[' && colon[-1] == ']';
	const char *from = address + brackets;
	size_t n = (size_t)(colon - from) - brackets;
	if (n >= size || (!brackets && memchr(from, ':', n)))
		return false;
	memcpy(host, from, n);
	host[n] = 0;
	*port = colon + 1;
	return true;
}

static struct addrinfo *resolve(const char *address)
{
	char host[256];
	const char *port;
	struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	if (!split(address, host, sizeof host, &port))
		die(EXIT_CONFIG, "http.listen: \"%s\" is not host:port", address);
	int failed = getaddrinfo(*host && strcmp(host, "*") != 0 ? host : NULL, port, &hints, &found);
	if (failed)
		die(EXIT_CONFIG, "http.listen: %s: %s", address, gai_strerror(failed));
	return found;
}

static int bound(const struct addrinfo *at)
{
	int on = 1, fd = SEAM_CALL(SOCKET, socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (SEAM_CALL(BIND, bind(fd, at->ai_addr, at->ai_addrlen)) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* The name says the real port, also where 0 was asked for. */
static void name_it(struct listener *l)
{
	struct sockaddr_storage at = {0};
	socklen_t length = sizeof at;
	char host[64], port[16];
	if (getsockname(l->fd, (struct sockaddr *)&at, &length) == 0 &&
		getnameinfo((struct sockaddr *)&at, length, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(l->name, sizeof l->name, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void listen_tcp(struct supervisor *s, const char *address)
{
	struct addrinfo *found = resolve(address);
	int fd = -1;
	for (int i = 0; i < BIND_TRIES && (fd = bound(found)) < 0 && errno == EADDRINUSE; i++)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	if (fd < 0)
		die(errno == EACCES || errno == EADDRNOTAVAIL ? EXIT_PERMANENT : EXIT_TEMPORARY, "http.listen: %s: %s",
			address, errno == EADDRINUSE ? "the port is taken by another program" : strerror(errno));
	freeaddrinfo(found);
	s->listeners[s->listeners_n] = (struct listener){.fd = fd};
	name_it(&s->listeners[s->listeners_n++]);
}

/* The lock on data_dir is held: whoever made a socket that lies there is gone. */
int unix_listener(const char *path, mode_t mode)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = SEAM_CALL(SOCKET, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	unlink(path);
	mode_t mask = umask(0177);
	bool made = fd >= 0 && SEAM_CALL(BIND, bind(fd, (struct sockaddr *)&at, sizeof at)) == 0;
	umask(mask);
	if (!made || chmod(path, mode) != 0 || listen(fd, SOMAXCONN) != 0)
		die(EXIT_PERMANENT, "cannot listen on %s: %s", path, strerror(errno));
	return fd;
}

/* Those that came with an upgrade stay; none of them is reloadable. */
void listeners_open(struct supervisor *s)
{
	if (s->listeners_n)
		return;
	for (size_t i = 0; i < s->config.http_listen.n && s->listeners_n < LISTENERS_MAX - 1; i++)
		listen_tcp(s, s->config.http_listen.at[i]);
	struct listener *api = &s->listeners[s->listeners_n++];
	*api = (struct listener){.fd = unix_listener(s->api_path, 0660), .trusted = true};
	snprintf(api->name, sizeof api->name, "%s", s->api_path);
}
