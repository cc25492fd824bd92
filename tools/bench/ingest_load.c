/* Loads the webhook URL: N keep-alive connections, each with one request under way, bodies of a given size with
 * distinct ids, for some seconds. Prints one JSON line: requests per second, how many got their 202, latency
 * percentiles. ingest_load HOST PORT CONNECTIONS SECONDS [BODY_BYTES] [PATH] [X-WEBHOOK-KEY] */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 1024,
	SAMPLES_MAX = 4 << 20,
	OUT_BYTES = 72 << 10,
	IN_BYTES = 4096,
	BODY_BYTES_MAX = 64 << 10
};

struct client {
	int fd;
	char in[IN_BYTES];
	size_t in_n;
	int64_t sent_ns;
};

static struct {
	struct sockaddr_in address;
	const char *host, *path, *key;
	size_t body_bytes;
	struct client clients[CONNECTIONS_MAX];
	uint32_t *samples; /* latencies, microseconds */
	size_t samples_n;
	uint64_t next_id, accepted, refused, failed;
	int epoll;
} load;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "ingest_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_client(struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	c->in_n = 0;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&load.address, sizeof load.address) != 0)
		fail("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		fail("epoll");
}

static void send_request(struct client *c)
{
	static char body[BODY_BYTES_MAX + 512], out[OUT_BYTES];
	int n = snprintf(body, sizeof body,
		"{\"item\":{\"item_id\":\"%llu\",\"name\":\"Bench item"
		" %llu\",\"sku\":\"B-%llu\",\"rate\":360.00,\"status\":\"active\",\"brand\":\"B\","
		"\"last_modified_time\":\"2024-01-01T10:00:00+0300\",\"description\":\"",
		(unsigned long long)load.next_id, (unsigned long long)load.next_id, (unsigned long long)load.next_id);
	size_t length = (size_t)n;
	int head;

	load.next_id++;
	for (; length + 3 < load.body_bytes; length++)
		body[length] = (char)('a' + length % 26);
	length += (size_t)snprintf(body + length, 4, "\"}}");
	head = snprintf(out, sizeof out,
		"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s%s%sContent-Length: %zu\r\n\r\n",
		load.path, load.host, *load.key ? "X-Webhook-Key: " : "", load.key, *load.key ? "\r\n" : "", length);
	memcpy(out + head, body, length);
	c->sent_ns = now_ns();
	if (send(c->fd, out, (size_t)head + length, MSG_NOSIGNAL) != (ssize_t)((size_t)head + length))
		fail("send");
}

/* Bytes of the complete answer at the start of the buffer, 0 = not complete yet. */
static size_t answer_bytes(const struct client *c)
{
	const char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
	const char *length = memmem(c->in, c->in_n, "Content-Length: ", 16);
	size_t all;

	if (!end || !length)
		return 0;
	all = (size_t)(end - c->in) + 4 + strtoul(length + 16, NULL, 10);
	return c->in_n >= all ? all : 0;
}

static void take(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - c->in_n - 1, 0);

	if (n <= 0) {
		load.failed++;
		close(c->fd);
		open_client(c);
		send_request(c);
		return;
	}
	c->in_n += (size_t)n;
	c->in[c->in_n] = 0;
	if (!answer_bytes(c))
		return;
	if (load.samples_n < SAMPLES_MAX)
		load.samples[load.samples_n++] = (uint32_t)((now_ns() - c->sent_ns) / 1000);
	if (memcmp(c->in, "HTTP/1.1 202", 12) == 0)
		load.accepted++;
	else
		load.refused++;
	c->in_n = 0;
	send_request(c);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double percentile(double share)
{
	size_t at = (size_t)(share * (double)load.samples_n);

	return load.samples_n ? load.samples[at < load.samples_n ? at : load.samples_n - 1] / 1000.0 : 0;
}

static void run(int connections, double seconds)
{
	struct epoll_event events[256];
	int64_t begin = now_ns(), end = begin + (int64_t)(seconds * 1e9);
	double took;

	for (int i = 0; i < connections; i++) {
		open_client(&load.clients[i]);
		send_request(&load.clients[i]);
	}
	while (now_ns() < end) {
		int n = epoll_wait(load.epoll, events, 256, 100);

		for (int i = 0; i < n; i++)
			take(events[i].data.ptr);
	}
	took = (double)(now_ns() - begin) / 1e9;
	qsort(load.samples, load.samples_n, sizeof *load.samples, by_value);
	printf("{\"connections\":%d,\"seconds\":%.2f,\"body_bytes\":%zu,\"requests_per_second\":%.0f,\"accepted\":%llu,"
	       "\"refused\":%llu,"
	       "\"failed\":%llu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
		connections, took, load.body_bytes, (double)load.accepted / took, (unsigned long long)load.accepted,
		(unsigned long long)load.refused, (unsigned long long)load.failed, percentile(0.5), percentile(0.99),
		percentile(1));
}

int main(int argc, char **argv)
{
	int connections = argc > 3 ? atoi(argv[3]) : 0;
	double seconds = argc > 4 ? atof(argv[4]) : 0;

	load.body_bytes = argc > 5 ? strtoul(argv[5], NULL, 10) : 1024;
	load.path = argc > 6 ? argv[6] : "/api/tds/webhooks/products";
	load.key = argc > 7 ? argv[7] : "";
	if (connections < 1 || connections > CONNECTIONS_MAX || seconds <= 0 || load.body_bytes > BODY_BYTES_MAX) {
		fprintf(stderr,
			"usage: ingest_load HOST PORT CONNECTIONS SECONDS [BODY_BYTES] [PATH] [X-WEBHOOK-KEY]\n");
		return 2;
	}
	load.host = argv[1];
	load.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
	if (inet_pton(AF_INET, argv[1], &load.address.sin_addr) != 1)
		fail("address");
	load.next_id = (uint64_t)time(NULL) * 1000000000u % 1000000000000000000u;
	load.samples = malloc(SAMPLES_MAX * sizeof *load.samples);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll < 0 || !load.samples)
		fail("start");
	run(connections, seconds);
	return load.accepted ? 0 : 1;
}
