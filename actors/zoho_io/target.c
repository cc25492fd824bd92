/* Owns the hosts of Zoho's data centres and the check that the configuration names an organisation to speak for. */
#include "actors/zoho_io/target.h"
#include "actors/zoho_io/http.h"
#include <stdio.h>
#include <string.h>

static const char *accounts_host(const char *center)
{
	return !strcmp(center, "ca") ? "https://accounts.zohocloud" : "https://accounts.zoho";
}

static void take_url(struct target *t, char *to, const char *url, const char *key)
{
	size_t n = strlen(url);
	while (n && url[n - 1] == '/')
		n--;
	snprintf(to, TARGET_URL_BYTES, "%.*s", (int)n, url);
	if (!zoho_http_acceptable(to))
		snprintf(t->missing, sizeof t->missing, "%s must be https (plain http only for this machine)", key);
}

static void require(struct target *t, const char *value, const char *key)
{
	size_t n = strlen(t->missing);
	if (!*value)
		snprintf(t->missing + n, sizeof t->missing - n, "%s%s", n ? ", " : "not configured: ", key);
}

void zoho_target_open(struct target *t, const struct config *c)
{
	*t = (struct target){.api_is_configured = *c->zoho_api_url != 0};
	snprintf(t->accounts, sizeof t->accounts, "%s.%s", accounts_host(c->zoho_data_center), c->zoho_data_center);
	snprintf(t->api, sizeof t->api, "https://www.zohoapis.%s", c->zoho_data_center);
	require(t, c->zoho_organization_id, "zoho.organization_id");
	require(t, c->zoho_client_id, "zoho.client_id");
	require(t, c->zoho_client_secret, "zoho.client_secret");
	require(t, c->zoho_refresh_token, "zoho.refresh_token");
	if (*t->missing)
		return;
	if (*c->zoho_accounts_url)
		take_url(t, t->accounts, c->zoho_accounts_url, "zoho.accounts_url");
	if (*c->zoho_api_url)
		take_url(t, t->api, c->zoho_api_url, "zoho.api_url");
}
