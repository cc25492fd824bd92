/* Every body in which Zoho, or those who speak for it, may send an event says the same thing here. */
#include <criterion/criterion.h>
#include <string.h>
#include "actors/http_ingest/webhook.h"

static struct http_arena arena;
static struct json json;
static struct delivery d;
static struct refusal refusal;

static bool shape(const char *text, enum entity_id url)
{
	d = (struct delivery){.operation = OP_UPSERT};
	refusal = (struct refusal){0};
	cr_assert(json_read(&json, str_of(text), &arena), "%s: %s", text, json.error);
	return shape_event(&d, &json, 0, false, url, &arena, &refusal);
}

static void is(const char *text, enum entity_id url, enum entity_id entity, const char *id, enum operation op)
{
	cr_assert(shape(text, url), "%s: %s %s", text, refusal.loc, refusal.msg);
	cr_assert(d.entity == entity && d.operation == op, "%s: entity %d operation %d", text, d.entity, d.operation);
	cr_assert(str_eq(d.id, id), "%s: id %.*s", text, (int)d.id.len, d.id.data);
}

static void is_refused(const char *text, enum entity_id url, const char *loc)
{
	cr_assert(!shape(text, url), "%s was taken", text);
	cr_assert(refusal.status == 422, "%s: %d", text, refusal.status);
	cr_assert_str_eq(refusal.loc, loc);
}

Test(webhook_shapes, each_shape_names_entity_id_and_operation)
{
	is("{\"item\":{\"item_id\":\"460000000012345\",\"name\":\"x\"}}", ENTITY_PRODUCT, ENTITY_PRODUCT,
		"460000000012345", OP_UPSERT);
	is("{\"item\":{\"item_id\":460000000012345}}", ENTITY_NONE, ENTITY_PRODUCT, "460000000012345", OP_UPSERT);
	is("{\"event_type\":\"item.updated\",\"entity_type\":\"product\",\"entity_id\":\"7\",\"data\":{\"item_id\":"
	   "\"7\",\"name\":\"x\"}}",
		ENTITY_PRODUCT, ENTITY_PRODUCT, "7", OP_UPDATE);
	is("{\"event_type\":\"item_created\",\"entity_id\":7,\"data\":{\"name\":\"x\"}}", ENTITY_PRODUCT,
		ENTITY_PRODUCT, "7", OP_CREATE);
	is("{\"event_type\":\"invoice.deleted\",\"entity_id\":\"9\"}", ENTITY_NONE, ENTITY_INVOICE, "9", OP_DELETE);
	is("{\"event_type\":\"salesorder_updated\",\"data\":{\"salesorder\":{\"salesorder_id\":\"3\"}}}", ENTITY_NONE,
		ENTITY_ORDER, "3", OP_UPDATE);
	is("{\"item_id\":\"1\",\"name\":\"bare\"}", ENTITY_PRODUCT, ENTITY_PRODUCT, "1", OP_UPSERT);
	is("{\"invoice_id\":\"5\",\"customer_id\":\"6\"}", ENTITY_NONE, ENTITY_INVOICE, "5", OP_UPSERT);
	is("{\"salesorder\":{\"salesorder_id\":\"1234567890123456789\"}}", ENTITY_NONE, ENTITY_ORDER,
		"1234567890123456789", OP_UPSERT);
	is("{\"event_type\":\"updated\",\"item\":{\"item_id\":\"2\"}}", ENTITY_NONE, ENTITY_PRODUCT, "2", OP_UPDATE);
}

Test(webhook_shapes, a_vendor_is_a_vendor_on_either_url)
{
	is("{\"contact\":{\"contact_id\":\"1\",\"contact_type\":\"vendor\"}}", ENTITY_CUSTOMER, ENTITY_VENDOR, "1",
		OP_UPSERT);
	is("{\"contact\":{\"contact_id\":\"1\",\"contact_type\":\"vendor\"}}", ENTITY_NONE, ENTITY_VENDOR, "1",
		OP_UPSERT);
	is("{\"contact\":{\"contact_id\":\"1\",\"contact_type\":\"customer\"}}", ENTITY_VENDOR, ENTITY_CUSTOMER, "1",
		OP_UPSERT);
	is("{\"contact\":{\"contact_id\":\"1\"}}", ENTITY_VENDOR, ENTITY_VENDOR, "1", OP_UPSERT);
	is("{\"contact\":{\"vendor_id\":\"1\",\"name\":\"x\"}}", ENTITY_VENDOR, ENTITY_VENDOR, "1", OP_UPSERT);
	is("{\"event_type\":\"contact.updated\",\"entity_id\":\"4\"}", ENTITY_VENDOR, ENTITY_VENDOR, "4", OP_UPDATE);
}

Test(webhook_shapes, without_an_id_or_with_something_else_it_is_422)
{
	is_refused("{}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"name\":\"x\"}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":\"\"}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":\"abc\"}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":12345678901234567890}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":1.5}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":-1}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":true}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"item\":{\"item_id\":[1]}}", ENTITY_PRODUCT, "body.item_id");
	is_refused("{\"entity_id\":\"1\",\"data\":{\"item_id\":\"2\"}}", ENTITY_PRODUCT, "body.entity_id");
	is_refused("{\"entity_type\":\"invoice\",\"entity_id\":\"1\"}", ENTITY_PRODUCT, "body.entity_type");
	is_refused("{\"entity_id\":\"1\"}", ENTITY_NONE, "body.entity_type");
	is_refused("{\"entity_id\":\"1\",\"data\":\"text\"}", ENTITY_PRODUCT, "body.data");
	is_refused("[1]", ENTITY_PRODUCT, "body");
}

Test(webhook_shapes, the_record_is_kept_exactly_as_it_came)
{
	cr_assert(shape("{\"item\": {\"rate\" : 360.00,\"item_id\":\"1\", \"item_id\":\"2\"} ,\"organization_id\":77}",
		ENTITY_PRODUCT));
	cr_assert(str_eq(d.record, "{\"rate\" : 360.00,\"item_id\":\"1\", \"item_id\":\"2\"}"));
	cr_assert(str_eq(d.canonical, "{\"item_id\":\"2\",\"rate\":360.00}") && str_eq(d.id, "2"));
	cr_assert(str_eq(d.organization, "77"));
	cr_assert(shape("{\"event_type\":\"item.updated\",\"entity_id\":\"5\"}", ENTITY_PRODUCT));
	cr_assert(str_eq(d.record, "{\"item_id\":\"5\"}") && d.thin);
}

Test(webhook_shapes, thin_and_full_are_told_apart)
{
	cr_assert(shape("{\"item\":{\"item_id\":\"1\"}}", ENTITY_PRODUCT) && d.thin && !d.full);
	cr_assert(shape("{\"item\":{\"item_id\":\"1\",\"name\":\"x\"}}", ENTITY_PRODUCT) && !d.thin && !d.full);
#define AT ",\"last_modified_time\":\"2024-01-01T10:00:00+0300\"}}"
	cr_assert(shape("{\"item\":{\"item_id\":\"1\",\"rate\":1,\"status\":\"active\",\"brand\":\"\"" AT,
			  ENTITY_PRODUCT) &&
		  d.full);
	cr_assert(shape("{\"item\":{\"item_id\":\"1\",\"rate\":1,\"status\":\"active\"" AT, ENTITY_PRODUCT) && !d.full);
	cr_assert(shape("{\"contact\":{\"contact_id\":\"1\",\"contact_name\":\"x\"" AT, ENTITY_CUSTOMER) && !d.full);
	cr_assert(shape("{\"contact\":{\"contact_id\":\"1\",\"contact_name\":\"x\",\"billing_address\":{}" AT,
			  ENTITY_CUSTOMER) &&
		  d.full);
	cr_assert(shape("{\"invoice\":{\"invoice_id\":\"1\",\"last_modified_time\":\"2024-01-01T10:00:00+0300\"}}",
			  ENTITY_INVOICE) &&
		  !d.full);
	cr_assert(shape("{\"invoice\":{\"invoice_id\":\"1\",\"line_items\":[]" AT, ENTITY_INVOICE) && !d.full);
#define TOTALS "\"sub_total\":1,\"total\":1,\"notes\":\"\""
	cr_assert(shape("{\"invoice\":{\"invoice_id\":\"1\",\"line_items\":[]," TOTALS AT, ENTITY_INVOICE) && d.full);
	cr_assert(
		shape("{\"invoice\":{\"invoice_id\":\"1\",\"line_items\":\"\"," TOTALS AT, ENTITY_INVOICE) && !d.full);
	cr_assert(shape("{\"event_type\":\"item.deleted\",\"entity_id\":\"5\"}", ENTITY_PRODUCT) && !d.thin);
}

Test(webhook_shapes, times_are_read_in_all_spellings)
{
	static const char *const same[] = {"2024-01-01T10:00:00+0300", "2024-01-01T10:00:00+03:00",
		"2024-01-01T07:00:00Z", "2024-01-01 07:00:00+00:00", "2024-01-01T07:00:00.000Z",
		"2024-01-01T04:30:00-0230"};
	static const char *const none[] = {"", "2024-01-01", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
		"2024-01-01T24:00:00Z", "2024-01-01T10:00:00", "2024-01-01T10:00:00+03", "yesterday",
		"2024-01-01T10:00:00Zx"};
	int64_t us;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_assert(record_time(str_of(same[i]), &us) && us == 1704092400000000, "%s: %ld", same[i], (long)us);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_assert(!record_time(str_of(none[i]), &us), "%s", none[i]);
	cr_assert(record_time(STR("2024-02-29T23:59:59.25Z"), &us) && us == 1709251199250000);
}

static const char *key(const char *text, const char *delivery_id)
{
	static char keys[8][WEBHOOK_KEY_BYTES];
	static int n;
	char *to = keys[n++ % 8];

	cr_assert(shape(text, ENTITY_PRODUCT));
	record_key(&d, str_of(delivery_id));
	return memcpy(to, d.key, sizeof d.key);
}

Test(webhook_shapes, the_key_depends_on_content_not_on_spelling)
{
	const char *first = key("{\"item\":{\"item_id\":\"1\",\"rate\":360.00}}", NULL);

	cr_assert(strncmp(first, "zoho:product:1:upsert:", 22) == 0 && strlen(first) == 22 + 32, "%s", first);
	cr_assert_str_eq(first, key("{\"item\" : {\"rate\":360.00, \"item_id\":\"1\"}}", NULL));
	cr_assert_str_eq(first, key("{\"item_id\":\"1\",\"\\u0072ate\":360.00}", NULL));
	cr_assert_str_neq(first, key("{\"item\":{\"item_id\":\"1\",\"rate\":360.01}}", NULL));
	cr_assert_str_neq(first, key("{\"item\":{\"item_id\":\"1\",\"rate\":\"360.00\"}}", NULL));
	cr_assert_str_neq(first, key("{\"item\":{\"item_id\":\"1\",\"rate\":360.00}}", "msg_1"));
	cr_assert_str_neq(key("{\"item\":{\"item_id\":\"1\",\"n\":9007199254740993}}", NULL),
		key("{\"item\":{\"item_id\":\"1\",\"n\":9007199254740992}}", NULL));
}

Test(webhook_shapes, forms_are_decoded)
{
	struct form form;
	struct http_text t = {.arena = &arena};

	form_read(&form, STR("item_id=1&name=a+b%26c&empty=&flag"), &arena);
	cr_assert(form.n == 4 && !form.malformed && str_eq(form_value(&form, "name"), "a b&c"));
	cr_assert(form_to_json(&form, &t));
	cr_assert_str_eq(t.at, "{\"item_id\":\"1\",\"name\":\"a b&c\",\"empty\":\"\",\"flag\":\"\"}");
	form_read(&form, STR("a=%4"), &arena);
	cr_assert(form.malformed);
	form_read(&form, STR("a=1&b=2&a=3"), &arena);
	cr_assert(form_has_doubles(&form));
	form_read(&form, STR("a=%FF"), &arena);
	t.n = 0;
	cr_assert(!form_to_json(&form, &t));
}
