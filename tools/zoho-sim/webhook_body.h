/* Owns what a webhook looks like: the body in each of its shapes, the query, the signature. */
#ifndef ZOHO_SIM_WEBHOOK_BODY_H
#define ZOHO_SIM_WEBHOOK_BODY_H

#include "store.h"

enum webhook_event { WEBHOOK_CREATED, WEBHOOK_UPDATED, WEBHOOK_DELETED };

enum webhook_shape {
	SHAPE_WRAPPED = 1,
	SHAPE_EVENT,
	SHAPE_BARE,
	SHAPE_FORM_JSON,
	SHAPE_FORM_FLAT,
	SHAPE_JSON_AS_FORM,
	SHAPE_BATCH,
};

const char *webhook_event_name(enum webhook_event event);
/* Appends the body, which carries this detail of the record; called with the store's lock held. */
void webhook_body(
	struct text *out, struct record *record, const struct text *detail, enum webhook_event event, unsigned shape);
const char *webhook_content_type(unsigned shape);
/* Only Zoho's default shapes say nothing of the event: then "event=deleted" goes into the query. */
bool webhook_event_in_query(enum webhook_event event, unsigned shape);
/* X-Zoho-Webhook-Signature over query and body; form: the body is pairs and not JSON. */
void webhook_sign(const char *secret, const char *query, const char *body, bool form, char *hex);
bool webhook_is_form(unsigned shape);

#endif
