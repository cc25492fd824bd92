/* Owns inventing contacts, locations and users. */
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "options.h"
#include "record_json.h"

static json_object *address(struct random *random, bool filled)
{
	json_object *values = json_object_new_object();
	char id[ID_TEXT_MAX], text[64];

	store_new_id(id);
	set_text(values, "address_id", id);
	if (!filled)
		return values;
	snprintf(text, sizeof text, "%u Market Street", (unsigned)random_below(random, 300) + 1);
	set_text(values, "address", text);
	set_text(values, "city", some_city(random));
	snprintf(text, sizeof text, "%05u", (unsigned)random_below(random, 70000));
	set_text(values, "zip", text);
	set_text(values, "country", "Iraq");
	set_text(values, "country_code", "IQ");
	return values;
}

static void set_phone(struct random *random, json_object *values, const char *key)
{
	char text[32];

	snprintf(text, sizeof text, "+964 77%u %07u", (unsigned)random_below(random, 10),
		(unsigned)random_below(random, 10000000));
	set_text(values, key, text);
}

static json_object *persons(struct random *random, json_object *contact)
{
	json_object *list = json_object_new_array(), *person = json_object_new_object();
	char id[ID_TEXT_MAX];

	store_new_id(id);
	set_text(person, "contact_person_id", id);
	set_same(person, "first_name", contact, "first_name");
	set_same(person, "email", contact, "email");
	set_phone(random, person, "mobile");
	json_object_array_add(list, person);
	set_text(contact, "primary_contact_id", id);
	return list;
}

json_object *generate_contact(struct random *random, size_t number, bool vendor)
{
	json_object *values = json_object_new_object(), *price_list = NULL;
	struct record *record = random_record(random, &entities[PRICE_LIST]);
	char text[64];

	set_text(values, "contact_name", name_of_company(random, number));
	set_text(values, "contact_type", vendor ? "vendor" : "customer");
	if (random_chance(random, 0.4))
		set_same(values, "company_name", values, "contact_name");
	if (random_chance(random, 0.5))
		set_text(values, "first_name", name_of_person(random));
	if (random_chance(random, 0.6))
		set_phone(random, values, "phone");
	if (random_chance(random, 0.3)) {
		snprintf(text, sizeof text, "contact%zu@example.com", number);
		set_text(values, "email", text);
	}
	if (random_chance(random, 0.06))
		set_text(values, "status", "inactive");
	if (random_chance(random, 0.5)) {
		set_number(values, "payment_terms", 30);
		set_text(values, "payment_terms_label", "Net 30");
	}
	if (random_chance(random, 0.3))
		set_money(values, vendor ? "outstanding_payable_amount" : "outstanding_receivable_amount",
			random_between(random, 0, 900000) * CENT);
	if (number % 10 == 4) {
		set_custom_field(values, "route", "Route", "<b>7</b>");
		set_custom_keys(values, "route", "<b>7</b>");
	}
	json_object_object_add(values, "billing_address", address(random, random_chance(random, 0.7)));
	json_object_object_add(values, "shipping_address", address(random, random_chance(random, 0.2)));
	if (random_chance(random, 0.2))
		json_object_object_add(values, "contact_persons", persons(random, values));
	price_list = record && !vendor && random_chance(random, 0.5) ? record->values : NULL;
	if (price_list) {
		set_same(values, "pricebook_id", price_list, "pricebook_id");
		set_same(values, "pricebook_name", price_list, "name");
	}
	return values;
}

json_object *generate_branch(struct random *random, size_t number)
{
	json_object *values = json_object_new_object(), *place = json_object_new_object();
	char text[64];

	if (number == 0)
		snprintf(text, sizeof text, "Head Office");
	else
		snprintf(text, sizeof text, "%s %zu", some_city(random), number);
	set_text(values, "location_name", text);
	set_text(values, "type", number % 3 == 2 ? "line_item_only" : "general");
	set_flag(values, "is_primary", number == 0);
	set_text(place, "city", some_city(random));
	set_text(place, "country", "Iraq");
	json_object_object_add(values, "address", place);
	set_phone(random, values, "phone");
	return values;
}

json_object *generate_user(struct random *random, size_t number)
{
	json_object *values = json_object_new_object(), *list = json_object_new_array(),
		    *email = json_object_new_object();
	char text[64];

	set_text(values, "name", name_of_person(random));
	snprintf(text, sizeof text, "user%zu@example.com", number);
	set_text(values, "email", text);
	set_text(email, "email", text);
	json_object_array_add(list, email);
	json_object_object_add(values, "email_ids", list);
	set_text(values, "user_role", number == 0 ? "admin" : number % 3 ? "staff" : "sales");
	set_flag(values, "is_current_user", number == 0);
	if (number % 7 == 5)
		set_text(values, "status", "inactive");
	return values;
}
