/* Owns merging contacts: one takes over the documents of another, whose id is answered with 404 from then on. */
#ifndef ZOHO_SIM_MERGE_H
#define ZOHO_SIM_MERGE_H

#include "store.h"

/* Called with the store's lock held; false when these two can't be merged. */
bool merge_contacts(struct record *from, struct record *into);

#endif
