/* The one owner of the access token: refreshes it, one request at a time, and keeps it over restarts. */
#pragma once
#include "actors/zoho_io/http.h"
#include "actors/zoho_io/token.h"

struct zoho;

struct keeper {
	struct token token;
	struct http_call *refresh; /* under way */
	bool trial;		   /* it tries an open breaker */
	bool loading;		   /* the database is asked for a predecessor's */
	bool unsaved;		   /* the database doesn't know the newest */
	int64_t save_ns;	   /* it is told again then */
	int64_t patience_ns;	   /* how long the database may take */
	char about[512];	   /* what the kept token is bound to */
};

void zoho_keeper_open(struct zoho *);
/* May a call go out now? Starts a refresh where one is needed. TOKEN_PAUSE and TOKEN_STOP: why is in token.why. */
enum token_need zoho_keeper_ask(struct zoho *);
/* Why no call can go out for want of a token, and until when; NULL: nothing known to be in the way. */
const char *zoho_keeper_blocked(const struct zoho *, bool *stopped, int64_t *until_us);
void zoho_keeper_ask_anew(struct zoho *); /* a person says that it is worth it */
void zoho_keeper_tick(struct zoho *);	  /* a stopped grant is tried again, rarely; an unsaved token is saved */
void zoho_keeper_database(struct zoho *, bool up);
const char *zoho_keeper_api(const struct zoho *); /* base URL of the API */
