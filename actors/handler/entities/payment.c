/* payment: a customer's payment, in invoice_payments; over which invoices it is spread, in payment_allocations. Those stand only
 * in details and webhooks, whose version is called updated_time. */
#include "actors/handler/entity.h"

static const struct link customers = {"customers", "zoho_contact_id"};
static const struct link invoices = {"invoices", "zoho_invoice_id"};

static const struct field fields[] = {
	FIELD("payment_number", "payment_number", TEXT),
	FIELD("customer_id", "zoho_customer_id", ID),
	LINKED("customer_id", "customer_id", &customers),
	FIELD("customer_name", "customer_name", TEXT),
	FIELD("date", "payment_date", DATE),
	FIELD("amount", "amount", NUMBER),
	FIELD("unused_amount", "unused_amount", NUMBER),
	FIELD("bank_charges", "bank_charges", NUMBER),
	FIELD("payment_mode", "payment_mode", TEXT),
	FIELD("payment_status", "status", TEXT),
	FIELD("reference_number", "reference_number", TEXT),
	FIELD("description", "description", TEXT),
	FIELD("account_id", "account_zoho_id", ID),
	FIELD("account_name", "account_name", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("exchange_rate", "exchange_rate", NUMBER),
	FIELD("invoices", "zoho_data", WHOLE),
	{0},
};

static const struct field allocation_fields[] = {
	FIELD("invoice_payment_id", "zoho_allocation_id", ID),
	FIELD("invoice_id", "zoho_invoice_id", ID),
	LINKED("invoice_id", "invoice_id", &invoices),
	FIELD("invoice_number", "invoice_number", TEXT),
	FIELD("amount_applied", "amount_applied", NUMBER),
	FIELD("tax_amount_withheld", "tax_withheld", NUMBER),
	FIELD("discount_amount", "discount_amount", NUMBER),
	FIELD("apply_date", "applied_on", DATE),
	{0},
};

static const struct lines allocations = {
	.table = "payment_allocations",
	.path = "invoices",
	.id_path = "invoice_id",
	.parent_column = "payment_id",
	.parent_key = "zoho_payment_id",
	.order_column = "line_number",
	.fields = allocation_fields,
};

const struct entity entity_payment = {
	.id = ENTITY_PAYMENT,
	.path = "customerpayments",
	.list_root = "customerpayments",
	.detail_root = "payment",
	.sort = "sort_column=date&sort_order=A",
	.details = DETAILS_BY_VERSION,
	.table = "invoice_payments",
	.key = "zoho_payment_id",
	.id_path = "payment_id",
	.version_path = "last_modified_time|updated_time",
	.fields = fields,
	.lines = &allocations,
};
