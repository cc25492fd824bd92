/* Owns how the configuration is shown to people: its values without its secrets, and the reference of all parameters.
 */
#include "config/mapping.h"
#include "config/memory.h"
#include "config/value.h"
#include <string.h>

static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static bool bare(const struct parameter *p)
{
	return p->type == PARAM_INTEGER || p->type == PARAM_FRACTION || p->type == PARAM_FLAG;
}

static void put_entry(FILE *out, const struct config *c, const struct parameter *p, size_t i)
{
	char room[VALUE_TEXT_BYTES];
	const char *text = value_text(c, p, i, room);
	if (bare(p))
		fputs(text, out);
	else
		put_quoted(out, parameter_secret(p) && text[0] != '\0' ? "<set>" : text);
}

static void put_value(FILE *out, const struct config *c, const struct parameter *p)
{
	size_t n = value_count(c, p);
	if (p->type != PARAM_SCHEDULES && !parameter_list(p) && n == 1) {
		put_entry(out, c, p, 0);
		return;
	}
	fputs("[", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i > 0 ? ", " : " ", out);
		put_entry(out, c, p, i);
	}
	fputs(" ]", out);
}

void config_show(const struct config *c, FILE *out, bool only_changed)
{
	struct config defaults;
	values_default(&defaults);
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		bool same = value_same(c, &defaults, p);
		if (p->type == PARAM_RESERVED || (same && only_changed))
			continue;
		fprintf(out, "%s = ", p->name);
		put_value(out, c, p);
		if (!same) {
			fputs("  # default: ", out);
			put_value(out, &defaults, p);
		}
		putc('\n', out);
	}
	config_free(&defaults);
}

static const char *type_named(const struct parameter *p)
{
	static const char *const names[] = {
		[PARAM_STRING] = "text",
		[PARAM_CHOICE] = "word",
		[PARAM_PATH] = "path",
		[PARAM_SECRET] = "secret",
		[PARAM_STRINGS] = "list of texts",
		[PARAM_SECRETS] = "list of secrets",
		[PARAM_INTEGER] = "whole number",
		[PARAM_DURATION] = "duration",
		[PARAM_SIZE] = "size",
		[PARAM_FRACTION] = "number",
		[PARAM_FLAG] = "true or false",
		[PARAM_SCHEDULES] = "list of groups",
		[PARAM_MAPPING] = "group",
		[PARAM_RESERVED] = "empty",
	};
	return names[p->type];
}

static void put_range(FILE *out, const struct parameter *p)
{
	if (p->type == PARAM_CHOICE) {
		for (const char *at = p->min; *at != '\0'; at++)
			*at == '|' ? fputs(", ", out) : putc(*at, out);
		return;
	}
	if (p->min[0] == '\0')
		return;
	bool text = p->type == PARAM_STRING || p->type == PARAM_SECRET || p->type == PARAM_PATH;
	fprintf(out, "%s to %s%s", p->min, p->max, text ? " bytes" : parameter_list(p) ? " entries" : "");
}

/* Who is handed the key, by the actors' own names. */
static void put_who(FILE *out, unsigned who)
{
	static const char *const names[] = {
		"supervisor", "http-ingest", "dispatcher", "handler", "zoho-io", "healer", "metrics", "tdsctl"};
	const char *between = "";
	if (who == WHO_ALL) {
		fputs("all", out);
		return;
	}
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if ((who >> i & 1) != 0) {
			fprintf(out, "%s%s", between, names[i]);
			between = ", ";
		}
}

static void put_row(FILE *out, const struct parameter *p)
{
	static const char *const words[] = {"restart", "reload", "reload (all actors)"};
	fprintf(out, "| `%s` | %s | ", p->name, type_named(p));
	if (p->def[0] != '\0')
		fprintf(out, "`%s`", p->def);
	fputs(" | ", out);
	put_range(out, p);
	fprintf(out, " | %s | ", words[p->reloadable]);
	put_who(out, p->who);
	fprintf(out, " | %s%s |\n", p->text, parameter_secret(p) ? "; also in a file: `_file`" : "");
}

void config_reference(FILE *out)
{
	const char *section = "";
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		if (strcmp(section, p->section) != 0) {
			section = p->section;
			fprintf(out, "%s### %s\n\n", p == parameters ? "" : "\n",
				strcmp(section, "tds") == 0 ? "top level" : section);
			fputs("| key | type | default | range | takes effect at | seen by | |\n", out);
			fputs("|---|---|---|---|---|---|---|\n", out);
		}
		put_row(out, p);
		bool last = p + 1 == parameters + PARAMETERS || strcmp(p[1].section, section) != 0;
		if (last && p->type == PARAM_MAPPING)
			mapping_reference(out);
	}
}
