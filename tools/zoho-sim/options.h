/* Owns the command line: what can be set at start, with its default. */
#ifndef ZOHO_SIM_OPTIONS_H
#define ZOHO_SIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entities.h"

struct options {
	char *listen;
	char *port_file;
	uint64_t seed;
	size_t sizes[ENTITY_COUNT];
	size_t active_items;
	char *items_file;
	char *organization_id;
	char *time_zone;
	int64_t clock_skew; /* seconds */
	char *client_id, *client_secret, *refresh_token;
	unsigned token_seconds, tokens_per_window, token_window_seconds, tokens_live;
	unsigned calls_per_minute, minute_seconds, calls_per_day, day_seconds, concurrent;
	unsigned retry_after_seconds; /* 0: no Retry-After */
	unsigned latency_ms;
	bool hide_inactive;
	bool gzip;
	bool content_length; /* lists with Content-Length instead of chunked */
	char *webhook_url, *webhook_key, *webhook_signature_secret;
	unsigned webhook_retries, webhook_threads, webhook_shape;
	double duplicate_rate, reorder_rate, loss_rate, stale_rate;
};

extern struct options options;

/* Exits 0 after --help and --version, 2 after saying what is wrong. */
void options_read(int argc, char **argv);

#endif
