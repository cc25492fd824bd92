/* A webhook from its request to its reply: one delivery, or up to a hundred of a batch. */
#pragma once
#include "actors/http_ingest/form.h"
#include "actors/http_ingest/ingest.h"
#include "actors/http_ingest/json.h"
#include "actors/http_ingest/request.h"
#include "actors/uuid.h"

enum { WEBHOOK_BATCH_MAX = 100, WEBHOOK_ID_DIGITS_MAX = 19, WEBHOOK_KEY_BYTES = 128, WEBHOOK_HASH_BYTES = 65 };

enum delivery_outcome { DELIVERY_OPEN, DELIVERY_QUEUED, DELIVERY_QUARANTINED, DELIVERY_DUPLICATE, DELIVERY_FAILED };

struct delivery { /* one event on its way into inbox and queue */
	struct webhook *webhook;
	struct delivery *next;	/* waiting for a commit */
	struct delivery *twins; /* in the same group, the same: duplicates of this one */
	struct delivery *older; /* in the same group, of the same record */
	enum entity_id entity;
	enum operation operation;
	struct str id, organization, event_type;
	struct str record;		       /* the record's JSON as it came */
	struct str canonical;		       /* its canonical form */
	struct str bytes;		       /* what was received, kept where jsonb can't hold it */
	const char *unstorable;		       /* why it can't; such an event is quarantined */
	int64_t received_us, last_modified_us; /* 0 = it carries no time */
	bool full, thin, refetch;
	char key[WEBHOOK_KEY_BYTES], hash[WEBHOOK_HASH_BYTES];
	size_t key_n;	 /* without the number of a repetition */
	unsigned number; /* 0, or 2, 3, … */
	struct uuid event;
	bool alone;	   /* its group failed for somebody's data: alone now */
	unsigned attempts; /* at a commit */
	enum delivery_outcome outcome;
	uint64_t seq;
	char first[UUID_TEXT_BYTES]; /* of a duplicate: the event it repeats */
};

struct webhook {
	struct request *request;
	bool verified, batch, failed;
	struct str headers, delivery_id;
	char peer[64];
	struct delivery *deliveries;
	unsigned n, open_n;
};

struct refusal { /* why a body isn't taken: 400 and 403 say `msg`, 422 also where and what */
	int status;
	const char *loc, *msg, *type;
};

/* Takes a complete request on one of the webhook URLs; `name` is the URL's, absent on the generic ones. */
void webhook_take(struct request *, struct str name);
/* A delivery's outcome is known; the last one of a webhook makes the reply. */
void webhook_done(struct delivery *);

/* Commits (group.c): whether there is a database to commit to; a delivery to be committed with the next group. */
bool group_up(const struct ingest *);
void group_add(struct ingest *, struct delivery *);
void group_flush(struct ingest *);
bool group_busy(const struct ingest *);
void groups_start(struct ingest *);

/* Authentication (webhook_auth.c): whether any configured way is satisfied and none is violated; without one, true. */
bool webhook_authentic(const struct ingest *, const struct request *, bool *verified);
/* Hex HMAC-SHA256 over sorted query and form pairs and the raw body (zoho.md, "Webhooks"); `to` has 65 bytes. */
void webhook_zoho_signature(
	struct str secret, struct str query, struct str body, bool is_form, struct http_arena *, char *to);
bool webhook_is_form(const struct request *);

/* Shapes (shape.c): finds the record in an event and says what it is. Set before: the operation and organisation that
 * hold where the body names none. */
bool shape_event(struct delivery *, const struct json *, uint32_t event, bool in_batch, enum entity_id url,
	struct http_arena *, struct refusal *);
/* Records (record.c). */
bool record_id(const struct json *, uint32_t node, struct http_arena *, struct str *id, bool *there);
void record_describe(struct delivery *, const struct json *, uint32_t record, struct http_arena *);
void record_key(struct delivery *, struct str delivery_id); /* from `canonical`, id, operation, organisation */
/* Unix microseconds of Zoho's spellings of a time; false when it is none. */
bool record_time(struct str text, int64_t *us);
