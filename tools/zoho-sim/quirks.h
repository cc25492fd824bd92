/* Owns the quirks: ways in which Zoho's lists and bodies are right and yet not what one expects, each on for all or for one entity. */
#ifndef ZOHO_SIM_QUIRKS_H
#define ZOHO_SIM_QUIRKS_H

#include <stdbool.h>

#include "text.h"

struct entity;
struct json_object;

enum quirk {
	QUIRK_SHORT_PAGES,    /* value: so many rows fewer than asked for on every page, and yet there are more */
	QUIRK_OVERLAP_ROWS,   /* value: so many rows of the page before stand on a page again */
	QUIRK_UNSTABLE_ORDER, /* rows that sort alike come in another order at every request */
	QUIRK_IGNORE_SORT,
	QUIRK_IGNORE_FILTERS, /* last_modified_time, contact_type and filter_by: everything is answered, with 200 */
	QUIRK_IGNORE_PAGING,  /* all rows on one page, whatever was asked for */
	QUIRK_IDS,	      /* "number": JSON integers, "mixed": here so, there so */
	QUIRK_NUMBERS,	      /* "text": numbers in quotes, "mixed" */
	QUIRK_LEAVE_OUT,      /* value: a key that no body carries */
	QUIRK_LIST_LINES,     /* rows of lists carry lines and the like, too */
	QUIRK_UNDATED,	      /* no Date header */
	QUIRK_COUNT
};

/* From the command line: NAME, NAME=VALUE or NAME=VALUE,for=ENTITY. */
bool quirks_add_text(const char *spec);
/* {"quirk","value","for"}; NULL when added, else what is wrong. */
const char *quirks_add(struct json_object *spec);
void quirks_clear(void);
void quirks_describe(struct text *out);

/* The value where the quirk is on for the entity (NULL: for any), "" for one without; NULL when it is off. Lives until exit. */
const char *quirk_of(enum quirk quirk, const struct entity *entity);
long quirk_number(enum quirk quirk, const struct entity *entity);
/* Whether no body of the entity carries the key. */
bool quirk_leaves_out(const struct entity *entity, const char *key);
/* Gives the scalar that was appended last, from start on, the form that the quirks want; which one of several is decided by seed. */
void quirk_form(struct text *out, size_t start, const struct entity *entity, const char *key, const char *seed);

#endif
