/* Owns the table of what is asked of Zoho for each entity (zoho.md, "Lists"), so that no other file knows a path. */
#include "actors/zoho_io/endpoints.h"
#include <string.h>

#define BY_CREATION "sort_column=created_time&sort_order=A"
#define ALL "filter_by=Status.All"

static const struct endpoint endpoints[] = {
	{"product", PRODUCT_INVENTORY, "items", "items", "item", "sort_column=name&sort_order=A", ALL, SINCE_NOT,
		false},
	{"customer", PRODUCT_BOOKS, "contacts", "contacts", "contact", BY_CREATION, "contact_type=customer&" ALL,
		SINCE_SORTED, false},
	{"vendor", PRODUCT_BOOKS, "contacts", "contacts", "contact", BY_CREATION, "contact_type=vendor&" ALL,
		SINCE_SORTED, false},
	{"invoice", PRODUCT_BOOKS, "invoices", "invoices", "invoice", BY_CREATION, ALL, SINCE_FILTERED, false},
	{"order", PRODUCT_BOOKS, "salesorders", "salesorders", "salesorder", BY_CREATION, ALL, SINCE_FILTERED, false},
	{"bill", PRODUCT_BOOKS, "bills", "bills", "bill", BY_CREATION, ALL, SINCE_FILTERED, false},
	{"credit_note", PRODUCT_BOOKS, "creditnotes", "creditnotes", "creditnote", BY_CREATION, ALL, SINCE_FILTERED,
		false},
	{"payment", PRODUCT_BOOKS, "customerpayments", "customerpayments", "payment", "sort_column=date&sort_order=A",
		"", SINCE_NOT, false},
	{"return", PRODUCT_INVENTORY, "salesreturns", "salesreturns", "salesreturn", "", "", SINCE_NOT, false},
	{"stock_adjustment", PRODUCT_INVENTORY, "inventoryadjustments", "inventory_adjustments", "inventory_adjustment",
		"", "", SINCE_NOT, false},
	{"price_list", PRODUCT_BOOKS, "pricebooks", "pricebooks", "pricebook", "", "", SINCE_NOT, false},
	{"branch", PRODUCT_BOOKS, "locations", "locations", NULL, "", "", SINCE_NOT, true},
	{"user", PRODUCT_BOOKS, "users", "users", "user", "", ALL, SINCE_NOT, false},
};

const struct endpoint *zoho_endpoint(enum entity_id entity)
{
	if (entity <= ENTITY_NONE || entity >= ENTITIES)
		return NULL;
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
		if (!strcmp(endpoints[i].entity, entity_names[entity].name))
			return &endpoints[i];
	return NULL;
}

const char *zoho_product_path(enum product product)
{
	return product == PRODUCT_BOOKS ? "/books/v3" : "/inventory/v1";
}
