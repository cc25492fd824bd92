/* Owns inventing an organisation with five years of history: every record follows from the seed. */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "record_json.h"

#define HISTORY_END INT64_C(1780300800) /* 2026-06-01, so that what happens while running is newer */
#define HISTORY_SECONDS (5 * INT64_C(365) * 86400)
#define DAY INT64_C(86400)

/* Oldest first; imports leave runs of records with the very same second. */
static time_t created_at(struct random *random, size_t number, size_t count, time_t previous)
{
	int64_t span = HISTORY_SECONDS / (int64_t)(count + 1);
	time_t time = HISTORY_END - HISTORY_SECONDS + (int64_t)number * span +
		      random_between(random, 0, span > 1 ? span - 1 : 0);

	return previous && random_chance(random, 0.2) ? previous : time > previous ? time : previous;
}

static time_t modified_at(struct random *random, time_t created)
{
	time_t time = created;

	if (random_chance(random, 0.5))
		time += random_between(random, 1, 200 * DAY);
	return time < HISTORY_END ? time : HISTORY_END;
}

static json_object *values_of(enum entity_id which, struct random *random, size_t number, time_t when)
{
	switch (which) {
	case CUSTOMER:
	case VENDOR:
		return generate_contact(random, number, which == VENDOR);
	case BRANCH:
		return generate_branch(random, number);
	case USER:
		return generate_user(random, number);
	case PRICE_LIST:
		return generate_price_list(random, number);
	case ORDER:
		return generate_order(random, number, when);
	case INVOICE:
		return generate_invoice(random, number, when);
	case BILL:
		return generate_bill(random, number, when);
	case CREDIT_NOTE:
		return generate_credit_note(random, number, when);
	case PAYMENT:
		return generate_payment(random, number, when);
	case RETURN:
		return generate_return(random, number, when);
	case STOCK_ADJUSTMENT:
		return generate_adjustment(random, number, when);
	case PRODUCT:
	case ENTITY_COUNT:
		break;
	}
	return generate_item(random, number, true);
}

json_object *generate_one(const struct entity *entity, struct random *random)
{
	return values_of(entity_index(entity), random, store_count(entity), clock_now());
}

struct record *generate_now(const struct entity *entity, struct random *random, json_object *fields)
{
	json_object *values = generate_one(entity, random);

	set_same(values, entity->id_key, fields, entity->id_key);
	return store_add(entity, values, clock_now(), clock_now());
}

static void generate_items(struct random *random, size_t count, size_t active)
{
	size_t i;
	time_t created = 0;
	bool is_active;

	for (i = 0; i < count; i++) {
		/* Exactly as many as asked for, spread evenly. */
		is_active = random_below(random, count - i) < active;
		active -= is_active;
		created = created_at(random, i, count, created);
		store_add(
			&entities[PRODUCT], generate_item(random, i, is_active), created, modified_at(random, created));
	}
}

static void generate_entity(enum entity_id which, struct random *random)
{
	size_t i, count = options.sizes[which];
	time_t created = 0;

	for (i = 0; i < count; i++) {
		created = created_at(random, i, count, created);
		store_add(
			&entities[which], values_of(which, random, i, created), created, modified_at(random, created));
	}
}

/* An order's detail names the invoices made from it, which come later. */
static void link_invoices(void)
{
	static const char *const copied[] = {
		"invoice_id", "invoice_number", "status", "date", "due_date", "total", "balance"};
	size_t i, k;
	struct record *invoice, *order;
	json_object *list, *entry;

	for (i = 0; i < store_count(&entities[INVOICE]); i++) {
		invoice = store_at(&entities[INVOICE], i);
		order = store_find(&entities[ORDER], get_text(invoice->values, "salesorder_id"));
		if (!order)
			continue;
		entry = json_object_new_object();
		for (k = 0; k < sizeof copied / sizeof *copied; k++)
			set_same(entry, copied[k], invoice->values, copied[k]);
		list = json_object_new_array();
		json_object_array_add(list, entry);
		json_object_object_add(order->values, "invoices", list);
	}
}

void generate_all(void)
{
	static const enum entity_id order[] = {
		PRICE_LIST, CUSTOMER, VENDOR, ORDER, INVOICE, BILL, CREDIT_NOTE, PAYMENT, RETURN, STOCK_ADJUSTMENT};
	struct random random = {options.seed};
	size_t i, k;

	generate_entity(BRANCH, &random);
	generate_entity(USER, &random);
	if (!*options.items_file)
		generate_items(&random, options.sizes[PRODUCT], options.active_items);
	else if (!catalogue_load(options.items_file))
		exit(1);
	for (i = 0; i < sizeof order / sizeof *order; i++)
		generate_entity(order[i], &random);
	link_invoices();
	for (i = 0; i < ENTITY_COUNT; i++) {
		for (k = 0; k < store_count(&entities[i]); k++)
			record_list(store_at(&entities[i], k));
	}
}
