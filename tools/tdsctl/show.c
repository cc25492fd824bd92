/* Owns how answers look on a terminal: tables, fields, durations, colours. Numbers are printed as they came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

enum { COLUMNS_MAX = 16 };

struct json_object *json_at(struct json_object *json, const char *path)
{
	char key[64];
	while (json && *path) {
		size_t n = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)n, path);
		if (!json_object_is_type(json, json_type_object) || !json_object_object_get_ex(json, key, &json))
			return NULL;
		path += n + (path[n] == '.');
	}
	return json;
}

const char *json_text(struct json_object *json)
{
	if (!json)
		return "";
	if (json_object_is_type(json, json_type_string))
		return json_object_get_string(json);
	return json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

struct json_object *json_rows(struct json_object *all, const char *name)
{
	struct json_object *rows = json_object_new_array();
	if (all) {
		json_object_object_foreach(all, key, one)
		{
			if (name)
				json_object_object_add(one, name, json_object_new_string(key));
			json_object_array_add(rows, json_object_get(one));
		}
	}
	return rows;
}

double json_number(struct json_object *json, const char *path)
{
	return json_object_get_double(json_at(json, path));
}

/* Code points, which is near enough to columns. */
static int width(const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* What came from elsewhere never moves the cursor: C0, DEL, and C1 in its UTF-8 form. */
void show_text(const char *text, int width_max)
{
	const unsigned char *p = (const unsigned char *)text;
	for (int n = 0; *p; p++) {
		bool starts = (*p & 0xc0) != 0x80;
		if (starts && width_max && n == width_max - 1 && width((const char *)p) > 1) {
			fputs("…", stdout);
			return;
		}
		n += starts;
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)) {
			putchar('?');
			p += *p == 0xc2;
		} else {
			putchar(*p);
		}
	}
}

const char *colour(const struct ctl *c, const char *word)
{
	static const struct {
		const char *words, *escape;
	} colours[] = {
		{" ready completed healthy running closed applied true ", "\033[32m"},
		{" degraded starting draining drained backoff pending retry processing warning half_open medium ",
			"\033[33m"},
		{" critical cooldown parked hung killed failed dead_letter error open stopped down high ", "\033[31m"},
	};
	char needle[40];
	snprintf(needle, sizeof needle, " %.36s ", word);
	for (size_t i = 0; c->colour && i < sizeof colours / sizeof *colours; i++)
		if (strstr(colours[i].words, needle))
			return colours[i].escape;
	return "";
}

const char *colour_end(const struct ctl *c)
{
	return c->colour ? "\033[0m" : "";
}

static const char *cell(struct json_object *row, const struct column *column)
{
	struct json_object *value = json_at(row, column->path);
	return value ? json_text(value) : "-";
}

/* A pipe's reader wants all of it. */
static int width_max(const struct ctl *c, const struct column *column)
{
	return c->terminal ? column->width_max : 0;
}

static int shown_width(const struct ctl *c, const char *text, const struct column *column)
{
	int n = width(text), max = width_max(c, column);
	return max && n > max ? max : n;
}

static void show_row(
	const struct ctl *c, struct json_object *row, const struct column *columns, const int *widths, int n)
{
	for (int i = 0; i < n; i++) {
		const char *text = row ? cell(row, &columns[i]) : columns[i].title;
		const char *paint = row ? colour(c, text) : "";
		int pad = i + 1 < n ? widths[i] - shown_width(c, text, &columns[i]) + 2 : 0;
		bool right = row && json_object_is_type(json_at(row, columns[i].path), json_type_int);
		if (right)
			printf("%*s", i + 1 < n ? pad - 2 : widths[i] - shown_width(c, text, &columns[i]), "");
		fputs(paint, stdout);
		show_text(text, width_max(c, &columns[i]));
		fputs(*paint ? colour_end(c) : "", stdout);
		printf("%*s", right ? (i + 1 < n ? 2 : 0) : pad, "");
	}
	putchar('\n');
}

void show_table(const struct ctl *c, struct json_object *rows, const struct column *columns, int n)
{
	int widths[COLUMNS_MAX] = {0};
	size_t rows_n = rows ? json_object_array_length(rows) : 0;
	for (int i = 0; i < n && i < COLUMNS_MAX; i++) {
		widths[i] = width(columns[i].title);
		for (size_t r = 0; r < rows_n; r++) {
			int w = shown_width(c, cell(json_object_array_get_idx(rows, r), &columns[i]), &columns[i]);
			widths[i] = w > widths[i] ? w : widths[i];
		}
	}
	show_row(c, NULL, columns, widths, n);
	for (size_t r = 0; r < rows_n; r++)
		show_row(c, json_object_array_get_idx(rows, r), columns, widths, n);
}

void show_fields(const struct ctl *c, struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		bool deep = json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array);
		const char *text = value ? json_text(value) : "-";
		if (deep)
			text = json_object_to_json_string_ext(
				value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
		printf("%-22s ", key);
		fputs(colour(c, text), stdout);
		for (const char *line = text; *line;) { /* nested values keep their lines */
			char part[512];
			size_t n = strcspn(line, deep ? "\n" : "");
			n = n < sizeof part ? n : sizeof part - 1;
			memcpy(part, line, n);
			part[n] = 0;
			show_text(part, 0);
			line += n;
			if (deep && *line == '\n') {
				printf("\n%-22s ", "");
				line++;
			}
		}
		puts(colour_end(c));
	}
}

void show_duration(double seconds, char *to, size_t size)
{
	long s = (long)seconds;
	if (seconds < 10)
		snprintf(to, size, "%.1f s", seconds < 0 ? 0 : seconds);
	else if (s < 120)
		snprintf(to, size, "%ld s", s);
	else if (s < 7200)
		snprintf(to, size, "%ld min", s / 60);
	else if (s < 172800)
		snprintf(to, size, "%ld h %ld min", s / 3600, s / 60 % 60);
	else
		snprintf(to, size, "%ld d %ld h", s / 86400, s / 3600 % 24);
}
