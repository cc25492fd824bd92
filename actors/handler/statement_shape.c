/* What of a table may be mapped: which rows of it are ours, what its columns are, and how a value gets into them without
 * losing anything. The default shape needs none of it. */
#include <string.h>
#include "actors/handler/statement_parts.h"

void statement_scope(struct buf *b, const struct shape *s, const char *alias)
{
	if (!s)
		buf_fmt(b, "%s.organization_id = $1", alias);
	else if (!s->scope->column)
		buf_str(b, "true");
	for (const struct term *t = s ? s->scope : NULL; t && t->column; t++)
		buf_fmt(b, "%s%s.%s = %s", t == s->scope ? "" : " AND ", alias, t->column, t->value);
}

const char *statement_id(const struct shape *s)
{
	return s ? s->id : "id";
}

const struct field *statement_keep(const struct entity *e, enum keep k)
{
	return (e->keep ? e->keep : keep_defaults) + k;
}

void statement_cast(struct buf *b, const struct column *type)
{
	if (type)
		buf_fmt(b, "::%s", type->type);
}

void statement_key(struct buf *b, const struct column *key, const char *zoho_id, bool sure)
{
	static const char digits[] = "^([0-9]{1,18}|[0-8][0-9]{18})$"; /* what a bigint takes */
	if (!key || key->family == FAMILY_TEXT)
		buf_fmt(b, "%s%s%s", zoho_id, key ? "::" : "", key ? key->type : "");
	else if (sure)
		buf_fmt(b, "(%s)::%s", zoho_id, key->type);
	else
		buf_fmt(b, "CASE WHEN %s ~ '%s' THEN (%s)::%s END", zoho_id, digits, zoho_id, key->type);
}

void statement_row_of(struct buf *b, const struct entity *e, const char *alias, const char *zoho_id)
{
	statement_scope(b, e->shape, alias);
	buf_fmt(b, " AND %s.%s = ", alias, e->key);
	statement_key(b, e->shape ? e->shape->key : NULL, zoho_id, true);
}

enum made { MADE_TEXT, MADE_NUMBER, MADE_INTEGER, MADE_FLAG, MADE_DATE, MADE_TIME, MADE_JSON, MADE_KINDS };

static const enum made makes[] = {
	/* what a rule makes */
	[RULE_TEXT] = MADE_TEXT,
	[RULE_ID] = MADE_TEXT,
	[RULE_NUMBER] = MADE_NUMBER,
	[RULE_INTEGER] = MADE_INTEGER,
	[RULE_PERCENT] = MADE_NUMBER,
	[RULE_FLAG] = MADE_FLAG,
	[RULE_DATE] = MADE_DATE,
	[RULE_TIME] = MADE_TIME,
	[RULE_JSON] = MADE_JSON,
	[RULE_ACTIVE] = MADE_FLAG,
	[RULE_WHOLE] = MADE_JSON,
};
static const char *const made_names[] = {
	"a text", "a number", "a whole number", "true or false", "a date", "a time", "JSON"};

/* How what a rule makes (@) becomes what a column is (#); NULL: not without guessing or losing something. Numbers go by
 * their text into whole ones, so that a fraction is refused and not rounded. */
static const char *const fits[MADE_KINDS][FAMILIES] = {
	[MADE_TEXT] = {[FAMILY_TEXT] = "@",
		[FAMILY_NUMBER] = "(@)::#",
		[FAMILY_INTEGER] = "(@)::#",
		[FAMILY_FLOAT] = "(@)::#",
		[FAMILY_ENUM] = "(@)::#",
		[FAMILY_UUID] = "(@)::#",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_NUMBER] = {[FAMILY_TEXT] = "trim_scale(@)::text",
		[FAMILY_NUMBER] = "@",
		[FAMILY_INTEGER] = "trim_scale(@)::text::#",
		[FAMILY_FLOAT] = "(@)::#",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_INTEGER] = {[FAMILY_TEXT] = "(@)::text",
		[FAMILY_NUMBER] = "(@)::numeric",
		[FAMILY_INTEGER] = "(@)::#",
		[FAMILY_FLOAT] = "(@)::#",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_FLAG] = {[FAMILY_FLAG] = "@",
		[FAMILY_TEXT] = "(@)::text",
		[FAMILY_INTEGER] = "(@)::int::#",
		[FAMILY_NUMBER] = "(@)::int::numeric",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_DATE] = {[FAMILY_DATE] = "@",
		[FAMILY_TEXT] = "(@)::text",
		[FAMILY_TIMESTAMP] = "(@)::timestamp",
		[FAMILY_TIME] = "(@)::timestamptz",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_TIME] = {[FAMILY_TIME] = "@",
		[FAMILY_TIMESTAMP] = "(@)::timestamp",
		[FAMILY_TEXT] = "(@)::text",
		[FAMILY_JSONB] = "to_jsonb(@)"},
	[MADE_JSON] = {[FAMILY_JSONB] = "@",
		[FAMILY_JSON] = "(@)::json",
		[FAMILY_TEXT] = "(@)::text",
		[FAMILY_TEXTS] =
			("CASE WHEN jsonb_typeof(@) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(@))::#"
			 " WHEN @ IS NOT NULL THEN ARRAY[jsonb_extract_path_text(@, VARIADIC '{}')]::# END")},
};

static void fill(struct buf *b, const char *form, const char *value, const char *type)
{
	for (const char *p = form; *p; p++) {
		if (*p == '@')
			buf_str(b, value);
		else if (*p == '#')
			buf_str(b, type);
		else
			buf_add(b, p, 1);
	}
}

/* A numeric(p,s) would round: what has more decimals makes PostgreSQL say so. */
static void exactly(struct buf *b, const struct column *type, const char *value)
{
	if (type->precision)
		buf_fmt(b,
			"CASE WHEN %1$s = round(%1$s, %2$d) THEN %1$s ELSE ((%1$s)::text || ' has more decimals than its column"
			" takes')::numeric END",
			value, type->scale);
	else
		buf_str(b, value);
}

void statement_fit(struct buf *b, enum rule rule, const struct column *type, const char *value)
{
	struct buf made = {0};
	if (!type) {
		buf_str(b, value);
	} else if (rule == RULE_LINK) {
		buf_fmt(b, "(%s)::%s", value, type->type);
	} else {
		fill(&made, fits[makes[rule]][type->family], value, type->type);
		if (type->family == FAMILY_NUMBER)
			exactly(b, type, made.data);
		else
			buf_str(b, made.data);
		buf_free(&made);
	}
}

const char *statement_unfit(enum rule rule, const struct column *type)
{
	return rule == RULE_LINK || fits[makes[rule]][type->family] ? NULL : made_names[makes[rule]];
}
