/* Owns the access tokens: who gets one, how many live, when they die. */
#ifndef ZOHO_SIM_OAUTH_H
#define ZOHO_SIM_OAUTH_H

#include "http.h"

/* POST /oauth/v2/token */
void oauth_token(struct request *request);
/* Does the Authorization header carry a living token? 0, or the code of the 401. */
int oauth_check(struct request *request);
/* Every living access token dies. */
void oauth_revoke(void);
void oauth_reset(void);

#endif
