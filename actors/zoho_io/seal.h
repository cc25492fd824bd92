/* Keeping a secret in the database: AES-256-GCM (NIST SP 800-38D) under a key derived by HKDF-SHA256 (RFC 5869). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Sealed is a JSON object {"nonce","data","tag"}, base64 each. `about` is authenticated with it: a value put elsewhere,
 * or made with other credentials, doesn't open. Both return malloc'd NUL-terminated text, or NULL. */
char *zoho_seal(const char *secret, const char *about, const char *text, size_t length);
char *zoho_unseal(
	const char *secret, const char *about, const char *nonce, const char *data, const char *tag, size_t *length);
/* 64 hex digits of SHA-256. */
void zoho_fingerprint(const char *text, char hex[65]);
