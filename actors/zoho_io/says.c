/* Owns what people are told of Zoho: one alert for each cause, ended when it is gone, and the note that health shows.
 * The database may be away: what it wasn't told it is told later. */
#include "actors/zoho_io/zoho.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { AGAIN_MS = 5000 };

struct cause {
	const char *type, *key, *severity, *title, *cure;
	enum said (*is)(const struct zoho *, char *why, size_t size); /* what is to be said, and the words for why */
};

static enum said grant_refused(const struct zoho *z, char *why, size_t size)
{
	snprintf(why, size, "%s", z->keeper.token.why);
	if (z->keeper.token.stopped)
		return SAID_IT; /* only a token proves the contrary, or that none is wanted any more */
	return *z->keeper.token.access || *z->target.missing ? SAID_NOTHING : SAID_UNKNOWN;
}

static enum said day_over(const struct zoho *z, char *why, size_t size)
{
	char text[32];
	struct tm tm;
	int64_t until_ms;
	bool over = zoho_budget_day_over(&z->budget, zoho_now_ms(), &until_ms);
	time_t until = (time_t)(until_ms / 1000);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&until, &tm));
	snprintf(why, size, "Zoho's calls for today are used up (%" PRId64 " a day); it goes on at %s",
		zoho_budget_day_limit(&z->budget), text);
	return over ? SAID_IT : z->budget_known ? SAID_NOTHING : SAID_UNKNOWN;
}

static const struct cause causes[SAYS] = {
	{"zoho_refused", "zoho-grant", "critical", "Zoho refuses the refresh token",
		"Nothing is asked of Zoho until then; webhooks that carry their record are applied, others wait. Make a new "
		"refresh token, put it where zoho.refresh_token is read from, then tdsctl reload.",
		grant_refused},
	{"zoho_day_used_up", "zoho-day", "error", "Zoho's calls for today are used up",
		"Webhooks that carry their record are applied, others and all syncs wait. Which lane spent them: "
		"tds_zoho_calls_* in /metrics; other programs spend them, too.",
		day_over},
};

static void on_said(void *ctx, const struct db_reply *r)
{
	struct say *say = ctx;
	say->busy = false;
	say->said = r->failure == DB_OK ? say->saying : SAID_UNKNOWN;
}

static void tell(struct zoho *z, const struct cause *cause, struct say *say, enum said is, const char *why)
{
	static const struct db_statement raise = {"zoho_alert", SQL_DISPATCH_ALERT};
	static const struct db_statement end = {"zoho_alert_end", SQL_ZOHO_ALERT_END};
	const char *organization = z->actor->config.zoho_organization_id;
	char text[768];
	say->busy = true;
	say->saying = is;
	z->says.again_ns = loop_clock() + AGAIN_MS * INT64_C(1000000);
	snprintf(text, sizeof text, "%s. %s", why, cause->cure);
	if (is == SAID_IT)
		db_query(z->db, &raise, on_said, say, 7, organization, cause->type, cause->key, cause->severity,
			cause->title, text, NULL);
	else
		db_query(z->db, &end, on_said, say, 2, organization, cause->key);
}

static void note(struct zoho *z, const char *why)
{
	if (!db_up(z->db)) { /* then that is the note */
		snprintf(z->says.note, sizeof z->says.note, "?");
		return;
	}
	if (!strcmp(z->says.note, why))
		return;
	actor_note(z->actor, why);
	snprintf(z->says.note, sizeof z->says.note, "%s", why);
}

void zoho_say(struct zoho *z)
{
	char why[SLOT_WORDS_BYTES], first[SLOT_WORDS_BYTES] = "";
	for (int i = 0; i < SAYS; i++) {
		struct say *say = &z->says.at[i];
		enum said is = causes[i].is(z, why, sizeof why);
		if (is == SAID_IT && !*first)
			memcpy(first, why, sizeof first);
		if (is == SAID_UNKNOWN || say->busy || say->said == is || !db_up(z->db))
			continue;
		if (say->said == SAID_UNKNOWN && loop_clock() < z->says.again_ns)
			zoho_wake_in_ms(z, (z->says.again_ns - loop_clock()) / 1000000 + 1);
		else
			tell(z, &causes[i], say, is, why);
	}
	note(z, first);
}
