/* Owns what is answered under /books/v3/ and /inventory/v1/. */
#ifndef ZOHO_SIM_API_H
#define ZOHO_SIM_API_H

#include "entities.h"
#include "http.h"

/* Limits, faults, token, organisation, then the resource. */
void api_call(struct request *request);
void api_error(struct request *request, unsigned status, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The rows of a resource, a page of them. */
void api_list(struct request *request, const struct resource *resource);

#endif
