/* bill: in tables bills and bill_line_items. Lines stand only in details and webhooks. */
#include "actors/handler/entity.h"

static const struct link vendors = {"vendors", "zoho_vendor_id"};
static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	FIELD("bill_number", "bill_number", TEXT),
	FIELD("vendor_id", "zoho_vendor_id", ID),
	LINKED("vendor_id", "vendor_id", &vendors),
	FIELD("vendor_name", "vendor_name", TEXT),
	FIELD("date", "bill_date", DATE),
	FIELD("due_date", "due_date", DATE),
	FIELD("sub_total", "sub_total", NUMBER),
	FIELD("discount_total", "discount_total", NUMBER),
	FIELD("tax_total", "tax_total", NUMBER),
	FIELD("adjustment", "adjustment", NUMBER),
	FIELD("total", "total", NUMBER),
	FIELD("balance", "balance", NUMBER),
	FIELD("status", "status", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("exchange_rate", "exchange_rate", NUMBER),
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
	FIELD("account_name", "account_name", TEXT),
	FIELD("unit", "unit", TEXT),
	FIELD("quantity", "quantity", NUMBER),
	FIELD("quantity_received", "quantity_received", NUMBER),
	FIELD("rate", "unit_price", NUMBER),
	FIELD("discount", "discount", TEXT),
	FIELD("tax_name", "tax_name", TEXT),
	FIELD("tax_percentage", "tax_percentage", NUMBER),
	FIELD("item_total", "line_total", NUMBER),
	{0},
};

static const struct lines lines = {
	.table = "bill_line_items",
	.path = "line_items",
	.id_path = "line_item_id|item_id|name|description|quantity",
	.parent_column = "bill_id",
	.parent_key = "zoho_bill_id",
	.order_column = "line_number",
	.fields = line_fields,
};

const struct entity entity_bill = {
	.id = ENTITY_BILL,
	.path = "bills",
	.list_root = "bills",
	.detail_root = "bill",
	.sort = BY_CREATION,
	.filter = ALL,
	.since = SINCE_FILTERED,
	.details = DETAILS_BY_VERSION,
	.table = "bills",
	.key = "zoho_bill_id",
	.id_path = "bill_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
};
