/* SQL expressions for the rules of entity.h: what a rule doesn't take is an error of the statement, so that the record's letter can
 * name the field. PostgreSQL's own casts take more than Zoho means ("today", "06/09/2026", "NaN", "yes"): they would guess. */
#include "actors/handler/statement_parts.h"
#include <string.h>

static const char digits[] = "0123456789";

/* Digits, sign, point and exponent; the cast would also take white space around it. */
static void number(struct buf *b, const char *text)
{
	buf_fmt(b,
		"CASE WHEN translate(%1$s, '0123456789+-.eE', '') = '' THEN nullif(%1$s, '')::numeric"
		" ELSE ('not ' || (%1$s))::numeric END",
		text);
}

/* What isn't as `test` says gets a mark before it that the cast refuses. */
static void tested(struct buf *b, const char *text, const char *test, const char *cast)
{
	buf_fmt(b, "CASE WHEN %2$s THEN (%1$s)%3$s ELSE ('not ' || nullif(%1$s, ''))%3$s END", text, test, cast);
}

static void flag(struct buf *b, const char *text)
{
	buf_fmt(b,
		"CASE lower(%1$s) WHEN 'true' THEN true WHEN 'false' THEN false ELSE ('not ' || nullif(%1$s, ''))::boolean END",
		text);
}

static void date(struct buf *b, const char *text)
{
	struct buf test = {0};
	buf_fmt(&test, "translate(%s, '012345678', '999999999') = '9999-99-99'", text);
	tested(b, text, test.data, "::date");
	buf_free(&test);
}

/* Every row of a list has one: Zoho's own form is told by its shape, which costs a fifth of the expression that tells the others. */
void statement_time(struct buf *b, const char *text)
{
	struct buf test = {0};
	buf_fmt(&test,
		"%1$s LIKE '____-__-__T__:__:__+____' OR %1$s LIKE '____-__-__T__:__:__-____'"
		" OR %1$s ~ '^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?(Z|[+-]\\d\\d:?\\d\\d)$'",
		text);
	tested(b, text, test.data, "::timestamptz");
	buf_free(&test);
}

/* Whether the text is an id of Zoho's. */
void statement_is_id(struct buf *b, const char *text)
{
	buf_fmt(b, "ltrim(%1$s, '%2$s') = '' AND octet_length(%1$s) BETWEEN 1 AND 19", text, digits);
}

static void id(struct buf *b, const char *text)
{
	struct buf test = {0};
	statement_is_id(&test, text);
	buf_fmt(b, "CASE WHEN %2$s THEN %1$s ELSE ('not ' || nullif(nullif(%1$s, ''), '-1'))::bigint::text END", text,
		test.data);
	buf_free(&test);
}

/* Objects and arrays are no text, but for the empty ones, which Zoho sends for what is unset. */
static void plain(struct buf *b, const char *text, const char *json)
{
	buf_fmt(b,
		"CASE WHEN ascii(%1$s) IN (%3$d, %4$d) AND jsonb_typeof(%2$s) IN ('object', 'array')"
		" THEN ('not ' || nullif(nullif(%1$s, '{}'), '[]'))::bigint::text ELSE nullif(%1$s, '') END",
		text, json, '{', '[');
}

/* A single "%" goes, and a blank before it; whatever else isn't a number's stays and is refused. */
static void percent(struct buf *b, const char *text)
{
	struct buf bare = {0};
	buf_fmt(&bare,
		"CASE WHEN %1$s LIKE '%%\\%%' THEN coalesce(substring(%1$s FROM '^(.*[0-9.]) ?%%$'), %1$s) ELSE %1$s END",
		text);
	number(b, bare.data);
	buf_free(&bare);
}

/* Most are: only what isn't is compared with what is unset. */
static void active(struct buf *b, const char *text)
{
	buf_fmt(b, "CASE WHEN %1$s = 'active' THEN true WHEN %1$s NOT IN ('', '{}', '[]') THEN false END", text);
}

static void document(struct buf *b, const char *json)
{
	buf_fmt(b, "CASE WHEN %1$s IN ('\"\"', '{}', '[]', 'null') THEN NULL ELSE %1$s END", json);
}

void statement_ruled(struct buf *b, enum rule rule, const char *text, const char *json)
{
	switch (rule) {
	case RULE_NUMBER:
		number(b, text);
		break;
	case RULE_INTEGER:
		buf_str(b, "trim_scale(");
		number(b, text);
		buf_str(b, ")::text::bigint");
		break;
	case RULE_PERCENT:
		percent(b, text);
		break;
	case RULE_FLAG:
		flag(b, text);
		break;
	case RULE_DATE:
		date(b, text);
		break;
	case RULE_TIME:
		statement_time(b, text);
		break;
	case RULE_ID:
		id(b, text);
		break;
	case RULE_ACTIVE:
		active(b, text);
		break;
	case RULE_JSON:
		document(b, json);
		break;
	default:
		plain(b, text, json);
	}
}
