/* Who gets to see which key: actors, people, and those who read the example. */
#include <sys/mman.h>
#include "tests/unit/config_fixture.h"

TestSuite(config_hand_over, .init = enter, .fini = leave);

static char *shown(const struct config *c, bool only_changed)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	config_show(c, out, only_changed);
	fclose(out);
	return text;
}

static const char secrets[] =
	"zoho : { client_id = \"hidden1\"; client_secret = \"hidden2\"; refresh_token = \"hidden3\";"
	" organization_id = \"77\"; }; webhook : { keys = [ \"hidden4\" ]; hmac_secrets = [ "
	"\"hidden5\" ]; }; queue : { batch_size = 42; }; io = \"epoll\"; database : { url = "
	"\"host=hidden6\"; }; sync : { schedule = ( { name = \"stock\"; at = \"04:05\"; } ); };";

static bool sealed_for(enum config_who who, const char *text)
{
	char bytes[65536];
	int fd = config_seal(&config, who);
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	cr_assert(fd >= 0 && n > 0 && n < (ssize_t)sizeof bytes && close(fd) == 0);
	return memmem(bytes, (size_t)n, text, strlen(text)) != NULL;
}

Test(config_hand_over, an_actor_gets_its_own_keys_and_no_others)
{
	good(&config, secrets);
	int fd = config_seal(&config, WHO_HANDLER);
	cr_assert(config_unseal(&other, fd) == 0);
	cr_assert(other.queue_batch_size == 42 && config_same(&config, &other, WHO_HANDLER));
	cr_assert_str_eq(other.zoho_client_secret, "");
	cr_assert(other.webhook_keys.n == 0 && other.sync_schedule.n == 3);
	cr_assert_str_eq(other.file, config.file);
	cr_assert(write(fd, "x", 1) == -1 && ftruncate(fd, 0) == -1 && close(fd) == 0, "sealed");
	cr_assert(mmap(NULL, 1, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	config_free(&other);
	fd = config_seal(&config, WHO_DISPATCHER);
	cr_assert(config_unseal(&other, fd) == 0 && close(fd) == 0 && other.sync_schedule.at[0].at_minute == 245);
	for (unsigned who = 1; who <= WHO_CTL; who *= 2) {
		cr_expect(sealed_for(who, "hidden1") == (who == WHO_ZOHO_IO) && sealed_for(who, "epoll"));
		cr_expect(sealed_for(who, "hidden2") == (who == WHO_ZOHO_IO));
		cr_expect(sealed_for(who, "hidden3") == (who == WHO_ZOHO_IO));
		cr_expect(sealed_for(who, "hidden4") == (who == WHO_INGEST));
		cr_expect(sealed_for(who, "hidden5") == (who == WHO_INGEST));
		cr_expect(sealed_for(who, "hidden6") == (who != WHO_CTL));
		cr_expect(sealed_for(who, "77") == ((who & WHO_DATABASE) != 0));
	}
}

Test(config_hand_over, only_a_whole_sealed_hand_over_is_taken)
{
	char bytes[65536];
	cr_assert(config_read(&config, NULL, error) == 0);
	int whole = config_seal(&config, WHO_ALL);
	ssize_t n = pread(whole, bytes, sizeof bytes, 0);
	for (ssize_t cut = 0; cut < n; cut += cut < 64 ? 1 : 97) {
		int fd = memfd_create("cut", MFD_ALLOW_SEALING);
		cr_assert(write(fd, bytes, (size_t)cut) == cut && config_unseal(&other, fd) == -1, "not sealed");
		cr_assert(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
		int result = config_unseal(&other, fd);
		cr_expect(result == -1, "cut at %zd", cut);
		config_free(&other);
		close(fd);
	}
	close(whole);
}

Test(config_hand_over, a_reload_touches_those_whose_keys_changed)
{
	good(&config, "healer : { every = \"1m\"; }; sync : { schedule = ( ); };");
	good(&other, "healer : { every = \"60s\"; };");
	cr_assert(!config_same(&config, &other, WHO_DISPATCHER) && config_same(&config, &other, WHO_HEALER));
	cr_assert(config_unreloadable(&config, &other) == NULL);
	config_free(&other);
	good(&other, "healer : { every = \"2m\"; }; queue : { workers = 2; workers_order = 3; };");
	cr_assert(!config_same(&config, &other, WHO_HEALER) && config_same(&config, &other, WHO_METRICS));
	cr_assert(config_unreloadable(&config, &other) == NULL);
	cr_assert_str_eq(config_relaid(&config, &other), "queue.workers");
	cr_assert(config_workers(&other, "order") == 3 && config_workers(&other, "product") == 2);
	cr_assert(config_workers(&other, "moon") == 2);
}

Test(config_hand_over, showing_it_shows_no_secret)
{
	good(&config, secrets);
	char *text = shown(&config, true);
	cr_assert_str_eq(text,
		"io = \"epoll\"  # default: \"auto\"\n"
		"database.url = \"<set>\"  # default: \"\"\n"
		"zoho.organization_id = \"77\"  # default: \"\"\n"
		"zoho.client_id = \"<set>\"  # default: \"\"\n"
		"zoho.client_secret = \"<set>\"  # default: \"\"\n"
		"zoho.refresh_token = \"<set>\"  # default: \"\"\n"
		"webhook.keys = [ \"<set>\" ]  # default: [ ]\n"
		"webhook.hmac_secrets = [ \"<set>\" ]  # default: [ ]\n"
		"queue.batch_size = 42  # default: 100\n"
		"sync.schedule = [ \"stock at 04:05\" ]  # default: [ \"sync-all every 30m incremental\", "
		"\"stock every 15m\", \"sync-all at 02:00\" ]\n");
	free(text);
	text = shown(&config, false);
	cr_assert(strstr(text, "hidden") == NULL && strstr(text, "queue.attempts_max = 3\n") != NULL);
	free(text);
}

Test(config_hand_over, every_parameter_has_a_line_in_the_reference)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	config_reference(out);
	fclose(out);
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		char row[PARAMETER_NAME_BYTES + 8];
		snprintf(row, sizeof row, "| `%s` |", p->name);
		cr_expect(strstr(text, row) != NULL, "%s", row);
		cr_expect(strlen(p->name) < PARAMETER_NAME_BYTES && p->text[0] != '\0');
	}
	free(text);
#define ENTITY(id, name, ...) cr_expect(parameter_named("queue.workers_" name) != NULL, name);
#include "actors/entities.def"
#undef ENTITY
}

/* The first piece of the example with its comment marks taken off. */
static char *example(bool (*wanted)(const char *line), size_t off)
{
	char path[4200], line[512], *text;
	size_t n;
	snprintf(path, sizeof path, "%s/config/tds.conf.example", start);
	FILE *in = fopen(path, "r"), *out = open_memstream(&text, &n);
	if (in == NULL)
		cr_skip_test("not started in the source folder");
	while (fgets(line, sizeof line, in) != NULL)
		if (wanted(line))
			fputs(line + off, out);
	fclose(in);
	fclose(out);
	return text;
}
static bool is_setting(const char *line)
{
	return line[0] == '#' && line[1] != ' ' && line[1] != '\n';
}
static bool is_minimal(const char *line)
{
	return strncmp(line, "#    ", 5) == 0;
}

Test(config_hand_over, the_example_shows_every_default_and_nothing_else)
{
	char *text = example(is_setting, 1);
	good(&config, text);
	char *changed = shown(&config, true);
	cr_assert_str_empty(changed);
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++) {
		char key[PARAMETER_NAME_BYTES + 4];
		snprintf(key, sizeof key, "%s%s ", strcmp(p->section, "tds") == 0 ? "" : "\t", p->key);
		cr_expect(strstr(text, key) != NULL, "%s isn't in the example", p->name);
	}
	free(changed);
	free(text);
}

Test(config_hand_over, the_minimal_example_lacks_only_its_secrets)
{
	char *text = example(is_minimal, 5);
	bad(text, "tds.conf:2: http.tokens_file: /etc/tds/tokens can't be read: No such file or directory");
	free(text);
}
