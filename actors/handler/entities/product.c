/* product: Zoho's items, in table products. Lists carry everything that is mapped, so there is no detail to fetch. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	{"name|item_name", "name", RULE_TEXT, NULL},
	{"cf_name_ar|name_ar", "name_ar", RULE_TEXT, NULL},
	{"sku", "sku", RULE_TEXT, NULL},
	{"description", "description", RULE_TEXT, NULL},
	{"rate", "price", RULE_NUMBER, NULL},
	{"purchase_rate", "cost_price", RULE_NUMBER, NULL},
	{"stock_on_hand", "stock_quantity", RULE_NUMBER, NULL},
	{"actual_available_stock", "actual_available_stock", RULE_NUMBER, NULL},
	{"category_name", "category", RULE_TEXT, NULL},
	{"brand", "brand", RULE_TEXT, NULL},
	{"manufacturer", "manufacturer", RULE_TEXT, NULL},
	{"unit", "unit_of_measure", RULE_TEXT, NULL},
	{"item_type", "item_type", RULE_TEXT, NULL},
	{"reorder_level", "reorder_level", RULE_NUMBER, NULL},
	{"tax_percentage", "tax_percentage", RULE_NUMBER, NULL},
	{"is_taxable", "is_taxable", RULE_FLAG, NULL},
	{"track_inventory", "is_trackable", RULE_FLAG, NULL},
	{"image_name", "image_name", RULE_TEXT, NULL},
	{"status", "is_active", RULE_ACTIVE, NULL},
	{0},
};

static const struct backlink backlinks[] = {
	{"invoice_line_items", "zoho_item_id", "product_id"},
	{"sales_items", "zoho_item_id", "product_id"},
	{0},
};

const struct entity entity_product = {
	.id = ENTITY_PRODUCT,
	.table = "products",
	.key = "zoho_item_id",
	.id_path = "item_id",
	.list_root = "items",
	.detail_root = "item",
	.version_path = "last_modified_time",
	.fields = fields,
	.backlinks = backlinks,
};
