/* The lines of an entity with the ERP's names: rows that are found by own id of their record or by its Zoho id. */
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"
#include "actors/handler/statement_parts.h"

struct line_fit {
	struct fit *f;
	const struct mapped_table *t;
	const struct table *at;
};

static bool line_field(
	const struct line_fit *w, const struct field *base, const struct target *target, struct field *made_of)
{
	*made_of = *base;
	if (w->f->m->said) {
		const struct column *c = base->rule == RULE_LINK
						 ? fit_column(w->f, w->t, w->at, target, false, true)
						 : fit_typed(w->f, w->t, w->at, target, false, base->rule);
		const struct constant *unset = c ? constant_for(w->t, c->name) : NULL;
		if (!c)
			return false;
		made_of->column = mapping_quoted(c->name);
		made_of->type = c;
		if (unset)
			made_of->unset = fit_constant(w->f, w->t, w->at, unset);
	} else {
		fit_column(w->f, w->t, w->at, target, false, true);
	}
	return base->rule != RULE_LINK || fit_link(w->f, made_of, w->t, w->at);
}

static const struct field *line_fields(const struct line_fit *w)
{
	const struct field *base = w->f->m->base->lines->fields;
	size_t n = 0, room = 1;
	for (const struct field *b = base; b->path; b++)
		room++;
	struct field *fields = made(room * sizeof *fields);
	for (size_t i = 0; base[i].path; i++)
		n += line_field(w, &base[i], &w->f->m->line_fields[i], &fields[n]);
	fields[n] = (struct field){0};
	return fields;
}

static bool is_field(const struct field *fields, const char *quoted)
{
	for (const struct field *f = fields; f->path; f++)
		if (!strcmp(f->column, quoted))
			return true;
	return false;
}

/* Organisation where there is a column for it, and constants that no field has. */
static const struct shape *line_shape(const struct line_fit *w, const struct field *fields)
{
	struct shape *s = made(sizeof *s);
	struct term *scope = made(2 * sizeof *scope), *insert = made((w->t->constants_n + 2) * sizeof *insert);
	size_t n = 0;
	const struct column *c = fit_typed(w->f, w->t, w->at, &w->f->m->line_organization, true, RULE_ID);
	if (c) {
		struct buf value = {0};
		statement_fit(&value, RULE_ID, c, "$1::text");
		scope[0] = insert[n++] = (struct term){mapping_quoted(c->name), value.data};
	}
	for (size_t i = 0; i < w->t->constants_n; i++) {
		const struct constant *k = &w->t->constants[i];
		const char *column = mapping_quoted(k->to);
		const char *value = is_field(fields, column) ? NULL : fit_constant(w->f, w->t, w->at, k);
		if (value)
			insert[n++] = (struct term){column, value};
	}
	s->scope = scope;
	s->insert = insert;
	s->view = w->at->view;
	return s;
}

/* The column of own id of the record: it has to take it. */
static const struct column *parent_column(const struct line_fit *w, const struct column *id)
{
	const struct column *c = fit_column(w->f, w->t, w->at, &w->f->m->line_parent, false, true);
	if (!c || !id || link_type_good(id, c))
		return c;
	misfit(w->f,
		"column %s of %s is %s, which can't hold the ids of %s (%s): name another table or column in"
		" mapping.%s.lines, or leave it out (\"\")",
		c->name, w->t->shown, c->type, w->f->m->table.shown, id->type, entity_names[w->f->m->base->id].name);
	return NULL;
}

static const struct column *zoho_column(const struct line_fit *w)
{
	const struct column *c = fit_column(w->f, w->t, w->at, &w->f->m->line_zoho, false, true);
	if (c && !key_type_good(c))
		misfit(w->f,
			"column %s of %s is %s, which can't hold Zoho's ids of up to 19 digits: text or bigint can",
			c->name, w->t->shown, c->type);
	return c;
}

static void columns_of_record(const struct line_fit *w, struct lines *l, const struct column *id)
{
	const struct column *order = fit_typed(w->f, w->t, w->at, &w->f->m->line_order, false, RULE_INTEGER);
	l->parent = parent_column(w, id);
	l->zoho = zoho_column(w);
	if (!w->f->m->line_parent.name && !w->f->m->line_zoho.name)
		misfit(w->f,
			"nothing in %s says which record a row belongs to: map %s or %s in mapping.%s.lines.columns",
			w->t->shown, l->parent_key, l->parent_column, entity_names[w->f->m->base->id].name);
	if (!w->f->m->said)
		return;
	l->order_column = order ? mapping_quoted(order->name) : NULL;
	l->parent_column = l->parent ? mapping_quoted(l->parent->name) : NULL;
	l->parent_key = l->zoho ? mapping_quoted(l->zoho->name) : NULL;
}

const struct lines *fit_lines(struct fit *f, const struct column *id)
{
	const struct lines *base = f->m->base->lines;
	struct line_fit w = {f, &f->m->lines, &f->tables[place_of(f->m, true)]};
	if (!base || !*f->m->lines.place.table)
		return NULL;
	struct lines *l = made(sizeof *l);
	*l = *base;
	columns_of_record(&w, l, id);
	l->fields = line_fields(&w);
	if (f->m->said) {
		l->table = f->m->lines.sql;
		l->shape = line_shape(&w, l->fields);
	} else {
		l->parent = l->zoho = NULL;
		fit_column(f, w.t, w.at, &f->m->line_organization, false, true);
	}
	fit_done(f, w.t, w.at, true);
	return l;
}
