/* Looks a column up in the catalogue: whether it is there, may be written, takes what it is to take; and what is wrong, in words
 * that end with what to do. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"
#include "actors/handler/statement_parts.h"

__attribute__((format(printf, 2, 0))) static void add_words(struct buf *to, const char *format, va_list ap)
{
	char words[1024];
	vsnprintf(words, sizeof words, format, ap);
	buf_fmt(to, "%s%s", to->len ? "; " : "", words);
}

void misfit(struct fit *f, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	add_words(f->why, format, ap);
	va_end(ap);
}

void misfit_note(struct fit *f, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	add_words(f->notes, format, ap);
	va_end(ap);
}

const char *fit_fixed(struct fit *f, const char *text)
{
	if (f->fixed_n < FIXED_MAX)
		f->fixed[f->fixed_n++] = text;
	else
		misfit(f, "more than %d constants and custom fields", FIXED_MAX);
	return made_text("(SELECT c[%zu] FROM fixed)", f->fixed_n);
}

static void write_to(struct fit *f, const char *column)
{
	if (f->written_n < WRITTEN_MAX)
		f->written[f->written_n++] = column;
}

bool fit_written(const struct fit *f, const char *column)
{
	for (size_t i = 0; i < f->written_n; i++)
		if (!strcmp(f->written[i], column))
			return true;
	return false;
}

static const char *entity_name(const struct fit *f)
{
	return entity_names[f->m->base->id].name;
}

const struct column *fit_column(struct fit *f, const struct mapped_table *t, const struct table *at,
	const struct target *target, bool optional, bool writes)
{
	const struct column *c = target->name ? catalogue_column(at, target->name) : NULL;
	if (!target->name)
		return NULL;
	if (!c) {
		if (!optional || target->said)
			buf_fmt(&f->missing, "%s%s", f->missing.len ? ", " : "", target->name);
		return NULL;
	}
	bool may = c->select && (!writes || (c->insert && c->update));
	if (writes && c->computed)
		misfit(f, "column %s of %s is computed and can't be written: leave it out", c->name, t->shown);
	else if (!may)
		misfit(f, "this role may not %s column %s of %s: GRANT it the right to%s", writes ? "write" : "read",
			c->name, t->shown, writes && at->view ? " (a view must pass it on)" : "");
	if (writes && fit_written(f, c->name))
		misfit(f,
			"column %s of %s is written to twice: name another column for one of the two, or leave it out (\"\")",
			c->name, t->shown);
	if (writes)
		write_to(f, c->name);
	return may && !(writes && c->computed) ? c : NULL;
}

const struct column *fit_typed(struct fit *f, const struct mapped_table *t, const struct table *at,
	const struct target *target, bool optional, enum rule rule)
{
	const struct column *c = fit_column(f, t, at, target, optional, true);
	bool active = rule == RULE_ACTIVE && c && c->family == FAMILY_TEXT;
	const char *what = c && !active ? statement_unfit(rule, c) : active ? "true or false" : NULL;
	if (!what)
		return c;
	misfit(f, "column %s of %s is %s, which can't hold %s: change it, or leave it out (\"\")", c->name, t->shown,
		c->type, what);
	return NULL;
}

const struct constant *constant_for(const struct mapped_table *t, const char *column)
{
	for (size_t i = 0; i < t->constants_n; i++)
		if (!strcmp(t->constants[i].to, column))
			return &t->constants[i];
	return NULL;
}

const char *fit_constant(
	struct fit *f, const struct mapped_table *t, const struct table *at, const struct constant *constant)
{
	const struct target target = {.name = constant->to, .said = true};
	bool stands_in = fit_written(f, constant->to); /* for what a field leaves unset */
	const struct column *c = fit_column(f, t, at, &target, false, !stands_in);
	if (!c)
		return NULL;
	const char *value = made_text("%s::%s", fit_fixed(f, constant->value), c->type);
	buf_fmt(&f->probe, ", %s", value);
	return value;
}

static void say_missing(struct fit *f, const struct mapped_table *t, bool lines)
{
	const char *name = entity_name(f);
	if (f->m->said)
		misfit(f,
			"%s has no column %s: name the table's own in mapping.%s%s.columns, or leave out what it has no place for"
			" (\"\")",
			t->shown, f->missing.data, name, lines ? ".lines" : "");
	else
		misfit(f, "%s has no column %s: add it, or say in mapping.%s%s.columns what it is called", t->shown,
			f->missing.data, name, lines ? ".lines" : "");
}

void fit_done(struct fit *f, const struct mapped_table *t, const struct table *at, bool lines)
{
	if (f->missing.len)
		say_missing(f, t, lines);
	for (size_t i = 0; i < at->n; i++) {
		const struct column *c = &at->columns[i];
		if (c->not_null && !c->filled && !c->computed && !fit_written(f, c->name))
			misfit(f,
				"column %s of %s takes no NULL, has no default and is not mapped: map it, give it a default, or"
				" say what new rows get: mapping.%s%s.constants : { %s = \"...\"; }",
				c->name, t->shown, entity_name(f), lines ? ".lines" : "", c->name);
	}
	buf_reset(&f->missing);
	f->written_n = 0;
}
