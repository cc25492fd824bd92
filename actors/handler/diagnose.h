/* Names the field because of which PostgreSQL refused a record. */
#pragma once
#include "actors/handler/entity.h"
#include "ipc/buf.h"

/* Appends `field rate: "12,5" is not a number` for the first field (lines included) whose text its rule can't take;
 * appends nothing when all look right. `record` is the record's JSON text; `field` gets the field's path alone. `named`: id and
 * version stand beside it (a row of the queue), those in it aren't looked at. */
void diagnose(const struct entity *, bool named, struct str record, struct buf *to, struct buf *field);
