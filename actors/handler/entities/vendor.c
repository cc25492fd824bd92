/* vendor: Zoho's contacts of contact_type vendor, in table vendors. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	{"vendor_name|contact_name", "vendor_name", RULE_TEXT, NULL},
	{"company_name", "company_name", RULE_TEXT, NULL},
	{"email", "email", RULE_TEXT, NULL},
	{"phone", "phone", RULE_TEXT, NULL},
	{"currency_code", "currency_code", RULE_TEXT, NULL},
	{"payment_terms", "payment_terms", RULE_TEXT, NULL},
	{"billing_address", "billing_address", RULE_JSON, NULL},
	{"shipping_address", "shipping_address", RULE_JSON, NULL},
	{"outstanding_payable_amount", "outstanding_payable", RULE_NUMBER, NULL},
	{"status", "status", RULE_TEXT, NULL},
	{"status", "is_active", RULE_ACTIVE, NULL},
	{0},
};

const struct entity entity_vendor = {
	.id = ENTITY_VENDOR,
	.table = "vendors",
	.key = "zoho_vendor_id",
	.id_path = "contact_id|vendor_id",
	.list_root = "contacts",
	.detail_root = "contact",
	.version_path = "last_modified_time",
	.type_path = "contact_type",
	.type = "vendor",
	.fields = fields,
};
