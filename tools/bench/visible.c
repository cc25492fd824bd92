/* How long a webhook takes from its sending to its row: one keep-alive connection sends a changed product every 1/RATE
 * s, and of every SAMPLE-th one a second session asks PostgreSQL until it sees it. Nothing of TDS's own clocks is
 * trusted. visible HOST PORT CONNINFO RATE SECONDS SAMPLE ORGANIZATION; prints one JSON line. */
#include <arpa/inet.h>
#include <errno.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_MAX = 1 << 16, RECORDS = 500, POLL_US = 250, PATIENCE_S = 5 };

static struct {
	int fd, rate, every;
	double seconds;
	PGconn *db;
	const char *organization;
	uint64_t sent, accepted, probing; /* probing: number of the webhook that is looked for, 0 = none */
	int64_t probe_ns;
	double visible_ms[SAMPLES_MAX], answered_ms[SAMPLES_MAX];
	int64_t sent_ns[SAMPLES_MAX];
	size_t visible_n, answered_n;
	uint64_t lost;
} run;

static __attribute__((noreturn)) void fail(const char *what, const char *why)
{
	fprintf(stderr, "visible: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void open_http(const char *host, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int one = 1;
	run.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || connect(run.fd, (struct sockaddr *)&to, sizeof to) != 0)
		fail("connect", strerror(errno));
	setsockopt(run.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void open_database(const char *conninfo)
{
	run.db = PQconnectdb(conninfo);
	PGresult *r = PQprepare(run.db, "look",
		"SELECT 1 FROM products WHERE organization_id = $1 AND zoho_item_id = $2 AND price = $3::numeric", 0,
		NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail("database", PQerrorMessage(run.db));
	PQclear(r);
}

/* Webhook n: a whole record whose price is n, of about 1 KB. */
static void send_one(void)
{
	char body[2048], out[4096];
	uint64_t n = ++run.sent;
	struct tm tm;
	time_t now = time(NULL) + (time_t)(n / RECORDS); /* each version of a record is newer than the last */
	char stamp[40];
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S+0000", gmtime_r(&now, &tm));
	int length = snprintf(body, sizeof body,
		"{\"item\":{\"item_id\":\"77%06llu\",\"name\":\"Bench item %llu\",\"sku\":\"B-%llu\",\"rate\":%llu.00,"
		"\"status\":\"active\",\"brand\":\"B\",\"unit\":\"pcs\",\"stock_on_hand\":5.000000,\"last_modified_time\":\"%s\","
		"\"description\":\"%0700d\"}}",
		(unsigned long long)(n % RECORDS), (unsigned long long)n, (unsigned long long)(n % RECORDS),
		(unsigned long long)n, stamp, 0);
	int all = snprintf(out, sizeof out,
		"POST /api/tds/webhooks/products HTTP/1.1\r\nHost: bench\r\nContent-Type:"
		" application/json\r\nContent-Length: %d\r\n\r\n%s",
		length, body);
	int64_t at = now_ns();
	run.sent_ns[n % SAMPLES_MAX] = at;
	if (send(run.fd, out, (size_t)all, MSG_NOSIGNAL) != all)
		fail("send", strerror(errno));
	if (!run.probing && n % (uint64_t)run.every == 0) {
		run.probing = n;
		run.probe_ns = at;
	}
}

/* Replies come in the order of the requests. */
static void take_replies(void)
{
	static char in[1 << 16];
	static size_t have;
	ssize_t n = recv(run.fd, in + have, sizeof in - have - 1, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		fail("recv", n ? strerror(errno) : "the connection was closed");
	have += n > 0 ? (size_t)n : 0;
	in[have] = 0;
	for (char *end; (end = strstr(in, "\r\n\r\n"));) {
		const char *length = strstr(in, "Content-Length: ");
		size_t all = (size_t)(end - in) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0);
		if (have < all)
			return;
		if (strncmp(in, "HTTP/1.1 202", 12) != 0)
			fail("not accepted", in);
		run.accepted++;
		if (run.answered_n < SAMPLES_MAX)
			run.answered_ms[run.answered_n++] =
				(double)(now_ns() - run.sent_ns[run.accepted % SAMPLES_MAX]) / 1e6;
		memmove(in, in + all, have - all + 1);
		have -= all;
	}
}

static bool is_there(uint64_t n)
{
	char id[32], price[32];
	const char *values[] = {run.organization, id, price};
	snprintf(id, sizeof id, "77%06llu", (unsigned long long)(n % RECORDS));
	snprintf(price, sizeof price, "%llu", (unsigned long long)n);
	PGresult *r = PQexecPrepared(run.db, "look", 3, values, NULL, NULL, 0);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail("database", PQerrorMessage(run.db));
	bool there = PQntuples(r) > 0;
	PQclear(r);
	return there;
}

static void look(void)
{
	if (!run.probing)
		return;
	bool there = is_there(run.probing);
	double ms = (double)(now_ns() - run.probe_ns) / 1e6;
	if (there && run.visible_n < SAMPLES_MAX)
		run.visible_ms[run.visible_n++] = ms;
	run.lost += !there && ms > PATIENCE_S * 1e3;
	if (there || ms > PATIENCE_S * 1e3)
		run.probing = 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double percentile(double *values, size_t n, double share)
{
	qsort(values, n, sizeof *values, by_size);
	return n ? values[(size_t)(share * (double)(n - 1))] : 0;
}

int main(int argc, char **argv)
{
	if (argc < 8 || (run.rate = atoi(argv[4])) < 1 || (run.every = atoi(argv[6])) < 1) {
		fprintf(stderr, "usage: visible HOST PORT CONNINFO RATE SECONDS SAMPLE ORGANIZATION\n");
		return 2;
	}
	run.seconds = atof(argv[5]);
	run.organization = argv[7];
	open_http(argv[1], argv[2]);
	open_database(argv[3]);
	int64_t begin = now_ns(), due = begin, end = begin + (int64_t)(run.seconds * 1e9);
	while (now_ns() < end || (run.probing && now_ns() < end + PATIENCE_S * INT64_C(1000000000))) {
		for (; now_ns() >= due && due < end; due += 1000000000 / run.rate)
			send_one();
		take_replies();
		look();
		usleep(POLL_US);
	}
	printf("{\"sent\":%llu,\"accepted\":%llu,\"samples\":%zu,\"lost\":%llu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,"
	       "\"answered_p50\":%.3f,\"answered_p99\":%.3f}\n",
		(unsigned long long)run.sent, (unsigned long long)run.accepted, run.visible_n,
		(unsigned long long)run.lost, percentile(run.visible_ms, run.visible_n, 0.5),
		percentile(run.visible_ms, run.visible_n, 0.99), percentile(run.visible_ms, run.visible_n, 1),
		percentile(run.answered_ms, run.answered_n, 0.5), percentile(run.answered_ms, run.answered_n, 0.99));
	PQfinish(run.db);
	return 0;
}
