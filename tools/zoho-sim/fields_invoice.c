/* Owns the shape of an invoice: lines stand only in the detail, and the list says zipcode where the detail says zip. */
#include "fields.h"

static const struct field_group line[] = {
	{DETAIL, "0", "item_order discount tax_percentage markup_percent", NULL},
	{DETAIL, ZERO_QUANTITY, "quantity", NULL},
	{DETAIL, BLANK,
		"line_item_id item_id name internal_name description discount_account_id discount_account_name unit"
		" header_id header_name pricebook_id tax_id tax_name image_document_id bill_id bill_item_id"
		" stock_on_hand available_stock committed_stock available_for_sale_stock project_id expense_id"
		" expense_receipt_name purchase_rate salesorder_item_id",
		NULL},
	{DETAIL, ID("000000388"), "account_id", NULL},
	{DETAIL, TEXT("Sales"), "account_name", NULL},
	{DETAIL, EMPTY, "item_code", NULL},
	{DETAIL, NO, "is_modifier_item", NULL},
	{DETAIL, NONE, "discounts item_custom_fields tags documents line_item_taxes time_entry_ids mapped_items", NULL},
	{DETAIL, TEXT("line_item"), "line_item_category", NULL},
	{DETAIL, TEXT("sales"), "item_type", NULL},
	{DETAIL, TEXT("tax"), "tax_type", NULL},
	{DETAIL, TEXT("unit"), "pricing_scheme", NULL},
	{DETAIL, ZERO, "discount_amount rate item_total cost_amount", NULL},
	{DETAIL, "=rate", "bcy_rate sales_rate", NULL},
	{0},
};

static const struct field_group detail_address[] = {
	{DETAIL, "=address", "street", NULL},
	{DETAIL, BLANK, "address street2 city state zip country country_code fax phone attention", NULL},
	{0},
};

static const struct field_group list_address[] = {
	{LIST, BLANK, "address street2 city state country phone fax attention", NULL},
	{LIST, "=zip", "zipcode", NULL},
	{0},
};

static const struct field_group default_address[] = {
	{DETAIL, BLANK, "zip country address city phone city_code street2 state fax state_code", NULL}, {0}};

static const struct field_group customer[] = {
	{DETAIL, ZERO, "customer_balance credit_limit unused_customer_credits", NULL},
	{DETAIL, YES, "is_credit_limit_migration_completed", NULL},
	{0},
};

static const struct field_group order[] = {
	{DETAIL, BLANK, "salesorder_id salesorder_number date", NULL},
	{DETAIL, TEXT("invoiced"), "salesorder_order_status", NULL},
	{DETAIL, ZERO, "total sub_total", NULL},
	{0},
};

#define QR_CODE                                                                                                        \
	"{\"qr_source\":\"invoice_url\",\"is_qr_enabled\":false,\"qr_value\":\"\","                                    \
	"\"qr_description\":\"Point a camera at this code.\"}"

const struct field_group invoice_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, "0", "reminders_sent", NULL},
	{BOTH, "1.000000", "exchange_rate", NULL},
	{BOTH, BLANK,
		"invoice_id invoice_number date due_date issued_date customer_id customer_name email zcrm_potential_id"
		" zcrm_potential_name reference_number payment_expected_date last_payment_date salesperson_id"
		" salesperson_name last_reminder_sent_date client_viewed_time color_code current_sub_status_id"
		" schedule_time",
		NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, ID("000017001"), "template_id", NULL},
	{BOTH, EMPTY, "custom_field_hash", NULL},
	{BOTH, NO, "ach_payment_initiated is_emailed is_viewed_by_client", NULL},
	{BOTH, NONE, "custom_fields tags", NULL},
	{BOTH, TEXT("$"), "currency_symbol", NULL},
	{BOTH, TEXT("User"), "invoice_source", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, TEXT("direct_sales"), "sales_channel", NULL},
	{BOTH, CARRIED, "invoice_url", NULL},
	{BOTH, TEXT("draft"), "status", NULL},
	{BOTH, "=status", "current_sub_status", NULL},
	{BOTH, TEXT("standard"), "template_type", NULL},
	{BOTH, ZERO, "unprocessed_payment_amount adjustment shipping_charge total balance write_off_amount", NULL},
	{LIST, EMPTY, "billing_address shipping_address", list_address},
	{DETAIL, EMPTY, "billing_address shipping_address", detail_address},
	{DETAIL, "0", "payment_terms early_payment_discount_percentage discount_percent discount", NULL},
	{DETAIL, "2", "price_precision", NULL},
	{DETAIL, BLANK,
		"channel_invoice_id account_identifier offline_created_date_with_time recurring_invoice_id"
		" payment_terms_id early_payment_discount_due_days discount_account_id discount_account_name"
		" adjustment_account_id adjustment_account_name adjustment_description shipping_charge_tax_id"
		" shipping_charge_tax_name shipping_charge_tax_type shipping_charge_tax_percentage"
		" shipping_charge_tax_exemption_id shipping_charge_tax_exemption_code shipping_charge_tax"
		" bcy_shipping_charge_tax shipping_charge_tax_formatted shipping_charge_account_id"
		" shipping_charge_account_name contact_category attachment_name merchant_id merchant_name"
		" ecomm_operator_id ecomm_operator_name salesorder_id salesorder_number next_reminder_date_formatted"
		" submitter_id approver_id submitted_date submitted_by submitted_by_name submitted_by_email"
		" submitted_by_photo_url notes terms subject_content is_backorder estimate_id",
		NULL},
	{DETAIL, ID("000000364"), "account_id", NULL},
	{DETAIL, TEXT("Accounts Receivable"), "account_name", NULL},
	{DETAIL, TEXT("USD- United States Dollar"), "currency_name_formatted", NULL},
	{DETAIL, TEXT("Standard Template"), "template_name", NULL},
	{DETAIL, "@created_date", "created_date", NULL},
	{DETAIL, ID("000093001"), "created_by_id last_modified_by_id", NULL},
	{DETAIL, TEXT("Sample Operator"), "created_by_name", NULL},
	{DETAIL, EMPTY, "customer_custom_field_hash", NULL},
	{DETAIL, NO,
		"is_last_child_invoice is_early_payment_discount_applicable is_progress_invoice can_show_kit_return"
		" is_kit_partial_return is_autobill_enabled inprocess_transaction_present allow_partial_payments"
		" is_inclusive_tax stop_reminder_until_payment_expected_date ach_supported"
		" reader_offline_payment_initiated can_send_in_mail is_client_review_settings_enabled"
		" includes_package_tracking_info",
		NULL},
	{DETAIL, NONE,
		"customer_custom_fields invoice_installments locked_actions retention_items taxes"
		" shipping_charge_taxes exceptions contact_persons contact_persons_associated in_process_payments"
		" deliverychallans shipping_bills contact_persons_details sub_statuses approvers_list"
		" exchange_invoices documents",
		NULL},
	{DETAIL, NONE, "salesorders", order},
	{DETAIL, TEXT("$0.00"), "shipping_charge_exclusive_of_tax_formatted shipping_charge_inclusive_of_tax_formatted",
		NULL},
	{DETAIL, TEXT("11.69in"), "page_height", NULL},
	{DETAIL, TEXT("8.27in"), "page_width", NULL},
	{DETAIL, TEXT("Net 30"), "payment_terms_label", NULL},
	{DETAIL, TEXT("basic"), "computation_type", NULL},
	{DETAIL, TEXT("entity_level"), "tax_rounding", NULL},
	{DETAIL, TEXT("item_level"), "discount_type", NULL},
	{DETAIL, TEXT("no_override"), "retention_override_preference tax_override_preference", NULL},
	{DETAIL, TEXT("no_rounding"), "transaction_rounding_type", NULL},
	{DETAIL, TEXT("portrait"), "orientation", NULL},
	{DETAIL, TEXT("round_half_up"), "rounding_mode bcy_rounding_mode", NULL},
	{DETAIL, TEXT("tds_item_level"), "tds_calculation_type", NULL},
	{DETAIL, NONE, "line_items", line},
	{DETAIL, CAN_LOCK, "lock_details", NULL},
	{DETAIL, LOCKS, "lock_detail", NULL},
	{DETAIL, EMPTY, "contact", customer},
	{DETAIL, "{\"payment_gateways\":[]}", "payment_options", NULL},
	{DETAIL, QR_CODE, "qr_code", NULL},
	{DETAIL, "=billing_address", "customer_default_billing_address", default_address},
	{DETAIL, YES, "payment_reminder_enabled is_discount_before_tax can_send_invoice_sms", NULL},
	{DETAIL, ZERO,
		"early_payment_discount_amount payment_made total_retention_amount sub_total tax_total"
		" total_taxable_amount discount_total discount_applied_on_amount shipping_charge_exclusive_of_tax"
		" shipping_charge_inclusive_of_tax bcy_shipping_charge bcy_adjustment bcy_discount_total bcy_tax_total"
		" roundoff_value sub_total_inclusive_of_tax payment_discount unused_retainer_payments credits_applied"
		" tax_amount_withheld",
		NULL},
	{DETAIL, "=sub_total", "bcy_sub_total", NULL},
	{DETAIL, "=total", "bcy_total", NULL},
	{LIST, BLANK, "company_name project_name country phone documents", NULL},
	{LIST, CARRIED, "mail_first_viewed_time mail_last_viewed_time is_viewed_in_mail", NULL},
	{LIST, "@due_days", "due_days", NULL},
	{LIST, TEXT("Sample Operator"), "created_by", NULL},
	{LIST, "@modified", "updated_time", NULL},
	{LIST, NO, "has_attachment", NULL},
	{LIST, TEXT("renewal"), "transaction_type", NULL},
	{0},
};
