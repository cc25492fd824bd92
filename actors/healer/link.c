/* Owns the net behind the handlers' links: documents and lines whose customer or product arrived after them and are
 * still without its id. One statement per link that an entity's table of fields declares. */
#include <string.h>
#include "actors/handler/entity.h"
#include "actors/healer/healer.h"

enum { LINKS_MAX = 64 };
static struct db_statement statements[LINKS_MAX];
static size_t n;

/* The column that keeps the Zoho id of what `link` refers to: made from the same key of the record. */
static const char *id_column(const struct field *fields, const struct field *link)
{
	for (const struct field *f = fields; f->path; f++)
		if (f->rule == RULE_ID && !strcmp(f->path, link->path))
			return f->column;
	return NULL;
}

/* $1 organisation, $2 rows at most. Rows that somebody is at are left alone: he sets the link himself. */
static void add(const char *table, const struct field *f, const char *key)
{
	struct buf name = {0}, sql = {0};
	buf_fmt(&name, "healer_link_%s_%s", table, f->column);
	buf_fmt(&sql,
		"WITH late AS (SELECT t.ctid AS at, k.id FROM %s t JOIN %s k ON k.organization_id = t.organization_id"
		" AND k.%s = t.%s"
		" WHERE t.organization_id = $1 AND t.%s IS NULL LIMIT $2::int FOR UPDATE OF t SKIP LOCKED),"
		" linked AS (UPDATE %s t SET %s = late.id FROM late WHERE t.ctid = late.at RETURNING 1)"
		" SELECT count(*) FROM linked",
		table, f->link->table, f->link->key, key, f->column, table, f->column);
	statements[n++] = (struct db_statement){name.data, sql.data};
}

static void add_all(const char *table, const struct field *fields)
{
	for (const struct field *f = fields; f->path; f++) {
		const char *key = f->rule == RULE_LINK ? id_column(fields, f) : NULL;
		if (key && n < LINKS_MAX)
			add(table, f, key);
	}
}

size_t links_count(void)
{
	static bool made;
	for (int e = 1; e < ENTITIES && !made; e++) {
		add_all(entities[e]->table, entities[e]->fields);
		if (entities[e]->lines)
			add_all(entities[e]->lines->table, entities[e]->lines->fields);
	}
	made = true;
	return n;
}

const struct db_statement *link_statement(size_t i)
{
	return &statements[i];
}
