/* Owns the language of the field tables: which keys an entity has, in which form they stand, and what an unset one
 * shows. */
#ifndef ZOHO_SIM_FIELDS_H
#define ZOHO_SIM_FIELDS_H

#include <stddef.h>

enum form { LIST = 1, DETAIL = 2, BOTH = LIST | DETAIL };

/*
 * One row: keys (separated by spaces) that share forms and value. value is
 *   a JSON literal        what stands when the record carries no such key,
 *   "=other"              the value of another key (same default rules: absent is ""),
 *   "@name"               computed, see render.c,
 *   CARRIED               the key stands only in records that carry it.
 * With sub the value is an object or an array of objects that sub describes.
 */
struct field_group {
	unsigned forms;
	const char *value;
	const char *keys;
	const struct field_group *sub;
};

struct field {
	char *key;
	unsigned forms;
	const char *value;
	struct field *sub;
};

#define CARRIED NULL
#define TEXT(text) "\"" text "\""
#define BLANK TEXT("")
#define NO "false"
#define YES "true"
#define ZERO "0.00"
#define ZERO_QUANTITY "0.000000"
#define NONE "[]"
#define EMPTY "{}"
/* Ids that every organisation has: accounts, currency, users, templates. */
#define ID_PREFIX "3871240000"
#define ID(last) TEXT(ID_PREFIX last)
#define CAN_LOCK "{\"can_lock\":false}"
#define LOCKS "{\"can_lock\":true,\"custom_locks\":[],\"system_locks\":[]}"

extern const struct field_group item_groups[];
extern const struct field_group contact_groups[];
extern const struct field_group invoice_groups[];
extern const struct field_group order_groups[];
extern const struct field_group bill_groups[];
extern const struct field_group credit_note_groups[];
extern const struct field_group payment_groups[];
extern const struct field_group return_groups[];
extern const struct field_group adjustment_groups[];
extern const struct field_group price_list_groups[];
extern const struct field_group branch_groups[];
extern const struct field_group user_groups[];

/* Rows to one field per key; the array ends with a field whose key is NULL and lives until exit. */
struct field *fields_expand(const struct field_group *groups);
const struct field *fields_find(const struct field *fields, const char *key);

#endif
