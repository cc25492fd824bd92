/* Owns what TDS adds to a libpq connection string, so that a dead network is noticed, a standby is not taken for the
 * primary, and no message shows a password. */
#include "sql/db_conninfo.h"
#include "ipc/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t ns_per_ms = 1000000, ms_per_s = 1000;
enum { dead_ms_max = 10000, dead_ms_min = 1000 };

/* An unencoded '@' or ':' in a password makes libpq take a piece of it for the host, and show it. */
static bool is_ambiguous(const char *url)
{
	const char *authority = strstr(url, "://");
	if (!authority)
		return false;
	authority += 3;
	size_t len = strcspn(authority, "/?");
	const char *at = memchr(authority, '@', len);
	const char *rest = authority + len;
	return (at && memchr(at + 1, '@', len - (size_t)(at + 1 - authority))) || (!at && strchr(rest, '@'));
}

PGconn *db_conninfo_connect(const char *url, const char *name, int64_t timeout_ns, bool async)
{
	char timeout[16], dead[16];
	int64_t timeout_ms = timeout_ns / ns_per_ms, dead_ms = timeout_ms / 2;
	dead_ms = dead_ms < dead_ms_min ? dead_ms_min : dead_ms > dead_ms_max ? dead_ms_max : dead_ms;
	snprintf(timeout, sizeof timeout, "%d", (int)((timeout_ms + ms_per_s - 1) / ms_per_s));
	snprintf(dead, sizeof dead, "%d", (int)dead_ms);
	/* Before "dbname", whose value is expanded in place: defaults. After it: fixed. */
	const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "target_session_attrs", "gssencmode", "dbname", "application_name",
		"client_encoding", NULL};
	const char *const values[] = {
		timeout, dead, "10", "5", "3", "read-write", "disable", url ? url : "", name, "UTF8", NULL};
	if (is_ambiguous(url ? url : "") || SEAM_CALL(PQ_CONNECT, 0) < 0)
		return NULL;
	return async ? PQconnectStartParams(keys, values, 1) : PQconnectdbParams(keys, values, 1);
}

static void hide(char *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;
	for (char *at = text; len && (at = strstr(at, secret)); at++)
		memmove(at + 1, at + len, strlen(at + len) + 1), *at = '*';
}

static bool is_valid(const char *url)
{
	char *error = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &error);
	PQconninfoFree(options);
	PQfreemem(error);
	return options;
}

void db_conninfo_why(const PGconn *conn, const char *url, const char *message, char why[DB_WHY_BYTES])
{
	url = url ? url : "";
	if (is_ambiguous(url)) {
		snprintf(why, DB_WHY_BYTES,
			"database.url: the password has an unencoded '@', '/' or '?' (write %%40, %%2F, %%3F)");
		return;
	}
	if (*url && (strchr(url, '=') || strstr(url, "://")) && !is_valid(url)) {
		snprintf(why, DB_WHY_BYTES, "database.url is not a valid libpq connection string");
		return;
	}
	snprintf(why, DB_WHY_BYTES, "%s", message ? message : conn ? PQerrorMessage(conn) : "out of memory");
	size_t len = strlen(why);
	while (len && why[len - 1] == '\n')
		why[--len] = '\0';
	for (char *at = why; (at = strchr(at, '\n')); at++)
		*at = ';';
	for (char *at = why; (at = strchr(at, '\t')); at++)
		*at = ' ';
	if (!*why)
		snprintf(why, DB_WHY_BYTES, "connection lost");
	hide(why, conn ? PQpass(conn) : NULL);
}
