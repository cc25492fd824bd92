/* What each mistake in a configuration is told, word for word. */
#include "tests/unit/config_fixture.h"

TestSuite(config_errors, .init = enter, .fini = leave);

#define DURATION_RANGE "must be a duration from \"10ms\" to \"1h\" (in quotes, with ms, s, m, h or d)"
#define NAMES                                                                                                              \
	"must be one of sync-all, stock, items-with-stock, images, products, customers, vendors, invoices, orders, bills," \
	" credit-notes, payments, returns, stock-adjustments, pricelists, branches, users"

Test(config_errors, every_mistake_is_told_where_it_is_and_what_would_be_right)
{
	static const char *const mistakes[][2] = {
		{"queue : { batch_size = \"5\"; };",
			"tds.conf:1: queue.batch_size: is \"5\", must be a whole number from 1 to 10000"},
		{"queue : {\n batch_size = 0; };",
			"tds.conf:2: queue.batch_size: is 0, must be a whole number from 1 to 10000"},
		{"queue : { batch_size = 1.5; };",
			"tds.conf:1: queue.batch_size: is 1.5, must be a whole number from 1 to 10000"},
		{"queue : { poll_interval = 1; };", "tds.conf:1: queue.poll_interval: is 1, " DURATION_RANGE},
		{"queue : { poll_interval = \"1\"; };", "tds.conf:1: queue.poll_interval: is \"1\", " DURATION_RANGE},
		{"queue : { poll_interval = \"2h\"; };", "tds.conf:1: queue.poll_interval: is \"2h\", " DURATION_RANGE},
		{"http : { body_bytes_max = \"1MB\"; };",
			"tds.conf:1: http.body_bytes_max: is \"1MB\", must be a size from \"1KiB\" to \"64MiB\" (in"
			" quotes, with B, KiB, MiB or GiB)"},
		{"io = \"kqueue\";", "tds.conf:1: io: is \"kqueue\", must be \"auto\", \"uring\" or \"epoll\""},
		{"sync : { details = 1; };", "tds.conf:1: sync.details: is 1, must be true or false"},
		{"alerts : { failure_rate_max = 1.01; };",
			"tds.conf:1: alerts.failure_rate_max: is 1.01, must be a number from 0 to 1"},
		{"alerts : { smtp : { host = \"h\"; }; };",
			"tds.conf:1: alerts.smtp: is a group, must be empty: nothing reads it yet"},
		{"http : { listen = \"127.0.0.1:80\"; };",
			"tds.conf:1: http.listen: is \"127.0.0.1:80\", must be a list of 1 to 15 texts, such as ["
			" \"a\", \"b\" ]"},
		{"http : { listen = [ ]; };", "tds.conf:1: http.listen: has 0 entries, must be a list of 1 to 15"
					      " texts, such as [ \"a\", \"b\" ]"},
		{"webhook : { keys = [ \"\" ]; };",
			"tds.conf:1: webhook.keys: entry 1 is 0 bytes long, must be a text of 1 to 4096 bytes"},
		{"webhook : { keys = [ 5 ]; };",
			"tds.conf:1: webhook.keys: entry 1 is no text, must be a text in quotes"},
		{"zoho : { client_secret = 12345; };",
			"tds.conf:1: zoho.client_secret: is not such, must be a text in quotes of 0 to 1024 bytes"},
		{"zoho : { client_secret = \"a\\nb\"; };",
			"tds.conf:1: zoho.client_secret: is a text with a control character in it (byte 2)"},
		{"queue : { batchsize = 1; };",
			"tds.conf:1: queue.batchsize: no such key; did you mean queue.batch_size?"},
		{"http : { workers = 1; };", "tds.conf:1: http.workers: no such key; did you mean queue.workers?"},
		{"dataDir = \"x\";", "tds.conf:1: dataDir: no such key; did you mean data_dir?"},
		{"qeue : { };", "tds.conf:1: qeue: no such section; did you mean queue?"},
		{"tds : { data_dir = \"x\"; };", "tds.conf:1: tds: no such section; did you mean log?"},
		{"queue = 5;", "tds.conf:1: queue: is a section, must be queue : { ... };"},
		{"io = \"auto\"\nlog : { };\nlog : { };", "tds.conf:3: duplicate setting name: look for a missing ; or"
							  " quote or bracket here or on the line before"},
		{"io = \"auto;\n", "tds.conf:2: syntax error: look for a missing ; or quote or bracket here or on the"
				   " line before"},
		{"# x\n@include \"y\"\n",
			"tds.conf:2: @include isn't allowed: put the file into conf.d/ beside this one"},
		{"\nio = \"\\x00\";", "tds.conf:2: a text can't hold \\x00"},
		{"http : { listen = [ \"erp:80\" ]; };",
			"tds.conf:1: http.listen: is \"erp:80\", must be a numeric address or localhost with a port,"
			" such as \"127.0.0.1:8000\" or \"[::1]:8000\""},
		{"http : { listen = [ \"0.0.0.0:80\" ]; };",
			"tds.conf:1: http.listen: \"0.0.0.0:80\" can be reached from other machines, so"
			" http.tokens_file must name a file of tokens (made by tdsctl token); without one listen on"
			" 127.0.0.1 only"},
		{"http : { tokens = [ \"ops x\", \"a sha256:12\" ]; };",
			"tds.conf:1: http.tokens: entry 2: behind sha256: stand 64 hexadecimal digits (tdsctl token makes"
			" such a line)"},
		{"http : { cors_origins = [ \"https://a/b\" ]; };",
			"tds.conf:1: http.cors_origins: is \"https://a/b\", must be an origin, scheme and host without"
			" a path, such as \"https://erp.example.com\""},
		{"zoho : { api_url = \"http://example.com\"; };",
			"tds.conf:1: zoho.api_url: is \"http://example.com\", must be https: plain http is for a"
			" simulator on this machine only"},
		{"zoho : { api_url = \"example.com\"; };", "tds.conf:1: zoho.api_url: is \"example.com\", must be a"
							   " URL such as \"https://www.zohoapis.com\""},
		{"database : { url = \"erp secret\"; };", "tds.conf:1: database.url: isn't a connection string of"
							  " libpq: \"postgresql://user:password@host/name\" or"
							  " \"host=... dbname=...\""},
		{"database : { schema = \"a b\"; };",
			"tds.conf:1: database.schema: is \"a b\", must be a name of lower-case letters, digits and _"
			" that starts with a letter"},
		{"queue : { backoff_max = \"500ms\"; };", "tds.conf:1: queue.backoff_max: is \"500ms\", must be at"
							  " least queue.backoff_min, which is \"1s\""},
		{"queue : { batch_size = 501; };",
			"tds.conf:1: queue.batch_size: is 501, must be at most queue.batch_size_max, which is 500"},
		{"supervisor : { heartbeat_timeout = \"1s\"; };",
			"tds.conf:1: supervisor.heartbeat_timeout: is \"1s\", must be a duration from \"2s\" to \"1h\""
			" (in quotes, with ms, s, m, h or d)"},
		{"sync : { schedule = ( { name = \"x\"; every = \"1m\"; } ); };",
			"tds.conf:1: sync.schedule[0].name: is \"x\", " NAMES},
		{"sync : { schedule = (\n{ name = \"stock\"; } ); };",
			"tds.conf:2: sync.schedule[0]: has neither every nor at; give one of every = \"30m\" and at = "
			"\"02:00\""},
		{"sync : { schedule = ( { name = \"stock\"; at = \"1:00\"; } ); };",
			"tds.conf:1: sync.schedule[0].at: is \"1:00\", must be a time of day from \"00:00\" to "
			"\"23:59\""},
		{"sync : { schedule = ( { name = \"stock\"; evry = \"1m\"; } ); };",
			"tds.conf:1: sync.schedule[0].evry: no such key; there are name, every, at and incremental"},
		{"sync : { schedule = ( { every = \"0s\"; } ); };",
			"tds.conf:1: sync.schedule[0].every: is \"0s\", must be a duration from \"1s\" to \"366d\""},
	};
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
		bad(mistakes[i][0], mistakes[i][1]);
	cr_assert(config_read(&config, "none.conf", error) == -1);
	cr_assert_str_eq(error, "none.conf can't be read: No such file or directory");
}

/* libconfig would read 1410065408, 1 and -1: all in range or nearly so, all wrong. */ Test(
	config_errors, a_number_that_does_not_fit_is_refused_and_never_cut)
{
	bad("queue : {\n# 99999999999\n batch_size = 10000000000; };",
		"tds.conf:3: queue.batch_size: is 10000000000, must be a whole number from 1 to 10000");
	bad("queue : { batch_size = 4294967297; };",
		"tds.conf:1: queue.batch_size: is 4294967297, must be a whole number from 1 to 10000");
	bad("queue : { batch_size = 0x100000001; };",
		"tds.conf:1: queue.batch_size: is 0x100000001, must be a whole number from 1 to 10000");
	bad("queue : { batch_size = 4294967297L; };",
		"tds.conf:1: queue.batch_size: is 4294967297, must be a whole number from 1 to 10000");
	bad("queue : { batch_size = 18446744073709551617L; };",
		"tds.conf:1: queue.batch_size: is 18446744073709551617L, must be a whole number from 1 to 10000");
	bad("nothing = -99999999999;", "tds.conf:1: nothing: is -99999999999, must be a number of at most 31 bits");
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		cr_expect(p->type != PARAM_INTEGER || strtoll(p->max, NULL, 10) <= INT32_MAX, "%s", p->name);
	good(&config, "queue : { batch_size = 0x10; in_flight_max = 20L; }; /* 99999999999 */ // \"\n log : { file = "
		      "\"99999999999\"; };");
	cr_assert(config.queue_batch_size == 16 && config.queue_in_flight_max == 20);
}

Test(config_errors, a_bad_variable_is_named)
{
	setenv("TDS_BATCH_SIZE", "many", 1);
	bad("", "TDS_BATCH_SIZE: queue.batch_size: is \"many\", must be a whole number from 1 to 10000");
	setenv("TDS_BATCH_SIZE", "5", 1);
	setenv("TDS_LOCK_TIMEOUT_SECONDS", "5s", 1);
	bad("", "TDS_LOCK_TIMEOUT_SECONDS: queue.lock_timeout: is \"5s\", must be a whole number (unit s)");
	setenv("ZOHO_REGION", "MARS", 1);
	bad("", "ZOHO_REGION: zoho.data_center: is \"MARS\", must be US, EU or IN; for others set zoho.data_center in"
		" the file");
}
