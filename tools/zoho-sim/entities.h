/* Owns the table of entities: what Zoho calls them, where they are served, how they sort and what of them changes. */
#ifndef ZOHO_SIM_ENTITIES_H
#define ZOHO_SIM_ENTITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"

enum entity_id {
	PRODUCT,
	CUSTOMER,
	VENDOR,
	BRANCH,
	USER,
	PRICE_LIST,
	ORDER,
	INVOICE,
	BILL,
	CREDIT_NOTE,
	PAYMENT,
	RETURN,
	STOCK_ADJUSTMENT,
	ENTITY_COUNT
};

enum change_kind {
	CHANGE_TEXT,
	CHANGE_WORD, /* one of the words */
	CHANGE_MONEY,
	CHANGE_STOCK, /* may leave last_modified_time alone */
	CHANGE_FLAG,
	CHANGE_DATE,
	CHANGE_LINES, /* a quantity, a price, a line more or less */
};

struct changeable {
	const char *key;
	enum change_kind kind;
	const char *words; /* separated by | */
};

struct entity {
	const char *name;	  /* TDS's name */
	const char *webhook_name; /* last part of the webhook URL */
	const char *wrapper;	  /* key around a detail, in replies and webhooks */
	const char *id_key;
	const char *number_key; /* the document's number, NULL when it has none */
	const char *label;	/* as in "Invoice does not exist." */
	const struct field_group *groups;
	const struct changeable *changeables;
	size_t size_default;
	const char *size_option; /* --SIZE_OPTION N */
};

/* What is served under one URL: an entity, or for contacts two. */
struct resource {
	const char *path; /* below /books/v3/ or /inventory/v1/ */
	const char *list_root;
	bool in_books;
	bool in_inventory;
	enum entity_id first, last; /* the entities it serves */
	bool has_page_context;
	bool has_detail;
	bool filters_by_time; /* last_modified_time= is obeyed; elsewhere it is ignored with 200 */
	const char *report_name;
	const char *filter_prefix; /* "Status" in filter_by=Status.All */
	const char *sort_columns;  /* the documented ones, separated by spaces */
	const char *sort_default;
	bool descending_default;
};

extern const struct entity entities[ENTITY_COUNT];
extern const struct resource resources[];
extern const size_t resource_count;

void entities_init(void);
/* NULL when there is none of that name. */
const struct entity *entity_by_name(const char *name);
/* Its groups, expanded. */
const struct field *entity_fields(const struct entity *entity);
enum entity_id entity_index(const struct entity *entity);

#endif
