/* Makes an entity with the ERP's names: each column is looked up in the catalogue, with the type that its values have to
 * become; what isn't there, can't hold them, or would have to be written as well, is said with what to do about it. */
#include <stdlib.h>
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"
#include "actors/handler/statement_parts.h"

/* Custom fields: their names are texts like any other. */
static const struct custom *custom_of(struct fit *f, const char *from)
{
	struct custom *c = made(sizeof *c);
	c->from = from;
	c->name = fit_fixed(f, from);
	if (!strncmp(from, "cf_", 3))
		c->raw = fit_fixed(f, made_text("%s_unformatted", from));
	return c;
}

static void add_custom(struct fit *f, struct field *fields, size_t *n)
{
	const struct table *at = &f->tables[place_of(f->m, false)];
	for (size_t i = 0; i < f->m->custom_n; i++) {
		const struct custom_said *s = &f->m->custom[i];
		const struct target target = {.name = s->to, .said = true};
		const struct column *type = fit_typed(f, &f->m->table, at, &target, false, s->rule);
		if (type)
			fields[(*n)++] = (struct field){.path = s->from,
				.column = mapping_quoted(s->to),
				.rule = s->rule,
				.custom = custom_of(f, s->from),
				.type = type};
	}
}

/* One field: false, left out. What isn't said of the columns that TDS has for itself is taken where it is there. */
static bool fit_field(struct fit *f, const struct field *base, const struct target *target, struct field *made_of)
{
	const struct table *at = &f->tables[place_of(f->m, false)];
	bool optional = !strcmp(base->column, keep_defaults[KEEP_ACTIVE].column);
	*made_of = *base;
	if (f->m->said) {
		const struct column *c = base->rule == RULE_LINK
						 ? fit_column(f, &f->m->table, at, target, false, true)
						 : fit_typed(f, &f->m->table, at, target, optional, base->rule);
		const struct constant *unset = c ? constant_for(&f->m->table, c->name) : NULL;
		if (!c)
			return false;
		made_of->column = mapping_quoted(c->name);
		made_of->type = c;
		if (unset && base->rule == RULE_LINK)
			misfit(f, "column %s of %s can't be a constant: it waits for the record that it refers to",
				c->name, f->m->table.shown);
		else if (unset)
			made_of->unset = fit_constant(f, &f->m->table, at, unset);
	}
	return base->rule != RULE_LINK || fit_link(f, made_of, &f->m->table, at);
}

static const struct field *fit_fields(struct fit *f)
{
	const struct field *base = f->m->base->fields;
	size_t n = 0, room = f->m->custom_n + 1;
	for (const struct field *b = base; b->path; b++)
		room++;
	struct field *fields = made(room * sizeof *fields);
	for (size_t i = 0; base[i].path; i++)
		n += fit_field(f, &base[i], &f->m->fields[i], &fields[n]);
	add_custom(f, fields, &n);
	fields[n] = (struct field){0};
	return fields;
}

static bool has_active(const struct field *fields)
{
	for (const struct field *f = fields; f->path; f++)
		if (f->rule == RULE_ACTIVE)
			return true;
	return false;
}

/* Written by whoever fetches the image, once the row is there. */
static const struct column *image_column(struct fit *f)
{
	const struct mapped_table *t = &f->m->table;
	const struct column *c =
		fit_column(f, t, &f->tables[place_of(f->m, false)], &f->m->keep[KEEP_IMAGE], true, false);
	if (!c || (c->family == FAMILY_TEXT && c->update && !c->computed))
		return c;
	misfit(f, "column %s of %s can't be updated with an image's URL, which is a text: leave image_url out (\"\")",
		c->name, t->shown);
	return NULL;
}

static const struct field *fit_keep(struct fit *f, bool active_is_field)
{
	struct field *keep = made((KEEPS + 1) * sizeof *keep);
	const struct table *at = &f->tables[place_of(f->m, false)];
	for (int k = 0; k < KEEPS; k++) {
		const struct target *target = &f->m->keep[k];
		keep[k] = keep_defaults[k];
		keep[k].column = NULL;
		if (k == KEEP_ID || (k == KEEP_ACTIVE && active_is_field))
			continue;
		enum rule rule = k == KEEP_ACTIVE ? RULE_ACTIVE : keep_defaults[k].rule;
		const struct column *c =
			k == KEEP_IMAGE ? image_column(f) : fit_typed(f, &f->m->table, at, target, true, rule);
		if (!c)
			continue;
		if (k != KEEP_IMAGE && constant_for(&f->m->table, c->name))
			misfit(f, "column %s of %s is a constant, and TDS writes it itself: one of the two", c->name,
				f->m->table.shown);
		keep[k].column = mapping_quoted(c->name);
		keep[k].type = c;
	}
	return keep;
}

/* The default tables: what they must have is known; they may have more, as long as nobody has to fill it. */
static void check_default(struct fit *f)
{
	const struct entity *e = f->m->base;
	const struct table *at = &f->tables[place_of(f->m, false)];
	for (int k = 0; k < KEEPS; k++) {
		bool inserted =
			k == KEEP_ORGANIZATION || k == KEEP_MODIFIED || k == KEEP_SYNCED; /* the others have defaults */
		fit_column(f, &f->m->table, at, &f->m->keep[k], k == KEEP_CREATED || k == KEEP_IMAGE, inserted);
	}
	fit_column(f, &f->m->table, at, &f->m->key, false, true);
	for (size_t i = 0; e->fields[i].path; i++)
		fit_column(f, &f->m->table, at, &f->m->fields[i], false, true);
	fit_done(f, &f->m->table, at, false);
}

static void add_term(struct term *terms, size_t *n, const struct field *keep, const char *value)
{
	struct buf made_of = {0};
	if (!keep->column)
		return;
	statement_fit(&made_of, keep->rule, keep->type, value);
	terms[(*n)++] = (struct term){keep->column, made_of.data};
}

/* What a new row gets beside its fields: here nothing is left to defaults that an ERP's table may not have. */
static const struct term *new_rows(struct fit *f, const struct field *keep)
{
	const struct mapped_table *t = &f->m->table;
	struct term *terms = made((t->constants_n + KEEPS + 1) * sizeof *terms);
	size_t n = 0;
	add_term(terms, &n, &keep[KEEP_ORGANIZATION], "$1::text");
	add_term(terms, &n, &keep[KEEP_ACTIVE], "true");
	add_term(terms, &n, &keep[KEEP_CREATED], "now()");
	add_term(terms, &n, &keep[KEEP_UPDATED], "now()");
	for (size_t i = 0; i < t->constants_n; i++) {
		const struct constant *k = &t->constants[i];
		if (!strcmp(k->to, f->m->key.name))
			misfit(f, "column %s of %s is the key and can't be a constant", k->to, t->shown);
		const char *value = fit_written(f, k->to) ? NULL /* a field's: it stands for what is unset */
							  : fit_constant(f, t, &f->tables[place_of(f->m, false)], k);
		if (value)
			terms[n++] = (struct term){mapping_quoted(k->to), value};
	}
	return terms;
}

static const struct shape *with_new_rows(struct fit *f, const struct shape *s, const struct field *keep)
{
	struct shape *whole = made(sizeof *whole);
	const struct term *insert = new_rows(f, keep);
	if (!s)
		return NULL;
	*whole = *s;
	whole->insert = insert;
	return whole;
}

static bool table_usable(struct fit *f, const struct mapped_table *t, const struct table *at, bool lines)
{
	const char *name = entity_names[f->m->base->id].name;
	if (!at->n)
		misfit(f, "there is no table %s: create it, or name another in mapping.%s%s.table", t->shown, name,
			lines ? ".lines" : "");
	else if (!at->usable)
		misfit(f, "this role may not use schema %s: GRANT USAGE ON SCHEMA %s", t->place.schema,
			mapping_quoted(t->place.schema));
	else if (lines && !at->deletable)
		misfit(f, "this role may not delete from %s, where lines are replaced: GRANT DELETE ON %s", t->shown,
			t->sql);
	else
		return true;
	return false;
}

static const char *fixed_array(const struct fit *f)
{
	struct buf b = {0};
	if (!f->fixed_n)
		return NULL;
	for (size_t i = 0; i < f->fixed_n; i++) {
		buf_str(&b, i ? "," : "{");
		buf_array_item(&b, f->fixed[i], strlen(f->fixed[i]));
	}
	buf_str(&b, "}");
	return b.data;
}

static bool is_quantity(const struct field *f)
{
	return !f->type || f->type->family == FAMILY_NUMBER || f->type->family == FAMILY_INTEGER ||
	       f->type->family == FAMILY_FLOAT;
}

/* The field that has a default column's place; NULL: left out. */
static const struct field *field_of(const struct fit *f, const struct entity *e, const char *default_column)
{
	const struct field *base = f->m->base->fields;
	for (size_t i = 0; base[i].path; i++)
		for (const struct field *own = e->fields; own->path && !strcmp(base[i].column, default_column); own++)
			if (f->m->fields[i].name &&
				!strcmp(own->type ? own->type->name : own->column, f->m->fields[i].name))
				return own;
	return NULL;
}

/* The columns of stock, by the names that they have here; NULL where what lies there, or where it lies, is left out. */
static const char *const *fit_stock(const struct fit *f, const struct entity *e)
{
	const char *const *base = f->m->base->stock;
	size_t n = 0, most = 1;
	for (const char *const *s = base; s && *s; s++)
		most++;
	const char **columns = made(most * sizeof *columns);
	for (const char *const *s = base; s && *s; s++) {
		const struct field *own = field_of(f, e, *s);
		if (own && is_quantity(own))
			columns[n++] = own->column;
		else if (s == base)
			return NULL;
	}
	return n && e->lines ? columns : NULL;
}

static bool has_detail(const struct field *f)
{
	while (f->path && !f->in_detail)
		f++;
	return f->path;
}

static void fit_entity(struct fit *f, struct entity *e)
{
	const struct mapped *m = f->m;
	const struct table *at = &f->tables[place_of(m, false)];
	const struct column *id = fit_id(m, at);
	e->fields = fit_fields(f);
	if (m->said) {
		e->table = m->table.sql;
		e->key = mapping_quoted(m->key.name);
		e->keep = fit_keep(f, has_active(e->fields));
		if (catalogue_column(at, m->key.name))
			fit_column(f, &m->table, at, &m->key, true, true);
		e->shape = with_new_rows(f, fit_shape(f, m, at, false), e->keep);
		fit_done(f, &m->table, at, false);
	} else {
		check_default(f);
	}
	e->lines = fit_lines(f, id);
	if (!e->lines && !has_detail(e->fields))
		e->details = DETAILS_NONE;
	e->stock = fit_stock(f, e);
	e->unlinked = fit_unlinked(f, id);
	e->fixed = fixed_array(f);
}

static bool both_usable(struct fit *f)
{
	const struct mapped *m = f->m;
	bool lines = m->base->lines && *m->lines.place.table;
	bool usable = table_usable(f, &m->table, &f->tables[place_of(m, false)], false);
	return (!lines || table_usable(f, &m->lines, &f->tables[place_of(m, true)], true)) && usable;
}

struct fitted mapping_fit(const struct mapping *all, enum entity_id entity, const struct table *tables)
{
	struct fitted result = {0};
	struct fit *f = made(sizeof *f);
	struct entity *e = made(sizeof *e);
	*f = (struct fit){
		.mapping = all, .m = &all->of[entity], .tables = tables, .why = &result.why, .notes = &result.notes};
	f->fixed = made(FIXED_MAX * sizeof *f->fixed);
	*e = *entities[entity];
	bool all_default = mapping_default(all, entity);
	if (both_usable(f) && all_default) {
		check_default(f);
		fit_lines(f, NULL);
	} else if (!result.why.len) {
		fit_entity(f, e);
	}
	if (!result.why.len)
		result.entity = all_default ? entities[entity] : e;
	if (f->probe.len)
		result.probe = made_text("WITH fixed AS (SELECT $1::text[] AS c) SELECT true%s", f->probe.data);
	buf_free(&f->probe);
	buf_free(&f->missing);
	free(f);
	return result;
}
