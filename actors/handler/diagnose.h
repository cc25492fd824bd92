/* Names the field because of which PostgreSQL refused a record. */
#pragma once
#include "actors/handler/entity.h"
#include "ipc/buf.h"

/* Appends `field rate: "12,5" is not a number` for the first field (lines included) whose text its rule or its column can't
 * take, or that PostgreSQL's `words` are about; appends nothing when all look right. `record` is the record's JSON text;
 * `field` gets the field's path alone. `named`: id and version stand beside it (a row of the queue), those in it aren't looked
 * at. */
void diagnose(
	const struct entity *, bool named, struct str record, const char *words, struct buf *to, struct buf *field);

struct json_object;
/* The value of a custom field, as the statements have it; NULL: the record doesn't carry it. */
struct json_object *diagnose_custom(struct json_object *record, const struct custom *);
/* Appends why a text doesn't fit the column (NULL: as the rule has it); false: it does. */
bool diagnose_column(const struct column *, const char *text, struct buf *why);
/* Whether PostgreSQL's words are about this text in this column. */
bool diagnose_words(const struct column *, const char *text, const char *words);
/* diagnose_value.c: what is wrong with a value ("is not a number"), NULL: nothing that the rule sees. */
const char *diagnose_value(enum rule, struct json_object *);
bool diagnose_is_id(const char *);
