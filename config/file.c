/* Owns how one configuration file becomes values: source looked at, parsed by libconfig, every key in it known. */
#include "config/libconfig_only.h"
#include "config/memory.h"
#include "config/reading.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct origin origin_of(const struct reading *r, const config_setting_t *s)
{
	return (struct origin){r->file, (int)config_setting_source_line(s)};
}

/* "zoho.client_secret_file" → zoho.client_secret */
static const struct parameter *secret_of_file_key(const char *name)
{
	static const char suffix[] = "_file";
	char key[PARAMETER_NAME_BYTES];
	size_t n = strlen(name);
	if (n < sizeof suffix || n >= sizeof key || strcmp(name + n - strlen(suffix), suffix) != 0)
		return NULL;
	snprintf(key, sizeof key, "%.*s", (int)(n - strlen(suffix)), name);
	const struct parameter *p = parameter_named(key);
	return p != NULL && parameter_secret(p) ? p : NULL;
}

static int read_secret_path(struct reading *r, const struct parameter *p, const char *name, const config_setting_t *s)
{
	size_t i = parameter_index(p);
	const char *path = config_setting_get_string(s);
	if (path == NULL || path[0] == '\0')
		return reading_refuse(r, origin_of(r, s), name, "must be the path of a file, in quotes");
	if (r->from[i].file == r->file)
		return reading_refuse(r, origin_of(r, s), name, "given beside %s: keep one of the two", p->name);
	r->secret_file[i] = config_text(r->c, path, strlen(path));
	r->secret_from[i] = origin_of(r, s);
	return 0;
}

static int read_key(struct reading *r, const char *name, const config_setting_t *s)
{
	struct strings texts;
	const struct parameter *p = parameter_named(name), *secret = secret_of_file_key(name);
	if (p == NULL && secret != NULL)
		return read_secret_path(r, secret, name, s);
	if (p == NULL)
		return reading_refuse(
			r, origin_of(r, s), name, "no such key; did you mean %s?", parameter_nearest(name));
	size_t i = parameter_index(p);
	if (r->secret_file[i] != NULL && r->secret_from[i].file == r->file)
		return reading_refuse(r, origin_of(r, s), name, "given beside %s_file: keep one of the two", name);
	if (reading_setting(r, p, s, &texts) != 0 || reading_assign(r, p, texts, origin_of(r, s)) != 0)
		return -1;
	if (texts.n > 0 && texts.at[0][0] != '\0')
		reading_advise_mode(r, p, origin_of(r, s));
	return 0;
}

static int read_section(struct reading *r, const config_setting_t *group)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		char name[PARAMETER_NAME_BYTES];
		snprintf(name, sizeof name, "%.20s.%.40s", config_setting_name(group), config_setting_name(s));
		if (read_key(r, name, s) != 0)
			return -1;
	}
	return 0;
}

static int read_root(struct reading *r, const config_setting_t *root)
{
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(s);
		bool section = section_named(name), group = config_setting_is_group(s);
		if (section && !group)
			return reading_refuse(r, origin_of(r, s), name, "is a section, must be %s : { ... };", name);
		if (!section && group && parameter_named(name) == NULL)
			return reading_refuse(
				r, origin_of(r, s), name, "no such section; did you mean %s?", section_nearest(name));
		if ((section ? read_section(r, s) : read_key(r, name, s)) != 0)
			return -1;
	}
	return 0;
}

int reading_file(struct reading *r, const char *path)
{
	size_t n;
	r->file = config_text(r->c, path, strlen(path));
	const char *text = reading_slurp(r, path, (struct origin){NULL, 0}, NULL, 0, &n);
	if (text == NULL || reading_scan(r, text, n) != 0)
		return -1;
	config_t parsed;
	config_init(&parsed);
	int result = config_read_string(&parsed, text) == CONFIG_TRUE
			     ? read_root(r, config_root_setting(&parsed))
			     : reading_refuse(r, (struct origin){r->file, config_error_line(&parsed)}, NULL,
				       "%s: look for a missing ; or quote or bracket here or on the line before",
				       config_error_text(&parsed));
	config_destroy(&parsed);
	return result;
}

static int is_configuration(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > strlen(".conf") &&
	       strcmp(entry->d_name + n - strlen(".conf"), ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int reading_folder(struct reading *r)
{
	const char *folder = config_format(r->c, "%s/conf.d", r->folder);
	struct dirent **entries;
	int n = scandir(folder, &entries, is_configuration, by_name), result = 0;
	if (n < 0)
		return errno == ENOENT ? 0
				       : reading_refuse(r, (struct origin){NULL, 0}, NULL, "%s can't be read: %s",
						 folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (result == 0)
			result = reading_file(r, config_format(r->c, "%s/%s", folder, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return result;
}
