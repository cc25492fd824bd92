/* Images of products as files: where they lie in data_dir, what they may be called, where they are served. zoho-io writes them,
 * http-ingest reads them. */
#pragma once
#include <stdbool.h>
#include "ipc/message.h"

#define IMAGES_PARENT "images"
#define IMAGES_DIR "images/products"	      /* in data_dir */
#define IMAGES_URL "/static/images/products/" /* image_url is this and the name */

enum { IMAGE_ID_BYTES = 64, IMAGE_NAME_BYTES = IMAGE_ID_BYTES + 8, IMAGE_TYPES = 4 };

struct image_type {
	const char *suffix, *type; /* "jpg", "image/jpeg" */
};
extern const struct image_type image_types[IMAGE_TYPES];

enum image_outcome { /* of a request for one */
	IMAGE_STORED,
	IMAGE_GONE,    /* Zoho has none: neither have we any more */
	IMAGE_REFUSED, /* what came is no image; why stands in tds_images.error */
	IMAGE_AGAIN,   /* PostgreSQL didn't take note of it */
	IMAGE_AWAY,    /* can't be had now, whichever it is: the error says why */
};

/* What becomes part of a path: letters, digits, '-' and '_' alone, no more than IMAGE_ID_BYTES - 1. */
bool image_id_is_plain(struct str id);
/* "ID.SUFFIX" with a suffix of image_types; which one, or NULL. Nothing else is opened, whoever asks. */
const struct image_type *image_name_type(struct str name);
/* The directory, as a descriptor for openat; -1 where it can't be opened (errno). */
int images_open(const char *data_dir, int flags);
