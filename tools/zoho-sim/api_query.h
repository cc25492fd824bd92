/* Owns what a list is asked for: its parameters, checked as Zoho checks them, or ignored as Zoho ignores them. */
#ifndef ZOHO_SIM_API_QUERY_H
#define ZOHO_SIM_API_QUERY_H

#include <stdbool.h>
#include <time.h>

#include "entities.h"
#include "http.h"

#define WORD_MAX 64

struct query {
	unsigned long page, per_page;
	char sort_column[WORD_MAX];
	bool descending;
	char filter[WORD_MAX];	     /* "All", "Active", ... */
	char contact_type[WORD_MAX]; /* "" for both */
	time_t modified_since;
};

/* NULL when all is well, else the parameter whose value is refused. */
const char *query_read(struct request *request, const struct resource *resource, struct query *query);
/* What a list that ignores parameters makes of them. */
void query_forget(const struct resource *resource, struct query *query);

#endif
