/* Owns what an SQLSTATE asks for (architecture.md, "Errors by SQLSTATE"; PostgreSQL documentation, appendix A). */
#include "sql/db.h"

#include <string.h>

enum db_failure db_classify(const char sqlstate[SQLSTATE_BYTES])
{
	static const char environment[][3] = {"08", "40", "53", "55", "57", "58"};
	if (!sqlstate[0])
		return DB_OK;
	if (!strcmp(sqlstate, "23503"))
		return DB_REFERENCE;
	if (!strcmp(sqlstate, "P0001"))
		return DB_RAISED;
	if (!strcmp(sqlstate, "25006"))
		return DB_ENVIRONMENT;
	/* 54: a value that is too long for an index, a number with too many digits */
	if (!strncmp(sqlstate, "22", 2) || !strncmp(sqlstate, "23", 2) || !strncmp(sqlstate, "54", 2))
		return DB_DATA;
	for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
		if (!strncmp(sqlstate, environment[i], 2))
			return DB_ENVIRONMENT;
	return DB_PROGRAM;
}
