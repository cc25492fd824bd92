/* Owns inventing payments, which settle invoices: both sides always tell the same amounts. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "generate.h"
#include "options.h"
#include "record_json.h"

/* An open invoice of about the same time as the payment; NULL when all are settled. */
static struct record *open_invoice(struct random *random, size_t number)
{
	size_t i, count = store_count(&entities[INVOICE]), start;
	struct record *invoice;
	const char *status;

	if (!count)
		return NULL;
	start = number < options.sizes[PAYMENT] ? number * count / options.sizes[PAYMENT] : random_below(random, count);
	for (i = 0; i < count; i++) {
		invoice = store_at(&entities[INVOICE], (start + i) % count);
		status = get_text(invoice->values, "status");
		if (!invoice->deleted && get_micro(invoice->values, "balance") > 0 && strcmp(status, "draft") != 0 &&
			strcmp(status, "void") != 0)
			return invoice;
	}
	return NULL;
}

static void settle(struct record *invoice, int64_t amount, time_t when)
{
	int64_t made = get_micro(invoice->values, "payment_made") + amount;
	int64_t total = get_micro(invoice->values, "total");
	char text[TIME_TEXT_MAX];

	set_money(invoice->values, "payment_made", made);
	set_money(invoice->values, "balance", total - made);
	set_text(invoice->values, "status", made == total ? "paid" : "partially_paid");
	set_text(invoice->values, "last_payment_date", clock_date(when, text));
	if (when > invoice->modified)
		invoice->modified = when;
	record_changed(invoice, false);
}

static json_object *allocation(struct record *invoice, int64_t amount, const char *date)
{
	json_object *entry = json_object_new_object();
	static const char *const copied[] = {"invoice_id", "invoice_number", "total", "balance", "date", "due_date"};
	char id[ID_TEXT_MAX];
	size_t i;

	store_new_id(id);
	set_text(entry, "invoice_payment_id", id);
	for (i = 0; i < sizeof copied / sizeof *copied; i++)
		set_same(entry, copied[i], invoice->values, copied[i]);
	set_money(entry, "amount_applied", amount);
	set_text(entry, "apply_date", date);
	return entry;
}

json_object *generate_payment(struct random *random, size_t number, time_t when)
{
	static const char *const modes[] = {"cash", "cash", "check", "banktransfer", "zaincash"};
	json_object *values = json_object_new_object(), *allocations = json_object_new_array();
	struct record *invoice = open_invoice(random, number);
	int64_t amount = random_between(random, 1, 90000) * CENT, balance;
	char text[TIME_TEXT_MAX];

	snprintf(text, sizeof text, "%zu", number + 1);
	set_text(values, "payment_number", text);
	if (invoice && invoice->created > when)
		when = invoice->created;
	set_text(values, "date", clock_date(when, text));
	set_text(values, "payment_mode", random_pick(random, modes, 5));
	if (invoice) {
		balance = get_micro(invoice->values, "balance");
		amount = random_chance(random, 0.8) ? balance : balance / CENT * 4 / 10 * CENT + CENT;
		amount = amount > balance ? balance : amount;
		settle(invoice, amount, when);
		set_same(values, "customer_id", invoice->values, "customer_id");
		set_same(values, "customer_name", invoice->values, "customer_name");
		set_same(values, "invoice_numbers", invoice->values, "invoice_number");
		json_object_array_add(allocations, allocation(invoice, amount, text));
	} else {
		set_money(values, "unused_amount", amount);
	}
	set_money(values, "amount", amount);
	json_object_object_add(values, "invoices", allocations);
	return values;
}
