/* How a connection string becomes connection parameters, and how libpq's words become a line without secrets. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DB_WHY_BYTES = 512 };

/* Starts connecting (`async`) or connects. Timeouts are defaults that the connection string may override. NULL or a
 * connection in state CONNECTION_BAD: failed; db_conninfo_why says why. */
PGconn *db_conninfo_connect(const char *url, const char *name, int64_t timeout_ns, bool async);
/* One line from libpq's (or PostgreSQL's) `message`, NULL: what went wrong with the connection last. */
void db_conninfo_why(const PGconn *, const char *url, const char *message, char why[DB_WHY_BYTES]);
