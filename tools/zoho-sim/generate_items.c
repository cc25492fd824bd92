/* Owns inventing items with their stock, and price lists over them. */
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "options.h"
#include "record_json.h"

static const char *const categories[] = {"Cables", "Cameras", "Bags", "Network", "قسم الحقائب", "ملحقات", "كيبلات"};

/* One location's share of the stock, as number and as text: Zoho sends either. */
static void add_places(struct record *branch, json_object *locations, json_object *warehouses, int64_t micro)
{
	json_object *location = json_object_new_object(), *warehouse = json_object_new_object();
	char digits[48];
	bool first = json_object_array_length(locations) == 0;

	snprintf(digits, sizeof digits, "%s%lld.%06lld", micro < 0 ? "-" : "",
		(long long)(micro < 0 ? -micro : micro) / MICRO, (long long)(micro < 0 ? -micro : micro) % MICRO);
	set_text(location, "location_id", branch->id);
	set_same(location, "location_name", branch->values, "location_name");
	set_flag(location, "is_primary", first);
	set_text(location, "location_stock_on_hand", digits);
	set_text(location, "location_available_stock", digits);
	set_text(location, "location_actual_available_stock", digits);
	json_object_array_add(locations, location);
	set_text(warehouse, "warehouse_id", branch->id);
	set_same(warehouse, "warehouse_name", branch->values, "location_name");
	set_flag(warehouse, "is_primary", first);
	set_quantity(warehouse, "warehouse_stock_on_hand", micro);
	set_quantity(warehouse, "warehouse_available_stock", micro);
	set_quantity(warehouse, "warehouse_actual_available_stock", micro);
	json_object_array_add(warehouses, warehouse);
}

void set_stock(json_object *item, int64_t micro)
{
	static const char *const same[] = {"available_stock", "actual_available_stock", "available_for_sale_stock",
		"actual_available_for_sale_stock"};
	json_object *locations = json_object_new_array(), *warehouses = json_object_new_array();
	size_t i, count = store_count(&entities[BRANCH]);
	int64_t share = count ? micro / MICRO / (int64_t)count * MICRO : 0;

	set_quantity(item, "stock_on_hand", micro);
	set_quantity(item, "committed_stock", 0);
	set_quantity(item, "actual_committed_stock", 0);
	for (i = 0; i < sizeof same / sizeof *same; i++)
		set_quantity(item, same[i], micro);
	for (i = 0; i < count; i++)
		add_places(store_at(&entities[BRANCH], i), locations, warehouses,
			i == 0 ? micro - share * (int64_t)(count - 1) : share);
	json_object_object_add(item, "locations", locations);
	json_object_object_add(item, "warehouses", warehouses);
}

static void set_inventory(struct random *random, json_object *values)
{
	int64_t quantity = 0;

	if (random_chance(random, 0.03))
		quantity = -random_between(random, 1, 20) * MICRO;
	else if (random_chance(random, 0.7))
		quantity = random_between(random, 1, 500) * MICRO;
	if (random_chance(random, 0.02))
		quantity += 500000;
	set_flag(values, "track_inventory", true);
	set_flag(values, "can_be_purchased", true);
	set_text(values, "item_type", "inventory");
	set_text(values, "inventory_account_id", ID_PREFIX "000034001");
	set_text(values, "inventory_account_name", "Inventory Asset");
	set_quantity(values, "reorder_level", random_chance(random, 0.1) ? 5 * MICRO : 0);
	set_stock(values, quantity);
}

static void set_image(json_object *values, size_t number)
{
	char id[ID_TEXT_MAX], text[48];

	store_new_id(id);
	snprintf(text, sizeof text, "item-%zu.png", number);
	set_text(values, "image_name", text);
	set_text(values, "image_type", "png");
	set_text(values, "image_document_id", id);
	set_flag(values, "has_attachment", true);
}

json_object *generate_item(struct random *random, size_t number, bool active)
{
	json_object *values = json_object_new_object();
	int64_t rate = random_between(random, 1, 100000);

	set_text(values, "name", name_of_item(random, number));
	set_text(values, "sku", sku_of_item(random, number));
	set_text(values, "status", active ? "active" : "inactive");
	set_text(values, "unit", random_chance(random, 0.9) ? "pcs" : "box");
	set_money(values, "rate", random_chance(random, 0.25) ? 0 : (rate % 4 ? rate / 100 * 100 : rate) * CENT);
	set_money(values, "purchase_rate", random_chance(random, 0.1) ? 0 : rate * 6 / 10 * CENT);
	if (random_chance(random, 0.05))
		set_money(values, "purchase_rate", 65 * MICRO / 1000);
	if (random_chance(random, 0.3))
		set_text(values, "description", some_words(random));
	if (random_chance(random, 0.2))
		set_text(values, "brand", name_of_person(random));
	if (random_chance(random, 0.4)) {
		set_text(values, "category_name", random_pick(random, categories, 7));
		set_text(values, "category_id", ID_PREFIX "000055001");
	}
	if (random_chance(random, 0.1)) {
		set_text(values, "cf_shelf", "A-12");
		set_text(values, "cf_shelf_unformatted", "A-12");
		set_custom_field(values, "shelf", "Shelf", "A-12");
	}
	if (random_chance(random, 0.03))
		set_text(values, "product_type", "service");
	else
		set_inventory(random, values);
	if (random_chance(random, 0.4))
		set_image(values, number);
	return values;
}

static json_object *price(struct random *random, struct record *item, bool volume)
{
	json_object *values = json_object_new_object(), *brackets, *bracket;
	int64_t rate = random_between(random, 0, 50000);
	char id[ID_TEXT_MAX];
	int64_t step;

	store_new_id(id);
	set_text(values, "pricebook_item_id", id);
	set_text(values, "item_id", item->id);
	set_same(values, "name", item->values, "name");
	if (!volume) {
		set_money(values, "pricebook_rate", rate * CENT);
		return values;
	}
	brackets = json_object_new_array();
	for (step = 0; step < 3; step++) {
		bracket = json_object_new_object();
		set_quantity(bracket, "start_quantity", (1 + step * 10) * MICRO);
		set_quantity(bracket, "end_quantity", (step + 1) * 10 * MICRO);
		set_money(bracket, "pricebook_rate", (rate - rate * step / 10) * CENT);
		json_object_array_add(brackets, bracket);
	}
	json_object_object_add(values, "price_brackets", brackets);
	return values;
}

json_object *generate_price_list(struct random *random, size_t number)
{
	static const char *const names[] = {
		"Wholesale A", "Wholesale B", "Retailer", "Technical IQD", "Consumer IQD", "المفرد", "Flash sale"};
	json_object *values = json_object_new_object(), *prices = json_object_new_array();
	size_t i, count = store_count(&entities[PRODUCT]);
	bool volume = number % 7 == 3;
	char text[64];

	snprintf(text, sizeof text, "%s%.0zu", names[number % 7], number / 7);
	set_text(values, "name", text);
	set_flag(values, "is_default", number == 0);
	set_text(values, "pricing_scheme", volume ? "volume" : "unit");
	if (number % 7 == 6) {
		set_text(values, "pricebook_type", "fixed_percentage");
		set_number(values, "percentage", 4);
	}
	for (i = 0; i < count && number % 7 != 6; i++) {
		if (random_chance(random, 0.6))
			json_object_array_add(prices, price(random, store_at(&entities[PRODUCT], i), volume));
	}
	json_object_object_add(values, "pricebook_items", prices);
	return values;
}
