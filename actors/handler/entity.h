/* How an entity is declared: one file per entity holds one `const struct entity` — a table of fields from which all its
 * statements are generated. Adding an entity is adding a line to entities.def and one such file. */
#pragma once
#include "actors/kinds.h"

/* The rule by which a JSON value becomes a column. "" and null are unset (SQL NULL) for every rule; a value that the
 * rule doesn't take dead-letters its record with the field's name. Numbers go from decimal text to numeric, never a
 * double. */
enum rule {
	RULE_TEXT,
	RULE_ID,      /* Zoho's id: digits, as string or number; kept as text */
	RULE_NUMBER,  /* numeric */
	RULE_INTEGER, /* bigint */
	RULE_FLAG,    /* boolean */
	RULE_DATE,    /* YYYY-MM-DD */
	RULE_TIME,    /* timestamptz */
	RULE_JSON,    /* as it is, jsonb; empty object, array or string are unset */
	RULE_ACTIVE,  /* true when the text is "active" */
	RULE_WHOLE,   /* the whole record, jsonb (path is not used) */
	RULE_LINK,    /* own uuid of the record of `link` whose key is the text */
};

struct link {
	const char *table, *key;
};

struct field {
	const char *path;   /* key in the record; "a|b": the first that is there; "a.b": nested */
	const char *column; /* of the entity's table */
	enum rule rule;
	const struct link *link; /* RULE_LINK */
};

struct lines { /* a record's lines: replaced as a set whenever the record carries them */
	const char *table, *path;
	const char *parent_column, *parent_key; /* own id and Zoho id of the record */
	const char *order_column;		/* position, from 1 */
	const struct field *fields;		/* ends with path NULL */
};

struct backlink { /* rows of others that wait for this record: set `column` where `key` matches and it is NULL */
	const char *table, *key, *column;
};

struct entity {
	enum entity_id id;
	const char *table, *key; /* ERP table and its column with Zoho's id */
	const char *id_path;	 /* in the record; "a|b" */
	const char *list_root, *detail_root;
	const char *version_path;     /* last_modified_time, or what the record has instead; "a|b" */
	const char *type_path, *type; /* a record whose type_path says another type isn't ours (contacts); NULL: any */
	const struct field *fields;   /* ends with path NULL */
	const struct lines *lines;    /* NULL: none */
	const struct backlink *backlinks; /* ends with table NULL; NULL: none */
};

extern const struct entity *const entities[ENTITIES];
