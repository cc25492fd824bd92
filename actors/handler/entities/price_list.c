/* price_list: in price_lists; what the items on it cost, in product_prices: a row per item, of a list by volume one per bracket.
 * Items stand only in details and webhooks, which have no version. */
#include "actors/handler/entity.h"

static const struct link products = {"products", "zoho_item_id"};

static const struct field fields[] = {
	CUSTOM("cf_code|code", "cf_code", "code", TEXT),
	FIELD("name", "name", TEXT),
	CUSTOM("cf_name_ar|name_ar", "cf_name_ar", "name_ar", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("pricebook_type", "kind", TEXT),
	FIELD("pricing_scheme", "pricing_scheme", TEXT),
	FIELD("percentage", "percentage", PERCENT),
	FIELD("is_increase", "is_increase", FLAG),
	FIELD("rounding_type", "rounding", TEXT),
	FIELD("sales_or_purchase_type", "sales_or_purchase", TEXT),
	FIELD("is_default", "is_default", FLAG),
	FIELD("status", "status", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

static const struct field price_fields[] = {
	FIELD("pricebook_item_id", "zoho_price_id", ID),
	FIELD("item_id", "zoho_item_id", ID),
	LINKED("item_id", "product_id", &products),
	FIELD("pricebook_rate", "price", NUMBER),
	FIELD("pricebook_discount", "discount_percentage", PERCENT),
	{.path = "start_quantity", .column = "minimum_quantity", .rule = RULE_NUMBER, .unset = "1"},
	FIELD("end_quantity", "maximum_quantity", NUMBER),
	FIELD("^currency_code", "currency_code", TEXT),
	{0},
};

static const struct lines prices = {
	.table = "product_prices",
	.path = "pricebook_items",
	.id_path = "item_id",
	.nested = "price_brackets",
	.single_path = "pricing_scheme",
	.single = "unit",
	.parent_column = "price_list_id",
	.parent_key = "zoho_price_list_id",
	.fields = price_fields,
};

static const struct backlink backlinks[] = {
	{"customers", "price_list_zoho_id", "price_list_id"},
	{0},
};

const struct entity entity_price_list = {
	.id = ENTITY_PRICE_LIST,
	.path = "pricebooks",
	.list_root = "pricebooks",
	.detail_root = "pricebook",
	.unversioned = true,
	.details = DETAILS_BY_VERSION,
	.details_with_list = true,
	.table = "price_lists",
	.key = "zoho_price_list_id",
	.id_path = "pricebook_id",
	.version_path = "last_modified_time",
	.fields = fields,
	.lines = &prices,
	.backlinks = backlinks,
};
