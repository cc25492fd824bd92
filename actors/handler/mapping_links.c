/* What an entity refers to, and who refers to it, where any of them is mapped. A link whose other end isn't there, or
 * whose ids can't stand in the column, is left out: that is the other entity's misfit, and stops only that one. */
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"

static const struct mapped *owner_of(const struct fit *f, const char *default_table)
{
	for (int e = 1; e < ENTITIES; e++)
		if (!strcmp(entities[e]->table, default_table))
			return &f->mapping->of[e];
	return NULL;
}

static bool leave_out(struct fit *f, const struct column *c, const struct mapped_table *t, const char *why)
{
	if (c && c->not_null && !c->filled)
		misfit(f, "column %s of %s takes no NULL, and %s", c->name, t->shown, why);
	else if (c)
		misfit_note(f, "column %s of %s is left as it is: %s", c->name, t->shown, why);
	return false;
}

/* Default names come as they stand in the entity's table of fields: to be found in the catalogue, where not mapped. */
static const struct column *own_column(const struct field *field, const struct table *at)
{
	return field->type ? field->type : catalogue_column(at, field->column);
}

bool fit_link(struct fit *f, struct field *field, const struct mapped_table *t, const struct table *at)
{
	const struct mapped *o = owner_of(f, field->link->table);
	const struct column *c = own_column(field, at);
	if (!o || (!f->m->said && !o->said))
		return true;
	const struct table *there = &f->tables[place_of(o, false)];
	const struct column *id = fit_id(o, there);
	const struct shape *shape = o->said ? fit_shape(f, o, there, true) : NULL;
	if (!c)
		return false;
	if (!id || (o->said && !shape))
		return leave_out(f, c, t, made_text("%s, to which it refers, isn't as it should be", o->table.shown));
	if (!link_type_good(id, c))
		return leave_out(
			f, c, t, made_text("it is %s, and the ids of %s are %s", c->type, o->table.shown, id->type));
	struct link *link = made(sizeof *link);
	*link = (struct link){o->table.sql, o->said ? mapping_quoted(o->key.name) : o->base->key};
	field->link = link;
	field->to = shape;
	field->type = c;
	return true;
}

/* The names that a default column has in the table of its owner: its entity's own, or that of its lines. */
struct found {
	const struct mapped *m;
	bool lines;
};

static struct found find_table(const struct fit *f, const char *default_table)
{
	for (int e = 1; e < ENTITIES; e++) {
		const struct lines *l = entities[e]->lines;
		if (!strcmp(entities[e]->table, default_table))
			return (struct found){&f->mapping->of[e], false};
		if (l && !strcmp(l->table, default_table))
			return (struct found){&f->mapping->of[e], true};
	}
	return (struct found){NULL, false};
}

static const struct column *find_column(const struct fit *f, const struct found *in, const char *default_column)
{
	const struct field *fields = in->lines ? in->m->base->lines->fields : in->m->base->fields;
	const struct target *targets = in->lines ? in->m->line_fields : in->m->fields;
	for (size_t i = 0; fields[i].path; i++)
		if (!strcmp(fields[i].column, default_column))
			return targets[i].name
				       ? catalogue_column(&f->tables[place_of(in->m, in->lines)], targets[i].name)
				       : NULL;
	return NULL;
}

/* By what rows of others are ours: lines only know an organisation, if that. */
static const struct shape *waiting_shape(struct fit *f, const struct found *in)
{
	const struct table *at = &f->tables[place_of(in->m, in->lines)];
	const char *organization = in->m->line_organization.name;
	if (!in->m->said)
		return NULL;
	if (!in->lines)
		return fit_shape(f, in->m, at, true);
	struct shape *s = made(sizeof *s);
	struct term *scope = made(2 * sizeof *scope);
	const struct column *c = organization ? catalogue_column(at, organization) : NULL;
	if (c)
		scope[0] = (struct term){mapping_quoted(organization), made_text("$1::text::%s", c->type)};
	s->scope = scope;
	return s;
}

static bool fit_waiting(struct fit *f, const struct backlink *b, const struct column *id, struct unlinked *u)
{
	struct found in = find_table(f, b->table);
	const struct column *key = in.m ? find_column(f, &in, b->key) : NULL;
	const struct column *column = in.m ? find_column(f, &in, b->column) : NULL;
	if (!key || !column || !id || !key_type_good(key) || !link_type_good(id, column))
		return false;
	const struct mapped_table *t = in.lines ? &in.m->lines : &in.m->table;
	*u = (struct unlinked){.table = t->sql,
		.key = in.m->said ? mapping_quoted(key->name) : b->key,
		.column = in.m->said ? mapping_quoted(column->name) : b->column,
		.key_type = key,
		.type = column,
		.shape = waiting_shape(f, &in)};
	return u->shape || !in.m->said;
}

const struct unlinked *fit_unlinked(struct fit *f, const struct column *id)
{
	const struct backlink *b = f->m->base->backlinks;
	size_t n = 0;
	while (b && b[n].table)
		n++;
	struct unlinked *all = made((n + 1) * sizeof *all);
	n = 0;
	for (; b && b->table; b++)
		n += fit_waiting(f, b, id, &all[n]);
	all[n] = (struct unlinked){0};
	return all;
}
