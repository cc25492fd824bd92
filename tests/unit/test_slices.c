/* Cutting replies into records, and naming the field of a record that was refused. */
#include <stdio.h>
#include <criterion/criterion.h>
#include <string.h>
#include "actors/handler/diagnose.h"
#include "actors/handler/slices.h"

static struct slices s;

static void cut(const char *body, const char *root, bool fine, size_t n)
{
	cr_assert_eq(slices_of(str_of(body), root, &s), fine, "%s", body);
	if (fine)
		cr_assert_eq(s.n, n, "%s: %zu", body, s.n);
}

Test(slices, finds_the_records_of_a_list)
{
	cut("{\"code\":0,\"items\":[{\"a\":1},{\"b\":[1,2,{}]} , {}],\"page_context\":{\"page\":1}}", "items", true, 3);
	cr_assert(str_eq(s.at[1], "{\"b\":[1,2,{}]}"));
	cut("{\"items\":[]}", "items", true, 0);
	cut("{\"items\": [ \n ] }", "items", true, 0);
}

Test(slices, takes_a_single_object_as_one_record)
{
	cut("{\"code\":0,\"item\":{\"item_id\":\"1\"}}", "item", true, 1);
}

Test(slices, is_not_fooled_by_brackets_and_quotes_in_strings)
{
	cut("{\"x\":\"]}\\\"{\",\"items\":[{\"n\":\"a]\\\\\"},{\"n\":\"}{\"}]}", "items", true, 2);
}

Test(slices, refuses_what_lacks_the_list)
{
	cut("{\"code\":0}", "items", false, 0);
	cut("{\"items\":5}", "items", false, 0);
	cut("[]", "items", false, 0);
	cut("", "items", false, 0);
	cut("{\"items\":[{\"a\":1}", "items", false, 0);
}

Test(slices, stands_every_truncation)
{
	const char *body = "{\"code\":0,\"items\":[{\"a\":\"\\u0041\",\"b\":-1.5e3},{\"c\":[true,null]}]}";
	for (size_t n = 0; n < strlen(body); n++)
		slices_of((struct str){body, n}, "items", &s);
}

Test(slices, reads_a_member_of_an_object)
{
	struct str doc = str_of("{\"x\":{\"item_id\":\"no\"},\"item_id\":\"4711\",\"n\":12345678901234567890}");
	cr_assert(str_eq(slice_member(doc, "item_id"), "4711"));
	cr_assert(str_eq(slice_member(doc, "n"), "12345678901234567890"));
	cr_assert_null(slice_member(doc, "none").data);
	cr_assert(str_eq(slice_member_any(doc, "none|item_id"), "4711"));
}

static void reduces(const char *object, const char *expected)
{
	struct slice_keys keys = {0};
	struct buf out = {0};
	slice_keys_add(&keys, "item_id");
	slice_keys_add(&keys, "zip|address.zip");
	slice_keys_add(&keys, "name");
	slice_keys_add(&keys, "name");
	cr_assert_eq(keys.n, 4);
	slice_reduced(str_of(object), &keys, &out);
	cr_assert_str_eq(out.data, expected);
	buf_free(&out);
}

Test(slices, keeps_the_members_that_are_mapped)
{
	reduces("{\"x\":[{\"name\":1}],\"name\":\"a,\\\"b\",\"n\":{\"item_id\":2} , \"item_id\" : 9007199254740993,\"namex\":1}",
		"{\"name\":\"a,\\\"b\",\"item_id\" : 9007199254740993}");
	reduces("{\"address\":{\"zip\":\"1\",\"city\":\"\"},\"zip\":null}",
		"{\"address\":{\"zip\":\"1\",\"city\":\"\"},\"zip\":null}");
	reduces("{\"x\":1}", "{}");
	reduces("{}", "{}");
}

Test(slices, keeps_what_may_be_mapped)
{
	reduces("{\"na\\u006de\":1,\"x\":2,\"name\":3}", "{\"na\\u006de\":1,\"name\":3}");
	reduces("{\"name\":1,\"name\":2}", "{\"name\":1,\"name\":2}");
	reduces(" [1]", " [1]");
	reduces("7", "7");
}

static void says(enum entity_id e, const char *record, const char *expected)
{
	struct buf b = {0}, field = {0};
	diagnose(entities[e], false, str_of(record), "", &b, &field);
	cr_assert_str_eq(b.data ? b.data : "", expected);
	buf_free(&b);
	buf_free(&field);
}

Test(diagnose, names_the_field_that_is_no_number)
{
	says(ENTITY_PRODUCT, "{\"item_id\":\"1\",\"rate\":\"12,5\"}", "field rate: \"12,5\" is not a number");
}

Test(diagnose, names_a_field_of_a_line)
{
	says(ENTITY_INVOICE, "{\"invoice_id\":\"1\",\"line_items\":[{\"quantity\":1},{\"quantity\":\"many\"}]}",
		"field line_items[1].quantity: \"many\" is not a number");
}

Test(diagnose, names_a_date_that_is_none)
{
	says(ENTITY_INVOICE, "{\"invoice_id\":\"1\",\"date\":\"2026-02-30\"}",
		"field date: \"2026-02-30\" is not a date (YYYY-MM-DD)");
}

Test(diagnose, takes_no_date_but_zohos)
{
	says(ENTITY_INVOICE, "{\"invoice_id\":\"1\",\"due_date\":\"08/06/2026\"}",
		"field due_date: \"08/06/2026\" is not a date (YYYY-MM-DD)");
	says(ENTITY_INVOICE, "{\"invoice_id\":\"1\",\"due_date\":\"today\"}",
		"field due_date: \"today\" is not a date (YYYY-MM-DD)");
}

Test(diagnose, names_an_id_that_is_none)
{
	says(ENTITY_INVOICE, "{\"invoice_id\":\"1\",\"customer_id\":\"INV-1\"}",
		"field customer_id: \"INV-1\" is not an id (1 to 19 digits)");
	says(ENTITY_PRODUCT, "{\"item_id\":\"12345678901234567890\"}",
		"field item_id: \"12345678901234567890\" is not an id (1 to 19 digits)");
	says(ENTITY_PRODUCT, "{\"name\":\"x\"}", "field item_id: the record carries no id");
}

Test(diagnose, names_what_is_no_text)
{
	says(ENTITY_PRODUCT, "{\"item_id\":1,\"name\":{\"en\":\"x\"}}",
		"field name: \"{ \"en\": \"x\" }\" is not a text");
	says(ENTITY_PRODUCT, "{\"item_id\":1,\"name\":{},\"unit\":[],\"sku\":12,\"brand\":true}", "");
}

Test(diagnose, names_a_field_with_what_cannot_be_held)
{
	static const char why[] =
		": it has a character that PostgreSQL can't hold (\\u0000, or half of a surrogate pair)";
	char expected[160];
	snprintf(expected, sizeof expected, "field notes%s", why);
	says(ENTITY_INVOICE, "{\"invoice_id\":1,\"x\":\"\\ud83d\\ude00\\\\u0000\",\"notes\":\"a\\u0000b\"}", expected);
	says(ENTITY_INVOICE, "{\"invoice_id\":1,\"notes\":\"\\ud83d\"}", expected);
	says(ENTITY_INVOICE, "{\"invoice_id\":1,\"notes\":\"\\ude00\\ud83d\"}", expected);
}

Test(diagnose, looks_into_lists)
{
	says(ENTITY_USER, "{\"user_id\":1,\"email_ids\":[{\"email\":{\"a\":1}}]}",
		"field email_ids.0.email: \"{ \"a\": 1 }\" is not a text");
}

Test(diagnose, finds_nothing_in_a_good_record)
{
	says(ENTITY_PRODUCT,
		"{\"item_id\":\"1\",\"rate\":12.50,\"purchase_rate\":\"\",\"reorder_level\":null,\"is_taxable\":true}",
		"");
}
