/* The access token's rules, its keeping, and what replies of the accounts host mean. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "actors/zoho_io/seal.h"
#include "actors/zoho_io/token.h"

#define SECOND INT64_C(1000000)
static const int64_t now = INT64_C(1795495798) * SECOND;
static const int64_t margin = 60 * SECOND;

static enum grant answer(struct token *t, long status, const char *body, int64_t at)
{
	return zoho_token_answer(t, NULL, status, body, strlen(body), at);
}

static struct token granted(int64_t at)
{
	struct token t = {0};
	cr_assert_eq(answer(&t, 200,
			     "{\"access_token\":\"1000.abc\",\"api_domain\":\"https://"
			     "www.zohoapis.eu\",\"expires_in\":3600}",
			     at),
		GRANT_GIVEN);
	return t;
}

Test(zoho_token, is_used_until_shortly_before_it_expires)
{
	struct token t = granted(now);
	int64_t until;
	cr_assert_eq(zoho_token_need(&t, now, margin, &until), TOKEN_USE);
	cr_assert_eq(zoho_token_need(&t, now + 3539 * SECOND, margin, &until), TOKEN_USE);
	cr_assert_eq(zoho_token_need(&t, now + 3541 * SECOND, margin, &until), TOKEN_USE_AND_RENEW);
	cr_assert_eq(zoho_token_need(&t, now + 3600 * SECOND, margin, &until), TOKEN_RENEW);
	cr_assert_str_eq(t.api_domain, "https://www.zohoapis.eu");
}

Test(zoho_token, a_short_life_with_a_long_margin_makes_no_storm)
{
	struct token t = granted(now);
	int64_t until;
	t.expires_us = now + 10 * SECOND;
	cr_assert_eq(zoho_token_need(&t, now + 4 * SECOND, margin, &until), TOKEN_USE);
	cr_assert_eq(zoho_token_need(&t, now + 6 * SECOND, margin, &until), TOKEN_USE_AND_RENEW);
}

Test(zoho_token, never_more_are_asked_for_than_zoho_allows)
{
	struct token t = {0};
	int64_t until;
	int n = 0;
	for (int64_t at = now; at < now + 599 * SECOND; at += SECOND) {
		if (zoho_token_need(&t, at, margin, &until) != TOKEN_RENEW)
			continue;
		answer(&t, 200, "{\"access_token\":\"x\",\"expires_in\":3600}", at);
		zoho_token_rejected(&t, t.generation);
		n++;
	}
	cr_assert_eq(n, TOKEN_ISSUES_MAX);
	cr_assert_eq(zoho_token_need(&t, now + 599 * SECOND, margin, &until), TOKEN_PAUSE);
	cr_assert_eq(until, now + 600 * SECOND);
}

Test(zoho_token, only_the_call_that_used_it_can_reject_it)
{
	struct token t = granted(now);
	zoho_token_rejected(&t, t.generation - 1);
	cr_assert_str_eq(t.access, "1000.abc");
	zoho_token_rejected(&t, t.generation);
	cr_assert_str_empty(t.access);
}

Test(zoho_token, a_revoked_grant_stops_for_long_though_the_status_is_200)
{
	struct token t = {0};
	int64_t until;
	cr_assert_eq(answer(&t, 200, "{\"error\":\"invalid_code\"}", now), GRANT_INVALID);
	cr_assert(t.stopped);
	cr_assert_eq(zoho_token_need(&t, now + SECOND, margin, &until), TOKEN_STOP);
	cr_assert_eq(until, now + 600 * SECOND);
	cr_assert_eq(zoho_token_need(&t, now + 600 * SECOND, margin, &until), TOKEN_RENEW);
	int asked = 0;
	for (int64_t at = now + 600 * SECOND; at < now + 86400 * SECOND; at += SECOND)
		if (zoho_token_need(&t, at, margin, &until) == TOKEN_RENEW) {
			answer(&t, 200, "{\"error\":\"invalid_code\"}", at);
			asked++;
		}
	cr_assert_leq(asked, 9, "it is no loop: %d times a day", asked);
	zoho_token_ask_anew(&t);
	cr_assert_eq(zoho_token_need(&t, now + 86400 * SECOND, margin, &until), TOKEN_RENEW, "a person says so");
}

Test(zoho_token, a_stop_and_a_pause_outlive_a_restart)
{
	struct token t = {0}, back = {0};
	char text[TOKEN_TEXT_BYTES];
	int64_t until;
	answer(&t, 200, "{\"error\":\"invalid_code\"}", now);
	cr_assert(zoho_token_read(&back, text, zoho_token_write(&t, text, sizeof text)));
	cr_assert_eq(zoho_token_need(&back, now + SECOND, margin, &until), TOKEN_STOP);
	cr_assert_eq(until, now + 600 * SECOND);
	cr_assert_str_eq(back.why, t.why);
	cr_assert(zoho_token_read(&back, "1000.abc\n\n5 6 0", 16), "as it was written before there were pauses");
	cr_assert_not(back.stopped);
}

Test(zoho_token, one_that_may_have_been_issued_counts)
{
	struct token t = {0};
	int64_t until;
	for (int i = 0; i < TOKEN_ISSUES_MAX; i++)
		zoho_token_perhaps_issued(&t, now + i);
	cr_assert_eq(zoho_token_need(&t, now + SECOND, margin, &until), TOKEN_PAUSE);
	cr_assert_eq(until, now + 600 * SECOND);
}

Test(zoho_token, throttling_is_waited_out_for_minutes_and_longer_each_time)
{
	struct token t = {0};
	int64_t until;
	const char *body = "{\"error\":\"Access Denied\",\"error_description\":\"You have made too many requests\"}";
	cr_assert_eq(answer(&t, 400, body, now), GRANT_THROTTLED);
	cr_assert_eq(zoho_token_need(&t, now, margin, &until), TOKEN_PAUSE);
	cr_assert_eq(until - now, 300 * SECOND);
	answer(&t, 400, body, now);
	zoho_token_need(&t, now, margin, &until);
	cr_assert_eq(until - now, 600 * SECOND);
	cr_assert_not(t.stopped);
}

Test(zoho_token, what_is_no_answer_is_tried_again_soon)
{
	struct token t = {0};
	int64_t until;
	cr_assert_eq(zoho_token_answer(&t, "connection refused", 0, NULL, 0, now), GRANT_TRANSIENT);
	zoho_token_need(&t, now, margin, &until);
	cr_assert_eq(until - now, SECOND);
	cr_assert_eq(answer(&t, 503, "<html>", now), GRANT_TRANSIENT);
	zoho_token_need(&t, now, margin, &until);
	cr_assert_eq(until - now, 2 * SECOND);
	cr_assert_eq(answer(&t, 200, "{\"access_token\":\"a\\r\\nEvil: 1\"}", now), GRANT_TRANSIENT);
}

Test(zoho_token, an_api_domain_that_isnt_zohos_is_not_followed)
{
	struct token t = {0};
	answer(&t, 200, "{\"access_token\":\"a\",\"api_domain\":\"https://www.zohoapis.com.evil.example\"}", now);
	cr_assert_str_empty(t.api_domain);
	cr_assert(zoho_token_domain_is_zohos("https://www.zohoapis.ca"));
	cr_assert_not(zoho_token_domain_is_zohos("http://www.zohoapis.com"));
}

Test(zoho_token, is_the_same_after_a_restart)
{
	struct token t = granted(now), back = {0};
	char text[TOKEN_TEXT_BYTES];
	size_t length = zoho_token_write(&t, text, sizeof text);
	cr_assert(zoho_token_read(&back, text, length));
	cr_assert_str_eq(back.access, t.access);
	cr_assert_str_eq(back.api_domain, t.api_domain);
	cr_assert_eq(back.expires_us, t.expires_us);
	cr_assert_eq(memcmp(back.issues_us, t.issues_us, sizeof t.issues_us), 0);
	cr_assert_not(zoho_token_read(&back, "nonsense", 8));
}

static char *part(const char *json, const char *key, char *to)
{
	const char *at = strstr(json, key);
	cr_assert_not_null(at);
	at += strlen(key) + 3;
	size_t n = strcspn(at, "\"");
	memcpy(to, at, n);
	to[n] = 0;
	return to;
}

Test(zoho_token, opens_only_with_the_same_secret_in_the_same_place)
{
	char nonce[64], data[256], tag[64];
	size_t length = 0;
	char *sealed = zoho_seal("secret", "here", "1000.abc", 8);
	cr_assert_not_null(sealed);
	cr_assert_null(strstr(sealed, "1000.abc"));
	part(sealed, "nonce", nonce), part(sealed, "data", data), part(sealed, "tag", tag);
	char *open = zoho_unseal("secret", "here", nonce, data, tag, &length);
	cr_assert_not_null(open);
	cr_assert_str_eq(open, "1000.abc");
	cr_assert_eq(length, 8);
	cr_assert_null(zoho_unseal("other", "here", nonce, data, tag, &length));
	cr_assert_null(zoho_unseal("secret", "there", nonce, data, tag, &length));
	tag[0] = tag[0] == 'A' ? 'B' : 'A';
	cr_assert_null(zoho_unseal("secret", "here", nonce, data, tag, &length));
	cr_assert_null(zoho_unseal("secret", "here", "", "", "", &length));
	char *again = zoho_seal("secret", "here", "1000.abc", 8);
	cr_assert_str_neq(again, sealed, "each has its own nonce");
	free(again), free(open), free(sealed);
}
