/* What a reply of Zoho's means: the status, the body's `code` and the body's shape together say it. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	REPLY_OK,
	REPLY_NOT_FOUND,    /* 404 with code 1002: the record doesn't exist */
	REPLY_REFUSED,	    /* Zoho understood and won't: asking again changes nothing */
	REPLY_UNAUTHORIZED, /* the token, or a missing permission */
	REPLY_LIMITED,	    /* 429; `code` says of what there was too much */
	REPLY_TRANSIENT,    /* network, 5xx, HTML, a body cut short: ask again */
};

enum { REPLY_WHY_BYTES = 200 };

struct reply {
	enum verdict verdict;
	long status;  /* HTTP, 0 = none came */
	int64_t code; /* Zoho's, 0 fine, or one of enum own_code */
	char why[REPLY_WHY_BYTES];
	bool more;	   /* list: there are further pages */
	int64_t rows;	   /* list */
	uint64_t look;	   /* list, where there are further pages: a hash of how many rows it has and of the first */
	int64_t oldest_us; /* list: last_modified_time of its last row, 0 = it has none */
	bool newest_first; /* list: sorted by last_modified_time, newest first, by its rows and by its own words */
};

enum own_code { /* codes of failures that Zoho never saw */
	CODE_QUEUE_FULL = -1,
	CODE_BREAKER_OPEN = -2,
	CODE_NOT_AUTHORIZED = -3,
	CODE_NOT_POSSIBLE = -4, /* no such endpoint, no such handler */
	CODE_NETWORK = -5,
	CODE_NO_IMAGE = -7, /* what came where an image was asked for is none that is kept */
	CODE_TOO_BIG = -8,  /* larger than zoho.page_bytes_max: less at once may do */
	CODE_SHAPE = -6, /* a whole reply that says success and carries nothing: no outage, perhaps the record's own */
};

/* `error`: the network's words, NULL when a whole reply came. `root`: the key that a good reply has. */
void zoho_reply_read(
	struct reply *, const char *root, bool list, const char *error, long status, const char *body, size_t length);
struct http_reply;
/* Of a call for an image: REPLY_OK with one of image_types and whole, REPLY_NOT_FOUND where Zoho says that there is none. */
void zoho_image_reply_read(struct reply *, const struct http_reply *);
/* "2015-05-28T00:00:00+0300", "…Z", "… +03:00" → Unix µs, 0 when it is none. */
int64_t zoho_time(const char *text);
