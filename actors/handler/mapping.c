/* Owns the names: what each entity's table, key and columns are called, by default or as the configuration says. */
#include "config/mapping.h"
#include <stdio.h>
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping_private.h"

const char *mapping_quoted(const char *name)
{
	struct buf b = {0};
	buf_str(&b, "\"");
	for (const char *p = name; *p; p++)
		buf_add(&b, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
	buf_str(&b, "\"");
	return b.data;
}

static struct mapped_table default_table(const struct config *c, const char *name)
{
	return (struct mapped_table){
		.place = {.schema = c->database_schema, .table = name}, .sql = name, .shown = name};
}

static void take_table(struct mapped_table *t, const struct config *c, const char *value)
{
	const char *dot = strchr(value, '.'), *name = dot ? dot + 1 : value;
	const char *schema = dot ? made_text("%.*s", (int)(dot - value), value) : c->database_schema;
	t->place = (struct place){.schema = schema, .table = name};
	t->shown = value;
	t->sql = dot ? made_text("%s.%s", mapping_quoted(schema), mapping_quoted(name)) : mapping_quoted(name);
}

static size_t fields_n(const struct field *fields)
{
	size_t n = 0;
	while (fields[n].path)
		n++;
	return n;
}

static struct target *default_targets(const struct field *fields)
{
	size_t n = fields_n(fields);
	struct target *t = made(n * sizeof *t);
	for (size_t i = 0; i < n; i++)
		t[i].name = fields[i].column;
	return t;
}

static void by_default(struct mapped *m, const struct config *c, const struct entity *e)
{
	m->base = e;
	m->table = default_table(c, e->table);
	m->key.name = e->key;
	m->fields = default_targets(e->fields);
	for (int k = 0; k < (e->image ? KEEPS : KEEP_IMAGE); k++)
		m->keep[k].name = keep_defaults[k].column;
	if (!e->lines)
		return;
	m->lines = default_table(c, e->lines->table);
	m->line_organization.name = keep_defaults[KEEP_ORGANIZATION].column;
	m->line_zoho.name = e->lines->parent_key;
	m->line_parent.name = e->lines->parent_column;
	m->line_order.name = e->lines->order_column;
	m->line_fields = default_targets(e->lines->fields);
}

static void set(struct target *t, const char *ours, struct str name, const char *theirs)
{
	if (ours && str_eq(name, ours))
		*t = (struct target){.name = *theirs ? theirs : NULL, .said = true};
}

static void take_column(struct mapped *m, bool lines, struct str name, const char *theirs)
{
	const struct entity *e = m->base;
	const struct field *fields = lines ? e->lines->fields : e->fields;
	for (size_t i = 0; fields[i].path; i++)
		set(lines ? &m->line_fields[i] : &m->fields[i], fields[i].column, name, theirs);
	for (int k = 0; k < KEEPS && !lines; k++)
		set(&m->keep[k], keep_defaults[k].column, name, theirs);
	if (!lines)
		return;
	set(&m->line_organization, keep_defaults[KEEP_ORGANIZATION].column, name, theirs);
	set(&m->line_zoho, e->lines->parent_key, name, theirs);
	set(&m->line_parent, e->lines->parent_column, name, theirs);
	set(&m->line_order, e->lines->order_column, name, theirs);
}

static enum rule custom_rule(struct str type)
{
	static const struct {
		const char *name;
		enum rule rule;
	} types[] = {{"text", RULE_TEXT}, {"number", RULE_NUMBER}, {"integer", RULE_INTEGER}, {"flag", RULE_FLAG},
		{"date", RULE_DATE}, {"time", RULE_TIME}, {"json", RULE_JSON}};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(type, types[i].name))
			return types[i].rule;
	return RULE_TEXT;
}

static void take(struct mapped *m, const struct config *c, const struct mapping_said *s)
{
	struct mapped_table *t = s->lines ? &m->lines : &m->table;
	switch (s->what) {
	case MAPPING_TABLE:
		take_table(t, c, s->value);
		break;
	case MAPPING_KEY:
		m->key = (struct target){.name = s->value, .said = true};
		break;
	case MAPPING_COLUMN:
		take_column(m, s->lines, s->name, s->value);
		break;
	case MAPPING_CUSTOM:
		m->custom[m->custom_n++] = (struct custom_said){.from = s->value,
			.to = made_text("%.*s", (int)s->name.len, s->name.data),
			.rule = custom_rule(s->type)};
		break;
	case MAPPING_CONSTANT:
		t->constants[t->constants_n++] =
			(struct constant){.to = made_text("%.*s", (int)s->name.len, s->name.data), .value = s->value};
		break;
	}
}

struct mapping *mapping_of(const struct config *c)
{
	struct mapping *all = made(sizeof *all);
	for (int e = 1; e < ENTITIES; e++) {
		const struct strings *texts = config_mapping(c, entity_names[e].name);
		struct mapped *m = &all->of[e];
		struct mapping_said said;
		by_default(m, c, entities[e]);
		m->said = texts->n > 0;
		m->custom = made(texts->n * sizeof *m->custom);
		m->table.constants = made(texts->n * sizeof *m->table.constants);
		m->lines.constants = made(texts->n * sizeof *m->lines.constants);
		for (size_t i = 0; i < texts->n; i++)
			if (mapping_read(texts->at[i], &said) && (!said.lines || entities[e]->lines))
				take(m, c, &said);
	}
	return all;
}

static bool refers(const struct field *fields, const char *table)
{
	for (const struct field *f = fields; f->path; f++)
		if (f->rule == RULE_LINK && !strcmp(f->link->table, table))
			return true;
	return false;
}

static bool refers_to(const struct entity *e, const char *table)
{
	return refers(e->fields, table) || (e->lines && refers(e->lines->fields, table));
}

bool mapping_concerns(enum entity_id entity, enum entity_id other)
{
	const struct entity *e = entities[entity], *o = entities[other];
	bool waits = false;
	for (const struct backlink *b = e->backlinks; b && b->table; b++)
		waits = waits || !strcmp(b->table, o->table) || (o->lines && !strcmp(b->table, o->lines->table));
	return e == o || waits || refers_to(e, o->table);
}

bool mapping_default(const struct mapping *all, enum entity_id entity)
{
	for (int e = 1; e < ENTITIES; e++)
		if (all->of[e].said && (!entity || mapping_concerns(entity, (enum entity_id)e)))
			return false;
	return true;
}

void mapping_places(const struct mapping *all, enum entity_id entity, struct place places[MAPPING_PLACES])
{
	bool others = !mapping_default(all, entity);
	for (size_t i = 0; i < MAPPING_PLACES; i++)
		places[i] = (struct place){"", ""};
	for (int e = 1; e < ENTITIES; e++) {
		const struct mapped *m = &all->of[e];
		if (entity && e != (int)entity && !(others && mapping_concerns(entity, (enum entity_id)e)))
			continue;
		places[place_of(m, false)] = m->table.place;
		if (m->base->lines)
			places[place_of(m, true)] = m->lines.place;
	}
}

const char *mapping_mark(const struct config *c, enum entity_id entity)
{
	const struct strings *texts = config_mapping(c, entity_names[entity].name);
	uint64_t hash = 14695981039346656037U;
	struct mapping_said said;
	if (!texts->n)
		return "default";
	for (size_t i = 0; i < texts->n; i++) {
		if (!mapping_read(texts->at[i], &said) || said.what == MAPPING_CONSTANT)
			continue;
		for (const char *p = texts->at[i];; p++) {
			hash = (hash ^ (unsigned char)*p) * 1099511628211U;
			if (!*p)
				break;
		}
	}
	return made_text("%016llx", (unsigned long long)hash);
}
