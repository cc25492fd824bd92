/* Owns the shape of a contact, customer and vendor alike: addresses stand only in the detail. */
#include "fields.h"

static const struct field_group address[] = {
	{DETAIL, BLANK,
		"address_id attention address street2 city state_code state zip country county country_code phone fax"
		" latitude longitude",
		NULL},
	{0},
};

static const struct field_group person[] = {
	{DETAIL, BLANK,
		"contact_person_id salutation first_name last_name email phone mobile designation department skype fax"
		" photo_url",
		NULL},
	{DETAIL, NO, "is_added_in_portal can_invite", NULL},
	{DETAIL, YES, "is_primary_contact", NULL},
	{DETAIL, TEXT("email"), "mode_of_communication", NULL},
	{0},
};

static const struct field_group summary[] = {
	{DETAIL, ID("000000097"), "currency_id", NULL},
	{DETAIL, TEXT("USD"), "currency_code", NULL},
	{DETAIL, TEXT("$"), "currency_symbol", NULL},
	{DETAIL, "2", "price_precision", NULL},
	{DETAIL, YES, "is_base_currency", NULL},
	{DETAIL, TEXT("USD- United States Dollar"), "currency_name_formatted", NULL},
	{DETAIL, ZERO, "outstanding_receivable_amount unused_credits_receivable_amount", NULL},
	{0},
};

static const struct field_group templates[] = {
	{DETAIL, BLANK,
		"statement_template_id statement_template_name invoice_template_id invoice_template_name"
		" bill_template_id bill_template_name estimate_template_id estimate_template_name"
		" creditnote_template_id creditnote_template_name paymentthankyou_template_id"
		" paymentthankyou_template_name invoice_email_template_id invoice_email_template_name"
		" estimate_email_template_id estimate_email_template_name creditnote_email_template_id"
		" creditnote_email_template_name paymentthankyou_email_template_id paymentthankyou_email_template_name"
		" payment_remittance_email_template_id payment_remittance_email_template_name",
		NULL},
	{0},
};

const struct field_group contact_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, BLANK,
		"contact_id contact_name company_name first_name last_name website language_code"
		" language_code_formatted email phone mobile twitter facebook",
		NULL},
	{BOTH, ID("000093081"), "payment_terms_id", NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, "0", "payment_terms", NULL},
	{BOTH, EMPTY, "custom_field_hash", NULL},
	{BOTH, NO, "is_linked_with_zohocrm track_1099 ach_supported", NULL},
	{BOTH, NONE, "custom_fields tags", NULL},
	{BOTH, TEXT("Due on Receipt"), "payment_terms_label", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, TEXT("active"), "status", NULL},
	{BOTH, TEXT("user"), "source", NULL},
	{BOTH, TEXT("business"), "customer_sub_type", NULL},
	{BOTH, TEXT("customer"), "contact_type", NULL},
	{BOTH, TEXT("disabled"), "portal_status", NULL},
	{BOTH, ZERO,
		"outstanding_receivable_amount outstanding_payable_amount unused_credits_receivable_amount"
		" unused_credits_payable_amount",
		NULL},
	{BOTH, "=outstanding_receivable_amount", "outstanding_receivable_amount_bcy", NULL},
	{BOTH, "=outstanding_payable_amount", "outstanding_payable_amount_bcy", NULL},
	{BOTH, "=unused_credits_receivable_amount", "unused_credits_receivable_amount_bcy", NULL},
	{BOTH, "=unused_credits_payable_amount", "unused_credits_payable_amount_bcy", NULL},
	{DETAIL, "0", "portal_receipt_count", NULL},
	{DETAIL, "2", "price_precision", NULL},
	{DETAIL, BLANK,
		"contact_tax_information designation department contact_salutation photo_url invited_by"
		" contact_relation_type owner_id owner_name primary_contact_id zcrm_account_id zcrm_contact_id"
		" crm_owner_id exchange_rate opening_balance_amount_bcy consent_date tax_id_type tax_id_value"
		" tax_reg_label account_id account_name contact_category entity_address_id pricebook_id pricebook_name"
		" notes zohopeople_client_id submitted_date submitted_by submitted_by_name submitted_by_email"
		" submitted_by_photo_url submitter_id approver_id",
		NULL},
	{DETAIL, "@created_display", "created_date", NULL},
	{DETAIL, TEXT("Sample Operator"), "created_by_name", NULL},
	{DETAIL, ID("000093001"), "created_by_id last_modified_by_id", NULL},
	{DETAIL, NO,
		"is_client_review_asked is_crm_customer is_consent_agreed is_client_review_settings_enabled"
		" associated_with_square",
		NULL},
	{DETAIL, NONE,
		"documents locked_actions opening_balances addresses cards checks upi_mandates bank_accounts vpa_list"
		" approvers_list integration_references",
		NULL},
	{DETAIL, NONE, "contact_persons", person},
	{DETAIL, TEXT("$"), "currency_symbol", NULL},
	{DETAIL, TEXT("direct_sales"), "sales_channel", NULL},
	{DETAIL, NONE, "customer_currency_summaries", summary},
	{DETAIL, EMPTY, "billing_address shipping_address", address},
	{DETAIL, CAN_LOCK, "lock_details", NULL},
	{DETAIL, LOCKS, "lock_detail", NULL},
	{DETAIL, EMPTY, "default_templates", templates},
	{DETAIL, YES,
		"is_bcy_only_contact is_credit_limit_migration_completed has_transaction can_show_customer_ob"
		" can_show_vendor_ob payment_reminder_enabled is_sms_enabled",
		NULL},
	{DETAIL, ZERO,
		"credit_limit_exceeded_amount opening_balance_amount outstanding_ob_receivable_amount"
		" outstanding_ob_payable_amount unused_retainer_payments",
		NULL},
	{LIST, "=contact_name", "customer_name vendor_name", NULL},
	{LIST, "@created_display", "created_time_formatted", NULL},
	{LIST, "@modified_display", "last_modified_time_formatted", NULL},
	{LIST, NO, "has_attachment", NULL},
	{LIST, NONE, "contactperson_custom_fields", NULL},
	{LIST, TEXT("Disabled"), "portal_status_formatted", NULL},
	{LIST, "@contact_type", "contact_type_formatted", NULL},
	{0},
};
