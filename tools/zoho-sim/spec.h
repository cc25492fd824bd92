/* Owns reading what is ordered from outside: JSON objects, or the short form of them that fits a command line. */
#ifndef ZOHO_SIM_SPEC_H
#define ZOHO_SIM_SPEC_H

#include <stdbool.h>

struct json_object;

/* "WORD,key=value,..." as {first: "WORD", "key": "value", ...}, or the JSON that it is; the caller's. NULL: bad JSON. */
struct json_object *spec_of(const char *text, const char *first);
/* Whether all its keys are among known, " a b c ". */
bool spec_keys(struct json_object *spec, const char *known);
bool spec_numbers(
	struct json_object *spec, const char *numbers); /* those of the keys " a b " that are there are numbers */
long spec_whole(struct json_object *spec, const char *key, long unset);
/* "" where absent. Lives as long as the object. */
const char *spec_text(struct json_object *spec, const char *key);
/* Which of the words (ends with NULL) stands there; unset where the key is absent, -1 for another word. */
int spec_word(struct json_object *spec, const char *key, const char *const *words, int unset);

#endif
