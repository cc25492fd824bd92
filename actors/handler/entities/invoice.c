/* invoice: in tables invoices and invoice_line_items. Lines stand only in details and webhooks. */
#include "actors/handler/entity.h"

static const struct link customers = {"customers", "zoho_contact_id"};
static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	FIELD("invoice_number", "invoice_number", TEXT),
	FIELD("customer_id", "zoho_customer_id", ID),
	LINKED("customer_id", "customer_id", &customers),
	FIELD("customer_name", "customer_name", TEXT),
	FIELD("date", "invoice_date", DATE),
	FIELD("due_date", "due_date", DATE),
	FIELD("sub_total", "sub_total", NUMBER),
	FIELD("discount_total", "discount_total", NUMBER),
	FIELD("tax_total", "tax_total", NUMBER),
	FIELD("shipping_charge", "shipping_charge", NUMBER),
	FIELD("adjustment", "adjustment", NUMBER),
	FIELD("total", "total", NUMBER),
	FIELD("balance", "balance", NUMBER),
	FIELD("status", "status", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("exchange_rate", "exchange_rate", NUMBER),
	FIELD("salesperson_id", "salesperson_zoho_id", ID),
	FIELD("salesperson_name", "salesperson_name", TEXT),
	FIELD("reference_number", "reference_number", TEXT),
	FIELD("notes", "notes", TEXT),
	FIELD("line_items", "zoho_data", WHOLE),
	{0},
};

static const struct field line_fields[] = {
	FIELD("line_item_id", "zoho_line_item_id", ID),
	FIELD("item_id", "zoho_item_id", ID),
	LINKED("item_id", "product_id", &products),
	FIELD("name", "name", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("unit", "unit", TEXT),
	FIELD("quantity", "quantity", NUMBER),
	FIELD("rate", "unit_price", NUMBER),
	FIELD("discount", "discount", TEXT),
	FIELD("discount_amount", "discount_amount", NUMBER),
	FIELD("tax_name", "tax_name", TEXT),
	FIELD("tax_percentage", "tax_percentage", NUMBER),
	FIELD("tax_amount|line_item_taxes.*.tax_amount", "tax", NUMBER),
	FIELD("item_total", "line_total", NUMBER),
	{0},
};

static const struct lines lines = {
	.table = "invoice_line_items",
	.path = "line_items",
	.id_path = "line_item_id|item_id|name|description|quantity",
	.parent_column = "invoice_id",
	.parent_key = "zoho_invoice_id",
	.order_column = "line_number",
	.fields = line_fields,
};

static const struct backlink backlinks[] = {
	{"credit_notes", "zoho_invoice_id", "invoice_id"},
	{"payment_allocations", "zoho_invoice_id", "invoice_id"},
	{0},
};

const struct entity entity_invoice = {
	.id = ENTITY_INVOICE,
	.path = "invoices",
	.list_root = "invoices",
	.detail_root = "invoice",
	.sort = BY_CREATION,
	.filter = ALL,
	.since = SINCE_FILTERED,
	.details = DETAILS_BY_VERSION,
	.table = "invoices",
	.key = "zoho_invoice_id",
	.id_path = "invoice_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
	.backlinks = backlinks,
};
