/* Owns reading and setting the fields of a record's JSON: decimals are text, never doubles. */
#ifndef ZOHO_SIM_RECORD_JSON_H
#define ZOHO_SIM_RECORD_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#define MICRO INT64_C(1000000) /* decimals are computed in millionths */
#define CENT (MICRO / 100)
#define DECIMALS_MONEY 2
#define DECIMALS_QUANTITY 6

/* Reads "-12.345" into millionths, what goes beyond is cut off; false when it isn't a plain decimal. */
bool decimal_parse(const char *text, int64_t *micro);
/* A JSON number with exactly these digits after the point (rounded half away from zero). */
json_object *decimal_json(int64_t micro, int decimals);
/* As above, but with more digits where cutting to decimals would lose some. */
json_object *decimal_json_at_least(int64_t micro, int decimals);
/* quantity * rate, rounded to a cent. */
int64_t decimal_product(int64_t quantity, int64_t rate);

void set_text(json_object *record, const char *key, const char *text);
void set_money(json_object *record, const char *key, int64_t micro);
void set_quantity(json_object *record, const char *key, int64_t micro);
void set_number(json_object *record, const char *key, int64_t number);
void set_flag(json_object *record, const char *key, bool flag);
/* Copies the value, if from has it. */
void set_same(json_object *record, const char *key, json_object *from, const char *from_key);

/* "" where absent or not text. The text lives as long as the value. */
const char *get_text(json_object *record, const char *key);
/* 0 where absent or not a number (or a number in text). */
int64_t get_micro(json_object *record, const char *key);
bool get_flag(json_object *record, const char *key);

/* Item totals from quantity and rate, then sub_total, total and balance of a document with line_items. */
void document_total(json_object *record);

#endif
