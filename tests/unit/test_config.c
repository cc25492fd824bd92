/* What a configuration may say, where it may stand, and what wins over what. */
#include "config/address.h"
#include "config/units.h"
#include "ipc/log.h"
#include "tests/unit/config_fixture.h"

TestSuite(config, .init = enter, .fini = leave);

Test(config, defaults_are_in_their_own_range_and_fit_each_other)
{
	cr_assert(config_read(&config, NULL, error) == 0, "%s", error);
	cr_assert_str_eq(config.tds_data_dir, "/var/lib/tds");
	cr_assert(config.queue_lock_timeout == SECONDS(300) && config.http_body_bytes_max == 1 << 20);
	cr_assert(config.http_listen.n == 1 && strcmp(config.http_listen.at[0], "127.0.0.1:8000") == 0);
	cr_assert(config.sync_schedule.n == 3 && config.file == NULL && config.warnings.n == 0);
}

Test(config, every_type_is_read)
{
	good(&config, "data_dir = \"data\"; io = \"epoll\"; http : { listen = [ \"127.0.0.1:0\", \"[::1]:1\" ];\n"
		      "body_bytes_max = \"64KiB\"; }; queue : { batch_size = 7; poll_interval = \"250ms\"; };\n"
		      "alerts : { failure_rate_max = 1; sync_lag_max = \"2h\"; sms : { }; webhooks = ( ); };\n"
		      "sync : { details = false; deletes_share_max = 0.25; }; webhook : { keys = ( \"k\\x41\" ); };");
	char data[64];
	snprintf(data, sizeof data, "%s/data", folder);
	cr_assert_str_eq(config.tds_data_dir, data);
	cr_assert_str_eq(config.tds_io, "epoll");
	cr_assert(config.http_listen.n == 2 && strcmp(config.http_listen.at[1], "[::1]:1") == 0);
	cr_assert(config.http_body_bytes_max == 65536 && config.queue_batch_size == 7);
	cr_assert(config.queue_poll_interval == 250000000 && config.alerts_sync_lag_max == SECONDS(7200));
	cr_assert(config.alerts_failure_rate_max == 1.0 && config.sync_deletes_share_max == 0.25);
	cr_assert(!config.sync_details && strcmp(config.webhook_keys.at[0], "kA") == 0);
	cr_assert(config_choice(&config, "io") == 2 && config_choice(&config, "log.level") == LOG_INFO);
	cr_assert(config_choice(&config, "queue.workers") == -1 && config_choice(&config, "nothing") == -1);
}

Test(config, schedules_are_read)
{
	good(&config, "sync : { schedule = ( { name = \"products\"; at = \"23:59\"; },"
		      " { every = \"90s\"; name = \"stock\"; incremental = true; } ); };");
	const struct config_schedule *s = config.sync_schedule.at;
	cr_assert(config.sync_schedule.n == 2 && strcmp(s[0].name, "products") == 0 && strcmp(s[1].name, "stock") == 0);
	cr_assert(s[0].at_minute == 1439 && s[0].every_ns == 0 && !s[0].incremental);
	cr_assert(s[1].at_minute == -1 && s[1].every_ns == SECONDS(90) && s[1].incremental);
	good(&other, "sync : { schedule = ( ); };");
	cr_assert(other.sync_schedule.n == 0);
}

Test(config, later_files_win_in_name_order)
{
	put("conf.d/20.conf", 0600, "queue : { batch_size = 20; }; webhook : { keys = [ \"c\" ]; };");
	put("conf.d/10.conf", 0600, "queue : { batch_size = 10; attempts_max = 9; };");
	put("conf.d/30.conf~", 0600, "queue : { batch_size = 30; };");
	good(&config, "queue : { batch_size = 5; }; webhook : { keys = [ \"a\", \"b\" ]; };");
	cr_assert(config.queue_batch_size == 20 && config.queue_attempts_max == 9 && config.webhook_keys.n == 1);
	put("conf.d/40.conf", 0600, "\n\nio = 5;");
	put("tds.conf", 0600, "");
	cr_assert(config_read(&other, "tds.conf", error) == -1);
	char wanted[CONFIG_ERROR_BYTES];
	snprintf(wanted, sizeof wanted, "%s/conf.d/40.conf:3: io: is 5, must be \"auto\", \"uring\" or \"epoll\"",
		folder);
	cr_assert_str_eq(error, wanted);
}

Test(config, the_old_environment_overrides_the_file)
{
	setenv("DATABASE_URL", "postgresql+asyncpg://u:p@h/d", 1);
	setenv("ZOHO_REGION", "eu", 1);
	setenv("WEBHOOK_API_KEY", "key", 1);
	setenv("TDS_BATCH_SIZE", "50", 1);
	setenv("TDS_RETRY_BACKOFF_BASE_MS", "1500", 1);
	setenv("TDS_LOCK_TIMEOUT_SECONDS", "60", 1);
	setenv("TDS_LOGS_RETENTION_DAYS", "2", 1);
	setenv("TDS_ALERT_FAILURE_RATE_THRESHOLD", "0.1", 1);
	setenv("TDS_ALERT_SYNC_LAG_THRESHOLD_MINUTES", "3", 1);
	setenv("ZOHO_CLIENT_SECRET", "", 1);
	good(&config, "queue : { batch_size = 5; }; zoho : { client_secret = \"file\"; data_center = \"in\"; };");
	cr_assert_str_eq(config.database_url, "postgresql://u:p@h/d");
	cr_assert_str_eq(config.zoho_data_center, "eu");
	cr_assert_str_eq(config.zoho_client_secret, "file", "an empty variable is none");
	cr_assert(config.webhook_keys.n == 1 && config.queue_batch_size == 50);
	cr_assert(config.queue_backoff_min == SECONDS(3) / 2 && config.queue_lock_timeout == SECONDS(60));
	cr_assert(config.retention_logs == 2 * SECONDS(86400) && config.alerts_sync_lag_max == SECONDS(180));
	cr_assert(config.alerts_failure_rate_max == 0.1);
}

Test(config, a_secret_may_stand_in_a_file_of_its_own)
{
	char wanted[CONFIG_ERROR_BYTES];
	const char *text = "zoho : { client_secret_file = \"secret\"; }; webhook : { keys_file = \"keys\"; };";
	put("secret", 0640, "hush \n\n");
	put("keys", 0600, "one\n\ntwo\r\n");
	good(&config, text);
	cr_assert_str_eq(config.zoho_client_secret, "hush ");
	cr_assert(config.webhook_keys.n == 2 && strcmp(config.webhook_keys.at[1], "two") == 0);
	config_free(&config);
	put("secret", 0644, "hush");
	snprintf(wanted, sizeof wanted,
		"tds.conf:1: zoho.client_secret_file: %s/secret can be read by everyone: chmod 640 it", folder);
	bad(text, wanted);
	put("secret", 0600, "\n");
	snprintf(wanted, sizeof wanted, "tds.conf:1: zoho.client_secret_file: %s/secret is empty", folder);
	bad(text, wanted);
	unlink("secret");
	snprintf(wanted, sizeof wanted,
		"tds.conf:1: zoho.client_secret_file: %s/secret can't be read: No such file or directory", folder);
	bad(text, wanted);
	bad("zoho : { client_secret = \"a\";\nclient_secret_file = \"b\"; };",
		"tds.conf:2: zoho.client_secret_file: given beside zoho.client_secret: keep one of the two");
	bad("zoho : { client_secret_file = \"b\"; client_secret = \"a\"; };",
		"tds.conf:1: zoho.client_secret: given beside zoho.client_secret_file: keep one of the two");
	bad("zoho : { organization_id_file = \"b\"; };",
		"tds.conf:1: zoho.organization_id_file: no such key; did you mean zoho.organization_id?");
	setenv("ZOHO_CLIENT_SECRET", "from the environment", 1);
	good(&other, text);
	cr_assert_str_eq(other.zoho_client_secret, "from the environment");
}

Test(config, what_is_probably_not_meant_is_a_warning)
{
	good(&config,
		"webhook : { signature_secrets = [ \"abcdefghijkl\", \"short\" ]; }; zoho : { client_id = \"i\"; };");
	cr_assert(config.warnings.n == 4);
	cr_assert_str_eq(config.warnings.at[0],
		"tds.conf:1: webhook.signature_secrets: entry 2 isn't 12 to 50 letters and digits, which is all that"
		" Zoho accepts");
	cr_assert_str_eq(config.warnings.at[1], "zoho.organization_id: is not set: nothing will be fetched from Zoho");
	put("open.conf", 0644, "webhook : { keys = [ \"k\" ]; };");
	cr_assert(config_read(&other, "open.conf", error) == 0 && other.warnings.n == 1);
	cr_assert_str_eq(other.warnings.at[0], "open.conf:1: webhook.keys: a secret in a file that everyone can read:"
					       " chmod 640 it or use webhook.keys_file");
}

Test(config, durations_and_sizes_are_written_as_they_are_read)
{
	static const char *const durations[] = {"0s", "1ms", "999ms", "90s", "61m", "25h", "8d"};
	static const char *const wrong[] = {
		"", "s", "1", "-1s", "1.5s", "1 s", "1S", "99999999999999999999s", "106752d"};
	char text[UNITS_TEXT_BYTES];
	int64_t n;
	for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
		cr_expect(duration_parse(durations[i], &n) && strcmp(duration_text(n, text), durations[i]) == 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect(!duration_parse(wrong[i], &n) && !size_parse(wrong[i], &n), "%s", wrong[i]);
	cr_expect(size_parse("3GiB", &n) && n == INT64_C(3) << 30 && strcmp(size_text(n, text), "3GiB") == 0);
	cr_expect(size_parse("1025B", &n) && n == 1025 && strcmp(size_text(n, text), "1025B") == 0);
}

Test(config, loopback_is_known_from_other_addresses)
{
	static const char *const inside[] = {
		"127.0.0.1:1", "127.9.9.9:65535", "[::1]:0", "localhost:80", "[::ffff:127.0.0.1]:1"};
	static const char *const outside[] = {"0.0.0.0:1", "10.0.0.1:80", "[::]:1", "[fe80::1]:2"};
	static const char *const wrong[] = {"", ":1", "1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
		"::1:80", "[::1]", "[::1:80", "[127.0.0.1]:1", "host:1", "127.0.0.1:80/", "127.1:80"};
	char host[ADDRESS_HOST_BYTES];
	uint16_t port;
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
		cr_expect(address_parse(inside[i], host, &port) && address_loopback(host), "%s", inside[i]);
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		cr_expect(address_parse(outside[i], host, &port) && !address_loopback(host), "%s", outside[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect(!address_parse(wrong[i], host, &port), "%s", wrong[i]);
}
