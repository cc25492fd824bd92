/* By what a record's row is found: the key, and whatever else its unique index is over; and own id, by which others refer
 * to it. */
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"
#include "actors/handler/statement_parts.h"

/* Own id, or what stands for it: the key, where the table has no id of its own. */
static const char *id_name(const struct mapped *m)
{
	return m->keep[KEEP_ID].name ? m->keep[KEEP_ID].name : m->key.name;
}

const struct column *fit_id(const struct mapped *m, const struct table *at)
{
	return catalogue_column(at, id_name(m));
}

bool key_type_good(const struct column *c)
{
	return c->family == FAMILY_TEXT || c->family == FAMILY_NUMBER ||
	       (c->family == FAMILY_INTEGER && !strcmp(c->type, "bigint"));
}

bool link_type_good(const struct column *id, const struct column *column)
{
	bool numbers =
		id->family == FAMILY_INTEGER && (column->family == FAMILY_INTEGER || column->family == FAMILY_NUMBER);
	return numbers || column->family == FAMILY_TEXT || !strcmp(id->type, column->type);
}

/* Whether an index is over the key and nothing that we don't know of a record's row. */
static bool finds(const struct unique *u, const struct mapped *m, const char *organization)
{
	bool key = false;
	for (size_t i = 0; i < u->n; i++) {
		const char *c = u->columns[i];
		if (!strcmp(c, m->key.name))
			key = true;
		else if (!(organization && !strcmp(c, organization)) && !constant_for(&m->table, c))
			return false;
	}
	return key;
}

static const struct unique *index_of(const struct mapped *m, const struct table *at, const char *organization)
{
	for (size_t i = 0; i < at->uniques_n; i++)
		if (finds(&at->uniques[i], m, organization))
			return &at->uniques[i];
	return NULL;
}

static bool has_unique(const struct table *at, const char *column)
{
	for (size_t i = 0; i < at->uniques_n; i++)
		if (at->uniques[i].n == 1 && !strcmp(at->uniques[i].columns[0], column))
			return true;
	return at->view;
}

/* The organisation where the table has a column for it, and the index's constants. */
static const struct term *scope_of(struct fit *f, const struct mapped *m, const struct table *at,
	const struct unique *u, const struct column *organization)
{
	struct term *terms = made((m->table.constants_n + 2) * sizeof *terms);
	size_t n = 0;
	if (organization) {
		struct buf value = {0};
		statement_fit(&value, RULE_ID, organization, "$1::text");
		terms[n++] = (struct term){mapping_quoted(organization->name), value.data};
	}
	for (size_t i = 0; u && i < u->n; i++) {
		const struct constant *k = constant_for(&m->table, u->columns[i]);
		const struct column *c = k ? catalogue_column(at, k->to) : NULL;
		if (c)
			terms[n++] = (struct term){
				mapping_quoted(k->to), made_text("%s::%s", fit_fixed(f, k->value), c->type)};
	}
	return terms;
}

/* What is wrong with the key or own id, NULL: nothing. */
static const char *wrong(const struct mapped *m, const struct table *at, const struct column *key,
	const struct column *id, const struct unique *u)
{
	const char *shown = m->table.shown;
	if (!key)
		return made_text("%s has no column %s for Zoho's ids: add it, or name it in mapping.%s.key", shown,
			m->key.name, entity_names[m->base->id].name);
	if (!key_type_good(key))
		return made_text(
			"column %s of %s is %s, which can't hold Zoho's ids of up to 19 digits: text or bigint can",
			key->name, shown, key->type);
	if (!id)
		return made_text(
			"%s has no column id by which others refer to its rows: say in mapping.%s.columns what it is"
			" called, or id = \"\" where Zoho's id is the only one",
			shown, entity_names[m->base->id].name);
	if (!u && !at->view)
		return made_text("%s of %s isn't unique: CREATE UNIQUE INDEX ON %s (%s)", m->key.name, shown,
			m->table.sql, mapping_quoted(m->key.name));
	if (!has_unique(at, id->name))
		return made_text(
			"column %s of %s, by which others refer to its rows, isn't unique by itself: make it so, or say"
			" in mapping.%s.columns which other one is",
			id->name, shown, entity_names[m->base->id].name);
	return NULL;
}

const struct shape *fit_shape(struct fit *f, const struct mapped *m, const struct table *at, bool quiet)
{
	const struct target *org = &m->keep[KEEP_ORGANIZATION];
	const struct column *key = catalogue_column(at, m->key.name), *id = fit_id(m, at);
	const struct column *organization = org->name ? catalogue_column(at, org->name) : NULL;
	if (organization && statement_unfit(RULE_ID, organization))
		organization = NULL;
	const struct unique *u = index_of(m, at, organization ? organization->name : NULL);
	const char *why = wrong(m, at, key, id, u);
	if (why) {
		if (!quiet)
			misfit(f, "%s", why);
		return NULL;
	}
	struct shape *s = made(sizeof *s);
	s->id = mapping_quoted(id->name);
	s->key = key;
	s->scope = scope_of(f, m, at, u, organization);
	return s;
}
