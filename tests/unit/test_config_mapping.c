/* `mapping` in a configuration: what is taken, what each mistake is told, and how it is handed on and shown. */
#include "config/mapping.h"
#include "tests/unit/config_fixture.h"

TestSuite(config_mapping, .init = enter, .fini = leave);

#define PRODUCT(text) "mapping : { product : {\n" text "\n}; };"

static const char whole[] = PRODUCT(
	"table = \"erp.Items\"; key = \"zoho id\"; columns : { id = \"item_no\"; name = \"Title\"; brand = \"\"; };"
	"custom = ( { from = \"cf_color\"; to = \"color\"; type = \"text\"; }, { from = \"a = b\"; to = \"c\"; type = \"json\"; } );"
	"constants : { company_id = \"7\"; }; lines : { table = \"\"; constants = ( { to = \"made by\"; value = \" = x\"; } ); };");

static const char *const texts[] = {"table = erp.Items", "key = zoho id", "columns.id = item_no",
	"columns.name = Title", "columns.brand = ", "custom.text.color = cf_color", "custom.json.c = a = b",
	"constants.company_id = 7", "lines.table = ", "lines.constants.made by =  = x"};

Test(config_mapping, what_is_said_is_kept_as_texts_and_handed_on)
{
	good(&config, whole);
	const struct strings *said = config_mapping(&config, "product");
	cr_assert(said->n == sizeof texts / sizeof *texts, "%zu", said->n);
	for (size_t i = 0; i < said->n; i++)
		cr_expect_str_eq(said->at[i], texts[i]);
	cr_assert(config_mapping(&config, "customer")->n == 0 && config_mapping(&config, "moon")->n == 0);
	int fd = config_seal(&config, WHO_HANDLER);
	cr_assert(config_unseal(&other, fd) == 0 && close(fd) == 0);
	cr_assert(config_same_mapping(&config, &other, "product"));
	config_free(&other);
	fd = config_seal(&config, WHO_INGEST);
	cr_assert(config_unseal(&other, fd) == 0 && close(fd) == 0);
	cr_assert(!config_same_mapping(&config, &other, "product"), "who has no use for it doesn't get it");
}

static bool is(struct str have, const char *want)
{
	return have.len == strlen(want) && (!have.len || !memcmp(have.data, want, have.len));
}

static void reads(
	const char *text, bool lines, enum mapping_what what, const char *name, const char *type, const char *value)
{
	struct mapping_said s = {0};
	cr_assert(mapping_read(text, &s), "%s", text);
	cr_expect(s.lines == lines && s.what == what && is(s.name, name) && is(s.type, type), "%s", text);
	cr_expect_str_eq(s.value, value);
}

Test(config_mapping, texts_are_read_back)
{
	struct mapping_said s;
	reads("table = erp.Items", false, MAPPING_TABLE, "", "", "erp.Items");
	reads("columns.brand = ", false, MAPPING_COLUMN, "brand", "", "");
	reads("custom.json.c = a = b", false, MAPPING_CUSTOM, "c", "json", "a = b");
	reads("lines.constants.made by =  = x", true, MAPPING_CONSTANT, "made by", "", " = x");
	static const char *const none[] = {
		"", "table", "tables = x", "columns. = x", "custom.x = y", "lines.x = y", "keys = a"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_expect(!mapping_read(none[i], &s), "%s", none[i]);
}

Test(config_mapping, a_reload_is_for_those_whose_mapping_changed)
{
	good(&config, whole);
	good(&other, PRODUCT("table = \"erp.items\";"));
	cr_assert(config_same(&config, &other, WHO_HANDLER), "mappings are compared by entity");
	cr_assert(!config_same_mapping(&config, &other, "product") && config_same_mapping(&config, &other, "order"));
	cr_assert(config_unreloadable(&config, &other) == NULL);
}

Test(config_mapping, every_mistake_is_told_where_it_is_and_what_would_be_right)
{
	static const char *const mistakes[][2] = {
		{"mapping : { prodct : { }; };",
			"tds.conf:1: mapping.prodct: no such key; did you mean mapping.product?"},
		{PRODUCT("tabel = \"x\";"), "tds.conf:2: mapping.product.tabel: no such key; did you mean table?"},
		{PRODUCT("table = 5;"), "tds.conf:2: mapping.product.table: is 5, must be a text in quotes"},
		{PRODUCT("table = \"\";"), "tds.conf:2: mapping.product.table: is \"\", must be a table's name, such as"
					   " \"items\" or \"erp.items\""},
		{PRODUCT("table = \"erp.\";"),
			"tds.conf:2: mapping.product.table: is \"erp.\", must be a table's name, such as"
			" \"items\" or \"erp.items\""},
		{PRODUCT("columns : { nmae = \"x\"; };"),
			"tds.conf:2: mapping.product.columns.nmae: no such column; did you mean name?"},
		{PRODUCT("columns : {\nzoho_item_id = \"x\"; };"),
			"tds.conf:3: mapping.product.columns.zoho_item_id: is the key: mapping.product.key = \"...\""},
		{PRODUCT("columns : { name = \"1234567890123456789012345678901234567890123456789012345678901234\"; };"),
			"tds.conf:2: mapping.product.columns.name: is \"1234567890123456789012345678901234567890123456789012345678901234\","
			" must be a column's name of 1 to 63 bytes"},
		{PRODUCT("columns : { name = \"x\"; sku = \"x\"; };"),
			"tds.conf:2: mapping.product.columns.sku: is \"x\", which name is written to as well"},
		{PRODUCT("custom = ( { from = \"cf_a\"; to = \"b\"; } );"),
			"tds.conf:2: mapping.product.custom[0]: has no type"},
		{PRODUCT("custom = ( { from = \"cf_a\"; too = \"b\"; } );"),
			"tds.conf:2: mapping.product.custom[0].too: no such key; there are from, to, type"},
		{PRODUCT("custom = ( { from = \"cf_a\"; to = \"b\"; type = \"int\"; } );"),
			"tds.conf:2: mapping.product.custom[0]: has the type \"int\", must be text, number, integer, flag, date, time"
			" or json"},
		{PRODUCT("custom : { from = \"cf_a\"; };"),
			"tds.conf:2: mapping.product.custom: must be a list ( { from ="
			" \"cf_color\"; to = \"color\"; type = \"text\"; } )"},
		{PRODUCT("constants = ( { to = \"a\"; value = \"1\"; }, { to = \"a\"; value = \"2\"; } );"),
			"tds.conf:2: mapping.product.constants[1]: is given twice"},
		{PRODUCT("constants : { a = 7; };"),
			"tds.conf:2: mapping.product.constants.a: is 7, must be a text in quotes"},
		{PRODUCT("lines : { key = \"x\"; };"),
			"tds.conf:2: mapping.product.lines.key: no such key; did you mean table?"},
		{PRODUCT("lines : { columns : { sku = \"x\"; }; };"),
			"tds.conf:2: mapping.product.lines.columns.sku: no such column; did you mean product_id?"},
		{"mapping : { user : { lines : { }; }; };", "tds.conf:1: mapping.user.lines: user has no lines"},
		{"mapping : { user = \"x\"; };",
			"tds.conf:1: mapping.user: must be a group { table = \"...\"; ... } that says at"
			" most 0 to 500 things"},
	};
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
		bad(mistakes[i][0], mistakes[i][1]);
}
