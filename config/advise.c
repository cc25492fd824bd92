/* Owns what is allowed but probably not meant: it is let pass and said in the log. */
#include "config/memory.h"
#include "config/reading.h"
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

/* Zoho lets one enter 12 to 50 letters and digits. */
static void advise_signature(struct reading *r)
{
	enum { least = 12, most = 50 };
	const struct strings *secrets = &r->c->webhook_signature_secrets;
	for (size_t i = 0; i < secrets->n; i++) {
		size_t n = 0;
		while (isalnum((unsigned char)secrets->at[i][n]))
			n++;
		if (secrets->at[i][n] != '\0' || n < least || n > most)
			reading_warn(r, r->from[PARAM_AT_webhook_signature_secrets], "webhook.signature_secrets",
				"entry %zu isn't 12 to 50 letters and digits, which is all that Zoho accepts", i + 1);
	}
}

/* Either all of what Zoho needs or nothing (then TDS only receives). */
static void advise_zoho(struct reading *r)
{
	const struct {
		const char *name, *value;
	} needed[] = {
		{"zoho.organization_id", r->c->zoho_organization_id},
		{"zoho.client_id", r->c->zoho_client_id},
		{"zoho.client_secret", r->c->zoho_client_secret},
		{"zoho.refresh_token", r->c->zoho_refresh_token},
	};
	enum { n = sizeof needed / sizeof *needed };
	size_t set = 0;
	for (size_t i = 0; i < n; i++)
		set += needed[i].value[0] != '\0';
	for (size_t i = 0; set > 0 && i < n; i++)
		if (needed[i].value[0] == '\0')
			reading_warn(r, (struct origin){NULL, 0}, needed[i].name,
				"is not set: nothing will be fetched from Zoho");
}

void reading_advise(struct reading *r)
{
	advise_signature(r);
	advise_zoho(r);
}

void reading_advise_mode(struct reading *r, const struct parameter *p, struct origin at)
{
	struct stat s;
	if (!parameter_secret(p) || r->advised_file == r->file || stat(r->file, &s) != 0 ||
		(s.st_mode & SECRET_MODE) == 0)
		return;
	r->advised_file = r->file;
	reading_warn(r, at, p->name, "a secret in a file that everyone can read: chmod 640 it or use %s_file", p->name);
}
