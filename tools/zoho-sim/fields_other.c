/* Owns the shapes of the small entities: returns, stock adjustments, price lists, locations, users. */
#include "fields.h"

static const struct field_group return_line[] = {
	{DETAIL, BLANK, "line_item_id item_id name description unit salesorder_item_id location_id location_name",
		NULL},
	{DETAIL, ZERO, "rate", NULL},
	{DETAIL, ZERO_QUANTITY, "quantity non_receive_quantity", NULL},
	{0},
};

const struct field_group return_groups[] = {
	{BOTH, BLANK, "salesreturn_id salesreturn_number date salesorder_id salesorder_number", NULL},
	{BOTH, TEXT("approved"), "salesreturn_status", NULL},
	{BOTH, TEXT("pending"), "receive_status refund_status", NULL},
	{BOTH, NONE, "custom_fields", NULL},
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, BLANK, "customer_id customer_name", NULL},
	{LIST, ZERO_QUANTITY, "quantity", NULL},
	{LIST, ZERO, "refunded_amount", NULL},
	{DETAIL, BLANK, "reason location_id location_name", NULL},
	{DETAIL, NONE, "line_items", return_line},
	{DETAIL, NONE, "comments salesreturnreceives creditnotes", NULL},
	{0},
};

static const struct field_group adjustment_line[] = {
	{DETAIL, BLANK, "item_id line_item_id name description unit location_id location_name", NULL},
	{DETAIL, ZERO_QUANTITY, "quantity_adjusted", NULL},
	{DETAIL, ZERO, "item_total", NULL},
	{DETAIL, NO, "is_combo_product", NULL},
	{DETAIL, ID("000000388"), "adjustment_account_id", NULL},
	{DETAIL, TEXT("Cost of Goods Sold"), "adjustment_account_name", NULL},
	{0},
};

const struct field_group adjustment_groups[] = {
	{BOTH, BLANK, "inventory_adjustment_id date reason reason_id description reference_number", NULL},
	{BOTH, TEXT("quantity"), "adjustment_type", NULL},
	{BOTH, TEXT("adjusted"), "status", NULL},
	{BOTH, ZERO, "total", NULL},
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{DETAIL, BLANK, "location_id location_name", NULL},
	{DETAIL, NONE, "line_items", adjustment_line},
	{0},
};

static const struct field_group price_bracket[] = {
	{DETAIL, ZERO_QUANTITY, "start_quantity end_quantity", NULL}, {DETAIL, ZERO, "pricebook_rate", NULL}, {0}};

static const struct field_group price[] = {
	{DETAIL, BLANK, "pricebook_item_id item_id name pricebook_discount", NULL},
	{DETAIL, YES, "can_be_sold can_be_purchased", NULL},
	{DETAIL, CARRIED, "pricebook_rate", NULL},
	{DETAIL, CARRIED, "price_brackets", price_bracket},
	{0},
};

const struct field_group price_list_groups[] = {
	{BOTH, BLANK, "pricebook_id name description percentage", NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, "2", "decimal_place", NULL},
	{BOTH, NO, "is_default is_increase", NULL},
	{BOTH, TEXT("per_item"), "pricebook_type", NULL},
	{BOTH, TEXT("unit"), "pricing_scheme", NULL},
	{BOTH, TEXT("no_rounding"), "rounding_type", NULL},
	{BOTH, TEXT("sales"), "sales_or_purchase_type", NULL},
	{BOTH, TEXT("active"), "status", NULL},
	{LIST, "@created", "created_time", NULL},
	{LIST, "@modified", "last_modified_time", NULL},
	{DETAIL, BLANK, "pricebook_rate", NULL},
	{DETAIL, NONE, "products", NULL},
	{DETAIL, NONE, "pricebook_items", price},
	{0},
};

static const struct field_group branch_address[] = {
	{BOTH, BLANK, "city state country attention state_code street_address1 street_address2", NULL}, {0}};

static const struct field_group branch_user[] = {{BOTH, BLANK, "user_id user_name", NULL}, {0}};

const struct field_group branch_groups[] = {
	{BOTH, TEXT("general"), "type", NULL},
	{BOTH, BLANK,
		"location_id location_name email phone tax_settings_id parent_location_id auto_number_generation_id",
		NULL},
	{BOTH, "=location_id", "branch_id warehouse_id", NULL},
	{BOTH, "=location_name", "branch_name warehouse_name", NULL},
	{BOTH, TEXT("active"), "status", NULL},
	{BOTH, EMPTY, "address", branch_address},
	{BOTH, NONE, "associated_series_ids", NULL},
	{BOTH, NO, "is_all_users_selected is_primary", NULL},
	{BOTH, NONE, "associated_users", branch_user},
	{0},
};

static const struct field_group email[] = {{DETAIL, BLANK, "email", NULL}, {DETAIL, YES, "is_selected", NULL}, {0}};

const struct field_group user_groups[] = {
	{BOTH, BLANK, "user_id name role_id photo_url", NULL},
	{BOTH, TEXT("active"), "status", NULL},
	{BOTH, TEXT("staff"), "user_role", NULL},
	{BOTH, TEXT("zoho"), "user_type", NULL},
	{LIST, BLANK, "email", NULL},
	{LIST, NO, "is_current_user", NULL},
	{DETAIL, NONE, "email_ids", email},
	{DETAIL, NO, "is_claimant", NULL},
	{DETAIL, "@created_date", "created_time", NULL},
	{DETAIL, BLANK, "custom_fields", NULL},
	{0},
};
