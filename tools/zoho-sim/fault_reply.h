/* Owns what a fault does to a reply. */
#ifndef ZOHO_SIM_FAULT_REPLY_H
#define ZOHO_SIM_FAULT_REPLY_H

#include "faults.h"
#include "http.h"

/* True when the fault is the whole answer. */
bool fault_before(struct request *request, const struct fault *fault);
/* Spoils the delivery of an answer that is right otherwise. */
void fault_after(struct request *request, const struct fault *fault);

#endif
