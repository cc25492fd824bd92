/* Owns checksums (RFC 1952, 1950) and SHA-256 with HMAC (FIPS 180-4, RFC 2104), so that no further library is needed.
 */
#include "checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64

uint32_t crc32_of(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t crc = ~0u;
	int bit;

	for (; length--; byte++) {
		crc ^= *byte;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

uint32_t adler32_of(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t low = 1, high = 0;

	for (; length--; byte++) {
		low = (low + *byte) % 65521;
		high = (high + low) % 65521;
	}
	return high << 16 | low;
}

static const uint32_t rounds[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
	0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70,
	0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int by)
{
	return word >> by | word << (32 - by);
}

static void sha256_block(uint32_t state[static 8], const uint8_t *block)
{
	uint32_t w[64], s[8], t1, t2;
	size_t i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, state, sizeof s);
	for (i = 0; i < 64; i++) {
		t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
		     rounds[i] + w[i];
		t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
		     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256(const void *bytes, size_t length, uint8_t digest[static SHA256_BYTES])
{
	uint32_t state[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	uint8_t last[2 * BLOCK] = {0};
	size_t i, rest = length % BLOCK, padded = rest < 56 ? BLOCK : 2 * BLOCK;
	uint64_t bits = (uint64_t)length * 8;

	for (i = 0; i + BLOCK <= length; i += BLOCK)
		sha256_block(state, (const uint8_t *)bytes + i);
	if (rest)
		memcpy(last, (const uint8_t *)bytes + i, rest);
	last[rest] = 0x80;
	for (i = 0; i < 8; i++)
		last[padded - 1 - i] = (uint8_t)(bits >> 8 * i);
	for (i = 0; i < padded; i += BLOCK)
		sha256_block(state, last + i);
	for (i = 0; i < SHA256_BYTES; i++)
		digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void hmac_sha256_hex(const char *secret, const void *bytes, size_t length, char hex[static 2 * SHA256_BYTES + 1])
{
	uint8_t key[BLOCK] = {0}, digest[SHA256_BYTES], outer[BLOCK + SHA256_BYTES];
	uint8_t *inner = malloc(BLOCK + length);
	size_t i;

	if (!inner)
		abort();
	if (strlen(secret) > BLOCK)
		sha256(secret, strlen(secret), key);
	else
		memcpy(key, secret, strlen(secret)); /* NOLINT(bugprone-not-null-terminated-result): bytes, no string */
	for (i = 0; i < BLOCK; i++) {
		inner[i] = key[i] ^ 0x36;
		outer[i] = key[i] ^ 0x5c;
	}
	memcpy(inner + BLOCK, bytes, length);
	sha256(inner, BLOCK + length, digest);
	free(inner);
	memcpy(outer + BLOCK, digest, SHA256_BYTES);
	sha256(outer, sizeof outer, digest);
	for (i = 0; i < SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
