/* Owns the shape of a bill: the vendor's side of an invoice. */
#include "fields.h"

static const struct field_group line[] = {
	{DETAIL, "0", "discount markup_percent tax_percentage item_order", NULL},
	{DETAIL, ZERO_QUANTITY, "quantity quantity_received", NULL},
	{DETAIL, BLANK,
		"purchaseorder_id purchaseorder_item_id line_item_id item_id image_document_id name description"
		" account_code sales_rate pricebook_id header_id header_name discount_account_id discount_account_name"
		" tax_id tax_name unit item_type image_name image_type customer_id receipt_line_item_id customer_name"
		" project_id project_name invoice_id invoice_number item_matching_type",
		NULL},
	{DETAIL, ID("000000427"), "account_id", NULL},
	{DETAIL, TEXT("Cost of Goods Sold"), "account_name", NULL},
	{DETAIL, EMPTY, "item_code", NULL},
	{DETAIL, NO, "is_billable", NULL},
	{DETAIL, NONE, "tags discounts line_item_taxes item_custom_fields purchase_request_items receive_line_items",
		NULL},
	{DETAIL, TEXT("line_item"), "line_item_category", NULL},
	{DETAIL, TEXT("tax"), "tax_type", NULL},
	{DETAIL, ZERO, "rate item_total", NULL},
	{DETAIL, "=rate", "bcy_rate", NULL},
	{0},
};

static const struct field_group address[] = {
	{DETAIL, BLANK, "address street2 city state zip country fax phone attention", NULL}, {0}};

const struct field_group bill_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, "1.000000", "exchange_rate", NULL},
	{BOTH, "2", "price_precision", NULL},
	{BOTH, BLANK,
		"bill_id vendor_id vendor_name color_code current_sub_status_id bill_number date due_date"
		" reference_number client_viewed_time attachment_name",
		NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, NO, "is_viewed_by_client is_uber_bill is_tally_bill is_bill_reconciliation_violated", NULL},
	{BOTH, NONE, "tags", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, TEXT("bill"), "entity_type", NULL},
	{BOTH, TEXT("open"), "status", NULL},
	{BOTH, "=status", "current_sub_status", NULL},
	{BOTH, ZERO, "total balance unprocessed_payment_amount", NULL},
	{DETAIL, "0", "non_catalog_items_count payment_terms discount discount_percent", NULL},
	{DETAIL, "@due_in_days", "due_in_days", NULL},
	{DETAIL, BLANK,
		"contact_category payment_expected_date scanned_po_number scanned_po_id recurring_bill_id due_by_days"
		" subject_content bill_order_type submitted_date submitted_by submitted_by_name submitted_by_email"
		" submitted_by_photo_url submitter_id approver_id adjustment_description discount_account_id"
		" discount_account_name billing_address_id reference_id notes terms adjustment_account_id"
		" adjustment_account_name",
		NULL},
	{DETAIL, TEXT("USD- United States Dollar"), "currency_name_formatted", NULL},
	{DETAIL, ID("000093001"), "created_by_id last_modified_id", NULL},
	{DETAIL, ID("000031017"), "template_id", NULL},
	{DETAIL, TEXT("Standard Template"), "template_name", NULL},
	{DETAIL, ID("000000373"), "account_id", NULL},
	{DETAIL, TEXT("Accounts Payable"), "account_name", NULL},
	{DETAIL, EMPTY, "custom_field_hash", NULL},
	{DETAIL, NO,
		"is_item_level_tax_calc is_inclusive_tax track_discount_in_account is_line_item_invoiced"
		" is_approval_required can_send_in_mail",
		NULL},
	{DETAIL, NONE,
		"sub_statuses documents custom_fields purchaseorders taxes payments vendor_credits"
		" allocated_landed_costs unallocated_landed_costs retention_items approvers_list",
		NULL},
	{DETAIL, TEXT("$"), "currency_symbol", NULL},
	{DETAIL, TEXT("11.69in"), "page_height", NULL},
	{DETAIL, TEXT("8.27in"), "page_width", NULL},
	{DETAIL, TEXT("User"), "source", NULL},
	{DETAIL, TEXT("Net 30"), "payment_terms_label", NULL},
	{DETAIL, TEXT("basic"), "computation_type", NULL},
	{DETAIL, TEXT("entity_level"), "tax_rounding discount_type", NULL},
	{DETAIL, TEXT("flat"), "discount_setting", NULL},
	{DETAIL, TEXT("no_override"), "tax_override_preference", NULL},
	{DETAIL, TEXT("portrait"), "orientation", NULL},
	{DETAIL, TEXT("standard"), "template_type", NULL},
	{DETAIL, TEXT("tds_item_level"), "tds_calculation_type", NULL},
	{DETAIL, NONE, "line_items", line},
	{DETAIL, EMPTY, "billing_address", address},
	{DETAIL, YES, "is_discount_before_tax", NULL},
	{DETAIL, ZERO,
		"unused_credits_payable_amount adjustment discount_amount discount_applied_on_amount sub_total"
		" sub_total_inclusive_of_tax tax_total discount_total payment_made vendor_credits_applied"
		" total_retention_amount",
		NULL},
	{LIST, "@created_minute", "created_time_formatted", NULL},
	{LIST, "@modified_minute", "last_modified_time_formatted", NULL},
	{LIST, TEXT("Sample Operator"), "created_by last_modified_by", NULL},
	{LIST, NO, "has_attachment", NULL},
	{LIST, "=bill_id", "is_opening_balance", NULL},
	{LIST, "@due_days", "due_days", NULL},
	{LIST, ZERO, "tds_total", NULL},
	{LIST, "=balance", "balance_due", NULL},
	{0},
};
