/* Owns growing byte strings and their JSON and URL forms, because every reply is assembled by appending. */
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_reserve(struct text *text, size_t more)
{
	size_t wanted = text->length + more + 1;

	if (wanted <= text->capacity)
		return;
	text->capacity = wanted > 2 * text->capacity ? wanted : 2 * text->capacity;
	text->data = realloc(text->data, text->capacity);
	if (!text->data)
		abort();
}

void text_append(struct text *text, const void *bytes, size_t length)
{
	text_reserve(text, length);
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void text_puts(struct text *text, const char *string)
{
	text_append(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length < 0)
		abort();
	text_reserve(text, (size_t)length);
	vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
	text->length += (size_t)length;
	va_end(again);
	va_end(arguments);
}

void text_json_string(struct text *text, const char *string)
{
	const unsigned char *start = (const unsigned char *)string, *c;

	text_append(text, "\"", 1);
	for (c = start; *c; c++) {
		if (*c >= 0x20 && *c != '"' && *c != '\\')
			continue;
		text_append(text, start, (size_t)(c - start));
		if (*c == '"' || *c == '\\')
			text_printf(text, "\\%c", *c);
		else if (*c == '\n')
			text_puts(text, "\\n");
		else
			text_printf(text, "\\u%04x", *c);
		start = c + 1;
	}
	text_append(text, start, (size_t)(c - start));
	text_append(text, "\"", 1);
}

static void text_json_object(struct text *text, json_object *value)
{
	const char *separator = "{";

	json_object_object_foreach(value, key, member)
	{
		text_puts(text, separator);
		text_json_string(text, key);
		text_puts(text, ":");
		text_json(text, member);
		separator = ",";
	}
	text_puts(text, *separator == '{' ? "{}" : "}");
}

static void text_json_array(struct text *text, json_object *value)
{
	size_t i, count = json_object_array_length(value);

	text_puts(text, "[");
	for (i = 0; i < count; i++) {
		if (i)
			text_puts(text, ",");
		text_json(text, json_object_array_get_idx(value, i));
	}
	text_puts(text, "]");
}

void text_json(struct text *text, json_object *value)
{
	const char *digits;

	switch (json_object_get_type(value)) {
	case json_type_null:
		text_puts(text, "null");
		break;
	case json_type_boolean:
		text_puts(text, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_double:
		digits = json_object_get_userdata(value);
		if (digits)
			text_puts(text, digits);
		else
			text_printf(text, "%.17g", json_object_get_double(value));
		break;
	case json_type_int:
		text_printf(text, "%" PRId64, json_object_get_int64(value));
		break;
	case json_type_string:
		text_json_string(text, json_object_get_string(value));
		break;
	case json_type_object:
		text_json_object(text, value);
		break;
	case json_type_array:
		text_json_array(text, value);
		break;
	}
}

void text_url_encoded(struct text *text, const char *string)
{
	const unsigned char *c;

	for (c = (const unsigned char *)string; *c; c++) {
		if (isalnum(*c) || strchr("-._~", *c))
			text_append(text, c, 1);
		else
			text_printf(text, "%%%02X", *c);
	}
}

void text_clear(struct text *text)
{
	text->length = 0;
	if (text->data)
		text->data[0] = '\0';
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *result;

	va_start(arguments, format);
	if (vasprintf(&result, format, arguments) < 0)
		abort();
	va_end(arguments);
	return result;
}

void url_decode(char *string)
{
	char *to = string, *end;
	char hex[3] = {0};

	for (; *string; string++) {
		if (*string == '%' && isxdigit((unsigned char)string[1]) && isxdigit((unsigned char)string[2])) {
			memcpy(hex, string + 1, 2);
			*to++ = (char)strtol(hex, &end, 16);
			string += 2;
		} else if (*string == '+') {
			*to++ = ' ';
		} else {
			*to++ = *string;
		}
	}
	*to = '\0';
}
