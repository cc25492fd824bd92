/* invoice: in tables invoices and invoice_line_items. Lines stand only in details and webhooks. */
#include "actors/handler/entity.h"

static const struct link customers = {"customers", "zoho_contact_id"};
static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	{"invoice_number", "invoice_number", RULE_TEXT, NULL},
	{"customer_id", "zoho_customer_id", RULE_ID, NULL},
	{"customer_id", "customer_id", RULE_LINK, &customers},
	{"customer_name", "customer_name", RULE_TEXT, NULL},
	{"date", "invoice_date", RULE_DATE, NULL},
	{"due_date", "due_date", RULE_DATE, NULL},
	{"sub_total", "sub_total", RULE_NUMBER, NULL},
	{"discount_total", "discount_total", RULE_NUMBER, NULL},
	{"tax_total", "tax_total", RULE_NUMBER, NULL},
	{"shipping_charge", "shipping_charge", RULE_NUMBER, NULL},
	{"adjustment", "adjustment", RULE_NUMBER, NULL},
	{"total", "total", RULE_NUMBER, NULL},
	{"balance", "balance", RULE_NUMBER, NULL},
	{"status", "status", RULE_TEXT, NULL},
	{"currency_code", "currency_code", RULE_TEXT, NULL},
	{"exchange_rate", "exchange_rate", RULE_NUMBER, NULL},
	{"salesperson_id", "salesperson_zoho_id", RULE_ID, NULL},
	{"salesperson_name", "salesperson_name", RULE_TEXT, NULL},
	{"reference_number", "reference_number", RULE_TEXT, NULL},
	{"notes", "notes", RULE_TEXT, NULL},
	{"line_items", "zoho_data", RULE_WHOLE, NULL},
	{0},
};

static const struct field line_fields[] = {
	{"line_item_id", "zoho_line_item_id", RULE_ID, NULL},
	{"item_id", "zoho_item_id", RULE_ID, NULL},
	{"item_id", "product_id", RULE_LINK, &products},
	{"name", "name", RULE_TEXT, NULL},
	{"description", "description", RULE_TEXT, NULL},
	{"unit", "unit", RULE_TEXT, NULL},
	{"quantity", "quantity", RULE_NUMBER, NULL},
	{"rate", "unit_price", RULE_NUMBER, NULL},
	{"discount", "discount", RULE_TEXT, NULL},
	{"discount_amount", "discount_amount", RULE_NUMBER, NULL},
	{"tax_name", "tax_name", RULE_TEXT, NULL},
	{"tax_percentage", "tax_percentage", RULE_NUMBER, NULL},
	{"tax_amount", "tax", RULE_NUMBER, NULL},
	{"item_total", "line_total", RULE_NUMBER, NULL},
	{0},
};

static const struct lines lines = {
	.table = "invoice_line_items",
	.path = "line_items",
	.parent_column = "invoice_id",
	.parent_key = "zoho_invoice_id",
	.order_column = "line_number",
	.fields = line_fields,
};

const struct entity entity_invoice = {
	.id = ENTITY_INVOICE,
	.table = "invoices",
	.key = "zoho_invoice_id",
	.id_path = "invoice_id",
	.list_root = "invoices",
	.detail_root = "invoice",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
};
