/* Owns checksums and digests, so that images, gzip and signatures need no further library. */
#ifndef ZOHO_SIM_CHECKSUM_H
#define ZOHO_SIM_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

uint32_t crc32_of(const void *bytes, size_t length);
uint32_t adler32_of(const void *bytes, size_t length);
void sha256(const void *bytes, size_t length, uint8_t digest[static SHA256_BYTES]);
/* Lower case hex of the HMAC with a NUL at its end. */
void hmac_sha256_hex(const char *secret, const void *bytes, size_t length, char hex[static 2 * SHA256_BYTES + 1]);

#endif
