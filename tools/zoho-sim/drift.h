/* Owns what happens in Zoho while somebody reads a list: after a page is served, records are created, changed or deleted. */
#ifndef ZOHO_SIM_DRIFT_H
#define ZOHO_SIM_DRIFT_H

#include "store.h"

struct json_object;

/* A page that was just served: its records and all that come behind it in that order. */
struct drift_page {
	const struct entity *first, *last; /* what the list serves */
	unsigned long number;
	struct record **records;
	size_t count, shown;
};

/* From the command line: JSON, or ENTITY,key=value... */
bool drift_add_text(const char *spec);
/* {"list","after","do","count","which","times","webhook","fields"}; NULL when added, else what is wrong. */
const char *drift_add(struct json_object *spec);
void drift_clear(void);
bool drift_is_planned(void);
/* Does what is planned after this page; called with the store's lock held. */
void drift_after(const struct drift_page *page);
/* What is planned, and which records it has struck. */
void drift_describe(struct text *out);

#endif
