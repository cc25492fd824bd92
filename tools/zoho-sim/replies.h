/* Owns replies given from outside: bodies that are served instead of what the organisation holds. */
#ifndef ZOHO_SIM_REPLIES_H
#define ZOHO_SIM_REPLIES_H

#include "http.h"

struct json_object;

/* {"path","page","status","body","count"} or an array of such; NULL when added, else what is wrong. */
const char *replies_add(struct json_object *specs);
/* From the command line: a file of JSON. */
bool replies_add_file(const char *path);
void replies_clear(void);
void replies_describe(struct text *out);
/* Answers the request where a reply was given for it; false: none was. */
bool replies_answer(struct request *request);

#endif
