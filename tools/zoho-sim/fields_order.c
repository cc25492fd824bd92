/* Owns the shape of a sales order: quantities stand in the list, lines and addresses only in the detail. */
#include "fields.h"

static const struct field_group line[] = {
	{DETAIL, "0", "item_order discount tax_percentage is_fulfillable advanced_tracking_missing_quantity", NULL},
	{DETAIL, ZERO_QUANTITY,
		"quantity quantity_invoiced quantity_packed quantity_shipped quantity_cancelled quantity_returned"
		" quantity_delivered quantity_dropshipped quantity_backordered quantity_manuallyfulfilled"
		" quantity_invoiced_cancelled",
		NULL},
	{DETAIL, BLANK,
		"line_item_id item_id name description sku unit tax_id tax_name document_id image_name image_type"
		" image_document_id project_id pricebook_id header_id header_name group_name product_id variant_id"
		" attribute_name1 attribute_name2 attribute_name3 attribute_option_name1 attribute_option_name2"
		" attribute_option_name3 attribute_option_data1 attribute_option_data2 attribute_option_data3"
		" hsn_or_sac gst_treatment_code tds_tax_id tds_tax_name tds_tax_percentage location_id location_name"
		" warehouse_id warehouse_name",
		NULL},
	{DETAIL, NO,
		"is_invoiced track_serial_number track_batch_number is_returnable is_combo_product"
		" is_unconfirmed_product",
		NULL},
	{DETAIL, NONE, "discounts tags item_custom_fields line_item_taxes", NULL},
	{DETAIL, TEXT("inventory"), "item_type", NULL},
	{DETAIL, TEXT("Inventory Items"), "item_type_formatted", NULL},
	{DETAIL, TEXT("goods"), "product_type line_item_type", NULL},
	{DETAIL, TEXT("tax"), "tax_type", NULL},
	{DETAIL, ZERO, "rate item_total tds_tax_amount", NULL},
	{DETAIL, "=rate", "bcy_rate sales_rate", NULL},
	{DETAIL, "=item_total", "item_sub_total", NULL},
	{DETAIL, "@money:rate", "rate_formatted bcy_rate_formatted sales_rate_formatted", NULL},
	{DETAIL, "@money:item_total", "item_total_formatted item_sub_total_formatted", NULL},
	{0},
};

static const struct field_group address[] = {
	{DETAIL, BLANK, "address street2 city state state_code zip country country_code fax phone attention", NULL},
	{0}};

static const struct field_group invoice[] = {
	{DETAIL, BLANK, "invoice_id invoice_number status date due_date", NULL},
	{DETAIL, ZERO, "total balance", NULL},
	{0},
};

const struct field_group order_groups[] = {
	{BOTH, "@created", "created_time", NULL},
	{BOTH, "@modified", "last_modified_time", NULL},
	{BOTH, BLANK, "salesorder_id customer_id customer_name salesorder_number reference_number date shipment_date",
		NULL},
	{BOTH, TEXT("draft"), "status", NULL},
	{BOTH, "=status", "order_status current_sub_status", NULL},
	{BOTH, TEXT("not_invoiced"), "invoiced_status", NULL},
	{BOTH, TEXT("unpaid"), "paid_status", NULL},
	{BOTH, TEXT("pending"), "shipped_status", NULL},
	{BOTH, TEXT("USD"), "currency_code", NULL},
	{BOTH, ID("000000097"), "currency_id", NULL},
	{BOTH, ZERO, "total balance", NULL},
	{BOTH, "=total", "bcy_total", NULL},
	{BOTH, NO, "is_emailed", NULL},
	{BOTH, TEXT("direct_sales"), "sales_channel", NULL},
	{BOTH, NONE, "custom_fields", NULL},
	{BOTH, CARRIED, "cf_remark cf_remark_unformatted", NULL},
	{LIST, ZERO_QUANTITY, "quantity quantity_invoiced quantity_packed quantity_shipped", NULL},
	{LIST, "=quantity", "total_invoiced_quantity", NULL},
	{LIST, BLANK, "shipment_days due_by_days due_in_days company_name email salesperson_name delivery_date", NULL},
	{LIST, NO, "is_drop_shipment is_backorder has_attachment", NULL},
	{LIST, NONE, "tags", NULL},
	{DETAIL, NONE,
		"documents contact_persons contact_person_details contact_persons_associated packages purchaseorders"
		" salesreturns creditnotes payments refunds picklists taxes approvers_list sub_statuses tds_summary",
		NULL},
	{DETAIL, NONE, "line_items", line},
	{DETAIL, NONE, "invoices", invoice},
	{DETAIL, EMPTY, "billing_address shipping_address", address},
	{DETAIL, EMPTY, "shipping_details custom_field_hash", NULL},
	{DETAIL, "2", "price_precision", NULL},
	{DETAIL, "0", "discount discount_percent payment_terms", NULL},
	{DETAIL, "1.000000", "exchange_rate", NULL},
	{DETAIL, "=quantity", "total_quantity", NULL},
	{DETAIL, TEXT("$"), "currency_symbol", NULL},
	{DETAIL, NO,
		"is_inclusive_tax is_dropshipped is_backordered is_backorder_allowed has_unconfirmed_line_item"
		" has_qty_cancelled has_discount is_reverse_charge_applied is_manually_fulfilled is_test_order"
		" is_advanced_tracking_missing is_adv_tracking_in_package is_pre_gst",
		NULL},
	{DETAIL, YES, "is_discount_before_tax can_send_in_mail has_shipping_address is_taxable can_manually_fulfill",
		NULL},
	{DETAIL, BLANK,
		"estimate_id delivery_method delivery_method_id location_id location_name branch_id branch_name"
		" pricebook_id adjustment_description notes terms attachment_name salesperson_id salesperson_name"
		" gst_no gst_treatment place_of_supply tax_treatment tax_specification shipping_charge_tax_id"
		" shipping_charge_tax_name shipping_charge_tax_type shipping_charge_tax_percentage"
		" shipping_charge_tax_exemption_id shipping_charge_tax_exemption_code shipping_charge_tax"
		" bcy_shipping_charge_tax shipping_charge_tax_formatted shipping_charge_sac_code integration_id"
		" merchant_id merchant_name merchant_gst_no tracking_url entity_tags contact_category"
		" billing_address_id shipping_address_id zcrm_potential_id zcrm_potential_name"
		" offline_created_date_with_time pickup_location_id submitted_date submitted_by submitted_by_name"
		" submitted_by_email submitted_by_photo_url submitter_id approver_id color_code current_sub_status_id"
		" account_identifier created_by_name created_by_email",
		NULL},
	{DETAIL, ZERO,
		"discount_amount discount_total tax_total sub_total adjustment shipping_charge roundoff_value"
		" shipping_charge_inclusive_of_tax shipping_charge_exclusive_of_tax bcy_adjustment bcy_tax_total"
		" bcy_shipping_charge bcy_discount_total sub_total_inclusive_of_tax discount_applied_on_amount"
		" reverse_charge_tax_total",
		NULL},
	{DETAIL, "=sub_total", "bcy_sub_total sub_total_exclusive_of_discount", NULL},
	{DETAIL, "@money:sub_total", "sub_total_formatted sub_total_exclusive_of_discount_formatted", NULL},
	{DETAIL, "@money:total", "total_formatted", NULL},
	{DETAIL, "@money:balance", "balance_formatted", NULL},
	{DETAIL, "@created_date", "created_date", NULL},
	{DETAIL, "@created_display", "created_date_formatted", NULL},
	{DETAIL, "@created_minute", "created_time_formatted", NULL},
	{DETAIL, "@modified_minute", "last_modified_time_formatted", NULL},
	{DETAIL, ID("000093001"), "created_by_id last_modified_by_id", NULL},
	{DETAIL, ID("000017003"), "template_id", NULL},
	{DETAIL, TEXT("Standard Template"), "template_name", NULL},
	{DETAIL, TEXT("standard"), "template_type", NULL},
	{DETAIL, TEXT("Client"), "source", NULL},
	{DETAIL, TEXT("entity_level"), "discount_type tax_rounding", NULL},
	{DETAIL, TEXT("no_rounding"), "transaction_rounding_type", NULL},
	{DETAIL, TEXT("no_override"), "tds_override_preference", NULL},
	{DETAIL, TEXT("tds_item_level"), "tds_calculation_type", NULL},
	{DETAIL, TEXT("basic"), "computation_type", NULL},
	{DETAIL, TEXT("Due on Receipt"), "payment_terms_label", NULL},
	{DETAIL, TEXT("11.69in"), "page_height", NULL},
	{DETAIL, TEXT("8.27in"), "page_width", NULL},
	{DETAIL, TEXT("portrait"), "orientation", NULL},
	{0},
};
