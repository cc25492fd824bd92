/* Owns the rules about the one access token: ten in ten minutes, one request at a time, and no storm when Zoho says no.
 */
#include "actors/zoho_io/token.h"
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define TOKEN_WINDOW_US (600 * SECOND_US)

enum {
	THROTTLED_S = 300,
	THROTTLED_S_MAX = 1800,
	STOPPED_S = 600,
	STOPPED_S_MAX = 21600,
	TRANSIENT_S = 1,
	TRANSIENT_S_MAX = 60
};

/* When the next one may be asked for by the limit of tokens: now, or when the oldest of them leaves the window. */
static int64_t next_issue(const struct token *t, int64_t now_us)
{
	int64_t oldest = INT64_MAX;
	int n = 0;
	for (int i = 0; i < TOKEN_ISSUES; i++) {
		int64_t at = t->issues_us[i];
		if (at <= now_us - TOKEN_WINDOW_US || at > now_us + TOKEN_WINDOW_US)
			continue;
		n++;
		oldest = at < oldest ? at : oldest;
	}
	return n < TOKEN_ISSUES_MAX ? now_us : oldest + TOKEN_WINDOW_US;
}

enum token_need zoho_token_need(const struct token *t, int64_t now_us, int64_t margin_us, int64_t *until_us)
{
	int64_t half_life = (t->expires_us - t->issued_us) / 2;
	int64_t margin = margin_us < half_life ? margin_us : half_life;
	bool good = *t->access && now_us < t->expires_us;
	int64_t next = next_issue(t, now_us);
	*until_us = t->not_before_us > next ? t->not_before_us : next;
	if (good && now_us < t->expires_us - margin)
		return TOKEN_USE;
	if (*until_us <= now_us)
		return good ? TOKEN_USE_AND_RENEW : TOKEN_RENEW;
	return good ? TOKEN_USE : t->stopped ? TOKEN_STOP : TOKEN_PAUSE;
}

bool zoho_token_domain_is_zohos(const char *domain)
{
	static const char *const hosts[] = {"https://www.zohoapis.com", "https://www.zohoapis.eu",
		"https://www.zohoapis.in", "https://www.zohoapis.com.au", "https://www.zohoapis.jp",
		"https://www.zohoapis.ca", "https://www.zohoapis.sa", "https://www.zohoapis.com.cn"};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (!strcmp(domain, hosts[i]))
			return true;
	return false;
}

static void pause_for(struct token *t, int64_t first_s, int64_t most_s, int64_t now_us)
{
	t->pause_us = t->pause_us ? t->pause_us * 2 : first_s * SECOND_US;
	t->pause_us = t->pause_us < first_s * SECOND_US ? first_s * SECOND_US : t->pause_us;
	t->pause_us = t->pause_us > most_s * SECOND_US ? most_s * SECOND_US : t->pause_us;
	t->not_before_us = now_us + t->pause_us;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

static void issue(struct token *t, int64_t now_us)
{
	int oldest = 0;
	for (int i = 1; i < TOKEN_ISSUES; i++)
		if (t->issues_us[i] < t->issues_us[oldest])
			oldest = i;
	t->issues_us[oldest] = now_us;
}

static bool is_header_safe(const char *text)
{
	size_t n = strlen(text);
	return n && n < TOKEN_BYTES &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~+/=") == n;
}

static bool take(struct token *t, struct json_object *o, int64_t now_us)
{
	struct json_object *v;
	const char *access = text_of(o, "access_token"), *domain = text_of(o, "api_domain");
	int64_t lifetime_s = json_object_object_get_ex(o, "expires_in", &v) ? json_object_get_int64(v) : 3600;
	if (!is_header_safe(access))
		return false;
	snprintf(t->access, sizeof t->access, "%s", access);
	snprintf(t->api_domain, sizeof t->api_domain, "%s", zoho_token_domain_is_zohos(domain) ? domain : "");
	t->issued_us = now_us;
	t->expires_us = now_us + (lifetime_s > 0 && lifetime_s <= 86400 ? lifetime_s : 3600) * SECOND_US;
	t->generation++;
	t->not_before_us = t->pause_us = 0;
	t->stopped = false;
	*t->why = 0;
	issue(t, now_us);
	return true;
}

static bool is_invalid(const char *error)
{
	static const char *const words[] = {"invalid_code", "invalid_client", "invalid_client_secret", "invalid_grant",
		"invalid_token", "access_denied", "unauthorized_client", "invalid_refresh_token"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(error, words[i]))
			return true;
	return false;
}

static enum grant refuse(struct token *t, const char *error, long status, int64_t now_us)
{
	if (!strcmp(error, "Access Denied") || status == 429) {
		pause_for(t, THROTTLED_S, THROTTLED_S_MAX, now_us);
		snprintf(t->why, sizeof t->why, "Zoho's accounts host throttles token requests");
		return GRANT_THROTTLED;
	}
	if (is_invalid(error)) {
		pause_for(t, STOPPED_S, t->stopped ? STOPPED_S_MAX : STOPPED_S, now_us);
		t->stopped = true;
		*t->access = 0;
		snprintf(t->why, sizeof t->why, "Zoho refuses the refresh token or the client: %s", error);
		return GRANT_INVALID;
	}
	pause_for(t, TRANSIENT_S, TRANSIENT_S_MAX, now_us);
	snprintf(t->why, sizeof t->why, "no access token: HTTP %ld %.80s", status, error);
	return GRANT_TRANSIENT;
}

enum grant zoho_token_answer(
	struct token *t, const char *network, long status, const char *body, size_t length, int64_t now_us)
{
	struct json_tokener *tokener = network || !length || length > INT32_MAX ? NULL : json_tokener_new_ex(8);
	struct json_object *o = tokener ? json_tokener_parse_ex(tokener, body, (int)length) : NULL;
	if (tokener)
		json_tokener_free(tokener);
	bool object = o && json_object_is_type(o, json_type_object);
	enum grant grant = GRANT_GIVEN;
	if (!object || status / 100 == 5 || !take(t, o, now_us))
		grant = refuse(t, network ? network : object ? text_of(o, "error") : "", status, now_us);
	json_object_put(o);
	return grant;
}

void zoho_token_perhaps_issued(struct token *t, int64_t now_us)
{
	issue(t, now_us);
}

void zoho_token_ask_anew(struct token *t)
{
	t->not_before_us = t->pause_us = 0;
}

void zoho_token_rejected(struct token *t, uint64_t generation)
{
	if (t->generation == generation)
		*t->access = 0;
}

size_t zoho_token_write(const struct token *t, char *to, size_t size)
{
	int n = snprintf(to, size, "%s\n%s\n%lld %lld", t->access, t->api_domain, (long long)t->issued_us,
		(long long)t->expires_us);
	for (int i = 0; i < TOKEN_ISSUES; i++)
		n += snprintf(to + n, size - (size_t)n, " %lld", (long long)t->issues_us[i]);
	n += snprintf(to + n, size - (size_t)n, "\n%lld %lld %d %s", (long long)t->not_before_us,
		(long long)t->pause_us, t->stopped, t->why);
	return (size_t)n;
}

static void read_pause(struct token *t, const char *line)
{
	long long not_before, pause;
	int stopped, at = 0;
	if (!line || sscanf(line, "%lld %lld %d %n", &not_before, &pause, &stopped, &at) < 3)
		return;
	t->not_before_us = not_before;
	t->pause_us = pause;
	t->stopped = stopped != 0;
	snprintf(t->why, sizeof t->why, "%s", line + at);
}

bool zoho_token_read(struct token *t, const char *text, size_t length)
{
	struct token read = {.generation = t->generation + 1};
	const char *end_token = memchr(text, '\n', length);
	const char *end_domain = end_token ? strchr(end_token + 1, '\n') : NULL;
	int at = 0, more = 0;
	if (!end_domain || end_token - text >= TOKEN_BYTES || end_domain - end_token > TOKEN_HOST_BYTES)
		return false;
	memcpy(read.access, text, (size_t)(end_token - text));
	memcpy(read.api_domain, end_token + 1, (size_t)(end_domain - end_token - 1));
	long long issued, expires, issue_us;
	if (sscanf(end_domain, "%lld %lld%n", &issued, &expires, &at) != 2)
		return false;
	read.issued_us = issued;
	read.expires_us = expires;
	for (int i = 0; i < TOKEN_ISSUES && sscanf(end_domain + at, "%lld%n", &issue_us, &more) == 1; i++, at += more)
		read.issues_us[i] = issue_us;
	read_pause(&read, strchr(end_domain + 1, '\n'));
	*t = read;
	return true;
}
