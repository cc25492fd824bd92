/* Owns inventing documents that refer to items, contacts and each other. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "generate.h"
#include "record_json.h"

#define DAY INT64_C(86400)

struct record *random_record(struct random *random, const struct entity *entity)
{
	size_t count = store_count(entity);

	return count ? store_at(entity, random_below(random, count)) : NULL;
}

json_object *generate_line(struct random *random, size_t order)
{
	struct record *item = random_record(random, &entities[PRODUCT]);
	json_object *line = json_object_new_object();
	char id[ID_TEXT_MAX];

	store_new_id(id);
	set_text(line, "line_item_id", id);
	set_number(line, "item_order", (int64_t)order);
	set_quantity(line, "quantity", random_between(random, 1, 40) * MICRO);
	if (!item)
		return line;
	set_text(line, "item_id", item->id);
	set_same(line, "name", item->values, "name");
	set_same(line, "sku", item->values, "sku");
	set_same(line, "unit", item->values, "unit");
	set_same(line, "rate", item->values, "rate");
	set_same(line, "item_type", item->values, "item_type");
	return line;
}

static void set_lines(struct random *random, json_object *values)
{
	json_object *lines = json_object_new_array();
	size_t i, count = 1 + (size_t)random_below(random, random_chance(random, 0.02) ? 40 : 5);

	for (i = 0; i < count; i++)
		json_object_array_add(lines, generate_line(random, i + 1));
	json_object_object_add(values, "line_items", lines);
	document_total(values);
}

static void set_party(struct random *random, json_object *values, const struct entity *entity)
{
	struct record *party = random_record(random, entity);
	bool vendor = entity == &entities[VENDOR];

	if (!party)
		return;
	set_text(values, vendor ? "vendor_id" : "customer_id", party->id);
	set_same(values, vendor ? "vendor_name" : "customer_name", party->values, "contact_name");
	set_same(values, "billing_address", party->values, "billing_address");
	set_same(values, "shipping_address", party->values, "shipping_address");
}

static void set_number_and_date(
	json_object *values, const struct entity *entity, const char *prefix, size_t number, time_t when)
{
	char text[TIME_TEXT_MAX];

	if (entity->number_key) {
		snprintf(text, sizeof text, "%s%06zu", prefix, number + 1);
		set_text(values, entity->number_key, text);
	}
	set_text(values, "date", clock_date(when, text));
}

/* A discount is an amount, or a share in words. */
static void set_discount(json_object *values, size_t number)
{
	json_object *lines, *line;

	if (number % 20 != 6 || !json_object_object_get_ex(values, "line_items", &lines))
		return;
	line = json_object_array_get_idx(lines, 0);
	set_text(line, "discount", number % 40 == 6 ? "10.00%" : "12.5");
}

static json_object *document(
	struct random *random, enum entity_id which, const char *prefix, size_t number, time_t when)
{
	json_object *values = json_object_new_object();

	set_number_and_date(values, &entities[which], prefix, number, when);
	set_party(random, values, &entities[which == BILL ? VENDOR : CUSTOMER]);
	set_lines(random, values);
	if (random_chance(random, 0.3))
		set_text(values, "reference_number", some_words(random));
	if (random_chance(random, 0.3))
		set_text(values, "notes", some_words(random));
	set_discount(values, number);
	if (number % 10 == 4 && which != ORDER) {
		set_custom_field(values, "driver", "Driver", "كرار");
		set_custom_keys(values, "driver", "كرار");
	}
	return values;
}

static void set_location(struct random *random, json_object *values)
{
	struct record *branch = random_record(random, &entities[BRANCH]);

	if (!branch)
		return;
	set_text(values, "location_id", branch->id);
	set_same(values, "location_name", branch->values, "location_name");
}

json_object *generate_order(struct random *random, size_t number, time_t when)
{
	static const char *const statuses[] = {"draft", "open", "confirmed", "fulfilled", "invoiced", "void"};
	json_object *values = document(random, ORDER, "SO-", number, when);
	char text[TIME_TEXT_MAX];

	set_text(values, "status", random_pick(random, statuses, 6));
	if (random_chance(random, 0.5))
		set_text(values, "shipment_date", clock_date(when + 3 * DAY, text));
	set_location(random, values);
	if (random_chance(random, 0.1)) {
		set_text(values, "cf_remark", some_words(random));
		set_same(values, "cf_remark_unformatted", values, "cf_remark");
		set_custom_field(values, "remark", "Remark / ملاحظة", get_text(values, "cf_remark"));
	}
	return values;
}

/* Every second invoice comes from the order of the same number. */
static void invoice_from_order(json_object *values, struct record *order)
{
	json_object *orders = json_object_new_array(), *entry = json_object_new_object(), *lines = NULL;
	static const char *const copied[] = {"customer_id", "customer_name", "billing_address", "shipping_address",
		"salesorder_id", "salesorder_number"};
	size_t i;

	for (i = 0; i < sizeof copied / sizeof *copied; i++)
		set_same(values, copied[i], order->values, copied[i]);
	set_same(entry, "salesorder_id", order->values, "salesorder_id");
	set_same(entry, "salesorder_number", order->values, "salesorder_number");
	set_same(entry, "total", order->values, "total");
	json_object_array_add(orders, entry);
	json_object_object_add(values, "salesorders", orders);
	json_object_object_get_ex(order->values, "line_items", &lines);
	json_object_object_del(values, "line_items");
	for (i = 0, orders = json_object_new_array(); i < json_object_array_length(lines); i++) {
		char id[ID_TEXT_MAX];

		entry = NULL;
		json_object_deep_copy(json_object_array_get_idx(lines, i), &entry, NULL);
		set_same(entry, "salesorder_item_id", entry, "line_item_id");
		store_new_id(id);
		set_text(entry, "line_item_id", id);
		json_object_array_add(orders, entry);
	}
	json_object_object_add(values, "line_items", orders);
	document_total(values);
	set_text(order->values, "invoiced_status", "invoiced");
}

json_object *generate_invoice(struct random *random, size_t number, time_t when)
{
	static const char *const statuses[] = {"draft", "sent", "sent", "sent", "overdue", "overdue", "void"};
	json_object *values = document(random, INVOICE, "INV-", number, when);
	char text[160];

	if (number % 2 == 0 && number < store_count(&entities[ORDER]))
		invoice_from_order(values, store_at(&entities[ORDER], number));
	set_text(values, "status", random_pick(random, statuses, 7));
	set_text(values, "due_date", clock_date(when + 30 * DAY, text));
	set_number(values, "payment_terms", 30);
	if (strcmp(get_text(values, "status"), "draft") != 0) {
		set_same(values, "issued_date", values, "date");
		snprintf(text, sizeof text, "https://invoice.example.com/secure?id=2-%016llx ",
			(unsigned long long)random_next(random));
		set_text(values, "invoice_url", text);
	}
	if (random_chance(random, 0.2)) {
		set_flag(values, "is_viewed_in_mail", true);
		set_text(values, "mail_first_viewed_time", "");
		set_text(values, "mail_last_viewed_time", "");
	}
	return values;
}

json_object *generate_bill(struct random *random, size_t number, time_t when)
{
	static const char *const statuses[] = {"draft", "open", "open", "overdue", "paid"};
	json_object *values = document(random, BILL, "BILL-", number, when);
	char text[TIME_TEXT_MAX];

	set_text(values, "status", random_pick(random, statuses, 5));
	set_text(values, "due_date", clock_date(when + 30 * DAY, text));
	set_number(values, "payment_terms", 30);
	if (!strcmp(get_text(values, "status"), "paid")) {
		set_same(values, "payment_made", values, "total");
		set_money(values, "balance", 0);
	}
	return values;
}

json_object *generate_credit_note(struct random *random, size_t number, time_t when)
{
	json_object *values = document(random, CREDIT_NOTE, "CN-", number, when);

	set_text(values, "status", random_chance(random, 0.5) ? "open" : "closed");
	set_same(values, "issued_date", values, "date");
	return values;
}

json_object *generate_return(struct random *random, size_t number, time_t when)
{
	struct record *order = random_record(random, &entities[ORDER]);
	json_object *values = document(random, RETURN, "RMA-", number, when);

	json_object_object_del(values, "notes");
	set_text(values, "reason", some_words(random));
	set_location(random, values);
	if (order) {
		set_same(values, "salesorder_id", order->values, "salesorder_id");
		set_same(values, "salesorder_number", order->values, "salesorder_number");
		set_same(values, "customer_id", order->values, "customer_id");
		set_same(values, "customer_name", order->values, "customer_name");
	}
	return values;
}

json_object *generate_adjustment(struct random *random, size_t number, time_t when)
{
	static const char *const reasons[] = {"Damaged goods", "Stock taken on", "جرد سنوي", "Stolen goods"};
	json_object *values = json_object_new_object(), *lines = json_object_new_array(), *line;
	size_t i, count = 1 + (size_t)random_below(random, 6);
	int64_t quantity, total = 0;

	set_number_and_date(values, &entities[STOCK_ADJUSTMENT], "IA-", number, when);
	set_text(values, "reason", random_pick(random, reasons, 4));
	set_text(values, "reason_id", ID_PREFIX "000077001");
	set_location(random, values);
	for (i = 0; i < count; i++) {
		line = generate_line(random, i + 1);
		quantity = random_between(random, -20, 20) * MICRO;
		set_quantity(line, "quantity_adjusted", quantity);
		set_money(line, "item_total", decimal_product(quantity, get_micro(line, "rate")));
		total += get_micro(line, "item_total");
		json_object_array_add(lines, line);
	}
	json_object_object_add(values, "line_items", lines);
	set_money(values, "total", total);
	return values;
}
