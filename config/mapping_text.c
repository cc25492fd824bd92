/* Owns the texts that a mapping is kept as, and what is said about mappings in the reference of the configuration. */
#include "actors/handler/entity.h"
#include "config/mapping.h"
#include "config/table.h"
#include <string.h>

static const struct {
	const char *word;
	enum mapping_what what;
} words[] = {
	{"table", MAPPING_TABLE},
	{"key", MAPPING_KEY},
	{"columns.", MAPPING_COLUMN},
	{"custom.", MAPPING_CUSTOM},
	{"constants.", MAPPING_CONSTANT},
};

/* Takes a word off the front of what is left; false where it isn't there. */
static bool skip(struct str *left, const char *word)
{
	size_t n = strlen(word);
	if (left->len < n || memcmp(left->data, word, n) != 0)
		return false;
	*left = (struct str){left->data + n, left->len - n};
	return true;
}

bool mapping_read(const char *text, struct mapping_said *said)
{
	const char *mark = strstr(text, " = ");
	if (mark == NULL)
		return false;
	struct str name = {text, (size_t)(mark - text)};
	*said = (struct mapping_said){.lines = skip(&name, "lines."), .value = mark + strlen(" = ")};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!skip(&name, words[i].word))
			continue;
		said->what = words[i].what;
		const char *dot = said->what == MAPPING_CUSTOM ? memchr(name.data, '.', name.len) : NULL;
		if (said->what == MAPPING_CUSTOM && dot == NULL)
			return false;
		if (dot != NULL)
			said->type = (struct str){name.data, (size_t)(dot - name.data)};
		said->name = dot == NULL ? name : (struct str){dot + 1, name.len - said->type.len - 1};
		return (said->what <= MAPPING_KEY) == (said->name.len == 0);
	}
	return false;
}

const struct strings *config_mapping(const struct config *c, const char *entity)
{
	static const struct strings nothing;
	char name[PARAMETER_NAME_BYTES];
	snprintf(name, sizeof name, "mapping.%.32s", entity);
	const struct parameter *p = parameter_named(name);
	return p == NULL ? &nothing : parameter_value(c, p);
}

static void put_columns(FILE *out, const struct field *fields)
{
	for (const struct field *f = fields; f->path != NULL; f++)
		fprintf(out, "%s`%s`%s", f == fields ? "" : " ", f->column, f->in_detail ? "*" : "");
}

static void put_lines(FILE *out, const struct lines *l)
{
	fprintf(out, "| | | in `%s`: `%s` `%s`", l->table, l->parent_key, l->parent_column);
	if (l->order_column != NULL)
		fprintf(out, " `%s`", l->order_column);
	fputs(" ", out);
	put_columns(out, l->fields);
	fputs(" |\n", out);
}

void mapping_reference(FILE *out)
{
	fputs("\nWhat can be mapped; beside these, of each table:", out);
	for (enum keep k = 0; k < KEEP_IMAGE; k++)
		fprintf(out, "%s `%s`", k == 0 ? "" : ",", keep_defaults[k].column);
	fputs(". `*`: no list has it; a detail is fetched for it, a call each.\n\n| entity | table, key | columns |\n|---|---|---|\n",
		out);
	for (int i = 1; i < ENTITIES; i++) {
		const struct entity *e = entities[i];
		fprintf(out, "| %s | `%s` `%s` | ", entity_names[i].name, e->table, e->key);
		put_columns(out, e->fields);
		if (e->image != NULL)
			fprintf(out, " `%s`", keep_defaults[KEEP_IMAGE].column);
		fputs(" |\n", out);
		if (e->lines != NULL)
			put_lines(out, e->lines);
	}
}
