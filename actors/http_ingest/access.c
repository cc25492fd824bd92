/* Owns who may call what is not a webhook: tokens, the loopback rule, proxies, origins. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"

enum { TOKENS_MAX = 256, TOKEN_NAME_BYTES = 64, TOKEN_LINE_BYTES = 1024, DIGEST_BYTES = 32 };

struct token {
	char name[TOKEN_NAME_BYTES];
	unsigned char digest[DIGEST_BYTES];
};
struct access {
	struct token tokens[TOKENS_MAX];
	unsigned tokens_n;
};

static void digest_of(struct str s, unsigned char to[DIGEST_BYTES])
{
	if (!EVP_Digest(s.data, s.len, to, NULL, EVP_sha256(), NULL))
		die(EXIT_TEMPORARY, "SHA-256 isn't available");
}

static bool read_hex(const char *p, unsigned char to[DIGEST_BYTES])
{
	for (int i = 0; i < DIGEST_BYTES; i++) {
		unsigned byte;

		if (strspn(p, "0123456789abcdefABCDEF") < 2 || sscanf(p, "%2x", &byte) != 1)
			return false;
		to[i] = (unsigned char)byte;
		p += 2;
	}
	return *p == 0;
}

/* A line is "token" or "name token"; the token may stand there as "sha256:<hex>". '#' begins a comment. */
static void read_line(struct access *x, char *line)
{
	char *save, *first, *second;
	struct token *t = &x->tokens[x->tokens_n];

	line[strcspn(line, "#\r\n")] = 0;
	first = strtok_r(line, " \t", &save);
	second = strtok_r(NULL, " \t", &save);
	if (!first || x->tokens_n == TOKENS_MAX)
		return;
	snprintf(t->name, sizeof t->name, "%.*s", TOKEN_NAME_BYTES - 1, second ? first : "token");
	if (!second)
		second = first;
	if (strncmp(second, "sha256:", 7) != 0)
		digest_of(str_of(second), t->digest);
	else if (!read_hex(second + 7, t->digest))
		die(EXIT_CONFIG, "http.tokens: a sha256: token is malformed");
	x->tokens_n++;
}

void access_start(struct ingest *in)
{
	const struct strings *lines = &in->actor->config.http_tokens;
	char line[TOKEN_LINE_BYTES];

	in->access = calloc(1, sizeof *in->access);
	if (!in->access)
		die(EXIT_TEMPORARY, "out of memory");
	for (size_t i = 0; i < lines->n; i++) {
		snprintf(line, sizeof line, "%s", lines->at[i]);
		read_line(in->access, line);
	}
	explicit_bzero(line, sizeof line);
}

/* The token's name, NULL where it is none; every token is compared, whatever was found. */
static const char *bearer(const struct access *x, const struct request *r)
{
	struct str given = request_header(r, "Authorization");
	unsigned char digest[DIGEST_BYTES];
	const char *name = NULL;

	if (request_header_count(r, "Authorization") != 1 || given.len < 8 ||
		strncasecmp(given.data, "Bearer ", 7) != 0)
		return NULL;
	digest_of((struct str){given.data + 7, given.len - 7}, digest);
	for (unsigned i = 0; i < x->tokens_n; i++)
		if (CRYPTO_memcmp(digest, x->tokens[i].digest, sizeof digest) == 0)
			name = x->tokens[i].name;
	return name;
}

static bool came_through_a_proxy(const struct request *r)
{
	return request_header(r, "Forwarded").data || request_header_starts(r, "X-Forwarded-") ||
	       request_header(r, "X-Real-IP").data || request_header(r, "Via").data;
}

bool access_ops(struct request *r, const char **who)
{
	const struct connection *c = r->connection;
	const struct access *x = c->ingest->access;

	*who = "local socket";
	if (c->trusted)
		return true;
	if (c->ingest->actor->config.http_tokens.n) {
		*who = bearer(x, r);
		if (!*who)
			http_refuse(r, 401, "A valid token is needed: Authorization: Bearer <token>");
		return *who != NULL;
	}
	*who = "loopback";
	if (came_through_a_proxy(r))
		http_refuse(r, 403,
			"This came through a proxy, and without http.tokens_file only direct callers on loopback are"
			" served; configure a token");
	else if (!c->loopback)
		http_refuse(r, 403, "Without http.tokens_file only callers on loopback are served; configure a token");
	else
		return true;
	return false;
}

static bool is_configured(const struct ingest *in, struct str origin, const char **found)
{
	const struct strings *origins = &in->actor->config.http_cors_origins;

	for (size_t i = 0; i < origins->n; i++)
		if (str_eq(origin, origins->at[i])) {
			*found = origins->at[i];
			return true;
		}
	return false;
}

static bool is_same_origin(const struct request *r, struct str origin)
{
	struct str host = request_header(r, "Host");
	const char *mark = memmem(origin.data, origin.len, "://", 3);
	size_t at = mark ? (size_t)(mark - origin.data) + 3 : origin.len;

	return host.len && origin.len - at == host.len && strncasecmp(origin.data + at, host.data, host.len) == 0;
}

bool access_origin(struct request *r)
{
	struct str origin = request_header(r, "Origin");

	if (!origin.data || is_configured(r->connection->ingest, origin, &r->cors_origin) || is_same_origin(r, origin))
		return true;
	http_refuse(r, 403, "Pages of this origin may not call; see http.cors_origins");
	return false;
}

void access_preflight(struct request *r)
{
	struct str origin = request_header(r, "Origin");
	bool asks = origin.data && request_header(r, "Access-Control-Request-Method").data;
	char allow[128], lines[512];

	if (!str_eq(r->path, "*") && !route_allow(r->path, allow, sizeof allow)) {
		http_refuse(r, 404, "Not found");
		return;
	}
	if (str_eq(r->path, "*"))
		snprintf(allow, sizeof allow, "GET, HEAD, POST, OPTIONS");
	if (asks && !access_origin(r))
		return;
	snprintf(lines, sizeof lines,
		asks ? "Allow: %s\r\nAccess-Control-Allow-Methods: %s\r\nAccess-Control-Allow-Headers: Authorization,"
		       " Content-Type, Prefer, X-Correlation-ID, Last-Event-ID\r\nAccess-Control-Max-Age: 600\r\n"
		     : "Allow: %s\r\n",
		allow, allow);
	http_answer(r, &(struct http_answer){.status = 204, .headers = lines});
}
