/* What zoho-io's slot says of Zoho: circuit breakers and what is left of the calls, for /metrics and for health. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "actors/metrics/metrics.h"
#include "actors/zoho_io/breaker.h"

static const struct slot_zoho *zoho_of(const struct metrics *m)
{
	for (uint32_t i = 0; i < m->actor->boot->slots; i++)
		if (!strcmp(slot_of(m->actor->slots, (int)i)->name, "zoho-io"))
			return &slot_of(m->actor->slots, (int)i)->zoho;
	return NULL;
}

static void add_states(struct buf *b, const struct slot_zoho *z)
{
	buf_str(b, "# HELP tds_circuit_breaker_state The state of a circuit breaker: the one that holds is 1\n"
		   "# TYPE tds_circuit_breaker_state gauge\n");
	for (int i = 0; i < BREAKERS; i++)
		for (unsigned state = BREAKER_CLOSED; state <= BREAKER_HALF_OPEN; state++)
			buf_fmt(b, "tds_circuit_breaker_state{breaker=\"%s\",state=\"%s\"} %d\n", breaker_names[i],
				zoho_breaker_words[state], atomic_load(&z->breakers[i].state) == state);
}

static void add_calls(struct buf *b, const struct slot_zoho *z)
{
	buf_str(b, "# HELP tds_circuit_breaker_calls_total Calls by what the circuit breaker made of them\n"
		   "# TYPE tds_circuit_breaker_calls_total counter\n");
	for (int i = 0; i < BREAKERS; i++) {
		const struct slot_breaker *breaker = &z->breakers[i];
		const struct {
			const char *result;
			uint64_t n;
		} results[] = {{"successful", breaker->successful}, {"failed", breaker->failed},
			{"rejected", breaker->rejected}};
		for (size_t r = 0; r < sizeof results / sizeof *results; r++)
			buf_fmt(b, "tds_circuit_breaker_calls_total{breaker=\"%s\",result=\"%s\"} %" PRIu64 "\n",
				breaker_names[i], results[r].result, results[r].n);
	}
}

static void add_gauge(struct buf *b, const char *name, const char *help, int64_t value)
{
	buf_fmt(b, "# HELP tds_%s %s\n# TYPE tds_%s gauge\ntds_%s %" PRId64 "\n", name, help, name, name, value);
}

void prometheus_zoho(struct metrics *m, struct buf *b)
{
	const struct slot_zoho *z = zoho_of(m);
	if (!z)
		return;
	add_states(b, z);
	add_calls(b, z);
	add_gauge(b, "zoho_minute_left", "Calls to Zoho that may still go out in this minute", z->minute_left);
	if (!z->day_limit)
		return;
	add_gauge(b, "zoho_day_limit", "Calls to Zoho a day, as Zoho says", z->day_limit);
	add_gauge(b, "zoho_day_left", "Calls of them that are left, as Zoho last said", z->day_left);
	add_gauge(b, "zoho_day_resets_timestamp_seconds", "When Zoho's day starts anew", z->day_resets_ms / 1000);
}

int breakers_open(const struct metrics *m, char *names, size_t size)
{
	const struct slot_zoho *z = zoho_of(m);
	int n = 0;
	*names = 0;
	for (int i = 0; z && i < BREAKERS; i++) {
		if (atomic_load(&z->breakers[i].state) == BREAKER_CLOSED)
			continue;
		size_t used = strlen(names);
		snprintf(names + used, size - used, "%s%s", n++ ? ", " : "", breaker_names[i]);
	}
	return n;
}
