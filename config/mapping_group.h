/* What the files that read the group `mapping.ENTITY` share: the group at hand, and what is the same of every part of it.
 *   mapping_setting.c  the group, table, key and columns
 *   mapping_entries.c  names and texts; custom fields and constants */
#pragma once
#include "actors/handler/entity.h"
#include "config/libconfig_only.h"
#include "config/mapping.h"
#include "config/reading.h"

enum { KEY_BYTES = 192 };

struct group { /* that is being read: of the entity itself, or of its lines */
	struct reading *r;
	const struct entity *e;
	bool lines;
	char key[64]; /* "mapping.product.lines" */
	struct strings *texts;
	struct strings constants;
	struct strings targets, sayers; /* columns of the ERP's that are written, and what says so */
};

#define REFUSE(g, s, key, ...) reading_refuse((g)->r, group_origin((g)->r, s), key, __VA_ARGS__)

struct origin group_origin(const struct reading *, const config_setting_t *);
/* "columns.name = title" */
void group_say(struct group *, const char *name, const char *value);
/* The text of a scalar, NULL and refused where it is none. */
const char *group_text(struct group *, const config_setting_t *, const char *key);
/* A name that PostgreSQL could have. */
bool name_good(const char *name, size_t n);
/* The rest: 0, or -1 refused. */
int check_name(struct group *, const config_setting_t *, const char *key, const char *name);
int take_target(struct group *, const config_setting_t *, const char *key, const char *target, const char *by);
int read_custom(struct group *, const config_setting_t *, const char *key);
int read_constants(struct group *, const config_setting_t *, const char *key);
