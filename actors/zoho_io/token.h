/* The access token: when it may be used, when it is renewed, when Zoho is left alone about it. Pure: no clock, no
 * network, no database; token_keeper.c has those. Times are Unix microseconds. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOKEN_BYTES = 2048,
	TOKEN_ISSUES = 10,    /* Zoho: at most so many in TOKEN_WINDOW; the next one kills the oldest */
	TOKEN_ISSUES_MAX = 9, /* so we stop one before */
	TOKEN_HOST_BYTES = 128,
	TOKEN_WHY_BYTES = 160,
	TOKEN_TEXT_BYTES = 3072, /* of zoho_token_write */
};

struct token {
	char access[TOKEN_BYTES]; /* "" = none */
	char api_domain[TOKEN_HOST_BYTES];
	int64_t issued_us, expires_us;
	uint64_t generation;		 /* +1 with each */
	int64_t issues_us[TOKEN_ISSUES]; /* when the last ones were issued; 0 = none */
	int64_t not_before_us;		 /* no request for one before */
	int64_t pause_us;		 /* the last pause, which doubles */
	bool stopped;			 /* the grant is worth nothing: a person must act */
	char why[TOKEN_WHY_BYTES];	 /* of the pause or stop */
};

enum token_need {
	TOKEN_USE,
	TOKEN_USE_AND_RENEW, /* still good, but not for long */
	TOKEN_RENEW,	     /* calls wait for the new one */
	TOKEN_PAUSE,	     /* none, and none to be asked for before *until_us */
	TOKEN_STOP,	     /* like a pause, but calls are answered rather than kept waiting */
};
enum token_need zoho_token_need(const struct token *, int64_t now_us, int64_t margin_us, int64_t *until_us);

enum grant { GRANT_GIVEN, GRANT_INVALID, GRANT_THROTTLED, GRANT_TRANSIENT };
/* Reads the reply of the accounts host (error: the network's words) and notes what follows from it. */
enum grant zoho_token_answer(
	struct token *, const char *error, long status, const char *body, size_t length, int64_t now_us);
/* It may have been issued, though no reply came: it counts. */
void zoho_token_perhaps_issued(struct token *, int64_t now_us);
/* A person says that it is worth asking now. Zoho's limit of tokens holds all the same. */
void zoho_token_ask_anew(struct token *);
/* A call made with this generation was answered 401: it isn't used again. */
void zoho_token_rejected(struct token *, uint64_t generation);
/* One of Zoho's API hosts, "https://www.zohoapis.eu". */
bool zoho_token_domain_is_zohos(const char *api_domain);

/* As text to be sealed and kept, pauses included, and back; false when it isn't one. */
size_t zoho_token_write(const struct token *, char *to, size_t size);
bool zoho_token_read(struct token *, const char *text, size_t length);
