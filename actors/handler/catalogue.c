/* Asks PostgreSQL for what it knows of tables, and reads it. */
#include "actors/handler/catalogue.h"
#include <stdlib.h>
#include <string.h>
#include "actors/handler/made.h"
#include "ipc/buf.h"
#include "sql_embedded.h"

static const struct db_statement columns_sql = {"mapping_columns", SQL_MAPPING_COLUMNS};
static const struct db_statement uniques_sql = {"mapping_uniques", SQL_MAPPING_UNIQUES};

enum { /* of mapping_columns.sql */
	AT_PLACE,
	AT_VIEW,
	AT_USABLE,
	AT_DELETABLE,
	AT_NAME,
	AT_TYPE,
	AT_FAMILY,
	AT_MODIFIER,
	AT_NOT_NULL,
	AT_FILLED,
	AT_COMPUTED,
	AT_SELECT,
	AT_INSERT,
	AT_UPDATE,
	AT_DOMAIN
};

void catalogue_ask(struct db_call *call, const struct place *places, size_t n)
{
	struct buf schemas = {0}, tables = {0};
	for (size_t i = 0; i < n; i++) {
		buf_str(&schemas, i ? "," : "{");
		buf_str(&tables, i ? "," : "{");
		buf_array_item(&schemas, places[i].schema, strlen(places[i].schema));
		buf_array_item(&tables, places[i].table, strlen(places[i].table));
	}
	buf_str(&schemas, "}");
	buf_str(&tables, "}");
	const struct db_param params[] = {DB_TEXT(schemas.data), DB_TEXT(tables.data)};
	db_add(call, &columns_sql, 2, params);
	db_add(call, &uniques_sql, 2, params);
	buf_free(&schemas);
	buf_free(&tables);
}

static bool truth(const PGresult *res, int row, int column)
{
	return *PQgetvalue(res, row, column) == 't';
}

static enum family family_of(const char *name)
{
	static const char *const names[FAMILIES] = {[FAMILY_TEXT] = "text",
		[FAMILY_NUMBER] = "numeric",
		[FAMILY_INTEGER] = "integer",
		[FAMILY_FLOAT] = "float",
		[FAMILY_FLAG] = "bool",
		[FAMILY_DATE] = "date",
		[FAMILY_TIMESTAMP] = "timestamp",
		[FAMILY_TIME] = "timestamptz",
		[FAMILY_JSONB] = "jsonb",
		[FAMILY_JSON] = "json",
		[FAMILY_ENUM] = "enum",
		[FAMILY_UUID] = "uuid",
		[FAMILY_TEXTS] = "texts"};
	for (int f = 1; f < FAMILIES; f++)
		if (!strcmp(names[f], name))
			return (enum family)f;
	return FAMILY_OTHER;
}

/* As PostgreSQL packs them: VARHDRSZ more than n; precision above, scale in the low eleven bits with its sign. */
static void read_modifier(struct column *c, int modifier)
{
	int n = modifier - 4;
	if (modifier < 4)
		return;
	if (c->family == FAMILY_TEXT)
		c->chars_max = n;
	if (c->family == FAMILY_NUMBER) {
		c->precision = (n >> 16) & 0xffff;
		c->scale = ((n & 0x7ff) ^ 0x400) - 0x400;
	}
}

static struct column read_column(const PGresult *res, int row)
{
	struct column c = {.name = made_text("%s", PQgetvalue(res, row, AT_NAME)),
		.type = made_text("%s", PQgetvalue(res, row, AT_TYPE)),
		.domain = made_text("%s", PQgetvalue(res, row, AT_DOMAIN)),
		.family = family_of(PQgetvalue(res, row, AT_FAMILY)),
		.not_null = truth(res, row, AT_NOT_NULL),
		.filled = truth(res, row, AT_FILLED),
		.computed = truth(res, row, AT_COMPUTED),
		.select = truth(res, row, AT_SELECT),
		.insert = truth(res, row, AT_INSERT),
		.update = truth(res, row, AT_UPDATE)};
	read_modifier(&c, (int)strtol(PQgetvalue(res, row, AT_MODIFIER), NULL, 10));
	return c;
}

/* How many rows from `row` on say the same in `column`. */
static int alike(const PGresult *res, int row, int column)
{
	int n = 1;
	while (row + n < PQntuples(res) && !strcmp(PQgetvalue(res, row, column), PQgetvalue(res, row + n, column)))
		n++;
	return n;
}

static void read_unique(struct table *t, const PGresult *res, int row, int n)
{
	struct unique *u = &t->uniques[t->uniques_n++];
	u->columns = made((size_t)n * sizeof *u->columns);
	for (; u->n < (size_t)n; u->n++)
		u->columns[u->n] = made_text("%s", PQgetvalue(res, row + (int)u->n, 2));
}

static struct table *table_of(struct table *tables, size_t n, const PGresult *res, int row)
{
	size_t place = strtoul(PQgetvalue(res, row, AT_PLACE), NULL, 10);
	return place && place <= n ? &tables[place - 1] : NULL;
}

struct table *catalogue_read(const PGresult *columns, const PGresult *uniques, size_t n)
{
	struct table *tables = made(n * sizeof *tables), *t;
	for (int row = 0, many; row < PQntuples(columns); row += many) {
		many = alike(columns, row, AT_PLACE);
		if (!(t = table_of(tables, n, columns, row)))
			continue;
		*t = (struct table){.columns = made((size_t)many * sizeof *t->columns),
			.view = truth(columns, row, AT_VIEW),
			.usable = truth(columns, row, AT_USABLE),
			.deletable = truth(columns, row, AT_DELETABLE)};
		for (; t->n < (size_t)many; t->n++)
			t->columns[t->n] = read_column(columns, row + (int)t->n);
	}
	for (int row = 0, many; row < PQntuples(uniques); row += many) {
		many = alike(uniques, row, 1); /* the same index again may be another place's */
		many = many < alike(uniques, row, AT_PLACE) ? many : alike(uniques, row, AT_PLACE);
		if (!(t = table_of(tables, n, uniques, row)))
			continue;
		if (!t->uniques)
			t->uniques = made((size_t)alike(uniques, row, 0) * sizeof *t->uniques);
		read_unique(t, uniques, row, many);
	}
	return tables;
}

const struct column *catalogue_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->columns[i].name, name))
			return &t->columns[i];
	return NULL;
}

static uint64_t add_hash(uint64_t hash, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++)
		for (int column = 0; column < PQnfields(res); column++)
			for (const char *p = PQgetvalue(res, row, column);; p++) {
				hash = (hash ^ (unsigned char)*p) * 1099511628211U;
				if (!*p)
					break;
			}
	return hash;
}

uint64_t catalogue_hash(const PGresult *columns, const PGresult *uniques)
{
	return add_hash(add_hash(14695981039346656037U, columns), uniques);
}
