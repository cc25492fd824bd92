/* Images of products, from the request to the file and its row: images.c, image_record.c, image_care.c. */
#pragma once
#include "actors/images.h"
#include "actors/zoho_io/zoho.h"

struct image { /* of a product */
	struct call call;
	TAILQ_ENTRY(image) in_lane;
	char id[IMAGE_ID_BYTES];
	char *document;		     /* "": it has none any more */
	char file[IMAGE_NAME_BYTES]; /* the one there is, "" none */
	char run[RUN_BYTES];	     /* whose it is, "" nobody's */
	uint64_t fence, page, calls;
};

void zoho_images_open(struct zoho *);
void zoho_image(struct actor *, struct edge *, const union message *);
struct call *zoho_image_next(struct zoho *, enum lane);
void zoho_image_go(struct call *);
void zoho_images_refuse(struct zoho *, enum lane from, enum lane to, const char *why);
void zoho_images_stop(struct zoho *, struct str run, uint64_t fence);
bool zoho_images_idle(const struct zoho *);
void zoho_image_record(struct image *, enum image_outcome, const struct reply *);
void zoho_image_done(struct image *, enum image_outcome, long status, const char *error); /* reports and frees it */
void zoho_images_look_again(struct zoho *);						  /* each turn */
void zoho_images_look_after(struct zoho *); /* the database is there: which files are missing, which are too many */
