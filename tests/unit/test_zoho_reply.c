/* What replies of Zoho mean, where it is asked, and of whom. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "actors/handler/entity.h"
#include "actors/zoho_io/http.h"
#include "actors/zoho_io/reply.h"
#include "actors/zoho_io/target.h"

static struct reply list(long status, const char *body)
{
	struct reply r;
	zoho_reply_read(&r, "items", true, NULL, status, body, strlen(body));
	return r;
}

static struct reply detail(long status, const char *body)
{
	struct reply r;
	zoho_reply_read(&r, "item", false, NULL, status, body, strlen(body));
	return r;
}

Test(zoho_reply, a_page_says_whether_there_are_more)
{
	struct reply r = list(200, "{\"code\":0,\"items\":[{\"item_id\":\"1\"},{\"item_id\":\"2\"}],"
				   "\"page_context\":{\"page\":1,\"has_more_page\":true}}");
	cr_assert_eq(r.verdict, REPLY_OK);
	cr_assert(r.more);
	cr_assert_eq(r.rows, 2);
	r = list(200, "{\"code\":0,\"items\":[]}");
	cr_assert_eq(r.verdict, REPLY_OK);
	cr_assert_not(r.more, "without page_context it is one page");
}

Test(zoho_reply, a_body_cut_short_is_no_page)
{
	const char *body = "{\"code\":0,\"items\":[{\"item_id\":\"1\"}],\"page_context\":{\"has_more_page\":false}}";
	for (size_t n = 0; n < strlen(body); n++) {
		struct reply r;
		zoho_reply_read(&r, "items", true, NULL, 200, body, n);
		cr_assert_eq(r.verdict, REPLY_TRANSIENT, "cut at %zu", n);
	}
}

Test(zoho_reply, html_and_nonsense_are_asked_for_again)
{
	cr_assert_eq(list(200, "<html><body>Sorry</body></html>").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(503, "<html>").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(403, "<html>forbidden</html>").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(302, "").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(200, "").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(200, "[]").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(200, "{\"code\":0,\"items\":[]} x").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(200, "{\"code\":0,\"contacts\":[]}").verdict, REPLY_TRANSIENT);
	cr_assert_eq(list(500, "{\"code\":1000,\"message\":\"Internal Error\"}").verdict, REPLY_TRANSIENT);
}

Test(zoho_reply, only_a_404_with_code_1002_says_that_a_record_is_gone)
{
	cr_assert_eq(detail(404, "{\"code\":1002,\"message\":\"Item does not exist.\"}").verdict, REPLY_NOT_FOUND);
	cr_assert_eq(detail(404, "{\"code\":5,\"message\":\"Invalid URL Passed\"}").verdict, REPLY_REFUSED);
	cr_assert_eq(detail(404, "<html>not found</html>").verdict, REPLY_TRANSIENT, "that is a proxy's");
	cr_assert_eq(detail(200, "{\"code\":1002,\"message\":\"?\"}").verdict, REPLY_REFUSED);
}

Test(zoho_reply, success_is_2xx_and_code_0)
{
	cr_assert_eq(detail(200, "{\"code\":0,\"item\":{\"item_id\":\"1\"}}").verdict, REPLY_OK);
	cr_assert_eq(detail(200, "{\"item\":{\"item_id\":\"1\"}}").verdict, REPLY_REFUSED);
	cr_assert_eq(detail(200, "{\"code\":0,\"item\":[]}").verdict, REPLY_TRANSIENT);
	struct reply r = detail(400, "{\"code\":6041,\"message\":\"This user is not associated\"}");
	cr_assert_eq(r.verdict, REPLY_REFUSED);
	cr_assert_eq(r.code, 6041);
	cr_assert_not_null(strstr(r.why, "not associated"));
}

Test(zoho_reply, the_token_is_at_fault_whatever_status_says_so)
{
	cr_assert_eq(list(401, "{\"code\":57,\"message\":\"You are not authorized\"}").verdict, REPLY_UNAUTHORIZED);
	cr_assert_eq(list(200, "{\"code\":14,\"message\":\"Invalid value passed for authtoken.\"}").verdict,
		REPLY_UNAUTHORIZED);
	cr_assert_eq(list(401, "").verdict, REPLY_UNAUTHORIZED);
}

Test(zoho_reply, a_429_says_by_its_code_of_what_there_was_too_much)
{
	const int64_t codes[] = {43, 44, 45, 1070};
	for (int i = 0; i < 4; i++) {
		char body[80];
		snprintf(body, sizeof body, "{\"code\":%d,\"message\":\"Too many requests.\"}", (int)codes[i]);
		struct reply r = list(429, body);
		cr_assert_eq(r.verdict, REPLY_LIMITED);
		cr_assert_eq(r.code, codes[i]);
	}
}

Test(zoho_reply, times_of_zoho_are_understood)
{
	int64_t utc = INT64_C(1432771200) * 1000000;
	cr_assert_eq(zoho_time("2015-05-28T00:00:00Z"), utc);
	cr_assert_eq(zoho_time("2015-05-28T03:00:00+0300"), utc);
	cr_assert_eq(zoho_time("2015-05-27T19:30:00-0430"), utc);
	cr_assert_eq(zoho_time("2015-05-28 00:00:00+00:00"), utc);
	cr_assert_eq(zoho_time("28 May 2015"), 0);
	cr_assert_eq(zoho_time(""), 0);
	cr_assert_eq(zoho_time(NULL), 0);
}

Test(zoho_entities, every_entity_can_be_listed)
{
	for (int e = ENTITY_NONE + 1; e < ENTITIES; e++)
		cr_assert_not_null(entity_of((uint64_t)e)->path, "%s", entity_names[e].name);
	cr_assert_null(entity_of(ENTITY_NONE));
	cr_assert_null(entity_of(ENTITIES));
}

Test(zoho_target, plain_http_is_for_this_machine_only)
{
	cr_assert(zoho_http_acceptable("http://127.0.0.1:9000"));
	cr_assert(zoho_http_acceptable("http://localhost"));
	cr_assert(zoho_http_acceptable("http://[::1]:9000"));
	cr_assert(zoho_http_acceptable("https://www.zohoapis.com"));
	cr_assert_not(zoho_http_acceptable("http://127.0.0.1.evil.example"));
	cr_assert_not(zoho_http_acceptable("http://127.0.0.1@evil.example"));
	cr_assert_not(zoho_http_acceptable("http://www.zohoapis.com"));
	cr_assert_not(zoho_http_acceptable("ftp://127.0.0.1"));
}

Test(zoho_target, what_is_missing_is_named)
{
	struct target t;
	char empty[] = "", id[] = "1", eu[] = "eu", ca[] = "ca";
	struct config c = {.zoho_organization_id = id,
		.zoho_client_id = empty,
		.zoho_client_secret = id,
		.zoho_refresh_token = empty,
		.zoho_accounts_url = empty,
		.zoho_api_url = empty,
		.zoho_data_center = eu};
	zoho_target_open(&t, &c);
	cr_assert_str_eq(t.missing, "not configured: zoho.client_id, zoho.refresh_token");
	c.zoho_client_id = c.zoho_refresh_token = id;
	zoho_target_open(&t, &c);
	cr_assert_str_empty(t.missing);
	cr_assert_str_eq(t.accounts, "https://accounts.zoho.eu");
	cr_assert_str_eq(t.api, "https://www.zohoapis.eu");
	c.zoho_data_center = ca;
	zoho_target_open(&t, &c);
	cr_assert_str_eq(t.accounts, "https://accounts.zohocloud.ca");
}
