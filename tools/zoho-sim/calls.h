/* Owns the record of what the simulator was asked, so that a checker can see how a client behaved. */
#ifndef ZOHO_SIM_CALLS_H
#define ZOHO_SIM_CALLS_H

#include <stdint.h>

#include "http.h"

/* Counts an API call that arrived (whatever becomes of it) and one that is done with. */
void calls_begin(void);
void calls_end(void);
/* Writes down the answered request; started in wall clock milliseconds. */
void calls_log(struct request *request, int64_t started_ms);
void calls_token_issued(void);
void calls_token_refused(void);
void calls_reset(void);
void calls_describe(struct text *out);

#endif
