/* Owns one delivery of a webhook: how it is posted, and the list of those that were acknowledged. */
#ifndef ZOHO_SIM_WEBHOOK_DELIVERY_H
#define ZOHO_SIM_WEBHOOK_DELIVERY_H

#include "clock.h"
#include "webhooks.h"

struct delivery_state {
	struct delivery_state *next;
	const struct entity *entity;
	char id[ID_TEXT_MAX];
	char modified[TIME_TEXT_MAX];
	enum webhook_event event;
	unsigned shape, attempts;
	int64_t due_ms;
	struct text body;
};

/* Posts it. Returns the HTTP status, 0 when there was no answer; reply gets the body. curl keeps the connection. */
unsigned delivery_post(
	void *curl, struct delivery_state *delivery, const struct webhook_settings *settings, struct text *reply);

/* The list below is guarded by the lock of webhooks.c. */
void acknowledged_add(struct delivery_state *delivery, unsigned status, const struct text *reply);
/* "acknowledged":[...],"next":N,"total":N */
void acknowledged_describe(struct text *out, size_t after, size_t limit);

#endif
