/* Owns inventing an organisation: every record follows from the seed. */
#ifndef ZOHO_SIM_GENERATE_H
#define ZOHO_SIM_GENERATE_H

#include "random.h"
#include "store.h"

/* Fills the store; called once, before anything is served. */
void generate_all(void);
/* One more record of the entity, as if entered by a user just now; for POST /_sim/records. */
json_object *generate_one(const struct entity *entity, struct random *random);
/* The same, stored, with these fields (NULL: none) over what is invented; NULL when its id is taken. */
struct record *generate_now(const struct entity *entity, struct random *random, json_object *fields);
/* One to four random changes, as busy people make them. */
void change_record(struct random *random, struct record *record);

/* The parts below make the values of one record; number counts from 0. */
json_object *generate_item(struct random *random, size_t number, bool active);
json_object *generate_contact(struct random *random, size_t number, bool vendor);
json_object *generate_branch(struct random *random, size_t number);
json_object *generate_user(struct random *random, size_t number);
json_object *generate_price_list(struct random *random, size_t number);
json_object *generate_order(struct random *random, size_t number, time_t when);
json_object *generate_invoice(struct random *random, size_t number, time_t when);
json_object *generate_bill(struct random *random, size_t number, time_t when);
json_object *generate_credit_note(struct random *random, size_t number, time_t when);
json_object *generate_payment(struct random *random, size_t number, time_t when);
json_object *generate_return(struct random *random, size_t number, time_t when);
json_object *generate_adjustment(struct random *random, size_t number, time_t when);

/* A custom field: its entry in custom_fields and custom_field_hash; its cf_ keys at top level, where the entity's table has none. */
void set_custom_field(json_object *values, const char *name, const char *label, const char *value);
void set_custom_keys(json_object *values, const char *name, const char *value);
/* stock_on_hand and all that depends on it, per location too. */
void set_stock(json_object *item, int64_t micro);
/* Some record of the entity, NULL when it has none. */
struct record *random_record(struct random *random, const struct entity *entity);
/* A line of a document for a random item. */
json_object *generate_line(struct random *random, size_t order);

/* Items from a JSON catalogue instead of invented ones; false says why on stderr. */
bool catalogue_load(const char *path);

/* Invented words. Results live until the next call from the same thread. */
const char *name_of_item(struct random *random, size_t number);
const char *name_of_company(struct random *random, size_t number);
const char *name_of_person(struct random *random);
const char *sku_of_item(struct random *random, size_t number);
const char *some_words(struct random *random);
const char *some_city(struct random *random);

#endif
