/* Owns what becomes of an image once it is known: first the file, whole and on disk, then one transaction for its row, the
 * product's image_url and the run's ledger, at last the removal of the file it replaces. Killed anywhere between, the row still
 * says that it is wanted. */
#include "actors/handler/statements.h"
#include "actors/zoho_io/image_file.h"
#include "actors/zoho_io/image_kind.h"
#include "actors/zoho_io/images.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_BYTES = 32, TRANSIENT_RETRY_S = 300 };
static const struct db_statement lock = {"zoho_image_lock", SQL_ZOHO_IMAGE_LOCK};
static const char *const outcome_words[] = {
	[IMAGE_STORED] = "stored", [IMAGE_GONE] = "gone", [IMAGE_REFUSED] = "refused"};

struct image_record {
	struct image *image;
	enum image_outcome outcome;
	const struct image_type *kind;
	char file[IMAGE_NAME_BYTES], sha256[2 * DIGEST_BYTES + 1], error[REPLY_WHY_BYTES + 16];
	long status;
	int64_t retry_s;
};

static void digest(const void *bytes, size_t length, char hex[2 * DIGEST_BYTES + 1])
{
	unsigned char d[DIGEST_BYTES];
	if (!EVP_Digest(bytes, length, d, NULL, EVP_sha256(), NULL))
		die(EXIT_TEMPORARY, "SHA-256 isn't available");
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", d[i]);
}

/* After the commit nothing refers to the file that was there before. */
static void settle(struct image *i, const struct image_record *r)
{
	struct zoho *z = i->call.zoho;
	if (r->outcome == IMAGE_STORED)
		actor_count(z->actor, COUNT_IMAGES, 1);
	if (r->outcome != IMAGE_REFUSED && *i->file && strcmp(i->file, r->file) != 0)
		image_file_remove(z->images.dir, i->file);
	if (*r->error || r->outcome == IMAGE_GONE)
		log_info(r->outcome == IMAGE_GONE ? "no image" : "image refused", LF_STR("item", i->id),
			LF_STR("why", *r->error ? r->error : "the item has none any more"));
}

static void on_recorded(void *ctx, const struct db_reply *reply)
{
	struct image_record *r = ctx;
	struct image *i = r->image;
	if (reply->failure == DB_OK) {
		settle(i, r);
		zoho_image_done(i, r->outcome, r->status, r->error);
	} else {
		log_warn("an image isn't on the books", LF_STR("item", i->id), LF_STR("sqlstate", reply->sqlstate),
			LF_STR("error", reply->message));
		zoho_image_done(
			i, reply->failure == DB_ENVIRONMENT ? IMAGE_AGAIN : IMAGE_AWAY, r->status, reply->message);
	}
	free(r);
}

static void write_down(struct image *i, struct image_record *r)
{
	struct zoho *z = i->call.zoho;
	const char *organization = z->actor->config.zoho_organization_id;
	char bytes[24], retry[24], fence[24], page[24];
	bool stored = r->outcome == IMAGE_STORED;
	snprintf(bytes, sizeof bytes, "%zu", i->call.length);
	snprintf(retry, sizeof retry, "%" PRId64, r->retry_s);
	snprintf(fence, sizeof fence, "%" PRIu64, i->fence);
	snprintf(page, sizeof page, "%" PRIu64, *i->run ? i->page : 0);
	struct db_call *call = db_begin(z->db);
	db_add(call, &lock, 3,
		(struct db_param[]){DB_TEXT(organization), DB_TEXT(entity_names[ENTITY_PRODUCT].name), DB_TEXT(i->id)});
	const struct entity *e = z->product.now;
	db_add(call, &image_statements(e)->record, 15 + (e->fixed != NULL),
		(struct db_param[]){DB_TEXT(organization), DB_TEXT(i->id), DB_TEXT(*i->document ? i->document : NULL),
			DB_TEXT(outcome_words[r->outcome]), DB_TEXT(stored ? r->file : NULL),
			DB_TEXT(stored ? r->kind->type : NULL), DB_TEXT(stored ? bytes : NULL),
			DB_TEXT(stored ? r->sha256 : NULL), DB_TEXT(*r->error ? r->error : NULL), DB_TEXT(retry),
			DB_TEXT(IMAGES_URL), DB_TEXT(*i->run ? i->run : NULL), DB_TEXT(fence), DB_TEXT(page),
			DB_TEXT(*i->file ? "false" : "true"), DB_TEXT(e->fixed)});
	db_run(call, on_recorded, r);
}

/* False: the disk won't have it, and so no other. */
static bool put_file(struct image *i, struct image_record *r)
{
	struct zoho *z = i->call.zoho;
	bool whole;
	char why[256];
	r->kind = zoho_image_kind(i->call.body, i->call.length, &whole);
	if (!r->kind)
		return false; /* can't be: the reply was read as one */
	snprintf(r->file, sizeof r->file, "%s.%s", i->id, r->kind->suffix);
	digest(i->call.body, i->call.length, r->sha256);
	if (image_file_put(z->images.dir, r->file, i->call.body, i->call.length, why, sizeof why))
		return true;
	log_error("image", LF_STR("error", why));
	zoho_image_done(i, IMAGE_AWAY, r->status, why);
	zoho_images_refuse(z, LANE_REALTIME, LANE_DRIFT, why);
	return false;
}

void zoho_image_record(struct image *i, enum image_outcome outcome, const struct reply *reply)
{
	if (!i->call.zoho->product.now) { /* since it was asked for */
		zoho_image_done(i, i->call.zoho->product.known ? IMAGE_AWAY : IMAGE_AGAIN, reply ? reply->status : 0,
			"product doesn't fit its table, or that isn't known yet");
		return;
	}
	struct image_record *r = calloc(1, sizeof *r);
	if (!r)
		die(EXIT_TEMPORARY, "out of memory");
	int64_t after = i->call.zoho->actor->config.zoho_image_retry_after / 1000000000;
	*r = (struct image_record){
		.image = i, .outcome = outcome, .status = reply ? reply->status : 0, .retry_s = after};
	if (outcome != IMAGE_STORED && reply)
		snprintf(r->error, sizeof r->error, "%s", *reply->why ? reply->why : "Zoho has no image of it");
	if (reply && reply->verdict == REPLY_TRANSIENT && r->retry_s > TRANSIENT_RETRY_S)
		r->retry_s = TRANSIENT_RETRY_S;
	if (outcome == IMAGE_STORED && !put_file(i, r)) {
		free(r);
		return;
	}
	write_down(i, r);
}
