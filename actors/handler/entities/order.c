/* order: Zoho's sales orders, in tables sales_orders and sales_items. Lines stand only in details and webhooks. */
#include "actors/handler/entity.h"

static const struct link customers = {"customers", "zoho_contact_id"};
static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	FIELD("salesorder_number", "order_number", TEXT),
	FIELD("customer_id", "zoho_customer_id", ID),
	LINKED("customer_id", "customer_id", &customers),
	FIELD("customer_name", "customer_name", TEXT),
	FIELD("date", "order_date", DATE),
	FIELD("shipment_date", "shipment_date", DATE),
	FIELD("sub_total", "sub_total", NUMBER),
	FIELD("discount_total", "discount_total", NUMBER),
	FIELD("tax_total", "tax_total", NUMBER),
	FIELD("shipping_charge", "shipping_charge", NUMBER),
	FIELD("adjustment", "adjustment", NUMBER),
	FIELD("total", "total", NUMBER),
	FIELD("status", "status", TEXT),
	FIELD("invoiced_status", "invoiced_status", TEXT),
	FIELD("paid_status", "paid_status", TEXT),
	FIELD("shipped_status", "shipped_status", TEXT),
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
	FIELD("quantity_invoiced", "quantity_invoiced", NUMBER),
	FIELD("quantity_shipped", "quantity_shipped", NUMBER),
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
	.table = "sales_items",
	.path = "line_items",
	.id_path = "line_item_id|item_id|name|description|quantity",
	.parent_column = "sales_order_id",
	.parent_key = "zoho_salesorder_id",
	.order_column = "line_number",
	.fields = line_fields,
};

static const struct backlink backlinks[] = {
	{"sales_returns", "zoho_salesorder_id", "sales_order_id"},
	{0},
};

const struct entity entity_order = {
	.id = ENTITY_ORDER,
	.path = "salesorders",
	.list_root = "salesorders",
	.detail_root = "salesorder",
	.sort = BY_CREATION,
	.filter = ALL,
	.since = SINCE_FILTERED,
	.details = DETAILS_BY_VERSION,
	.table = "sales_orders",
	.key = "zoho_salesorder_id",
	.id_path = "salesorder_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
	.backlinks = backlinks,
};
