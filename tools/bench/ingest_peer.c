/* The peer of durable ingest: the barest program that could do it, one connection that writes N inbox rows and their
 * queue rows per commit, into TDS's own tables with their own indexes. No HTTP, no keys to compute, no duplicates.
 * ingest_peer CONNINFO BATCH SECONDS ORGANIZATION; prints one JSON line. */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH_MAX = 512, BODY_BYTES = 1024, TEXT_MAX = 2048 };

static const char insert_rows[] =
	"WITH a AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS a(event, key, record,"
	" body)),"
	" i AS (INSERT INTO tds_inbox_events (id, organization_id, entity_type, source_entity_id, raw_payload,"
	" idempotency_key, moved_to_queue) SELECT event, $5, 'product', record, body::jsonb, key, true FROM a"
	" RETURNING id)"
	" INSERT INTO tds_sync_queue (inbox_event_id, organization_id, entity_type, source_entity_id, is_full, status)"
	" SELECT event, $5, 'product', record, true, 'completed' FROM a";

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static __attribute__((noreturn)) void fail(const char *why)
{
	fprintf(stderr, "ingest_peer: %s\n", why);
	exit(1);
}

static size_t put_body(char *to, uint64_t n)
{
	static const char filler[] = "abcdefghijklmnopqrstuvwxyz";
	size_t length = (size_t)sprintf(to,
		"\"{\\\"item\\\":{\\\"item_id\\\":\\\"%llu\\\",\\\"name\\\":\\\"Bench item"
		" %llu\\\",\\\"rate\\\":360.00,"
		"\\\"status\\\":\\\"active\\\",\\\"description\\\":\\\"",
		(unsigned long long)n, (unsigned long long)n);
	while (length < BODY_BYTES + 16) {
		to[length] = filler[length % 26];
		length++;
	}
	return length + (size_t)sprintf(to + length, "\\\"}}\"");
}

/* The four arrays of one batch as PostgreSQL's array literals. */
static void fill(char *arrays[4], int batch, uint64_t *next)
{
	size_t at[4] = {0};
	for (int i = 0; i < batch; i++, ++*next) {
		unsigned long long n = *next;
		const char *before = i ? "," : "{";
		at[0] += (size_t)sprintf(
			arrays[0] + at[0], "%s%08llx-0000-4000-8000-%012llx", before, n & 0xffffffff, n >> 32);
		at[1] += (size_t)sprintf(arrays[1] + at[1], "%szoho:product:%llu:upsert:%032llx", before, n, n);
		at[2] += (size_t)sprintf(arrays[2] + at[2], "%s%llu", before, n);
		at[3] += (size_t)sprintf(arrays[3] + at[3], "%s", before);
		at[3] += put_body(arrays[3] + at[3], n);
	}
	for (int k = 0; k < 4; k++)
		memcpy(arrays[k] + at[k], "}", sizeof "}");
}

int main(int argc, char **argv)
{
	int batch = argc == 5 ? atoi(argv[2]) : 0;
	if (batch < 1 || batch > BATCH_MAX) {
		fprintf(stderr, "usage: ingest_peer CONNINFO BATCH SECONDS ORGANIZATION\n");
		return 2;
	}
	static char text[4][BATCH_MAX * TEXT_MAX];
	char *arrays[4] = {text[0], text[1], text[2], text[3]};
	PGconn *db = PQconnectdb(argv[1]);
	PGresult *r = PQprepare(db, "insert", insert_rows, 0, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail(PQerrorMessage(db));
	PQclear(r);
	uint64_t next = (uint64_t)time(NULL) * 100000000u, rows = 0;
	double begin = now_s(), end = begin + atof(argv[3]);
	while (now_s() < end) {
		fill(arrays, batch, &next);
		const char *values[] = {arrays[0], arrays[1], arrays[2], arrays[3], argv[4]};
		r = PQexecPrepared(db, "insert", 5, values, NULL, NULL, 0);
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			fail(PQerrorMessage(db));
		PQclear(r);
		rows += (uint64_t)batch;
	}
	printf("{\"batch\":%d,\"rows_per_second\":%.0f}\n", batch, (double)rows / (now_s() - begin));
	PQfinish(db);
	return 0;
}
