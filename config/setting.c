/* Owns the conversion of one libconfig setting into texts: its type is checked here, because libconfig gladly gives 0
 * for a text that was meant as a number. */
#include "config/libconfig_only.h"
#include "config/memory.h"
#include "config/reading.h"
#include "config/schedule.h"
#include <inttypes.h>
#include <string.h>

const char *reading_shown(const config_setting_t *s, char *room)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(room, VALUE_TEXT_BYTES, "%lld", config_setting_get_int64(s));
		return room;
	case CONFIG_TYPE_FLOAT:
		snprintf(room, VALUE_TEXT_BYTES, "%g", config_setting_get_float(s));
		return room;
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(s) ? "true" : "false";
	case CONFIG_TYPE_STRING:
		return value_quoted(config_setting_get_string(s), room);
	case CONFIG_TYPE_GROUP:
		return "a group";
	default:
		return "a list";
	}
}

static struct origin origin_of(const struct reading *r, const config_setting_t *s)
{
	return (struct origin){r->file, (int)config_setting_source_line(s)};
}

static int refuse_type(struct reading *r, const struct parameter *p, const config_setting_t *s)
{
	char shown[VALUE_TEXT_BYTES], wanted[VALUE_TEXT_BYTES];
	bool hide = parameter_secret(p) && config_setting_is_scalar(s);
	return reading_refuse(r, origin_of(r, s), p->name, "is %s, must be %s",
		hide ? "not such" : reading_shown(s, shown), value_wanted(p, wanted));
}

/* The text of a scalar; NULL where its type isn't the parameter's. */
static char *scalar_text(struct reading *r, const struct parameter *p, const config_setting_t *s)
{
	int type = config_setting_type(s);
	bool whole = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
	if (p->type == PARAM_INTEGER || p->type == PARAM_FRACTION) {
		if (whole)
			return config_format(r->c, "%lld", config_setting_get_int64(s));
		if (type == CONFIG_TYPE_FLOAT && p->type == PARAM_FRACTION)
			return config_format(r->c, "%.17g", config_setting_get_float(s));
		return NULL;
	}
	if (p->type == PARAM_FLAG)
		return type != CONFIG_TYPE_BOOL	    ? NULL
		       : config_setting_get_bool(s) ? config_text(r->c, "true", 4)
						    : config_text(r->c, "false", 5);
	if (type != CONFIG_TYPE_STRING)
		return NULL;
	const char *text = config_setting_get_string(s);
	return config_text(r->c, text, strlen(text));
}

static int list_texts(struct reading *r, const struct parameter *p, const config_setting_t *s, struct strings *texts)
{
	char room[VALUE_TEXT_BYTES];
	for (int i = 0; i < config_setting_length(s); i++) {
		const config_setting_t *entry = config_setting_get_elem(s, (unsigned)i);
		if (config_setting_type(entry) != CONFIG_TYPE_STRING)
			return reading_refuse(r, origin_of(r, entry), p->name,
				"entry %d is %s, must be a text in quotes", i + 1,
				parameter_secret(p) ? "no text" : reading_shown(entry, room));
		const char *text = config_setting_get_string(entry);
		strings_add(r->c, texts, config_text(r->c, text, strlen(text)));
	}
	return 0;
}

struct schedule_words {
	const char *name, *every, *at;
	bool incremental;
};

static bool schedule_flag(bool *flag, const config_setting_t *m, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES];
	bool good = config_setting_type(m) == CONFIG_TYPE_BOOL;
	snprintf(why, VALUE_WHY_BYTES, "is %s, must be true or false", reading_shown(m, room));
	*flag = good && config_setting_get_bool(m);
	return good;
}

static bool schedule_member(struct schedule_words *w, const config_setting_t *m, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES];
	int64_t ns;
	int minute;
	const char *key = config_setting_name(m);
	const char **word = strcmp(key, "name") == 0	? &w->name
			    : strcmp(key, "every") == 0 ? &w->every
			    : strcmp(key, "at") == 0	? &w->at
							: NULL;
	if (strcmp(key, "incremental") == 0)
		return schedule_flag(&w->incremental, m, why);
	if (word == NULL) {
		snprintf(why, VALUE_WHY_BYTES, "no such key; there are name, every, at and incremental");
		return false;
	}
	if (config_setting_type(m) != CONFIG_TYPE_STRING) {
		snprintf(why, VALUE_WHY_BYTES, "is %s, must be a text in quotes", reading_shown(m, room));
		return false;
	}
	*word = config_setting_get_string(m);
	return word == &w->name ? config_schedule_name_good(*word, why)
	       : word == &w->at ? config_schedule_at(*word, &minute, why)
				: config_schedule_every(*word, &ns, why);
}

static int schedule_entry(struct reading *r, const config_setting_t *entry, int at, struct strings *texts)
{
	struct schedule_words w = {0};
	char key[PARAMETER_NAME_BYTES], why[VALUE_WHY_BYTES];
	if (!config_setting_is_group(entry))
		return reading_refuse(
			r, origin_of(r, entry), "sync.schedule", "entry %d isn't a group { ... }", at + 1);
	for (int i = 0; i < config_setting_length(entry); i++) {
		const config_setting_t *m = config_setting_get_elem(entry, (unsigned)i);
		snprintf(key, sizeof key, "sync.schedule[%d].%.32s", at, config_setting_name(m));
		if (!schedule_member(&w, m, why))
			return reading_refuse(r, origin_of(r, m), key, "%s", why);
	}
	snprintf(key, sizeof key, "sync.schedule[%d]", at);
	if (w.name == NULL)
		return reading_refuse(r, origin_of(r, entry), key, "has no name");
	if ((w.every == NULL) == (w.at == NULL))
		return reading_refuse(r, origin_of(r, entry), key,
			"has %s; give one of every = \"30m\" and at = \"02:00\"",
			w.at == NULL ? "neither every nor at" : "both every and at");
	strings_add(r->c, texts,
		config_format(r->c, "%s %s %s%s", w.name, w.at != NULL ? "at" : "every", w.at != NULL ? w.at : w.every,
			w.incremental ? " incremental" : ""));
	return 0;
}

int reading_setting(
	struct reading *r, const struct parameter *p, const struct config_setting_t *s, struct strings *texts)
{
	*texts = (struct strings){NULL, 0};
	bool list = config_setting_is_list(s) || config_setting_is_array(s);
	if (p->type == PARAM_RESERVED)
		return config_setting_is_aggregate(s) && config_setting_length(s) == 0 ? 0 : refuse_type(r, p, s);
	if (p->type == PARAM_MAPPING)
		return reading_mapping(r, p, s, texts);
	if (parameter_list(p) != list)
		return refuse_type(r, p, s);
	if (p->type == PARAM_SCHEDULES) {
		for (int i = 0; i < config_setting_length(s); i++)
			if (schedule_entry(r, config_setting_get_elem(s, (unsigned)i), i, texts) != 0)
				return -1;
		return 0;
	}
	if (list)
		return list_texts(r, p, s, texts);
	char *text = scalar_text(r, p, s);
	if (text == NULL)
		return refuse_type(r, p, s);
	strings_add(r->c, texts, text);
	return 0;
}
