/* Owns the question whether a webhook comes from whom it should. Every configured way is tried with every secret of it,
 * whatever was found before, so that neither words nor time tell a caller what was wrong. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "actors/http_ingest/webhook.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 65 };

struct verdict { /* over all ways: is one satisfied, is one violated */
	bool any, bad;
};

bool webhook_is_form(const struct request *r)
{
	struct str type = request_header(r, "Content-Type");
	size_t at = 0;

	while (at < r->body_n && strchr(" \t\r\n", r->body[at]))
		at++;
	return type.len >= 33 && !strncasecmp(type.data, "application/x-www-form-urlencoded", 33) && at < r->body_n &&
	       r->body[at] != '{' && r->body[at] != '[';
}

static void hmac(struct str secret, struct str text, unsigned char to[DIGEST_BYTES])
{
	HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)text.data, text.len, to, NULL);
}

static void hex(const unsigned char digest[DIGEST_BYTES], char to[DIGEST_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		to[2 * i] = digits[digest[i] >> 4];
		to[2 * i + 1] = digits[digest[i] & 15];
	}
	to[2 * (size_t)DIGEST_BYTES] = 0;
}

/* Compares over digests, so that neither the length nor the place of a difference shows. */
static bool same(struct str given, struct str expected)
{
	unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES];
	static const struct str key = {"compare", 7};

	hmac(key, given, a);
	hmac(key, expected, b);
	return CRYPTO_memcmp(a, b, sizeof a) == 0;
}

static struct str lower(struct str s, char *to, size_t size)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	for (size_t i = 0; i < n; i++) {
		to[i] = s.data[i];
		if (to[i] >= 'A' && to[i] <= 'F')
			to[i] = (char)(to[i] | 32);
	}
	to[n] = 0;
	return (struct str){to, s.len < size ? n : 0};
}

static int by_key(const void *a, const void *b)
{
	const struct form_pair *x = a, *y = b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = n ? memcmp(x->key.data, y->key.data, n) : 0;

	return order ? order : x->key.len < y->key.len ? -1 : x->key.len > y->key.len;
}

void webhook_zoho_signature(
	struct str secret, struct str query, struct str body, bool is_form, struct http_arena *arena, char *to)
{
	struct http_text signed_text = {.arena = arena};
	unsigned char digest[DIGEST_BYTES];
	struct form form, fields = {0};
	struct form_pair *all;

	form_read(&form, query, arena);
	if (is_form)
		form_read(&fields, body, arena);
	all = http_arena_alloc(arena, (form.n + fields.n + 1) * sizeof *all);
	if (form.n)
		memcpy(all, form.pairs, form.n * sizeof *all);
	if (fields.n)
		memcpy(all + form.n, fields.pairs, fields.n * sizeof *all);
	qsort(all, form.n + fields.n, sizeof *all, by_key);
	for (unsigned i = 0; i < form.n + fields.n; i++) {
		http_text_add(&signed_text, all[i].key.data, all[i].key.len);
		http_text_add(&signed_text, all[i].value.data, all[i].value.len);
	}
	if (!is_form)
		http_text_add(&signed_text, body.data, body.len);
	hmac(secret, (struct str){signed_text.at, signed_text.n}, digest);
	hex(digest, to);
}

/* Nothing separates the signed pairs, so only keys that mean something here, each once, are believed. */
static bool is_fixed_query(const struct request *r, struct http_arena *arena)
{
	struct form form;

	form_read(&form, r->query, arena);
	for (unsigned i = 0; i < form.n; i++)
		if (!str_eq(form.pairs[i].key, "event") && !str_eq(form.pairs[i].key, "organization_id"))
			return false;
	return !form.malformed && !form_has_doubles(&form);
}

static void judge(struct verdict *v, const struct request *r, const char *header, bool ok)
{
	unsigned given = request_header_count(r, header);

	v->any |= given == 1 && ok;
	v->bad |= given > 1 || (given == 1 && !ok);
}

static void judge_keys(struct verdict *v, const struct ingest *in, const struct request *r)
{
	const struct strings *keys = &in->actor->config.webhook_keys;
	struct str given = request_header(r, "X-Webhook-Key");
	bool ok = false;

	for (size_t i = 0; i < keys->n; i++)
		ok |= same(given, str_of(keys->at[i]));
	if (keys->n)
		judge(v, r, "X-Webhook-Key", ok);
}

static void judge_signatures(struct verdict *v, const struct ingest *in, const struct request *r)
{
	const struct strings *zoho = &in->actor->config.webhook_signature_secrets;
	const struct strings *plain = &in->actor->config.webhook_hmac_secrets;
	struct str body = {r->body, r->body_n};
	struct http_arena arena = {0};
	unsigned char digest[DIGEST_BYTES];
	char given[DIGEST_HEX_BYTES + 8], expected[DIGEST_HEX_BYTES];
	bool fixed = is_fixed_query(r, &arena), ok = false;

	for (size_t i = 0; i < zoho->n; i++) {
		webhook_zoho_signature(str_of(zoho->at[i]), r->query, body, webhook_is_form(r), &arena, expected);
		ok |= same(lower(request_header(r, "X-Zoho-Webhook-Signature"), given, sizeof given),
			      str_of(expected)) &&
		      fixed;
	}
	if (zoho->n)
		judge(v, r, "X-Zoho-Webhook-Signature", ok);
	ok = false;
	for (size_t i = 0; i < plain->n; i++) {
		hmac(str_of(plain->at[i]), body, digest);
		hex(digest, expected);
		ok |= same(lower(request_header(r, "X-Zoho-Signature"), given, sizeof given), str_of(expected));
	}
	if (plain->n)
		judge(v, r, "X-Zoho-Signature", ok);
	http_arena_free(&arena);
}

/* "whsec_<base64>" or the secret itself, decoded into the arena. */
static struct str standard_secret(const char *secret, struct http_arena *arena)
{
	size_t n;
	unsigned char *to;
	int decoded;

	if (strncmp(secret, "whsec_", 6) != 0)
		return str_of(secret);
	secret += 6;
	n = strlen(secret);
	to = http_arena_alloc(arena, n + 4);
	decoded = EVP_DecodeBlock(to, (const unsigned char *)secret, (int)n);
	for (size_t i = n; decoded > 0 && i > 0 && secret[i - 1] == '='; i--)
		decoded--;
	return (struct str){(char *)to, decoded > 0 ? (size_t)decoded : 0};
}

/* Any of the space-separated "v1,<base64>" of the header. */
static bool any_signature(struct str list, struct str expected)
{
	bool ok = false;

	for (size_t i = 0; i < list.len;) {
		const char *space = memchr(list.data + i, ' ', list.len - i);
		size_t n = (space ? (size_t)(space - list.data) : list.len) - i;

		if (n > 3 && memcmp(list.data + i, "v1,", 3) == 0)
			ok |= same((struct str){list.data + i + 3, n - 3}, expected);
		i += n + 1;
	}
	return ok;
}

static bool is_recent(struct str stamp, int64_t tolerance_us)
{
	int64_t value = 0;

	if (stamp.len == 0 || stamp.len > 12)
		return false;
	for (size_t i = 0; i < stamp.len; i++) {
		if (stamp.data[i] < '0' || stamp.data[i] > '9')
			return false;
		value = value * 10 + (stamp.data[i] - '0');
	}
	return llabs(value * 1000000 - now_us()) <= tolerance_us;
}

static void judge_standard(struct verdict *v, const struct ingest *in, const struct request *r)
{
	const struct strings *secrets = &in->actor->config.webhook_standard_secrets;
	struct str id = request_header(r, "webhook-id"), stamp = request_header(r, "webhook-timestamp");
	struct http_arena arena = {0};
	struct http_text text = {.arena = &arena};
	unsigned char digest[DIGEST_BYTES];
	char expected[64];
	bool ok = false, recent = is_recent(stamp, in->actor->config.webhook_timestamp_tolerance / 1000);

	http_text_add(&text, id.data, id.len);
	http_text_put(&text, ".");
	http_text_add(&text, stamp.data, stamp.len);
	http_text_put(&text, ".");
	http_text_add(&text, r->body, r->body_n);
	for (size_t i = 0; i < secrets->n; i++) {
		hmac(standard_secret(secrets->at[i], &arena), (struct str){text.at, text.n}, digest);
		EVP_EncodeBlock((unsigned char *)expected, digest, DIGEST_BYTES);
		ok |= any_signature(request_header(r, "webhook-signature"), str_of(expected)) && recent && id.len;
	}
	if (secrets->n)
		judge(v, r, "webhook-signature", ok);
	http_arena_free(&arena);
}

bool webhook_authentic(const struct ingest *in, const struct request *r, bool *verified)
{
	const struct config *k = &in->actor->config;
	struct verdict v = {0};

	*verified = false;
	if (k->webhook_keys.n + k->webhook_signature_secrets.n + k->webhook_hmac_secrets.n +
			k->webhook_standard_secrets.n ==
		0)
		return true;
	judge_keys(&v, in, r);
	judge_signatures(&v, in, r);
	judge_standard(&v, in, r);
	*verified = v.any && !v.bad;
	return *verified;
}
