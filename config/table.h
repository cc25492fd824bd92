/* parameters.def as data: what every other file of the configuration walks over. */
#pragma once
#include "config/config.h"

enum parameter_type {
	PARAM_STRING,
	PARAM_CHOICE,
	PARAM_PATH,
	PARAM_SECRET,
	PARAM_STRINGS,
	PARAM_SECRETS,
	PARAM_INTEGER,
	PARAM_DURATION,
	PARAM_SIZE,
	PARAM_FRACTION,
	PARAM_FLAG,
	PARAM_SCHEDULES,
	PARAM_MAPPING,
	PARAM_RESERVED,
};

enum {
#define PARAMETER(section, key, ...) PARAM_AT_##section##_##key,
#include "config/parameters.def"
#undef PARAMETER
	PARAMETERS,
	PARAMETER_NAME_BYTES = 64,
};

struct parameter {
	const char *name; /* "queue.batch_size"; of section tds only "io" */
	const char *section, *key;
	enum parameter_type type;
	const char *def, *min, *max;
	unsigned char reloadable; /* 0 no, 1 by replacing actors, 2 by laying everything out anew */
	unsigned who;		  /* enum config_who */
	const char *text;
	size_t at; /* offset in struct config */
};
extern const struct parameter parameters[PARAMETERS];

/* Both by full name ("queue.batch_size", "io"); NULL where there is none. */
const struct parameter *parameter_named(const char *name);
bool section_named(const char *name);
/* The known key or section that is written most like this one. */
const char *parameter_nearest(const char *name);
const char *section_nearest(const char *name);
size_t edit_distance(const char *a, const char *b);

static inline size_t parameter_index(const struct parameter *p)
{
	return (size_t)(p - parameters);
}
static inline void *parameter_field(struct config *c, const struct parameter *p)
{
	return (char *)c + p->at;
}
static inline const void *parameter_value(const struct config *c, const struct parameter *p)
{
	return (const char *)c + p->at;
}
static inline bool parameter_secret(const struct parameter *p)
{
	return p->type == PARAM_SECRET || p->type == PARAM_SECRETS;
}
static inline bool parameter_list(const struct parameter *p)
{
	return p->type == PARAM_STRINGS || p->type == PARAM_SECRETS || p->type == PARAM_SCHEDULES ||
	       p->type == PARAM_MAPPING;
}
