/* Where Zoho lists and details each entity: one table, by the entity's name. */
#pragma once
#include <stdbool.h>
#include "actors/kinds.h"

enum product { PRODUCT_BOOKS, PRODUCT_INVENTORY, PRODUCTS };

enum since {		/* how a list is had from a time on */
	SINCE_NOT,	/* not documented: the whole list, compared row by row */
	SINCE_FILTERED, /* last_modified_time= */
	SINCE_SORTED,	/* sorted by last_modified_time, newest first: ends with the first page that reaches back beyond
			   it */
};

struct endpoint {
	const char *entity;
	enum product product;
	const char *path;	 /* of the list; a detail is path/ID */
	const char *list_root;	 /* the list's key in its reply */
	const char *detail_root; /* NULL: Zoho has no detail of it */
	const char *sort;	 /* sort parameters of a whole list: what stays in place while pages are fetched */
	const char *filter;	 /* parameters that always hold, "" none */
	enum since since;
	bool one_page; /* the list isn't paged */
};

/* NULL where Zoho doesn't list it. */
const struct endpoint *zoho_endpoint(enum entity_id);
const char *zoho_product_path(enum product); /* "/books/v3" */
