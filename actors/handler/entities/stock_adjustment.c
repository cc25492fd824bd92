/* stock_adjustment: in tables stock_adjustments and stock_adjustment_lines; quantities are signed. Lines stand only in details and
 * webhooks, of which Zoho's description has no version. */
#include "actors/handler/entity.h"

static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	FIELD("date", "adjustment_date", DATE),
	FIELD("reason", "reason", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("reference_number", "reference_number", TEXT),
	FIELD("adjustment_type", "adjustment_type", TEXT),
	FIELD("status", "status", TEXT),
	FIELD("location_id", "zoho_location_id", ID),
	FIELD("location_name", "location_name", TEXT),
	FIELD("total", "total", NUMBER),
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
	FIELD("quantity_adjusted", "quantity_adjusted", NUMBER),
	FIELD("item_total|value_adjusted", "value", NUMBER),
	FIELD("adjustment_account_name", "account_name", TEXT),
	FIELD("location_id", "zoho_location_id", ID),
	{0},
};

static const struct lines lines = {
	.table = "stock_adjustment_lines",
	.path = "line_items",
	.id_path = "line_item_id|item_id|name|description|quantity_adjusted",
	.parent_column = "stock_adjustment_id",
	.parent_key = "zoho_adjustment_id",
	.order_column = "line_number",
	.fields = line_fields,
};

const struct entity entity_stock_adjustment = {
	.id = ENTITY_STOCK_ADJUSTMENT,
	.product = PRODUCT_INVENTORY,
	.path = "inventoryadjustments",
	.list_root = "inventory_adjustments",
	.detail_root = "inventory_adjustment",
	.unversioned = true,
	.details = DETAILS_BY_VERSION,
	.table = "stock_adjustments",
	.key = "zoho_adjustment_id",
	.id_path = "inventory_adjustment_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &lines,
};
