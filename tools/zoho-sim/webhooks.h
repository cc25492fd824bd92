/* Owns sending webhooks: a queue, threads with connections kept open, and what became of each. */
#ifndef ZOHO_SIM_WEBHOOKS_H
#define ZOHO_SIM_WEBHOOKS_H

#include "store.h"
#include "webhook_body.h"

struct webhook_settings {
	char *url, *key, *secret;
	double duplicate_rate, reorder_rate, loss_rate, stale_rate;
	unsigned shape;
};

void webhooks_start(void);
void webhooks_stop(void);
/* Queues what the record is now; called with the store's lock held. Without a URL nothing happens. */
void webhooks_send(struct record *record, enum webhook_event event);
/* Sends at once and appends what the receiver said as JSON. */
void webhooks_fire(struct text *out, struct record *record, enum webhook_event event);
/* NULL when taken, else what is wrong. */
const char *webhooks_configure(json_object *settings);
/* Counts, settings and the acknowledged deliveries from number after on. */
void webhooks_describe(struct text *out, size_t after, size_t limit);

#endif
