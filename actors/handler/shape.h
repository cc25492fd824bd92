/* In what an entity's tables may differ from the default ones: names, types, columns of somebody else's. All of it is
 * made by mapping.h from the configuration and the catalogue; names stand here quoted, as they go into a statement. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum family { /* of types that take the same values */
	FAMILY_OTHER,
	FAMILY_TEXT,
	FAMILY_NUMBER, /* numeric */
	FAMILY_INTEGER,
	FAMILY_FLOAT,
	FAMILY_FLAG,
	FAMILY_DATE,
	FAMILY_TIMESTAMP, /* without time zone: UTC */
	FAMILY_TIME,	  /* timestamptz */
	FAMILY_JSONB,
	FAMILY_JSON,
	FAMILY_ENUM,
	FAMILY_UUID,
	FAMILY_TEXTS, /* an array of texts */
	FAMILIES
};

struct column {			 /* of a table, as the catalogue has it; a domain is what it stands on */
	const char *name, *type; /* type: without its modifier, as a cast takes it */
	const char *domain;	 /* "" none */
	enum family family;
	int chars_max;		     /* of varchar(n) and char(n); 0: any */
	int precision, scale;	     /* of numeric(p,s); precision 0: any */
	bool not_null, filled;	     /* filled: without us, by a default or as an identity */
	bool computed;		     /* it can't be written */
	bool select, insert, update; /* what this role may */
};

struct term { /* a column and the expression that it equals or becomes; lists end with column NULL */
	const char *column, *value;
};

struct shape {
	const char *id;		   /* own id: the column that others refer to; never written */
	const struct column *key;  /* what the column of the Zoho id is */
	const struct term *scope;  /* which rows are ours: organisation, constants of the key's unique index */
	const struct term *insert; /* what a new row gets beside its fields */
	bool view;		   /* of lines: they stand behind one, and have no place of their own */
};

struct unlinked { /* a backlink of entity.h */
	const char *table, *key, *column;
	const struct column *key_type, *type; /* what `key` and `column` are */
	const struct shape *shape;	      /* of that table */
};

enum keep { /* the columns that every table has for TDS itself */
	KEEP_ID,
	KEEP_ORGANIZATION,
	KEEP_ACTIVE,
	KEEP_DELETED,
	KEEP_MODIFIED,
	KEEP_SYNCED,
	KEEP_CREATED,
	KEEP_UPDATED,
	KEEP_IMAGE, /* of entities that have one: where it is served */
	KEEPS
};
