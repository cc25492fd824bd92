/* vendor: Zoho's contacts of contact_type vendor, in table vendors. Addresses stand only in details and webhooks. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	FIELD("vendor_name|contact_name", "vendor_name", TEXT),
	FIELD("company_name", "company_name", TEXT),
	FIELD("email", "email", TEXT),
	FIELD("phone", "phone", TEXT),
	FIELD("currency_code", "currency_code", TEXT),
	FIELD("payment_terms", "payment_terms", TEXT),
	DETAIL("billing_address", "billing_address", JSON),
	DETAIL("shipping_address", "shipping_address", JSON),
	FIELD("outstanding_payable_amount", "outstanding_payable", NUMBER),
	FIELD("status", "status", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

static const struct backlink backlinks[] = {
	{"bills", "zoho_vendor_id", "vendor_id"},
	{0},
};

const struct entity entity_vendor = {
	.id = ENTITY_VENDOR,
	.path = "contacts",
	.list_root = "contacts",
	.detail_root = "contact",
	.sort = BY_CREATION,
	.filter = "contact_type=vendor&" ALL,
	.since = SINCE_SORTED,
	.details = DETAILS_BY_VERSION,
	.table = "vendors",
	.key = "zoho_vendor_id",
	.id_path = "contact_id|vendor_id",
	.version_path = "last_modified_time",
	.type_path = "contact_type",
	.type = "vendor",
	.fields = fields,
	.backlinks = backlinks,
};
