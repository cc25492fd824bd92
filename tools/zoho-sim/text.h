/* Owns growing byte strings, because every reply is assembled by appending. */
#ifndef ZOHO_SIM_TEXT_H
#define ZOHO_SIM_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct json_object;

struct text {
	char *data; /* always ends in a NUL that length doesn't count, once anything was appended */
	size_t length;
	size_t capacity;
};

void text_append(struct text *text, const void *bytes, size_t length);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a JSON string with its quotes; bytes above 0x7f pass as they are. */
void text_json_string(struct text *text, const char *string);
/* Appends a JSON value; numbers keep the very digits they were made from. */
void text_json(struct text *text, struct json_object *value);
/* Appends %XX for all but unreserved characters. */
void text_url_encoded(struct text *text, const char *string);
void text_clear(struct text *text);
void text_free(struct text *text);

/* A copy of format's result that the caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Decodes %XX and + in place. */
void url_decode(char *string);

#endif
