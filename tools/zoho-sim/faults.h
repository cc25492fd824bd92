/* Owns the faults that are planned: which request is struck, how, and how often. */
#ifndef ZOHO_SIM_FAULTS_H
#define ZOHO_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;
struct text;

enum fault_kind {
	FAULT_NONE,
	FAULT_429,
	FAULT_500,
	FAULT_503,
	FAULT_HTML,
	FAULT_TRUNCATE,
	FAULT_RESET,
	FAULT_SLOW,
	FAULT_TOKEN_REVOKED,
	FAULT_UNAUTHORIZED,
	FAULT_HANG,
	FAULT_GZIP_CUT,
	FAULT_IMAGE, /* a picture is spoiled as `body` says (image_forms.h), or isn't there ("gone") */
};

struct fault {
	enum fault_kind kind;
	char path[64];
	long count; /* strikes left, negative: no end */
	double rate;
	long after;		 /* matching requests that still pass */
	long after_calls;	 /* requests of any kind that still pass */
	int64_t at_ms, until_ms; /* by the monotonic clock */
	int code, status;
	long delay_ms; /* negative: the kind's own */
	char body[512];
	long struck;
};

/* From the command line: JSON, KIND[,key=value]..., or @FILE with JSON. */
bool faults_add_text(const char *spec);
/* NULL when added, else what is wrong. */
const char *faults_add(struct json_object *spec);
/* One, or an array of such. */
const char *faults_add_all(struct json_object *specs);
void faults_clear(void);
/* Decides about one request; kind is FAULT_NONE when it is spared. */
struct fault faults_strike(const char *path);
/* The planned faults as a JSON array. */
void faults_describe(struct text *out);

#endif
