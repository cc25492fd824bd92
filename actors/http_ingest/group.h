/* A group of deliveries that are committed together, and the arrays that carry them to PostgreSQL. */
#pragma once
#include "actors/http_ingest/webhook.h"

/* BESIDE_MIN: as many wait before a group is begun beside one under way; two small commits cost more than one of twice the size. */
enum { GROUP_ATTEMPTS_MAX = 5, GROUP_BESIDE_MIN = 64 };

struct pg_array { /* a one-dimensional array in PostgreSQL's binary form; memory is kept from group to group */
	char *at;
	size_t n, size;
	uint32_t elements, type; /* type: oid of the elements */
	bool has_null;
};
void pg_array_start(struct pg_array *, uint32_t type);
void pg_array_add(struct pg_array *, const void *bytes, size_t n); /* NULL bytes = SQL NULL */
void pg_array_str(struct pg_array *, struct str);
void pg_array_int4(struct pg_array *, int32_t);
void pg_array_flag(struct pg_array *, bool);
void pg_array_time(struct pg_array *, int64_t unix_us); /* timestamptz; 0 = NULL */
struct db_param pg_array_param(struct pg_array *);

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT4 = 23, OID_TEXT = 25, OID_TIMESTAMPTZ = 1184, OID_UUID = 2950 };

struct group {
	struct group_lane *lane;
	struct delivery **members;
	unsigned n, size;
	int64_t begun_ns;
	struct delivery **table; /* by record: the newest member of it */
	unsigned table_size;	 /* a power of two */
	struct pg_array arrays[24];
};

/* The line of the waiting (group_fill.c): the first of it; back to its front, in order; as many as fit into a group. */
struct delivery *group_take(struct ingest *);
void group_put_back(struct ingest *, struct delivery **members, unsigned n);
void group_fill(struct ingest *, struct group *);

/* The two statements' calls, with one array per column (group_params.c). */
void group_call_store(struct group *, db_done done);
void group_call_known(struct group *, db_done done);
unsigned group_times(const struct delivery *); /* how often it came, twins included */
