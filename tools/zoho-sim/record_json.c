/* Owns reading and setting the fields of a record's JSON: decimals are text, never doubles. */
#include "record_json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_MAX INT64_C(9000000000000)

bool decimal_parse(const char *text, int64_t *micro)
{
	bool negative = *text == '-';
	int64_t whole = 0, fraction = 0, place = MICRO / 10;

	text += negative;
	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		whole = whole * 10 + (*text - '0');
		if (whole > WHOLE_MAX)
			return false;
	}
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++, place /= 10)
			fraction += (*text - '0') * place;
	}
	*micro = (negative ? -1 : 1) * (whole * MICRO + fraction);
	return *text == '\0';
}

json_object *decimal_json(int64_t micro, int decimals)
{
	char text[48];
	int64_t unit = 1, rounded;
	int i;

	for (i = decimals; i < DECIMALS_QUANTITY; i++)
		unit *= 10;
	rounded = (llabs(micro) + unit / 2) / unit;
	unit = MICRO / unit;
	snprintf(text, sizeof text, "%s%" PRId64 ".%0*" PRId64, micro < 0 && rounded ? "-" : "", rounded / unit,
		decimals, rounded % unit);
	return json_object_new_double_s(strtod(text, NULL), text);
}

json_object *decimal_json_at_least(int64_t micro, int decimals)
{
	int64_t unit = 1;
	int i;

	for (i = decimals; i < DECIMALS_QUANTITY; i++)
		unit *= 10;
	for (; unit > 1 && micro % unit; unit /= 10)
		decimals++;
	return decimal_json(micro, decimals);
}

int64_t decimal_product(int64_t quantity, int64_t rate)
{
	__int128 product = (__int128)quantity * rate / MICRO;
	int64_t half = product < 0 ? -CENT / 2 : CENT / 2;

	return (int64_t)((product + half) / CENT) * CENT;
}

void set_text(json_object *record, const char *key, const char *text)
{
	json_object_object_add(record, key, json_object_new_string(text));
}

void set_money(json_object *record, const char *key, int64_t micro)
{
	json_object_object_add(record, key, decimal_json_at_least(micro, DECIMALS_MONEY));
}

void set_quantity(json_object *record, const char *key, int64_t micro)
{
	json_object_object_add(record, key, decimal_json(micro, DECIMALS_QUANTITY));
}

void set_number(json_object *record, const char *key, int64_t number)
{
	json_object_object_add(record, key, json_object_new_int64(number));
}

void set_flag(json_object *record, const char *key, bool flag)
{
	json_object_object_add(record, key, json_object_new_boolean(flag));
}

void set_same(json_object *record, const char *key, json_object *from, const char *from_key)
{
	json_object *value;

	if (json_object_object_get_ex(from, from_key, &value))
		json_object_object_add(record, key, json_object_get(value));
}

const char *get_text(json_object *record, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(record, key, &value) || !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

int64_t get_micro(json_object *record, const char *key)
{
	json_object *value;
	const char *digits = NULL;
	int64_t micro;

	if (!json_object_object_get_ex(record, key, &value))
		return 0;
	if (json_object_is_type(value, json_type_int))
		return json_object_get_int64(value) * MICRO;
	if (json_object_is_type(value, json_type_double))
		digits = json_object_get_userdata(value);
	else if (json_object_is_type(value, json_type_string))
		digits = json_object_get_string(value);
	return digits && decimal_parse(digits, &micro) ? micro : 0;
}

bool get_flag(json_object *record, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(record, key, &value) && json_object_get_boolean(value);
}

void document_total(json_object *record)
{
	json_object *lines, *line;
	int64_t total = 0, quantity = 0;
	size_t i;

	if (!json_object_object_get_ex(record, "line_items", &lines))
		return;
	for (i = 0; i < json_object_array_length(lines); i++) {
		line = json_object_array_get_idx(lines, i);
		set_money(line, "item_total", decimal_product(get_micro(line, "quantity"), get_micro(line, "rate")));
		total += get_micro(line, "item_total");
		quantity += get_micro(line, "quantity");
	}
	set_quantity(record, "quantity", quantity);
	set_money(record, "sub_total", total);
	set_money(record, "total", total);
	set_money(record, "balance", total - get_micro(record, "payment_made"));
}
