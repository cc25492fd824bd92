/* branch: Zoho's locations (formerly branches, warehouses), in table branches. There is no version, no detail and one page. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	FIELD("location_name|branch_name|warehouse_name", "name", TEXT),
	FIELD("branch_code|location_code|code", "code", TEXT),
	FIELD("address", "address", JSON),
	FIELD("email", "email", TEXT),
	FIELD("phone", "phone", TEXT),
	FIELD("type", "kind", TEXT),
	FIELD("parent_location_id", "parent_zoho_id", ID),
	FIELD("is_primary|is_primary_branch|is_primary_location", "is_primary", FLAG),
	FIELD("status", "status", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

const struct entity entity_branch = {
	.id = ENTITY_BRANCH,
	.path = "locations",
	.list_root = "locations",
	.one_page = true,
	.unversioned = true,
	.table = "branches",
	.key = "zoho_branch_id",
	.id_path = "location_id|branch_id|warehouse_id",
	.version_path = "last_modified_time",
	.fields = fields,
};
