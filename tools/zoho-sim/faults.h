/* Owns the faults that are planned: which request is struck, how, and how often. */
#ifndef ZOHO_SIM_FAULTS_H
#define ZOHO_SIM_FAULTS_H

#include <stdbool.h>

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
};

struct fault {
	enum fault_kind kind;
	char path[64];
	long count; /* strikes left, negative: no end */
	double rate;
	long after; /* matching requests that still pass */
	int code, status;
	long delay_ms; /* negative: the kind's own */
	char body[512];
	long struck;
};

/* From the command line: JSON, or KIND[,key=value]... */
bool faults_add_text(const char *spec);
/* NULL when added, else what is wrong. */
const char *faults_add(struct json_object *spec);
void faults_clear(void);
/* Decides about one request; kind is FAULT_NONE when it is spared. */
struct fault faults_strike(const char *path);
/* The planned faults as a JSON array. */
void faults_describe(struct text *out);

#endif
