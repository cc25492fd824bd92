/* What the parts of the metrics actor share. */
#pragma once
#include "actors/actor.h"
#include "actors/handler/mapped_entity.h"
#include "ipc/buf.h"

enum { SAMPLES = 61 }; /* one a second: rates over the last minute */

struct facts { /* what health is judged by; from metrics_facts.sql */
	bool known;
	int64_t at_us;
	long long pending, processing, retry, failed, dead, oldest_seconds, dead_open, alerts, received_24h, usual_24h,
		last_received_us, last_sync_us, alerts_warning, alerts_critical, paused;
	const PGresult *by_entity; /* for /metrics, from metrics_certificates.sql; NULL: not asked; borrowed */
};

struct totals { /* sums over all actors' counters */
	uint64_t at[COUNTERS];
};

struct metrics {
	struct actor *actor;
	struct db *db;
	struct loop_op tick;
	struct mapped_entity product; /* whose stock is counted in its table */
	struct totals samples[SAMPLES];
	int newest, samples_n;
	int64_t started_us;
	char database_why[128];
	uint64_t wanted[ENTITIES]; /* details, as the dispatcher last told */
	bool wanted_known;
	int64_t wanted_finish_us; /* 0: nobody can say */
};

enum health { HEALTHY, DEGRADED, CRITICAL };
extern const char *const health_words[];

struct issue {
	enum health severity;
	const char *type;
	char message[200];
	const char *action;
};
struct verdict {
	enum health status;
	int score;
	struct issue issues[24];
	int n;
};

struct totals totals_now(const struct actor *);
double rate_per_minute(const struct metrics *, enum counter_id); /* over what was sampled, a minute at most */
/* Judges: the worst issue decides. No progress while work waits is never healthy. */
struct verdict judge(const struct metrics *, const struct facts *);
void facts_read(struct facts *, const PGresult *);

/* answers.c */
void health_webhooks(struct metrics *, const struct facts *, struct buf *);
void health_short(struct metrics *, const struct facts *, struct buf *);
void health_complete(struct metrics *, const struct facts *, struct buf *);
/* zoho.c: what zoho-io's slot says */
void prometheus_zoho(struct metrics *, struct buf *);
/* How many circuit breakers aren't closed, and which. */
int breakers_open(const struct metrics *, char *names, size_t size);
/* prometheus.c */
void prometheus_text(struct metrics *, const struct facts *, struct buf *);
