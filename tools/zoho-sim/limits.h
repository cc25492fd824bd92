/* Owns the organisation's quota: calls per minute, per day and at once. */
#ifndef ZOHO_SIM_LIMITS_H
#define ZOHO_SIM_LIMITS_H

#include "http.h"

enum limit { LIMIT_NONE = 0, LIMIT_MINUTE = 44, LIMIT_DAY = 45, LIMIT_CONCURRENT = 1070 };

/* Takes one call from the quota, or says which limit forbids it; limits_leave() gives back the place at once. */
enum limit limits_enter(void);
void limits_leave(void);
/* x-rate-limit-*: the day's quota. */
void limits_headers(struct request *request);
/* As if other programs had spent so many calls today. */
void limits_set_used(unsigned used);
/* Another program's calls, now: they fill minute and day. Returns how many it was allowed. */
unsigned limits_spend(unsigned calls);
/* 0 leaves a limit as it is. */
void limits_change(unsigned concurrent, unsigned calls_per_day);
void limits_reset(void);

#endif
