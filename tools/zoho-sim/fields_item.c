/* Owns the shape of an item: the keys of a list row and of a detail. */
#include "fields.h"

static const struct field_group bracket[] = {
	{DETAIL, "1", "start_quantity end_quantity", NULL}, {DETAIL, ZERO, "pricebook_rate", NULL}, {0}};

static const struct field_group location[] = {
	{DETAIL, BLANK,
		"location_id location_name location_stock_on_hand location_available_stock"
		" location_actual_available_stock",
		NULL},
	{DETAIL, TEXT("active"), "status", NULL},
	{DETAIL, NO, "is_primary", NULL},
	{0},
};

static const struct field_group warehouse[] = {
	{DETAIL, BLANK, "warehouse_id warehouse_name", NULL},
	{DETAIL, ZERO_QUANTITY, "warehouse_stock_on_hand warehouse_available_stock warehouse_actual_available_stock",
		NULL},
	{DETAIL, TEXT("active"), "status", NULL},
	{DETAIL, NO, "is_primary", NULL},
	{0},
};

const struct field_group item_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, BLANK,
		"item_id name sku product_subtype purpose_of_use image_name image_type zcrm_product_id unit account_id"
		" account_name tax_id tax_name purchase_description purchase_account_id purchase_account_name"
		" description",
		NULL},
	{BOTH, NO, "is_linked_with_zohocrm can_be_purchased track_inventory", NULL},
	{BOTH, NONE, "tags", NULL},
	{BOTH, TEXT("active"), "status", NULL},
	{BOTH, TEXT("user"), "source", NULL},
	{BOTH, TEXT("goods"), "product_type", NULL},
	{BOTH, TEXT("sales"), "item_type", NULL},
	{BOTH, YES, "can_be_sold", NULL},
	{BOTH, ZERO, "rate purchase_rate", NULL},
	{BOTH, "0", "tax_percentage", NULL},
	/* Only what is kept in stock carries these. */
	{BOTH, CARRIED,
		"stock_on_hand available_stock actual_available_stock committed_stock actual_committed_stock"
		" available_for_sale_stock reorder_level category_id category_name cf_shelf cf_shelf_unformatted",
		NULL},
	{DETAIL, CARRIED,
		"actual_available_for_sale_stock initial_stock initial_stock_rate asset_value inventory_account_id"
		" inventory_account_name upc ean isbn part_number vendor_id",
		NULL},
	{DETAIL, CARRIED, "locations", location},
	{DETAIL, CARRIED, "warehouses", warehouse},
	{DETAIL, BLANK,
		"group_id brand manufacturer crm_owner_id unit_id tax_type tax_status tax_start_date tax_end_date"
		" tax_groups_details tax_country_code tax_information is_tax_expired purchase_tax_information"
		" associated_template_id sales_margin offline_created_date_with_time minimum_order_quantity"
		" maximum_order_quantity attribute_name1 attribute_name2 attribute_name3 attribute_option_name1"
		" attribute_option_name2 attribute_option_name3 default_hosted_page_url",
		NULL},
	{DETAIL, EMPTY, "item_code locked_fields custom_field_hash", NULL},
	{DETAIL, NO, "is_default_tax_applied is_fulfillable is_modifier_item has_variant", NULL},
	{DETAIL, NONE, "documents price_brackets locked_actions custom_fields sales_channels integration_references",
		NULL},
	{DETAIL, "@created_date", "created_at", NULL},
	{DETAIL, TEXT("unit"), "pricing_scheme", NULL},
	{DETAIL, "[{\"start_quantity\":1,\"end_quantity\":1,\"pricebook_rate\":0.00}]", "default_price_brackets",
		bracket},
	{DETAIL, CAN_LOCK, "lock_details", NULL},
	{DETAIL, LOCKS, "lock_detail", NULL},
	{DETAIL, "=rate", "pricebook_rate sales_rate", NULL},
	{LIST, "=name", "item_name", NULL},
	{LIST, BLANK, "image_document_id vendor_name", NULL},
	{LIST, NO, "has_attachment", NULL},
	{0},
};
