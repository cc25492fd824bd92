/* JSON is read as RFC 8259 says, its canonical form is one per content, and what jsonb can't hold is known beforehand.
 */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/json.h"

static struct http_arena arena;
static struct json json;

static bool reads(const char *text)
{
	size_t n = strlen(text);
	char *exact = memcpy(http_arena_alloc(&arena, n), text, n);

	return json_read(&json, (struct str){exact, n}, &arena);
}

static const char *canonical(const char *text)
{
	struct http_text t = {.arena = &arena};

	cr_assert(reads(text), "%s: %s", text, json.error);
	json_canonical(&json, 0, &t);
	return t.at;
}

Test(webhook_json, only_json_is_json)
{
	static const char *const good[] = {"{}", "[]", " [1, -0, 0.5, 1e5, 1E+5, -1.25e-3] ", "\"\"", "null", "true",
		"false", "{\"a\":{\"b\":[{}]}}", "\"\\u00e9\\ud83d\\ude00\\n\\/\"", "123456789012345678901234567890",
		"[[[[]]]]"};
	static const char *const bad[] = {"", " ", "{", "}", "[1,]", "{\"a\":1,}", "{,}", "[,1]", "{a:1}", "{'a':1}",
		"01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "nul", "tru", "truee", "\"", "\"\\x\"",
		"\"\\u12g4\"", "\"\n\"", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{} {}", "[1]x", "/**/1", "\xEF\xBB\xBF{}",
		"{\"a\":1 \"b\":2}", "[", "[1", "{\"a\"", "{\"a\":"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_assert(reads(good[i]), "%s: %s", good[i], json.error);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert(!reads(bad[i]), "taken: %s", bad[i]);
}

Test(webhook_json, json_c_agrees_on_what_it_can_hold)
{
	static const char *const texts[] = {"{\"a\":[1,2.50,{\"b\":null}],\"c\":\"\\u0041\"}", "[]",
		"{\"a\":\"x\\\"y\"}", "[-5,1e3]", "{\"a\":1,\"a\":2}"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX);
		struct json_object *theirs, *ours;

		json_tokener_set_flags(t, JSON_TOKENER_STRICT);
		theirs = json_tokener_parse_ex(t, texts[i], (int)strlen(texts[i]) + 1);
		ours = json_tokener_parse(canonical(texts[i]));
		cr_assert(theirs && ours && json_object_equal(theirs, ours), "%s", texts[i]);
		json_object_put(theirs);
		json_object_put(ours);
		json_tokener_free(t);
	}
}

Test(webhook_json, depth_has_a_limit)
{
	char text[200] = "";

	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	cr_assert(reads(text));
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	cr_assert(!reads(text));
}

Test(webhook_json, the_same_content_has_one_canonical_form)
{
	cr_assert_str_eq(canonical(" { \"b\" : [ 1 , 2 ] , \"a\" : { \"d\":null, \"c\":true } } "),
		"{\"a\":{\"c\":true,\"d\":null},\"b\":[1,2]}");
	cr_assert_str_eq(canonical("{\"\\u0061\":\"\\u00e9\\/\\n\"}"), "{\"a\":\"é/\\u000a\"}");
	cr_assert_str_eq(canonical("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}");
	cr_assert_str_eq(canonical("{\"ab\":1,\"a\":2}"), "{\"a\":2,\"ab\":1}");
	cr_assert_str_eq(canonical("\"\\ud83d\\ude00\""), "\"😀\"");
}

Test(webhook_json, a_number_is_never_more_or_less_than_its_digits)
{
	cr_assert_str_eq(
		canonical(
			"[360.00,0.1000000000000000055511151231257827,9007199254740993,18446744073709551616,1e400,-0]"),
		"[360.00,0.1000000000000000055511151231257827,9007199254740993,18446744073709551616,1e400,-0]");
	cr_assert(json.unstorable == NULL);
}

Test(webhook_json, what_jsonb_refuses_is_known)
{
	static const char *const refused[] = {"\"\\u0000\"", "{\"a\\u0000\":1}", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0041\"", "\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "1e131073",
		"1e999999999999999999", "1e-16384", "[1E+200000]"};
	static const char *const held[] = {"\"\\ud83d\\ude00\"", "\"\\uffff\"", "1e131071", "1e-16383", "1e400",
		"0.0001", "123456789012345678901234567890.5"};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		cr_assert(reads(refused[i]) && json.unstorable, "%s", refused[i]);
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		cr_assert(reads(held[i]) && !json.unstorable, "%s: %s", held[i], json.unstorable);
}

Test(webhook_json, members_are_found_and_the_last_of_doubles_counts)
{
	cr_assert(reads("{\"x\":[{\"a\":1}],\"a\":\"first\",\"\\u0061\":\"second\",\"b\":{\"a\":5}}"));
	cr_assert(str_eq(json_value(&json, json_member(&json, 0, "a"), &arena), "second"));
	cr_assert(str_eq(json_raw(&json, json_member(&json, 0, "x")), "[{\"a\":1}]"));
	cr_assert(json_member(&json, 0, "nothing") == 0 && json_count(&json, 0) == 4);
}
