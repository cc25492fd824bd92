/* How an entity is declared: one file per entity holds one `const struct entity`: where Zoho lists and details it (zoho.md,
 * "Lists"), and a table of fields from which all its statements are generated. Adding an entity is adding a line to
 * entities.def and one such file. */
#pragma once
#include <stdbool.h>
#include "actors/handler/shape.h"
#include "actors/kinds.h"

/* The rule by which a JSON value becomes a column. A key that isn't there leaves the column as it is; "" and null are unset (SQL
 * NULL) for every rule; a value that the rule doesn't take dead-letters its record, alone, with the field's name. Nothing is
 * shortened, nothing is a double: numbers go from their decimal text to numeric, which keeps every digit. HTML, line ends and any
 * script are text like other text. What isn't named in an entity's table (other cf_ keys and custom_fields, the addresses of
 * documents with their `zip`, which lists call `zipcode`) stands in zoho_data as it came, where the entity has that. */
enum rule {
	RULE_TEXT, /* a string as it is; a number or true/false as Zoho wrote it; {} and [] are unset, other objects and arrays refused */
	RULE_ID, /* Zoho's id: 1 to 19 digits, as string or number; kept as text; -1, as Zoho names nobody at times, is unset */
	RULE_NUMBER,  /* a decimal, as number or string, with or without exponent: numeric; no "NaN", no thousands */
	RULE_INTEGER, /* the same without a fraction (5.000 is 5): bigint */
	RULE_PERCENT, /* as RULE_NUMBER; a "%" behind it, or a blank and one, is left out */
	RULE_FLAG,    /* true or false, also in quotes, in any case: boolean */
	RULE_DATE,    /* YYYY-MM-DD that the calendar has: date; no other order, no words */
	RULE_TIME,    /* YYYY-MM-DDThh:mm:ss with +hhmm, +hh:mm or Z: timestamptz */
	RULE_JSON,    /* as it is, jsonb (an address keeps its keys); empty object, array or string are unset */
	RULE_ACTIVE,  /* true when the text is "active"; {} and [] are unset */
	RULE_WHOLE,   /* the whole record, jsonb (path is not used) */
	RULE_LINK,    /* own uuid of the record of `link` whose key is the text */
};

struct link {
	const char *table, *key;
};

struct custom { /* a custom field: what stands for its name, and for that with "_unformatted" behind it */
	const char *name, *raw, *from;
};

struct field {
	const char *
		path; /* key in the record; "a|b": the first that is there; "a.b", "a.0.b": nested; "a.*.b": the sum over a; of lines "^a": of the record */
	const char *column; /* of the entity's table */
	enum rule rule;
	const struct link *link; /* RULE_LINK */
	const char *api_name;	 /* of the custom field in custom_fields[] that stands for it, too; NULL: none does */
	bool in_detail;		 /* no list has it: of entities without lines, what details are fetched for */
	const char *unset;	 /* of lines: the literal that stands for a value that isn't there; NULL: NULL */
	/* where mapped: */
	const struct custom *custom; /* the path isn't used */
	const struct column *type;   /* what the column is; NULL: as the rule has it */
	const struct shape *to;	     /* RULE_LINK: the table referred to */
};
extern const struct field keep_defaults[KEEPS + 1]; /* by enum keep; ends with column NULL */
#define FIELD(path_, column_, rule_)                                                                                   \
	{                                                                                                              \
		.path = (path_), .column = (column_), .rule = RULE_##rule_                                             \
	}
#define CUSTOM(path_, api_name_, column_, rule_)                                                                       \
	{                                                                                                              \
		.path = (path_), .api_name = (api_name_), .column = (column_), .rule = RULE_##rule_                    \
	}
#define DETAIL(path_, column_, rule_)                                                                                  \
	{                                                                                                              \
		.path = (path_), .in_detail = true, .column = (column_), .rule = RULE_##rule_                          \
	}
#define LINKED(path_, column_, to)                                                                                     \
	{                                                                                                              \
		.path = (path_), .column = (column_), .rule = RULE_LINK, .link = (to)                                  \
	}

/* Rows that stand in an array of the record: replaced as a set whenever the record carries it; unset in a whole record, there are none. */
struct lines {
	const char *table, *path; /* "a|b": the first that is set */
	const char *
		nested; /* an array in a line: the line stands for a row per element, each over the line's fields; or NULL */
	const char *single_path, *single;	/* where the record says so, nothing nested counts; NULL: nowhere */
	const char *id_path;			/* what carries none of these is no line: its record is refused */
	const char *parent_column, *parent_key; /* own id and Zoho id of the record */
	const char *order_column;		/* position, from 1; NULL: none */
	const struct field *fields;		/* ends with path NULL */
	/* where mapped: */
	const struct shape *shape;	    /* NULL: the default one; else parent_column or parent_key may be NULL, */
	const struct column *parent, *zoho; /* and this is what they are */
};

struct backlink { /* rows of others that wait for this record: set `column` where `key` matches and it is NULL */
	const char *table, *key, *column;
};

enum product { PRODUCT_BOOKS, PRODUCT_INVENTORY, PRODUCTS };

enum since {		/* how a list is had from a time on */
	SINCE_NOT,	/* not documented: the whole list, compared row by row */
	SINCE_FILTERED, /* last_modified_time= */
	SINCE_SORTED, /* sorted by last_modified_time, newest first: ends with the first page that reaches back beyond it */
};

enum details {		    /* what of a record stands only in its detail, and when that is fetched */
	DETAILS_NONE,	    /* nothing that is mapped */
	DETAILS_BY_VERSION, /* lines: once for each version */
	DETAILS_BY_CONTENT, /* whenever the list's row says something else: stock moves without a new version */
};

#define BY_CREATION "sort_column=created_time&sort_order=A" /* what stays in place while pages are fetched */
#define ALL "filter_by=Status.All"			    /* else lists may hide what is inactive */

struct entity {
	enum entity_id id;

	enum product product;
	const char *path;	 /* of the list; a detail is path/ID */
	const char *list_root;	 /* the list's key in its reply */
	const char *detail_root; /* NULL: Zoho has no detail of it; where one_page, the list says all */
	const char *many;   /* details of many at once: this path and ?item_ids=; their key is list_root; NULL: none */
	const char *sort;   /* sort parameters of a whole list, NULL none */
	const char *filter; /* parameters that always hold, NULL none */
	enum since since;
	bool one_page;	  /* the list isn't paged */
	bool unversioned; /* webhooks of it carry no last_modified_time: what they say is confirmed by a fetch */
	enum details details;
	bool details_with_list; /* they are what the list is read for: a pull ends when they are there */
	const char *image;	/* key of a list's row with the id of its image (tds_images); NULL: it has none */

	const char *table, *key; /* ERP table and its column with Zoho's id */
	const char *id_path;	 /* in the record; "a|b" */
	const char
		*version_path; /* last_modified_time, or what the record has instead; "a|b"; RULE_TIME. A webhook whose
	                                 time isn't one counts as without version */
	const char *type_path, *type; /* a record whose type_path says another type isn't ours (contacts); NULL: any */
	const struct field *fields;   /* ends with path NULL */
	const struct lines *lines;    /* NULL: none */
	const struct backlink *backlinks; /* ends with table NULL; NULL: none */
	/* Columns that say how much of it there is, first what lies there; ends with NULL. What lies where are its lines, which
	 * are compared and written where they differ: a run tells whose stock changed. NULL: none */
	const char *const *stock;

	/* where it is mapped, or refers to what is: */
	const struct shape *shape;	 /* NULL: the default one */
	const struct field *keep;	 /* by enum keep, instead of keep_defaults; column NULL: left out; NULL: all */
	const struct unlinked *unlinked; /* instead of backlinks */
	const char *fixed; /* texts that the statements refer to as fixed.c, as PostgreSQL's text[]; NULL: none */
};

extern const struct entity *const entities[ENTITIES];
const struct entity *entity_of(uint64_t id); /* NULL: no such */
const char *zoho_product_path(enum product); /* "/books/v3" */
