/* What PostgreSQL knows of the tables that an ERP's records are written to: their columns with type, default and what
 * this role may, and what is unique. Asked at every connect, since an ERP changes. */
#pragma once
#include "actors/handler/shape.h"
#include "sql/db.h"

struct place { /* a table by its names as they are, not quoted; table "" = none */
	const char *schema, *table;
};

struct unique {
	const char **columns;
	size_t n;
};

struct table { /* n columns; 0: there is none such */
	struct column *columns;
	struct unique *uniques;
	size_t n, uniques_n;
	bool view;		/* whose columns' constraints nobody knows */
	bool usable, deletable; /* this role may use its schema, delete its rows */
};

/* Adds what is to be asked of PostgreSQL to a call: two statements. */
void catalogue_ask(struct db_call *, const struct place *, size_t n);
/* Their results, by place; never freed: statements are made of it. */
struct table *catalogue_read(const PGresult *columns, const PGresult *uniques, size_t n);
/* NULL: no such. */
const struct column *catalogue_column(const struct table *, const char *name);
/* The same for all that differs from what was there: to tell whether anything has changed. */
uint64_t catalogue_hash(const PGresult *columns, const PGresult *uniques);
