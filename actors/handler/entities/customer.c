/* customer: Zoho's contacts of contact_type customer, in table customers. Addresses, price list and owner stand only in details and webhooks.
 */
#include "actors/handler/entity.h"

static const struct link price_lists = {"price_lists", "zoho_price_list_id"};

static const struct field fields[] = {
	FIELD("contact_name|customer_name", "contact_name", TEXT),
	FIELD("company_name", "company_name", TEXT),
	FIELD("email", "email", TEXT),
	FIELD("phone", "phone", TEXT),
	FIELD("mobile", "mobile", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("outstanding_receivable_amount", "outstanding_receivable", NUMBER),
	DETAIL("credit_limit", "credit_limit", NUMBER),
	FIELD("payment_terms", "payment_terms", TEXT),
	DETAIL("billing_address", "billing_address", JSON),
	DETAIL("shipping_address", "shipping_address", JSON),
	DETAIL("pricebook_id", "price_list_zoho_id", ID),
	{.path = "pricebook_id", .in_detail = true, .column = "price_list_id", .rule = RULE_LINK, .link = &price_lists},
	DETAIL("salesperson_id|owner_id", "salesperson_zoho_id", ID),
	FIELD("status", "status", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

static const struct backlink backlinks[] = {
	{"invoices", "zoho_customer_id", "customer_id"},
	{"sales_orders", "zoho_customer_id", "customer_id"},
	{"credit_notes", "zoho_customer_id", "customer_id"},
	{"invoice_payments", "zoho_customer_id", "customer_id"},
	{"sales_returns", "zoho_customer_id", "customer_id"},
	{0},
};

const struct entity entity_customer = {
	.id = ENTITY_CUSTOMER,
	.path = "contacts",
	.list_root = "contacts",
	.detail_root = "contact",
	.sort = BY_CREATION,
	.filter = "contact_type=customer&" ALL,
	.since = SINCE_SORTED,
	.details = DETAILS_BY_VERSION,
	.table = "customers",
	.key = "zoho_contact_id",
	.id_path = "contact_id|customer_id",
	.version_path = "last_modified_time",
	.type_path = "contact_type",
	.type = "customer",
	.fields = fields,
	.backlinks = backlinks,
};
