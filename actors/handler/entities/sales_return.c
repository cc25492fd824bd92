/* return: in tables sales_returns and sales_return_items. Lines stand only in details and webhooks, of
 * which Zoho's description has no version. */
#include "actors/handler/entity.h"

static const struct link customers = {"customers", "zoho_contact_id"};
static const struct link orders = {"sales_orders", "zoho_salesorder_id"};
static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	FIELD("salesreturn_number", "return_number", TEXT),
	FIELD("salesorder_id", "zoho_salesorder_id", ID),
	LINKED("salesorder_id", "sales_order_id", &orders),
	FIELD("salesorder_number", "order_number", TEXT),
	FIELD("customer_id", "zoho_customer_id", ID),
	LINKED("customer_id", "customer_id", &customers),
	FIELD("customer_name", "customer_name", TEXT),
	FIELD("date", "return_date", DATE),
	FIELD("salesreturn_status|status", "status", TEXT),
	FIELD("receive_status", "receive_status", TEXT),
	FIELD("refund_status", "refund_status", TEXT),
	FIELD("reason", "reason", TEXT),
	FIELD("quantity", "quantity", NUMBER),
	FIELD("refunded_amount", "refunded_amount", NUMBER),
	FIELD("location_id", "zoho_location_id", ID),
	FIELD("line_items", "zoho_data", WHOLE),
	{0},
};

static const struct field line_fields[] = {
	FIELD("line_item_id", "zoho_line_item_id", ID),
	FIELD("item_id", "zoho_item_id", ID),
	LINKED("item_id", "product_id", &products),
	FIELD("salesorder_item_id", "zoho_salesorder_item_id", ID),
	FIELD("name", "name", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("unit", "unit", TEXT),
	FIELD("quantity", "quantity", NUMBER),
	FIELD("non_receive_quantity", "quantity_not_received", NUMBER),
	FIELD("rate", "unit_price", NUMBER),
	{0},
};

static const struct lines lines = {
	.table = "sales_return_items",
	.path = "line_items",
	.id_path = "line_item_id|item_id|name|description|quantity",
	.parent_column = "sales_return_id",
	.parent_key = "zoho_salesreturn_id",
	.order_column = "line_number",
	.fields = line_fields,
};

const struct entity entity_sales_return = {
	.id = ENTITY_RETURN,
	.product = PRODUCT_INVENTORY,
	.path = "salesreturns",
	.list_root = "salesreturns",
	.detail_root = "salesreturn",
	.unversioned = true,
	.details = DETAILS_BY_VERSION,
	.table = "sales_returns",
	.key = "zoho_salesreturn_id",
	.id_path = "salesreturn_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
};
