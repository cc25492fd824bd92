/* How an entity is mapped onto tables that an ERP has already: `mapping.ENTITY` as the configuration keeps it, one text
 * for each thing that is said, so that it is handed on, compared and shown like any other list. */
#pragma once
#include "config/config.h"
#include "ipc/message.h"

enum mapping_what {
	MAPPING_TABLE,	  /* table = erp.items              "" of lines: they are not written */
	MAPPING_KEY,	  /* key = zoho_id */
	MAPPING_COLUMN,	  /* columns.OURS = THEIRS          "": left out */
	MAPPING_CUSTOM,	  /* custom.TYPE.THEIRS = FROM */
	MAPPING_CONSTANT, /* constants.THEIRS = VALUE */
};

struct mapping_said {
	bool lines; /* of the rows inside a record ("lines." before it) */
	enum mapping_what what;
	struct str name;   /* OURS or THEIRS */
	struct str type;   /* CUSTOM */
	const char *value; /* what stands behind " = " */
};

enum { MAPPING_NAME_BYTES_MAX = 63 }; /* NAMEDATALEN - 1: PostgreSQL would cut a longer name */

/* What a text of a mapping says; false: nothing of the kind. */
bool mapping_read(const char *text, struct mapping_said *);
/* What is mapped of an entity (its name as in entities.def): empty for the default. */
const struct strings *config_mapping(const struct config *, const char *entity);
/* The columns that `mapping.ENTITY.columns` may name, of every entity, as Markdown. */
void mapping_reference(FILE *);
