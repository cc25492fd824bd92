/* The mapped copy of an entity: what its statements say then, and what is told where the catalogue doesn't bear it. The catalogue
 * is made up here; real ones are in tests/scenario/test_mapping.py. Of users, because they refer to nobody and nobody to them. */
#include "actors/handler/diagnose.h"
#include "actors/handler/mapping.h"
#include "actors/handler/statements.h"
#include "tests/unit/config_fixture.h"

TestSuite(mapping, .init = enter, .fini = leave);

static struct column column(const char *name, const char *type, enum family family)
{
	return (struct column){.name = name,
		.type = type,
		.domain = "",
		.family = family,
		.select = true,
		.insert = true,
		.update = true};
}

enum { ID, ZOHO, NAME, ACTIVE, COMPANY, COLOUR, COLUMNS };
static struct column columns[COLUMNS];
static const char *by_company[] = {"company", "zoho"}, *by_no[] = {"no"};
static struct unique indexes[2];
static struct table tables[MAPPING_PLACES], *const table = &tables[(size_t)2 * ENTITY_USER];

static void people(void)
{
	columns[ID] = column("no", "integer", FAMILY_INTEGER);
	columns[ID].filled = columns[ID].not_null = true;
	columns[ZOHO] = column("zoho", "bigint", FAMILY_INTEGER);
	columns[NAME] = column("Na\"me", "character varying", FAMILY_TEXT);
	columns[NAME].chars_max = 5;
	columns[ACTIVE] = column("active", "smallint", FAMILY_INTEGER);
	columns[COMPANY] = column("company", "integer", FAMILY_INTEGER);
	columns[COMPANY].not_null = true;
	columns[COLOUR] = column("colour", "text", FAMILY_TEXT);
	indexes[0] = (struct unique){by_company, 2};
	indexes[1] = (struct unique){by_no, 1};
	*table = (struct table){.columns = columns,
		.n = COLUMNS,
		.uniques = indexes,
		.uniques_n = 2,
		.usable = true,
		.deletable = true};
}

#define USERS(more)                                                                                                      \
	"mapping : { user : { table = \"erp.peo\\\"ple\"; key = \"zoho\"; columns : { id = \"no\"; name = \"Na\\\"me\";" \
	" is_active = \"active\"; email = \"\"; role = \"\"; user_type = \"\"; phone = \"\"; status = \"\"; }; " more    \
	" }; };"
#define COMPANY_7 "constants : { company = \"7'\"; };"
#define COLOURED "custom = ( { from = \"cf_x\"; to = \"colour\"; type = \"text\"; } );"

static struct fitted fit(const char *text)
{
	config_free(&config);
	good(&config, text);
	return mapping_fit(mapping_of(&config), ENTITY_USER, tables);
}

static void told(const char *text, const char *words)
{
	struct fitted f = fit(text);
	cr_expect(f.entity == NULL && f.why.data && strstr(f.why.data, words), "%s\ninstead of %s",
		f.why.data ? f.why.data : "nothing", words);
}

static const struct entity *fits(const char *text)
{
	struct fitted f = fit(text);
	cr_assert(f.entity != NULL, "%s", f.why.data);
	return f.entity;
}

Test(mapping, names_are_quoted_and_values_are_parameters)
{
	people();
	const struct entity *e = fits(USERS(COMPANY_7 COLOURED));
	cr_expect_str_eq(e->table, "\"erp\".\"peo\"\"ple\"");
	cr_expect_str_eq(e->fields[0].column, "\"Na\"\"me\"");
	cr_assert(strstr(e->fixed, "7'") && strstr(e->fixed, "cf_x_unformatted"), "%s", e->fixed);
	for (int n = 0; n < LOOKS * SOURCES; n++) {
		const struct entity_statements *s = entity_statements(e, (enum look)(n / SOURCES));
		const char *const all[] = {
			s->apply[n % SOURCES].sql, s->decide[n % SOURCES].sql, s->write[n % SOURCES].sql};
		for (size_t i = 0; i < 3; i++) {
			cr_expect(!strstr(all[i], "7'") && !strstr(all[i], "cf_x") &&
					  strstr(all[i], "fixed AS MATERIALIZED"),
				"%s", all[i]);
			cr_expect(!strstr(all[i], "t.organization_id") && !strstr(all[i], "zoho_last_modified"), "%s",
				all[i]);
		}
		cr_expect(strstr(all[2], "t.\"zoho\" = (x.id)::bigint") && strstr(all[2], "t.\"company\" = (SELECT c["),
			"%s", all[2]);
		cr_expect(strstr(all[2], "(NOT v.del AND coalesce(v.v1, (t.\"active\" <> 0)))::int::smallint"), "%s",
			all[2]);
	}
}

Test(mapping, one_that_is_mapped_otherwise_has_statements_of_its_own)
{
	people();
	const struct entity_statements *first = entity_statements(fits(USERS(COMPANY_7 COLOURED)), LOOK_PLAIN);
	const char *sql = first->apply[SOURCE_DETAILS].sql, *name = first->apply[SOURCE_DETAILS].name;
	const struct entity_statements *second = entity_statements(fits(USERS(COMPANY_7)), LOOK_PLAIN);
	cr_assert_str_neq(second->apply[SOURCE_DETAILS].name, name);
	cr_assert_str_neq(second->apply[SOURCE_DETAILS].sql, sql);
	cr_assert(first->apply[SOURCE_DETAILS].sql == sql, "the connection may still refer to the old ones");
}

Test(mapping, what_does_not_fit_is_told_by_column_with_what_to_do)
{
	people();
	told(USERS(""), "zoho of erp.peo\"ple isn't unique: CREATE UNIQUE INDEX ON \"erp\".\"peo\"\"ple\" (\"zoho\")");
	told(USERS(""), "column company of erp.peo\"ple takes no NULL, has no default and is not mapped");
	told(USERS("constants : { compny = \"7\"; };"), "has no column compny");
	told(USERS(COMPANY_7 "custom = ( { from = \"cf_x\"; to = \"zoho_last_modified\"; type = \"time\"; } );"),
		"has no column zoho_last_modified");
	columns[COLOUR].name = "last_synced";
	told(USERS(COMPANY_7 "custom = ( { from = \"cf_x\"; to = \"last_synced\"; type = \"text\"; } );"),
		"column last_synced of erp.peo\"ple is written to twice");
	people();
	table->uniques_n = 1;
	told(USERS(COMPANY_7), "column no of erp.peo\"ple, by which others refer to its rows, isn't unique by itself");
	people();
	columns[ZOHO] = column("zoho", "integer", FAMILY_INTEGER);
	told(USERS(COMPANY_7), "column zoho of erp.peo\"ple is integer, which can't hold Zoho's ids");
	people();
	columns[ACTIVE] = column("active", "text", FAMILY_TEXT);
	told(USERS(COMPANY_7), "column active of erp.peo\"ple is text, which can't hold true or false");
	people();
	columns[NAME].update = false;
	told(USERS(COMPANY_7), "this role may not write column Na\"me");
	people();
	columns[NAME].computed = true;
	told(USERS(COMPANY_7), "column Na\"me of erp.peo\"ple is computed");
	people();
	columns[NAME].name = "title";
	told(USERS(COMPANY_7), "erp.peo\"ple has no column Na\"me: name the table's own in mapping.user.columns");
	people();
	table->usable = false;
	told(USERS(COMPANY_7), "GRANT USAGE ON SCHEMA \"erp\"");
	table->n = 0;
	told(USERS(COMPANY_7), "there is no table erp.peo\"ple: create it, or name another in mapping.user.table");
}

Test(mapping, a_table_without_an_id_of_its_own_has_zohos)
{
	static const char *by_zoho[] = {"zoho"};
	people();
	indexes[0] = (struct unique){by_zoho, 1};
	const struct entity *e = fits(
		"mapping : { user : { table = \"people\"; key = \"zoho\"; columns : { id = \"\"; name = \"Na\\\"me\";"
		" is_active = \"\"; email = \"\"; role = \"\"; user_type = \"\"; phone = \"\"; status = \"\"; };"
		" constants : { company = \"7\"; }; }; };");
	cr_expect_str_eq(e->shape->id, "\"zoho\"");
	cr_expect(strstr(entity_statements(e, LOOK_PLAIN)->apply[SOURCE_DETAILS].sql, "is_active") == NULL);
}

/* What the default table must have; and that more of it is no misfit unless somebody has to fill it. */
Test(mapping, nothing_said_is_the_entity_itself_where_its_table_is_as_it_should_be)
{
	static struct column all[64];
	size_t n = 0;
	const struct entity *user = entities[ENTITY_USER];
	for (const struct field *f = user->fields; f->path; f++)
		all[n++] = column(f->column, "text", FAMILY_TEXT);
	for (const struct field *f = keep_defaults; f->column; f++)
		all[n++] = column(f->column, "text", FAMILY_TEXT);
	all[n++] = column(user->key, "text", FAMILY_TEXT);
	*table = (struct table){.columns = all, .n = n, .usable = true, .deletable = true};
	cr_assert(fits("") == user && !user->fixed && !user->shape);
	all[n] = column("vat", "text", FAMILY_TEXT);
	table->n = n + 1;
	cr_assert(fits("") == user);
	all[n].not_null = true;
	told("", "column vat of zoho_users takes no NULL, has no default and is not mapped");
	table->n = n;
	all[0].name = "called";
	told("", "zoho_users has no column name: add it, or say in mapping.user.columns what it is called");
}

static void because(const struct entity *e, const char *record, const char *words, const char *wanted)
{
	struct buf why = {0}, field = {0};
	diagnose(e, true, str_of(record), words, &why, &field);
	cr_expect_str_eq(why.data ? why.data : "", wanted);
	buf_free(&why);
	buf_free(&field);
}

Test(mapping, a_value_that_its_column_does_not_take_is_named)
{
	people();
	columns[COLOUR] = column("colour", "numeric", FAMILY_NUMBER);
	columns[COLOUR].precision = 5;
	columns[COLOUR].scale = 2;
	const struct entity *e =
		fits(USERS(COMPANY_7 "custom = ( { from = \"cf_x\"; to = \"colour\"; type = \"number\"; } );"));
	because(e, "{\"name\":\"äöü12 \"}", "", "");
	because(e, "{\"name\":\"six ch\"}", "",
		"field name: \"six ch\" is longer than the 5 characters of column Na\"me");
	because(e, "{\"cf_x\":\"$ 1\",\"cf_x_unformatted\":1.255}", "",
		"field cf_x: \"1.255\" has more decimals than the 2 of column colour");
	because(e, "{\"cf_x\":\"1.250\"}", "", "");
	because(e, "{\"custom_fields\":[{\"api_name\":\"cf_x\",\"value\":\"many\"}]}", "",
		"field cf_x: \"many\" is not a number");
	because(e, "{\"custom_fields\":[{\"api_name\":\"cf_x\",\"value\":1234}]}", "",
		"field cf_x: \"1234\" is beyond what column colour takes (3 digits before the point)");
}
