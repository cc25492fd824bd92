/* Owns how the group `mapping.ENTITY` of a file becomes texts: every name in it is one that the entity has, every name of
 * the ERP's one that PostgreSQL could have, and no column is written twice. Whether it is there, the handler finds out. */
#include "config/mapping_group.h"
#include "config/memory.h"
#include "config/value.h"
#include <string.h>

/* By place: the columns that may be named; NULL behind the last. */
static const char *column_at(const struct group *g, size_t i)
{
	const struct field *f = g->lines ? g->e->lines->fields : g->e->fields;
	for (; f->path != NULL; f++)
		if (i-- == 0)
			return f->column;
	const struct lines *l = g->e->lines;
	const char *own[] = {"organization_id", NULL, NULL, NULL};
	if (g->lines) {
		own[1] = l->parent_key;
		own[2] = l->parent_column;
		own[3] = l->order_column;
		return i < 4 ? own[i] : NULL;
	}
	for (enum keep k = 0; k < (g->e->image != NULL ? KEEPS : KEEP_IMAGE); k++)
		if (i-- == 0)
			return keep_defaults[k].column;
	return NULL;
}

static bool has_column(const struct group *g, const char *name)
{
	const char *column;
	for (size_t i = 0; (column = column_at(g, i)) != NULL; i++)
		if (strcmp(column, name) == 0)
			return true;
	return false;
}

static const char *nearest_column(const struct group *g, const char *name)
{
	const char *column, *nearest = "";
	size_t best = SIZE_MAX;
	for (size_t i = 0; (column = column_at(g, i)) != NULL; i++) {
		size_t d = edit_distance(name, column);
		if (d < best) {
			best = d;
			nearest = column;
		}
	}
	return nearest;
}

static int read_column(struct group *g, const config_setting_t *s, const char *key)
{
	const char *name = config_setting_name(s), *target = group_text(g, s, key);
	if (target == NULL)
		return -1;
	if (!g->lines && strcmp(name, g->e->key) == 0)
		return REFUSE(g, s, key, "is the key: %s.key = \"...\"", g->key);
	if (!has_column(g, name))
		return REFUSE(g, s, key, "no such column; did you mean %s?", nearest_column(g, name));
	group_say(g, config_format(g->r->c, "columns.%s", name), target);
	if (target[0] == '\0')
		return 0;
	if (check_name(g, s, key, target) != 0)
		return -1;
	return strcmp(name, "id") == 0 ? 0 : take_target(g, s, key, target, name);
}

static int read_columns(struct group *g, const config_setting_t *s, const char *key)
{
	if (!config_setting_is_group(s))
		return REFUSE(g, s, key, "must be a group { our_column = \"their_column\"; ... }");
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *c = config_setting_get_elem(s, (unsigned)i);
		char of[KEY_BYTES];
		snprintf(of, sizeof of, "%s.%.64s", key, config_setting_name(c));
		if (read_column(g, c, of) != 0)
			return -1;
	}
	return 0;
}

/* "items" or "erp.items"; lines without a table are not written. */
static int read_table(struct group *g, const config_setting_t *s, const char *key)
{
	char room[VALUE_TEXT_BYTES];
	const char *table = group_text(g, s, key);
	if (table == NULL)
		return -1;
	const char *dot = strchr(table, '.'), *name = dot == NULL ? table : dot + 1;
	bool good = name_good(name, strlen(name)) && (dot == NULL || name_good(table, (size_t)(dot - table)));
	if (!good && !(g->lines && table[0] == '\0'))
		return REFUSE(g, s, key, "is %s, must be a table's name, such as \"items\" or \"erp.items\"",
			value_quoted(table, room));
	group_say(g, "table", table);
	return 0;
}

static int read_key(struct group *g, const config_setting_t *s, const char *key)
{
	const char *name = group_text(g, s, key);
	if (name == NULL || check_name(g, s, key, name) != 0 || take_target(g, s, key, name, "key") != 0)
		return -1;
	group_say(g, "key", name);
	return 0;
}

static int read_group(struct group *g, const config_setting_t *s);

static int read_lines(struct group *g, const config_setting_t *s, const char *key)
{
	struct group lines = {.r = g->r, .e = g->e, .lines = true, .texts = g->texts};
	snprintf(lines.key, sizeof lines.key, "%s", key);
	if (g->e->lines == NULL)
		return REFUSE(g, s, key, "%s has no lines", entity_names[g->e->id].name);
	if (!config_setting_is_group(s))
		return REFUSE(g, s, key, "must be a group { table = \"...\"; ... }");
	return read_group(&lines, s);
}

static const struct part {
	const char *name;
	int (*read)(struct group *, const config_setting_t *, const char *key);
	bool of_lines;
} parts[] = {
	{"table", read_table, true},
	{"key", read_key, false},
	{"columns", read_columns, true},
	{"custom", read_custom, false},
	{"constants", read_constants, true},
	{"lines", read_lines, false},
};
enum { PARTS = sizeof parts / sizeof *parts };

static const char *nearest_part(const struct group *g, const char *name)
{
	const char *nearest = "";
	size_t best = SIZE_MAX;
	for (size_t i = 0; i < PARTS; i++) {
		size_t d = edit_distance(name, parts[i].name);
		if (d < best && (parts[i].of_lines || !g->lines)) {
			best = d;
			nearest = parts[i].name;
		}
	}
	return nearest;
}

static int read_part(struct group *g, const config_setting_t *s)
{
	char key[KEY_BYTES];
	const char *name = config_setting_name(s);
	snprintf(key, sizeof key, "%s.%.64s", g->key, name);
	for (size_t i = 0; i < PARTS; i++)
		if (strcmp(parts[i].name, name) == 0 && (parts[i].of_lines || !g->lines))
			return parts[i].read(g, s, key);
	return REFUSE(g, s, key, "no such key; did you mean %s?", nearest_part(g, name));
}

static int read_group(struct group *g, const config_setting_t *s)
{
	for (int i = 0; i < config_setting_length(s); i++)
		if (read_part(g, config_setting_get_elem(s, (unsigned)i)) != 0)
			return -1;
	return 0;
}

int reading_mapping(
	struct reading *r, const struct parameter *p, const struct config_setting_t *s, struct strings *texts)
{
	enum entity_id id = entity_by_name(str_of(p->key));
	struct group g = {.r = r, .e = entities[id], .texts = texts};
	char wanted[VALUE_TEXT_BYTES];
	snprintf(g.key, sizeof g.key, "%s", p->name);
	if (!config_setting_is_group(s))
		return REFUSE(&g, s, p->name, "must be %s", value_wanted(p, wanted));
	return read_group(&g, s);
}
