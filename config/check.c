/* Owns what the table's types and ranges can't say: how an address, a URL or a name must look, and which values must
 * fit each other. */
#include "config/address.h"
#include "config/memory.h"
#include "config/reading.h"
#include "config/value.h"
#include "ipc/slot.h"
#include <libpq-fe.h>
#include <string.h>

/* Each gives NULL for a good text, else what it must be. */
static const char *listen_wrong(const char *text)
{
	char host[ADDRESS_HOST_BYTES];
	uint16_t port;
	return address_parse(text, host, &port)
		       ? NULL
		       : "a numeric address or localhost with a port, such as \"127.0.0.1:8000\" or \"[::1]:8000\"";
}

static const char *origin_wrong(const char *text)
{
	char host[ADDRESS_HOST_BYTES];
	bool tls, path;
	return url_parse(text, &tls, host, &path) && !path
		       ? NULL
		       : "an origin, scheme and host without a path, such as \"https://erp.example.com\"";
}

static const char *zoho_url_wrong(const char *text)
{
	char host[ADDRESS_HOST_BYTES];
	bool tls, path;
	if (!url_parse(text, &tls, host, &path))
		return "a URL such as \"https://www.zohoapis.com\"";
	return tls || address_loopback(host) ? NULL : "https: plain http is for a simulator on this machine only";
}

static const char *id_wrong(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	return text[strspn(text, letters)] == '\0' ? NULL : "the organisation's number as Zoho shows it";
}

static const char *schema_wrong(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	bool good = text[strspn(text, letters)] == '\0' && !(text[0] >= '0' && text[0] <= '9');
	return good ? NULL : "a name of lower-case letters, digits and _ that starts with a letter";
}

static const char *buffers_wrong(const char *text)
{
	size_t n = strspn(text, "0123456789");
	bool good =
		n > 0 && (strcmp(text + n, "kB") == 0 || strcmp(text + n, "MB") == 0 || strcmp(text + n, "GB") == 0);
	return good ? NULL : "a size in PostgreSQL's notation, such as \"128MB\"";
}

static const struct form {
	const char *key;
	const char *(*wrong)(const char *);
} forms[] = {
	{"http.listen", listen_wrong},
	{"http.cors_origins", origin_wrong},
	{"zoho.accounts_url", zoho_url_wrong},
	{"zoho.api_url", zoho_url_wrong},
	{"zoho.organization_id", id_wrong},
	{"database.schema", schema_wrong},
	{"database.private_shared_buffers", buffers_wrong},
};

static int check_form(struct reading *r, const struct form *form)
{
	char room[VALUE_TEXT_BYTES], quoted[VALUE_TEXT_BYTES];
	const struct parameter *p = parameter_named(form->key);
	for (size_t i = 0; i < value_count(r->c, p); i++) {
		const char *text = value_text(r->c, p, i, room);
		const char *wanted = text[0] == '\0' ? NULL : form->wrong(text);
		if (wanted != NULL)
			return reading_refuse(r, r->from[parameter_index(p)], p->name, "is %s, must be %s",
				value_quoted(text, quoted), wanted);
	}
	return 0;
}

static const char *const relations[][2] = {
	/* the first is at most the second */
	{"queue.batch_size", "queue.batch_size_max"},
	{"queue.backoff_min", "queue.backoff_max"},
	{"sync.page_size", "sync.per_page_max"},
	{"zoho.backoff_min", "zoho.backoff_max"},
	{"zoho.connect_timeout", "zoho.timeout"},
	{"database.backoff_min", "database.backoff_max"},
	{"database.lock_timeout", "database.statement_timeout"},
	{"supervisor.backoff_min", "supervisor.backoff_max"},
	{"healer.queue_warning", "healer.queue_critical"},
};

/* Blames the one of the two that was set. */
static int check_relation(struct reading *r, const char *const relation[2])
{
	const struct parameter *p = parameter_named(relation[0]), *q = parameter_named(relation[1]);
	if (*(const int64_t *)parameter_value(r->c, p) <= *(const int64_t *)parameter_value(r->c, q))
		return 0;
	bool first = r->from[parameter_index(p)].file != NULL;
	const struct parameter *blamed = first ? p : q, *other = first ? q : p;
	const char *mark = p->type == PARAM_INTEGER ? "" : "\"";
	char value[VALUE_TEXT_BYTES], limit[VALUE_TEXT_BYTES];
	return reading_refuse(r, r->from[parameter_index(blamed)], blamed->name,
		"is %s%s%s, must be %s %s, which is %s%s%s", mark, value_text(r->c, blamed, 0, value), mark,
		first ? "at most" : "at least", other->name, mark, value_text(r->c, other, 0, limit), mark);
}

/* libpq's own words may repeat a password, so they aren't shown. */
static int check_database(struct reading *r)
{
	PQconninfoOption *options = PQconninfoParse(r->c->database_url, NULL);
	if (options == NULL)
		return reading_refuse(r, r->from[PARAM_AT_database_url], "database.url",
			"isn't a connection string of libpq: \"postgresql://user:password@host/name\" or \"host=..."
			" dbname=...\"");
	PQconninfoFree(options);
	return 0;
}

/* What is behind a "sha256:" in a line of tokens must be a digest. */
static int check_digests(struct reading *r)
{
	enum { hex_digits = 64 };
	const struct strings *lines = &r->c->http_tokens;
	for (size_t i = 0; i < lines->n; i++) {
		const char *mark = strstr(lines->at[i], "sha256:"), *hex = mark ? mark + strlen("sha256:") : NULL;
		if (!hex || (mark != lines->at[i] && mark[-1] != ' ' && mark[-1] != '\t'))
			continue;
		size_t n = strspn(hex, "0123456789abcdefABCDEF");
		if (n != hex_digits || strcspn(hex + n, " \t#") != 0)
			return reading_refuse(r, r->from[PARAM_AT_http_tokens], "http.tokens",
				"entry %zu: behind sha256: stand %d hexadecimal digits (tdsctl token makes such a line)",
				i + 1, hex_digits);
	}
	return 0;
}

/* Whoever can reach TDS must show a token. */
static int check_tokens(struct reading *r)
{
	char host[ADDRESS_HOST_BYTES], room[VALUE_TEXT_BYTES];
	uint16_t port;
	const struct config *c = r->c;
	for (size_t i = 0; i < c->http_listen.n && c->http_tokens.n == 0; i++)
		if (address_parse(c->http_listen.at[i], host, &port) && !address_loopback(host))
			return reading_refuse(r, r->from[PARAM_AT_http_listen], "http.listen",
				"%s can be reached from other machines, so http.tokens_file must name a file of tokens"
				" (made by tdsctl token); without one listen on 127.0.0.1 only",
				value_quoted(c->http_listen.at[i], room));
	return 0;
}

static int check_socket(struct reading *r)
{
	enum { socket_path_max = 107 }; /* sun_path less its NUL */
	size_t n = strlen(r->c->tds_data_dir) + strlen("/control.sock");
	if (r->c->control_socket[0] != '\0' || n <= socket_path_max)
		return 0;
	return reading_refuse(r, r->from[PARAM_AT_tds_data_dir], "data_dir",
		"is too long for a socket in it (%zu bytes, %d at most): shorten it or set control.socket", n,
		socket_path_max);
}

/* Each process has a slot in shared memory, the supervisor the first one. */
static int check_processes(struct reading *r)
{
	int64_t n = 1 + r->c->ingest_processes;
#define ONE 1
#define PER_ENTITY 0
#define PER_PROCESS 0
#define ACTOR(id, name, text, essential, database, many) n += (many);
#include "actors/actors.def"
#undef ACTOR
#define ENTITY(id, name, ...) n += config_workers(r->c, name);
#include "actors/entities.def"
#undef ENTITY
	if (n <= SLOT_ACTORS_MAX)
		return 0;
	return reading_refuse(r, r->from[PARAM_AT_queue_workers], "queue.workers",
		"workers, http-ingest and the others are %lld processes, %d at most: fewer workers", (long long)n,
		SLOT_ACTORS_MAX);
}

int reading_check(struct reading *r)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (check_form(r, &forms[i]) != 0)
			return -1;
	for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
		if (check_relation(r, relations[i]) != 0)
			return -1;
	if (check_database(r) != 0 || check_tokens(r) != 0 || check_digests(r) != 0 || check_socket(r) != 0 ||
		check_processes(r) != 0)
		return -1;
	reading_advise(r);
	return 0;
}
