/* Owns /_sim/: what tests and checkers ask and order beside the simulated API. */
#ifndef ZOHO_SIM_CONTROL_H
#define ZOHO_SIM_CONTROL_H

#include "http.h"

void control_call(struct request *request);

/* /_sim/records/...; rest is what follows that. */
void control_records(struct request *request, const char *rest);
/* /_sim/webhooks and /_sim/webhooks/fire */
void control_webhooks(struct request *request, const char *rest);
/* /_sim/change */
void control_change(struct request *request);

void control_error(struct request *request, unsigned status, const char *what);
bool control_query_is(struct request *request, const char *key, const char *value);
long control_query_number(struct request *request, const char *key, long unset);

#endif
