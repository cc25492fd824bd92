/* What the event loop costs: messages echoed per second over TCP loopback by each backend, next to the barest server
 * that could do it (blocking calls for one connection, epoll for many) in the same run: machines differ, the ratio
 * doesn't. Every figure is the median of several rounds, which take turns so that a noisy neighbour meets them all. */
#include "ipc/loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { rounds = 5, connections_max = 128, message_bytes = 64, events_max = 128 };
static const int64_t round_ns = INT64_C(150) * 1000 * 1000;

static volatile uint64_t *echoed; /* by the client process of this round */

static __attribute__((noreturn)) void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int check(int result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static void on_core(size_t core)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof set, &set); /* where forbidden, the scheduler decides */
}

/* One message or the end of the connection; messages are small enough never to be split. */
static bool echo(int fd)
{
	char buf[message_bytes];
	ssize_t got = recv(fd, buf, sizeof buf, 0);
	return got > 0 && send(fd, buf, (size_t)got, MSG_NOSIGNAL) == got;
}

static void serve_blocking(int listener, int connections)
{
	(void)connections;
	int fd = check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	while (echo(fd))
		;
	close(fd);
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void serve_bare_epoll(int listener, int connections)
{
	struct epoll_event events[events_max];
	int epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	watch(epoll, listener);
	while (connections) {
		/* The end of the previous round's ring may interrupt one of these. */
		int count = epoll_wait(epoll, events, events_max, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener) {
				watch(epoll, check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept"));
			} else if (!echo(events[i].data.fd)) {
				close(events[i].data.fd);
				connections--;
			}
		}
	}
	close(epoll);
}

struct connection {
	struct loop_op op;
	int fd;
	char buf[message_bytes];
};

struct server {
	struct loop *loop;
	struct connection connections[connections_max];
	int opened, closed;
};
static struct server server;

static void received(void *ctx, int result, unsigned flags);

static void sent(void *ctx, int result, unsigned flags)
{
	struct connection *c = ctx;
	(void)result, (void)flags;
	c->op.done = received;
	loop_recv(server.loop, &c->op, c->fd, c->buf, sizeof c->buf);
}

static void received(void *ctx, int result, unsigned flags)
{
	struct connection *c = ctx;
	(void)flags;
	if (result <= 0) {
		loop_close(server.loop, c->fd);
		server.closed++;
		return;
	}
	c->op.done = sent;
	loop_send(server.loop, &c->op, c->fd, c->buf, (size_t)result);
}

static void accepted(void *ctx, int result, unsigned flags)
{
	(void)ctx, (void)flags;
	check(result, "loop_accept");
	struct connection *c = &server.connections[server.opened++];
	*c = (struct connection){.fd = result, .op.ctx = c};
	sent(c, 0, 0);
}

static void serve_loop(enum loop_backend backend, int listener, int connections)
{
	struct loop_op accept_op = {.done = accepted};
	memset(&server, 0, sizeof server);
	server.loop = loop_new(backend);
	loop_accept(server.loop, &accept_op, listener);
	while (server.closed < connections)
		check(loop_turn(server.loop, -1), "loop_turn");
	loop_free(server.loop);
}

static void serve_loop_epoll(int listener, int connections)
{
	serve_loop(LOOP_EPOLL, listener, connections);
}

static void serve_loop_uring(int listener, int connections)
{
	serve_loop(LOOP_URING, listener, connections);
}

/* The client process: each connection has one message on its way, all the time. */
static void call(const struct sockaddr_in *address, int connections)
{
	char buf[message_bytes] = "";
	struct epoll_event events[events_max];
	int epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"), one = 1;
	uint64_t count = 0;
	for (int i = 0; i < connections; i++) {
		int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
		check(connect(fd, (const struct sockaddr *)address, sizeof *address), "connect");
		check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "setsockopt");
		check((int)send(fd, buf, sizeof buf, 0), "send");
		watch(epoll, fd);
	}
	for (int64_t end = loop_clock() + round_ns; loop_clock() < end;) {
		int ready = check(epoll_wait(epoll, events, events_max, 1000), "epoll_wait");
		for (int i = 0; i < ready; i++)
			if (!echo(events[i].data.fd))
				fail("echo");
		count += (uint64_t)ready;
	}
	*echoed = count;
}

static int64_t processor_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1000000000 + used.tv_nsec;
}

struct contender {
	const char *name;
	void (*serve)(int, int);
	double per_second[rounds], cpu_us[rounds]; /* messages; of the server's processor time, each */
};

static void measure(struct contender *contender, int connections, int round)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int status, listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	check(bind(listener, (struct sockaddr *)&address, len), "bind");
	check(listen(listener, connections_max), "listen");
	check(getsockname(listener, (struct sockaddr *)&address, &len), "getsockname");
	fflush(stdout);
	pid_t pid = check(fork(), "fork");
	if (pid == 0) {
		on_core(1);
		call(&address, connections);
		_exit(0); /* closes the connections, which ends the server */
	}
	int64_t used = processor_ns();
	contender->serve(listener, connections);
	used = processor_ns() - used;
	check(waitpid(pid, &status, 0), "waitpid");
	if (status) {
		fprintf(stderr, "bench/loop: the client failed\n");
		exit(1);
	}
	close(listener);
	contender->per_second[round] = (double)*echoed * 1e9 / (double)round_ns;
	contender->cpu_us[round] = (double)used / 1e3 / (double)*echoed;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double median(double figures[static rounds])
{
	qsort(figures, rounds, sizeof *figures, by_size);
	return figures[rounds / 2];
}

static void compare(int connections, struct contender *contenders, size_t count)
{
	double first_rate = 0, first_cpu = 0;
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			measure(&contenders[i], connections, round);
	printf("%d connection%s, compared to %s:\n", connections, connections > 1 ? "s" : "", contenders[0].name);
	for (size_t i = 0; i < count; i++) {
		double rate = median(contenders[i].per_second), cpu = median(contenders[i].cpu_us);
		first_rate = i ? first_rate : rate;
		first_cpu = i ? first_cpu : cpu;
		printf("  %-17s %7.0f messages/s (%.2f), %5.2f us of processor each (%.2f)\n", contenders[i].name, rate,
			rate / first_rate, cpu, cpu / first_cpu);
	}
}

int main(void)
{
	struct loop *ring = loop_new(LOOP_AUTO);
	if (!ring)
		fail("loop_new");
	const bool has_ring = !*loop_why(ring);
	if (!has_ring)
		printf("no io_uring here: %s\n", loop_why(ring));
	loop_free(ring);
	echoed = mmap(NULL, sizeof *echoed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (echoed == MAP_FAILED)
		fail("mmap");
	on_core(0);
	struct contender one[] = {{.name = "blocking calls", .serve = serve_blocking},
		{.name = "loop on epoll", .serve = serve_loop_epoll},
		{.name = "loop on io_uring", .serve = serve_loop_uring}};
	struct contender many[] = {{.name = "bare epoll", .serve = serve_bare_epoll},
		{.name = "loop on epoll", .serve = serve_loop_epoll},
		{.name = "loop on io_uring", .serve = serve_loop_uring}};
	compare(1, one, has_ring ? 3 : 2);
	compare(connections_max, many, has_ring ? 3 : 2);
}
