/* Owns merging contacts: one takes over the documents of another, whose id is answered with 404 from then on. */
#include "merge.h"

#include <string.h>

#include "record_json.h"

/* The documents become those of the other, which is a change of theirs. */
static void hand_over(
	enum entity_id which, const char *id_key, const char *name_key, struct record *from, struct record *into)
{
	struct record *document;
	size_t i;

	for (i = 0; i < store_count(&entities[which]); i++) {
		document = store_at(&entities[which], i);
		if (document->deleted || strcmp(get_text(document->values, id_key), from->id) != 0)
			continue;
		set_text(document->values, id_key, into->id);
		set_same(document->values, name_key, into->values, "contact_name");
		record_changed(document, true);
	}
}

bool merge_contacts(struct record *from, struct record *into)
{
	static const enum entity_id sales[] = {ORDER, INVOICE, CREDIT_NOTE, PAYMENT, RETURN};
	size_t i;

	if (!into || from == into || from->deleted || into->deleted || from->entity != into->entity ||
		strcmp(from->entity->wrapper, "contact") != 0)
		return false;
	if (from->entity == &entities[VENDOR])
		hand_over(BILL, "vendor_id", "vendor_name", from, into);
	for (i = 0; from->entity == &entities[CUSTOMER] && i < sizeof sales / sizeof *sales; i++)
		hand_over(sales[i], "customer_id", "customer_name", from, into);
	memcpy(from->merged_into, into->id, sizeof from->merged_into);
	from->deleted = true;
	record_changed(from, false);
	record_changed(into, true);
	return true;
}
