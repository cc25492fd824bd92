/* Owns what a record says about itself: id, version, whether it is whole, and the key that tells deliveries apart. */
#include <endian.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "actors/http_ingest/webhook.h"

bool record_id(const struct json *j, uint32_t node, struct http_arena *arena, struct str *id, bool *there)
{
	*there = false;
	if (!node || json_kind(j, node) == JSON_NULL)
		return true;
	*id = json_value(j, node, arena);
	if (json_kind(j, node) == JSON_STRING && id->len == 0)
		return true; /* Zoho's way to say unset */
	*there = true;
	if (!id->data || id->len > WEBHOOK_ID_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < id->len; i++)
		if (id->data[i] < '0' || id->data[i] > '9')
			return false;
	return true;
}

static bool number(const char **p, const char *end, int digits, int *value)
{
	for (*value = 0; digits > 0; digits--, (*p)++) {
		if (*p >= end || **p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (**p - '0');
	}
	return true;
}

static bool mark(const char **p, const char *end, const char *any)
{
	if (*p >= end || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

/* "Z", "+hhmm" or "+hh:mm" up to the end, in seconds. */
static bool zone(const char **p, const char *end, int *seconds)
{
	int hours, minutes, sign;

	*seconds = 0;
	if (*p < end && **p == 'Z') {
		(*p)++;
		return *p == end;
	}
	sign = *p < end && **p == '-' ? -1 : 1;
	if (!mark(p, end, "+-") || !number(p, end, 2, &hours))
		return false;
	mark(p, end, ":");
	if (!number(p, end, 2, &minutes) || hours > 15 || minutes > 59)
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return *p == end;
}

/* Days from 1970-01-01 of the Gregorian calendar. */
static int64_t days(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_day(int year, int month, int day)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= length[month - 1] + (month == 2 && leap);
}

bool record_time(struct str text, int64_t *us)
{
	const char *p = text.data, *end = p + text.len;
	int year, month, day, hour, minute, second, offset, fraction = 0;

	if (!number(&p, end, 4, &year) || !mark(&p, end, "-") || !number(&p, end, 2, &month) || !mark(&p, end, "-") ||
		!number(&p, end, 2, &day) || !mark(&p, end, "T ") || !number(&p, end, 2, &hour) ||
		!mark(&p, end, ":") || !number(&p, end, 2, &minute) || !mark(&p, end, ":") ||
		!number(&p, end, 2, &second))
		return false;
	if (mark(&p, end, "."))
		for (int scale = 100000; p < end && *p >= '0' && *p <= '9'; p++, scale /= 10)
			fraction += (*p - '0') * scale;
	if (!zone(&p, end, &offset) || !is_day(year, month, day) || hour > 23 || minute > 59 || second > 60)
		return false;
	*us = ((days(year, month, day) * 24 + hour) * 3600 + minute * INT64_C(60) + second - offset) * 1000000 +
	      fraction;
	return true;
}

/* Beside its id and what only says whose and which, does it carry anything? */
static bool is_thin(const struct json *j, uint32_t record, enum entity_id entity, struct http_arena *arena)
{
	const struct entity_names *names = &entity_names[entity];
	static const char *const silent[] = {"organization_id", "contact_type", "entity_id", "entity_type",
		"event_type", "contact_id", "customer_id", "vendor_id"};
	unsigned contact = !strcmp(names->wrapper, "contact") ? 8 : 5;
	unsigned others = 0;

	for (uint32_t at = record + 1; at < j->nodes[record].next; at = j->nodes[at + 1].next) {
		struct str key = json_value(j, at, arena);
		bool quiet = str_eq(key, names->id_key) || (*names->alias_id && str_eq(key, names->alias_id));

		for (unsigned i = 0; i < contact && !quiet; i++)
			quiet = str_eq(key, silent[i]);
		others += !quiet;
	}
	return others == 0;
}

/* Whether it carries every key of a list of words; "[]" behind one asks for an array. */
static bool carries(const struct json *j, uint32_t record, const char *words)
{
	char key[32];

	for (size_t n; *words; words += n + strspn(words + n, "[] ")) {
		n = strcspn(words, "[ ");
		snprintf(key, sizeof key, "%.*s", (int)n, words);
		uint32_t value = json_member(j, record, key);
		if (!value || (words[n] == '[' && json_kind(j, value) != JSON_ARRAY))
			return false;
	}
	return true;
}

void record_describe(struct delivery *d, const struct json *j, uint32_t record, struct http_arena *arena)
{
	uint32_t time = json_member(j, record, "last_modified_time");

	if (!time)
		time = json_member(j, record, "updated_time");
	if (time && !record_time(json_value(j, time, arena), &d->last_modified_us))
		d->last_modified_us = 0;
	d->thin = is_thin(j, record, d->entity, arena);
	d->full = d->last_modified_us && json_member(j, record, entity_names[d->entity].id_key) &&
		  carries(j, record, entity_names[d->entity].whole);
}

static void hex(const unsigned char *bytes, size_t n, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 15];
	}
	to[2 * n] = 0;
}

static EVP_MD_CTX *digest_begin(void)
{
	static EVP_MD_CTX *context; /* made once: looking the algorithm up costs more than hashing a record */
	static EVP_MD *sha256;

	if (!context) {
		context = EVP_MD_CTX_new();
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	}
	if (!context || !sha256 || !EVP_DigestInit_ex(context, sha256, NULL))
		die(EXIT_TEMPORARY, "SHA-256 isn't available");
	return context;
}

/* Each part is hashed with its length before it, so that no two lists of parts look alike. */
static void add(EVP_MD_CTX *c, struct str part)
{
	uint64_t n = htobe64(part.len);

	EVP_DigestUpdate(c, &n, sizeof n);
	EVP_DigestUpdate(c, part.data ? part.data : "", part.len);
}

void record_key(struct delivery *d, struct str delivery_id)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char short_hex[33];
	EVP_MD_CTX *c = digest_begin();
	int n;

	EVP_DigestUpdate(c, d->canonical.data, d->canonical.len);
	EVP_DigestFinal_ex(c, digest, NULL);
	hex(digest, 32, d->hash);
	c = digest_begin();
	add(c, d->organization);
	add(c, delivery_id);
	add(c, d->canonical);
	EVP_DigestFinal_ex(c, digest, NULL);
	hex(digest, 16, short_hex);
	n = snprintf(d->key, sizeof d->key, "zoho:%s:%.*s:%s:%s", entity_names[d->entity].name, (int)d->id.len,
		d->id.data, operation_names[d->operation], short_hex);
	d->key_n = (size_t)n;
}
