/* Owns the encryption of what must not stand readable in a database, its dumps and its replicas. */
#include "actors/zoho_io/seal.h"
#include "ipc/buf.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, SEALED_BYTES_MAX = 8190 };

static bool derive(const char *secret, unsigned char key[KEY_BYTES])
{
	char info[] = "tds zoho token v1";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, strlen(secret)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1),
		OSSL_PARAM_construct_end()};
	bool fine = ctx && EVP_KDF_derive(ctx, key, KEY_BYTES, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return fine;
}

struct sealed {
	unsigned char nonce[NONCE_BYTES], tag[TAG_BYTES];
	unsigned char *data;
	int length;
};

static bool encrypt(const unsigned char *key, const char *about, const char *text, struct sealed *s)
{
	int n;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool fine = ctx && RAND_bytes(s->nonce, NONCE_BYTES) == 1 &&
		    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, s->nonce) == 1 &&
		    EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)about, (int)strlen(about)) == 1 &&
		    EVP_EncryptUpdate(ctx, s->data, &n, (const unsigned char *)text, s->length) == 1 &&
		    EVP_EncryptFinal_ex(ctx, s->data + n, &n) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, s->tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return fine;
}

static bool decrypt(const unsigned char *key, const char *about, struct sealed *s, unsigned char *out)
{
	int n;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool fine = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, s->nonce) == 1 &&
		    EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)about, (int)strlen(about)) == 1 &&
		    EVP_DecryptUpdate(ctx, out, &n, s->data, s->length) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, s->tag) == 1 &&
		    EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return fine;
}

static void add_base64(struct buf *b, const char *key, const unsigned char *bytes, int length)
{
	unsigned char text[SEALED_BYTES_MAX / 3 * 4 + 8];
	EVP_EncodeBlock(text, bytes, length);
	buf_fmt(b, "%c\"%s\":\"%s\"", b->len ? ',' : '{', key, (const char *)text);
}

char *zoho_seal(const char *secret, const char *about, const char *text, size_t length)
{
	unsigned char key[KEY_BYTES], data[SEALED_BYTES_MAX];
	struct sealed s = {.data = data, .length = (int)length};
	struct buf json = {0};
	if (length < sizeof data && derive(secret, key) && encrypt(key, about, text, &s)) {
		add_base64(&json, "nonce", s.nonce, NONCE_BYTES);
		add_base64(&json, "data", s.data, s.length);
		add_base64(&json, "tag", s.tag, TAG_BYTES);
		buf_str(&json, "}");
	}
	OPENSSL_cleanse(key, sizeof key);
	return json.data;
}

/* EVP_DecodeBlock counts the padding's bytes as data. Returns the length, -1 when it is no base64 or doesn't fit. */
static int decode(const char *text, unsigned char *raw, size_t size)
{
	size_t n = strlen(text);
	if (n % 4 != 0 || n / 4 * 3 > size)
		return -1;
	int length = EVP_DecodeBlock(raw, (const unsigned char *)text, (int)n);
	for (size_t i = n; length > 0 && i > n - 2 && text[i - 1] == '='; i--)
		length--;
	return length;
}

char *zoho_unseal(
	const char *secret, const char *about, const char *nonce, const char *data, const char *tag, size_t *length)
{
	unsigned char key[KEY_BYTES], bytes[SEALED_BYTES_MAX], short_one[TAG_BYTES + 2];
	struct sealed s = {.data = bytes};
	char *text = NULL;
	if (decode(nonce, s.nonce, sizeof s.nonce) != NONCE_BYTES ||
		decode(tag, short_one, sizeof short_one) != TAG_BYTES ||
		(s.length = decode(data, bytes, sizeof bytes)) < 0)
		return NULL;
	memcpy(s.tag, short_one, TAG_BYTES);
	text = malloc((size_t)s.length + 1);
	if (!text || !derive(secret, key) || !decrypt(key, about, &s, (unsigned char *)text)) {
		free(text);
		text = NULL;
	} else {
		text[s.length] = 0;
		*length = (size_t)s.length;
	}
	OPENSSL_cleanse(key, sizeof key);
	return text;
}

void zoho_fingerprint(const char *text, char hex[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_Digest(text, strlen(text), digest, &n, EVP_sha256(), NULL);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
