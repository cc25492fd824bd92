/* Whom to ask: hosts and credentials as configured, or what is missing. */
#pragma once
#include <stdbool.h>
#include "config/config.h"

enum { TARGET_URL_BYTES = 1100, TARGET_WHY_BYTES = 256 };

struct target {
	char accounts[TARGET_URL_BYTES]; /* "https://accounts.zoho.eu", no slash at the end */
	char api[TARGET_URL_BYTES];
	bool api_is_configured;		/* then the token's api_domain isn't asked */
	char missing[TARGET_WHY_BYTES]; /* "" = complete; else which keys, in words */
};

void zoho_target_open(struct target *, const struct config *);
