/* What the files of the libpq layer share: the connection's state, its calls, and who may change what.
 *   db.c          open, close, lose and reconnect; the only place where a connection ends
 *   db_connect.c  from nothing to ready
 *   db_call.c     building and sending calls
 *   db_result.c   results back to their calls */
#pragma once
#include "sql/db.h"
#include "sql/db_conninfo.h"

enum db_state {
	DB_RESTING,    /* no connection; the timer is under way */
	DB_CONNECTING, /* libpq's handshake */
	DB_GREETING,   /* the session's settings were sent */
	DB_READY,
	DB_LEAVING, /* lost: operations are being reaped, then the connection ends */
};

enum { DB_CALLS_KEPT = 64, DB_ARENA_KEPT = 64 * 1024, DB_NAME_MAX = 63 };

struct db_arena {
	char *bytes;
	size_t used, room;
};

struct db_value { /* a parameter in the arena */
	size_t at;
	int length;
	bool null, binary;
};

struct db_step {
	const char *name, *sql;
	size_t values; /* in the arena, aligned */
	int params;
	bool preparing; /* a PREPARE goes, or its result comes, before it */
};

struct db_call {
	struct db_call *next;
	struct db *db;
	db_done done;
	void *ctx;
	bool own;  /* the layer's, not a caller's */
	bool dead; /* begun while there was no connection */
	int n, at; /* statements; the one whose results come now; at == n: the Sync */
	int failed;
	PGresult *error; /* owned, also when it stands in `results` */
	PGresult *results[DB_STATEMENTS_MAX];
	struct db_step steps[DB_STATEMENTS_MAX];
	struct db_arena arena; /* until it is sent */
};

struct db_prepared {
	const char *name; /* NULL: free place */
	enum { DB_UNKNOWN, DB_SENT, DB_PREPARED } state;
};

struct db {
	struct loop *loop;
	struct db_options options;
	char *url, *schema, *name; /* what `options` points to */
	enum db_state state;
	bool closed, proved, told, told_up; /* proved: this connection has answered a caller */
	PGconn *conn;
	struct loop_op readable, writable, timer, soon;
	struct db_call *first, *last;	  /* sent, in order */
	struct db_call *lost, *lost_last; /* to be answered with 08006 */
	struct db_call *kept;		  /* free list */
	int kept_n, waiting;
	struct db_arena spare;
	struct db_prepared *prepared; /* open addressing by name */
	size_t prepared_n, prepared_room;
	unsigned failures; /* attempts in a row */
	uint64_t random;
	char why[DB_WHY_BYTES], told_why[DB_WHY_BYTES];
	char words[DB_WHY_BYTES]; /* PostgreSQL's last, said to nobody in particular */
};

/* db.c */
void db_lost(struct db *, const char *why); /* NULL: libpq's words; ends the connection later, never inside */
void db_answer(struct db_call *, const struct db_reply *);
void db_soon(struct db *);
void db_tell(struct db *, bool up);
void *db_grow(void *, size_t); /* realloc, or the end of the process */
/* db_connect.c */
void db_connect(struct db *);
void db_connect_step(struct db *);
/* db_call.c */
void db_send(struct db *, struct db_call *);
void db_flush(struct db *);
void db_listen(struct db *);
void db_recycle(struct db_call *);
struct db_prepared *db_prepared(struct db *, const char *name);
/* db_result.c */
void db_receive(struct db *);
