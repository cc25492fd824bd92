/* user: in table zoho_users. There is no version. */
#include "actors/handler/entity.h"

static const struct field fields[] = {
	FIELD("name", "name", TEXT),
	FIELD("email|email_ids.0.email", "email", TEXT),
	FIELD("user_role|role_name", "role", TEXT),
	FIELD("user_type", "user_type", TEXT),
	FIELD("mobile|phone", "phone", TEXT),
	FIELD("status", "status", TEXT),
	FIELD("status", "is_active", ACTIVE),
	{0},
};

const struct entity entity_user = {
	.id = ENTITY_USER,
	.path = "users",
	.list_root = "users",
	.detail_root = "user",
	.filter = ALL,
	.unversioned = true,
	.table = "zoho_users",
	.key = "zoho_user_id",
	.id_path = "user_id",
	.version_path = "last_modified_time",
	.fields = fields,
};
