/* Owns bytes in other formats than JSON: pictures of items, and gzip streams. */
#ifndef ZOHO_SIM_IMAGE_H
#define ZOHO_SIM_IMAGE_H

#include "text.h"

/* Appends a small PNG that differs with every seed text. */
void image_png(struct text *out, const char *seed);
/* Replaces text by a gzip stream of it (stored, not deflated: valid all the same). */
void gzip_wrap(struct text *text);

#endif
