/* Owns the order in which a configuration comes together, later over earlier: defaults, file, conf.d, environment,
 * secrets' own files; then the checks that need all of it. */
#include "config/mapping.h"
#include "config/memory.h"
#include "config/reading.h"
#include "config/value.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_files(struct reading *r, const char *file)
{
	char *real = realpath(file, NULL);
	if (real == NULL)
		return reading_refuse(r, (struct origin){NULL, 0}, NULL, "%s can't be read: %s", file, strerror(errno));
	r->c->file = config_text(r->c, real, strlen(real));
	free(real);
	r->folder = config_text(r->c, r->c->file, (size_t)(strrchr(r->c->file, '/') - r->c->file));
	return reading_file(r, file) != 0 ? -1 : reading_folder(r);
}

static int read_all(struct reading *r, const char *file)
{
	values_default(r->c);
	if (file != NULL && read_files(r, file) != 0)
		return -1;
	if (reading_environment(r) != 0 || reading_secrets(r) != 0)
		return -1;
	return reading_check(r);
}

int config_read(struct config *c, const char *file, char error[CONFIG_ERROR_BYTES])
{
	struct reading r = {.c = c, .error = error, .folder = "."};
	error[0] = '\0';
	if (read_all(&r, file) == 0)
		return 0;
	config_free(c);
	return -1;
}

bool config_same(const struct config *a, const struct config *b, enum config_who who)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if ((p->who & who) != 0 && p->type != PARAM_MAPPING && !value_same(a, b, p))
			return false;
	return true;
}

bool config_same_mapping(const struct config *a, const struct config *b, const char *entity)
{
	const struct strings *one = config_mapping(a, entity), *other = config_mapping(b, entity);
	bool same = one->n == other->n;
	for (size_t i = 0; same && i < one->n; i++)
		same = strcmp(one->at[i], other->at[i]) == 0;
	return same;
}

const char *config_unreloadable(const struct config *a, const struct config *b)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if (!p->reloadable && !value_same(a, b, p))
			return p->name;
	return NULL;
}

const char *config_relaid(const struct config *a, const struct config *b)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if (p->reloadable == 2 && !value_same(a, b, p))
			return p->name;
	return NULL;
}

int64_t config_workers(const struct config *c, const char *entity)
{
	char name[PARAMETER_NAME_BYTES];
	snprintf(name, sizeof name, "queue.workers_%.32s", entity);
	const struct parameter *p = parameter_named(name);
	int64_t own = p == NULL ? 0 : *(const int64_t *)parameter_value(c, p);
	return own > 0 ? own : c->queue_workers;
}

int config_choice(const struct config *c, const char *key)
{
	const struct parameter *p = parameter_named(key);
	char room[VALUE_TEXT_BYTES];
	const char *value = p == NULL || p->type != PARAM_CHOICE ? "" : value_text(c, p, 0, room);
	int place = 0;
	for (const char *word = value[0] == '\0' ? NULL : p->min; word != NULL; word = strchr(word, '|'), place++) {
		word += *word == '|';
		if (strcspn(word, "|") == strlen(value) && strncmp(word, value, strlen(value)) == 0)
			return place;
	}
	return -1;
}
