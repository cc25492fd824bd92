/* What the parts of the mapping share: an entity's names, and the work on one that is being fitted.
 *   mapping.c        names, from the configuration
 *   mapping_column.c a column, found in the catalogue
 *   mapping_fit.c    an entity with these names
 *   mapping_shape.c  by what its rows are found: id, key, organisation, constants
 *   mapping_lines.c  the same for its lines
 *   mapping_links.c  what it refers to, and who refers to it */
#pragma once
#include "actors/handler/mapping.h"

struct target {		  /* a column of the ERP's */
	const char *name; /* NULL: left out */
	bool said;	  /* by the configuration: then it must be there */
};

struct constant {
	const char *to, *value;
};

struct custom_said {
	const char *from, *to;
	enum rule rule;
};

struct mapped_table {
	struct place place;
	const char *sql, *shown; /* quoted; as people write it */
	struct constant *constants;
	size_t constants_n;
};

struct mapped { /* the names of one entity's */
	const struct entity *base;
	bool said; /* anything at all */
	struct mapped_table table, lines;
	struct target key, keep[KEEPS], *fields;
	struct target line_organization, line_parent, line_zoho, line_order, *line_fields;
	struct custom_said *custom;
	size_t custom_n;
};

struct mapping {
	struct mapped of[ENTITIES];
};

struct fit { /* one that is being fitted */
	const struct mapping *mapping;
	const struct mapped *m;
	const struct table *tables; /* by place */
	struct buf *why, *notes;
	struct buf missing; /* columns that aren't there, of the table at hand */
	const char **fixed; /* texts that statements refer to */
	size_t fixed_n;
	const char *written[512]; /* of the table at hand */
	size_t written_n;
	struct buf probe;
};
enum { FIXED_MAX = 512, WRITTEN_MAX = 512 };

static inline size_t place_of(const struct mapped *m, bool lines)
{
	return 2 * (size_t)m->base->id + lines;
}

/* mapping.c */
const char *mapping_quoted(const char *name);

/* mapping_column.c: something is wrong; the words end with what to do. */
void misfit(struct fit *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void misfit_note(struct fit *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The expression of a text that isn't ours. */
const char *fit_fixed(struct fit *, const char *text);
/* A column that is written (`writes`) or only looked at; NULL where it isn't there or can't be used, which is said (unless
 * it is optional and not there). */
const struct column *fit_column(struct fit *, const struct mapped_table *, const struct table *, const struct target *,
	bool optional, bool writes);
/* The same for one that takes what a rule makes. */
const struct column *fit_typed(struct fit *, const struct mapped_table *, const struct table *, const struct target *,
	bool optional, enum rule);
bool fit_written(const struct fit *, const char *column); /* of the table at hand */
/* Ends with a table: says which columns are missing, and which would have to be written. */
void fit_done(struct fit *, const struct mapped_table *, const struct table *, bool lines);
/* What a constant becomes in its column; NULL and said where there is no such column. */
const char *fit_constant(struct fit *, const struct mapped_table *, const struct table *, const struct constant *);
const struct constant *constant_for(const struct mapped_table *, const char *column);

/* mapping_shape.c: NULL: the default one, or (said where `f->m` is meant) none that works. */
const struct shape *fit_shape(struct fit *, const struct mapped *, const struct table *, bool quiet);
const struct column *fit_id(const struct mapped *, const struct table *);
bool key_type_good(const struct column *);
/* Whether an own id can stand in a column. */
bool link_type_good(const struct column *id, const struct column *column);

/* mapping_lines.c; id: own id of the record. NULL: no lines are written. */
const struct lines *fit_lines(struct fit *, const struct column *id);

/* mapping_links.c: false: the field, of a table of ours, is left out. */
bool fit_link(struct fit *, struct field *, const struct mapped_table *, const struct table *);
const struct unlinked *fit_unlinked(struct fit *, const struct column *id);
