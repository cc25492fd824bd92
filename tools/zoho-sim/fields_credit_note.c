/* Owns the shape of a credit note. */
#include "fields.h"

static const struct field_group line[] = {
	{DETAIL, "0", "item_order discount tax_percentage", NULL},
	{DETAIL, ZERO_QUANTITY, "quantity", NULL},
	{DETAIL, BLANK,
		"item_id line_item_id name internal_name description invoice_id invoice_item_id unit project_id"
		" pricebook_id discount_account_id discount_account_name sales_margin tax_id tax_name"
		" image_document_id",
		NULL},
	{DETAIL, ID("000000388"), "account_id", NULL},
	{DETAIL, TEXT("Sales"), "account_name", NULL},
	{DETAIL, EMPTY, "item_code", NULL},
	{DETAIL, NO, "can_skip_stock_tracking is_credit_only_item is_modifier_item", NULL},
	{DETAIL, NONE, "item_custom_fields discounts line_item_taxes tags mapped_items", NULL},
	{DETAIL, TEXT("line_item"), "line_item_category", NULL},
	{DETAIL, TEXT("sales"), "item_type", NULL},
	{DETAIL, TEXT("tax"), "tax_type", NULL},
	{DETAIL, TEXT("unit"), "pricing_scheme", NULL},
	{DETAIL, ZERO, "discount_amount rate item_total", NULL},
	{DETAIL, "=rate", "bcy_rate", NULL},
	{0},
};

static const struct field_group address[] = {
	{DETAIL, BLANK, "address street2 city state zip country fax phone attention", NULL}, {0}};

static const struct field_group credited[] = {
	{DETAIL, BLANK, "creditnote_id invoice_id creditnote_invoice_id invoice_number date", NULL},
	{DETAIL, ZERO, "credited_amount", NULL},
	{0},
};

const struct field_group credit_note_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, "1.000000", "exchange_rate", NULL},
	{BOTH, "2", "price_precision", NULL},
	{BOTH, BLANK,
		"creditnote_id creditnote_number date issued_date reference_number customer_id customer_name"
		" client_viewed_time salesperson_id salesperson_name color_code current_sub_status_id",
		NULL},
	{BOTH, ID("000017005"), "template_id", NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, NO, "is_emailed is_viewed_by_client", NULL},
	{BOTH, NONE, "tags", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, TEXT("open"), "status", NULL},
	{BOTH, "=status", "current_sub_status", NULL},
	{BOTH, TEXT("round_half_up"), "rounding_mode", NULL},
	{BOTH, TEXT("standard"), "template_type", NULL},
	{BOTH, ZERO, "total balance", NULL},
	{DETAIL, "0", "discount", NULL},
	{DETAIL, BLANK,
		"notes terms subject_content offline_created_date_with_time invoice_id sales_channel contact_category"
		" discount_account_id discount_account_name adjustment_account_id adjustment_account_name submitter_id"
		" approver_id submitted_date submitted_by submitted_by_name submitted_by_email submitted_by_photo_url"
		" shipping_charge_tax_id shipping_charge_tax_name shipping_charge_tax_type"
		" shipping_charge_tax_percentage shipping_charge_tax_exemption_id shipping_charge_tax_exemption_code"
		" shipping_charge_tax bcy_shipping_charge_tax shipping_charge_tax_formatted shipping_charge_account_id"
		" shipping_charge_account_name adjustment_description",
		NULL},
	{DETAIL, ID("000093001"), "created_by_id last_modified_by_id", NULL},
	{DETAIL, TEXT("Sample Operator"), "created_by_name", NULL},
	{DETAIL, TEXT("Standard Template"), "template_name", NULL},
	{DETAIL, TEXT("USD- United States Dollar"), "currency_name_formatted", NULL},
	{DETAIL, ID("000000364"), "account_id", NULL},
	{DETAIL, TEXT("Accounts Receivable"), "account_name", NULL},
	{DETAIL, EMPTY, "custom_field_hash", NULL},
	{DETAIL, NO, "is_inclusive_tax", NULL},
	{DETAIL, NONE, "invoices_credited", credited},
	{DETAIL, NONE,
		"contact_persons contact_persons_associated exceptions sub_statuses documents custom_fields"
		" shipping_charge_taxes taxes creditnote_refunds locked_actions approvers_list",
		NULL},
	{DETAIL, TEXT("$"), "currency_symbol", NULL},
	{DETAIL, TEXT("$0.00"), "shipping_charge_exclusive_of_tax_formatted shipping_charge_inclusive_of_tax_formatted",
		NULL},
	{DETAIL, TEXT("11.69in"), "page_height", NULL},
	{DETAIL, TEXT("8.27in"), "page_width", NULL},
	{DETAIL, TEXT("basic"), "computation_type", NULL},
	{DETAIL, TEXT("entity_level"), "tax_rounding", NULL},
	{DETAIL, TEXT("item_level"), "discount_type", NULL},
	{DETAIL, TEXT("no_override"), "tax_override_preference", NULL},
	{DETAIL, TEXT("no_rounding"), "transaction_rounding_type", NULL},
	{DETAIL, TEXT("portrait"), "orientation", NULL},
	{DETAIL, TEXT("round_half_up"), "bcy_rounding_mode", NULL},
	{DETAIL, TEXT("tds_item_level"), "tds_calculation_type", NULL},
	{DETAIL, NONE, "line_items", line},
	{DETAIL, EMPTY, "billing_address shipping_address", address},
	{DETAIL, CAN_LOCK, "lock_details", NULL},
	{DETAIL, LOCKS, "lock_detail", NULL},
	{DETAIL, YES, "is_discount_before_tax", NULL},
	{DETAIL, ZERO,
		"discount_applied_on_amount shipping_charge_exclusive_of_tax shipping_charge_inclusive_of_tax"
		" shipping_charge adjustment roundoff_value sub_total sub_total_inclusive_of_tax tax_total"
		" total_credits_used total_refunded_amount",
		NULL},
	{LIST, BLANK, "applied_invoices", NULL},
	{LIST, NO, "has_attachment", NULL},
	{0},
};
