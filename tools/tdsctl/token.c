/* Makes tokens for the HTTP API: 256 random bits for the caller, their SHA-256 for the file. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "tools/tdsctl/ctl.h"

enum { TOKEN_BYTES = 32, HEX_BYTES = 2 * TOKEN_BYTES + 1 };

static void hex(const unsigned char *bytes, char to[HEX_BYTES])
{
	for (int i = 0; i < TOKEN_BYTES; i++)
		snprintf(to + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

static bool is_name(const char *name)
{
	return *name && strlen(name) < 64 &&
	       !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")];
}

int run_token(struct ctl *c, struct args *a)
{
	unsigned char random[TOKEN_BYTES], digest[EVP_MAX_MD_SIZE];
	char token[HEX_BYTES], sum[HEX_BYTES];
	const char *name = a->n ? a->at[0] : "token";
	args_done(a, a->n ? 1 : 0);
	if (!is_name(name))
		fail(CTL_USAGE, "NAME is up to 63 letters, digits, dots, dashes and underscores");
	if (getrandom(random, sizeof random, 0) != sizeof random)
		fail(EXIT_FAILED, "the kernel gives no random bytes");
	hex(random, token);
	if (!EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL))
		fail(EXIT_FAILED, "SHA-256 isn't available");
	hex(digest, sum);
	if (c->json)
		printf("{\"name\":\"%s\",\"token\":\"%s\",\"line\":\"%s sha256:%s\"}\n", name, token, name, sum);
	else
		printf("token, for whoever asks (Authorization: Bearer ...):\n%s\nline for http.tokens_file:\n%s sha256:%s\n",
			token, name, sum);
	return EXIT_DONE;
}
