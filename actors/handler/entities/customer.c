/* customer: Zoho's contacts of contact_type customer, in table customers. Addresses stand only in details and webhooks.
 */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	{"contact_name|customer_name", "contact_name", RULE_TEXT, NULL},
	{"company_name", "company_name", RULE_TEXT, NULL},
	{"email", "email", RULE_TEXT, NULL},
	{"phone", "phone", RULE_TEXT, NULL},
	{"mobile", "mobile", RULE_TEXT, NULL},
	{"currency_code", "currency_code", RULE_TEXT, NULL},
	{"outstanding_receivable_amount", "outstanding_receivable", RULE_NUMBER, NULL},
	{"credit_limit", "credit_limit", RULE_NUMBER, NULL},
	{"payment_terms", "payment_terms", RULE_TEXT, NULL},
	{"billing_address", "billing_address", RULE_JSON, NULL},
	{"shipping_address", "shipping_address", RULE_JSON, NULL},
	{"pricebook_id", "price_list_zoho_id", RULE_ID, NULL},
	{"salesperson_id|owner_id", "salesperson_zoho_id", RULE_ID, NULL},
	{"status", "status", RULE_TEXT, NULL},
	{"status", "is_active", RULE_ACTIVE, NULL},
	{0},
};

static const struct backlink backlinks[] = {
	{"invoices", "zoho_customer_id", "customer_id"},
	{"sales_orders", "zoho_customer_id", "customer_id"},
	{0},
};

const struct entity entity_customer = {
	.id = ENTITY_CUSTOMER,
	.table = "customers",
	.key = "zoho_contact_id",
	.id_path = "contact_id|customer_id",
	.list_root = "contacts",
	.detail_root = "contact",
	.version_path = "last_modified_time",
	.type_path = "contact_type",
	.type = "customer",
	.fields = fields,
	.backlinks = backlinks,
};
