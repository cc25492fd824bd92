/* Owns what is written one after the other in `mapping.ENTITY`: custom fields and constants; and how names and texts in it
 * must look. */
#include "config/mapping_group.h"
#include "config/memory.h"
#include "config/value.h"
#include <assert.h>
#include <string.h>

struct origin group_origin(const struct reading *r, const config_setting_t *s)
{
	return (struct origin){r->file, (int)config_setting_source_line(s)};
}

void group_say(struct group *g, const char *name, const char *value)
{
	strings_add(g->r->c, g->texts, config_format(g->r->c, "%s%s = %s", g->lines ? "lines." : "", name, value));
}

const char *group_text(struct group *g, const config_setting_t *s, const char *key)
{
	char room[VALUE_TEXT_BYTES];
	const char *text = config_setting_get_string(s);
	if (text == NULL)
		REFUSE(g, s, key, "is %s, must be a text in quotes", reading_shown(s, room));
	return text;
}

bool name_good(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return n > 0 && n <= MAPPING_NAME_BYTES_MAX && strstr(name, " = ") == NULL;
}

int check_name(struct group *g, const config_setting_t *s, const char *key, const char *name)
{
	char room[VALUE_TEXT_BYTES];
	assert(name != NULL);
	return name_good(name, strlen(name)) ? 0
					     : REFUSE(g, s, key, "is %s, must be a column's name of 1 to %d bytes",
						       value_quoted(name, room), MAPPING_NAME_BYTES_MAX);
}

/* A column of the ERP's has one writer. */
int take_target(struct group *g, const config_setting_t *s, const char *key, const char *target, const char *by)
{
	for (size_t i = 0; i < g->targets.n; i++)
		if (strcmp(g->targets.at[i], target) == 0)
			return REFUSE(g, s, key, "is \"%s\", which %s is written to as well", target, g->sayers.at[i]);
	strings_add(g->r->c, &g->targets, config_text(g->r->c, target, strlen(target)));
	strings_add(g->r->c, &g->sayers, config_text(g->r->c, by, strlen(by)));
	return 0;
}

static const char *const custom_types[] = {"text", "number", "integer", "flag", "date", "time", "json"};

static bool type_good(const char *type)
{
	for (size_t i = 0; i < sizeof custom_types / sizeof *custom_types; i++)
		if (strcmp(custom_types[i], type) == 0)
			return true;
	return false;
}

/* The members of a { ... } in a list, which all are texts and all are needed. */
static int read_members(struct group *g, const config_setting_t *s, const char *key, size_t n,
	const char *const names[], const char *values[])
{
	if (!config_setting_is_group(s))
		return REFUSE(g, s, key, "isn't a group { ... }");
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *m = config_setting_get_elem(s, (unsigned)i);
		char of[KEY_BYTES];
		size_t at = 0;
		while (at < n && strcmp(names[at], config_setting_name(m)) != 0)
			at++;
		snprintf(of, sizeof of, "%s.%.64s", key, config_setting_name(m));
		if (at == n)
			return REFUSE(g, m, of, "no such key; there are %s, %s%s%s", names[0], names[1],
				n > 2 ? ", " : "", n > 2 ? names[2] : "");
		if ((values[at] = group_text(g, m, of)) == NULL)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (values[i] == NULL)
			return REFUSE(g, s, key, "has no %s", names[i]);
	return 0;
}

static int read_custom_entry(struct group *g, const config_setting_t *s, const char *key)
{
	static const char *const names[] = {"from", "to", "type"};
	const char *values[3] = {NULL};
	char room[VALUE_TEXT_BYTES];
	if (read_members(g, s, key, 3, names, values) != 0 || check_name(g, s, key, values[1]) != 0 ||
		take_target(g, s, key, values[1], values[0]) != 0)
		return -1;
	if (values[0][0] == '\0')
		return REFUSE(g, s, key, "has an empty from: the field's API name (\"cf_color\"), label or id");
	if (!type_good(values[2]))
		return REFUSE(g, s, key, "has the type %s, must be text, number, integer, flag, date, time or json",
			value_quoted(values[2], room));
	group_say(g, config_format(g->r->c, "custom.%s.%s", values[2], values[1]), values[0]);
	return 0;
}

int read_custom(struct group *g, const config_setting_t *s, const char *key)
{
	if (!config_setting_is_list(s))
		return REFUSE(
			g, s, key, "must be a list ( { from = \"cf_color\"; to = \"color\"; type = \"text\"; } )");
	for (int i = 0; i < config_setting_length(s); i++) {
		char of[KEY_BYTES];
		snprintf(of, sizeof of, "%s[%d]", key, i);
		if (read_custom_entry(g, config_setting_get_elem(s, (unsigned)i), of) != 0)
			return -1;
	}
	return 0;
}

static int take_constant(struct group *g, const config_setting_t *s, const char *key, const char *to, const char *value)
{
	if (check_name(g, s, key, to) != 0)
		return -1;
	for (size_t i = 0; i < g->constants.n; i++)
		if (strcmp(g->constants.at[i], to) == 0)
			return REFUSE(g, s, key, "is given twice");
	strings_add(g->r->c, &g->constants, config_text(g->r->c, to, strlen(to)));
	group_say(g, config_format(g->r->c, "constants.%s", to), value);
	return 0;
}

/* { company_id = "7"; }, or ( { to = "company id"; value = "7"; } ) for names that libconfig's keys can't be. */
int read_constants(struct group *g, const config_setting_t *s, const char *key)
{
	static const char *const names[] = {"to", "value"};
	if (!config_setting_is_group(s) && !config_setting_is_list(s))
		return REFUSE(g, s, key, "must be a group { their_column = \"value\"; ... }");
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *c = config_setting_get_elem(s, (unsigned)i);
		const char *values[2] = {NULL};
		char of[KEY_BYTES];
		if (config_setting_is_list(s)) {
			snprintf(of, sizeof of, "%s[%d]", key, i);
			if (read_members(g, c, of, 2, names, values) != 0)
				return -1;
		} else {
			values[0] = config_setting_name(c);
			snprintf(of, sizeof of, "%s.%.64s", key, values[0]);
			if ((values[1] = group_text(g, c, of)) == NULL)
				return -1;
		}
		if (take_constant(g, c, of, values[0], values[1]) != 0)
			return -1;
	}
	return 0;
}
