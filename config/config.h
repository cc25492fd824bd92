/* The configuration as values: one flat struct derived from parameters.def, read from a libconfig file (and conf.d),
 * the environment and *_file secrets, checked against the table, and handed to each actor with only the keys it may
 * see. A parameter `section.key` is the field `section_key`; durations are nanoseconds, sizes bytes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct strings {
	char **at;
	size_t n;
};

enum config_who { /* who gets a key (bits) */
	WHO_SUPERVISOR = 1,
	WHO_INGEST = 2,
	WHO_DISPATCHER = 4,
	WHO_HANDLER = 8,
	WHO_ZOHO_IO = 16,
	WHO_HEALER = 32,
	WHO_METRICS = 64,
	WHO_CTL = 128,
	WHO_DATABASE = WHO_INGEST | WHO_DISPATCHER | WHO_HANDLER | WHO_ZOHO_IO | WHO_HEALER | WHO_METRICS,
	WHO_ALL = 255,
};

struct config_schedule { /* one entry of sync.schedule */
	char *name;
	int64_t every_ns; /* 0: `at` holds */
	int at_minute;	  /* of the day, -1: `every` holds */
	bool incremental;
};
struct config_schedules {
	struct config_schedule *at;
	size_t n;
};

/* PARAMETER(section, key, TYPE, default, min, max, reloadable, who, description). TYPE is one of these: */
typedef char *param_STRING;
typedef char *param_CHOICE; /* one of the words in `min`, which stand there as "a|b|c" */
typedef char *param_PATH;   /* made absolute: a relative one starts at the configuration file's folder; "" stays "" */
typedef char *param_SECRET; /* never shown, also readable from <key>_file */
typedef struct strings param_STRINGS;
typedef struct strings param_SECRETS;
typedef int64_t param_INTEGER;
typedef int64_t param_DURATION; /* "250ms" "30s" "5m" "24h" "7d" → ns */
typedef int64_t param_SIZE;	/* "64MiB" → bytes */
typedef double param_FRACTION;
typedef bool param_FLAG;
typedef struct config_schedules param_SCHEDULES;
typedef struct strings param_MAPPING; /* config/mapping.h */
typedef char param_RESERVED;	      /* documented, holds nothing yet: an empty group or list */

struct config {
#define PARAMETER(section, key, type, def, min, max, reload, who, text) param_##type section##_##key;
#include "config/parameters.def"
#undef PARAMETER
	char *file;		 /* where it was read from, absolute; NULL: from no file */
	struct strings warnings; /* what was let pass and should be logged: "file:line: key: what" */
	void *arena;		 /* owns every string above */
};

enum { CONFIG_ERROR_BYTES = 512 };

/* Reads FILE, then FILE's directory's conf.d/ *.conf in name order, then the environment, then *_file secrets; checks
 * types, ranges and relations. 0, or -1 with `error` as "file:line: key: what is wrong" (exit 78). NULL file: defaults
 * and environment only. The caller frees with config_free. */
int config_read(struct config *, const char *file, char error[CONFIG_ERROR_BYTES]);
void config_free(struct config *);

/* Hands on: a sealed memfd with the keys that `who` may see (others at their defaults), and its reader. */
int config_seal(const struct config *, enum config_who who);
int config_unseal(struct config *, int fd);

/* `tdsctl config show` and `tds -t -v`: every key with its value, secrets as "<set>"; non-default ones marked. */
void config_show(const struct config *, FILE *, bool only_changed);
/* The reference for the README: a Markdown table per section, from the table. */
void config_reference(FILE *);
/* True when both hold the same for `who` (a reload restarts only the actors whose keys changed), mappings apart; and
 * when they map an entity ("product") alike. */
bool config_same(const struct config *, const struct config *, enum config_who who);
bool config_same_mapping(const struct config *, const struct config *, const char *entity);
/* Handlers of an entity ("product"): queue.workers_product, or queue.workers where that is 0 or unknown. */
int64_t config_workers(const struct config *, const char *entity);
/* The place of a CHOICE's value among its words: config_choice(c, "log.level") is an enum log_level. */
int config_choice(const struct config *, const char *key);
/* Of the differing keys, the first that isn't reloadable, or NULL. */
const char *config_unreloadable(const struct config *, const struct config *);
/* Of the differing keys, the first that changes which actors there are, or NULL. */
const char *config_relaid(const struct config *, const struct config *);
