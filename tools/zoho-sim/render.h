/* Owns turning a record into the JSON that Zoho would serve. */
#ifndef ZOHO_SIM_RENDER_H
#define ZOHO_SIM_RENDER_H

#include "store.h"

/* Keys the field table doesn't know are kept under this one and stand in both forms. */
#define EXTRA_KEY "+"

void render_record(struct text *out, const struct record *record, enum form form);

#endif
