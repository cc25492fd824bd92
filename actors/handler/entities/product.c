/* product: Zoho's items, in table products. What lies in each location
 * stands only in the detail, in table product_stock; it moves without a new version of the item. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	FIELD("name|item_name", "name", TEXT),
	CUSTOM("cf_name_ar|name_ar", "cf_name_ar", "name_ar", TEXT),
	FIELD("sku", "sku", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("rate", "price", NUMBER),
	FIELD("purchase_rate", "cost_price", NUMBER),
	FIELD("stock_on_hand", "stock_quantity", NUMBER),
	FIELD("actual_available_stock", "actual_available_stock", NUMBER),
	FIELD("category_name", "category", TEXT),
	FIELD("brand", "brand", TEXT),
	FIELD("manufacturer", "manufacturer", TEXT),
	FIELD("unit", "unit_of_measure", TEXT),
	FIELD("item_type", "item_type", TEXT),
	FIELD("reorder_level", "reorder_level", NUMBER),
	FIELD("tax_percentage", "tax_percentage", NUMBER),
	FIELD("is_taxable", "is_taxable", FLAG),
	FIELD("track_inventory", "is_trackable", FLAG),
	FIELD("image_name", "image_name", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

static const struct field stock_fields[] = {
	FIELD("location_id|warehouse_id", "zoho_location_id", ID),
	FIELD("location_name|warehouse_name", "location_name", TEXT),
	FIELD("location_stock_on_hand|warehouse_stock_on_hand", "stock_on_hand", NUMBER),
	FIELD("location_available_stock|warehouse_available_stock", "available_stock", NUMBER),
	FIELD("location_committed_stock|warehouse_committed_stock", "committed_stock", NUMBER),
	FIELD("location_actual_available_stock|warehouse_actual_available_stock", "actual_available_stock", NUMBER),
	{0},
};

static const struct lines stock = {
	.table = "product_stock",
	.path = "locations|warehouses",
	.id_path = "location_id|warehouse_id",
	.parent_column = "product_id",
	.parent_key = "zoho_item_id",
	.fields = stock_fields,
};

static const char *const totals[] = {"stock_quantity", "actual_available_stock", NULL};

static const struct backlink backlinks[] = {
	{"invoice_line_items", "zoho_item_id", "product_id"},
	{"sales_items", "zoho_item_id", "product_id"},
	{"bill_line_items", "zoho_item_id", "product_id"},
	{"credit_note_line_items", "zoho_item_id", "product_id"},
	{"sales_return_items", "zoho_item_id", "product_id"},
	{"stock_adjustment_lines", "zoho_item_id", "product_id"},
	{"product_prices", "zoho_item_id", "product_id"},
	{0},
};

const struct entity entity_product = {
	.id = ENTITY_PRODUCT,
	.product = PRODUCT_INVENTORY,
	.path = "items",
	.list_root = "items",
	.detail_root = "item",
	.many = "itemdetails",
	.sort = "sort_column=name&sort_order=A",
	.filter = ALL,
	.details = DETAILS_BY_CONTENT,
	.image = "image_document_id",
	.table = "products",
	.key = "zoho_item_id",
	.id_path = "item_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &stock,
	.backlinks = backlinks,
	.stock = totals,
};
