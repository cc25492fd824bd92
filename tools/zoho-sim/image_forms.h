/* Owns pictures in every form that Zoho keeps, and what may come in place of one. */
#ifndef ZOHO_SIM_IMAGE_FORMS_H
#define ZOHO_SIM_IMAGE_FORMS_H

#include "http.h"
#include "text.h"

/* Appends a picture as image_type says (jpg, gif, webp, else PNG) that differs with every seed; its Content-Type. */
const char *image_of(struct text *out, const char *type, const char *seed);
/* Spoils a reply that is a picture: empty, cut, type (another Content-Type), untyped, svg, html, large (20 MiB). */
void image_spoil(struct request *request, const char *how);

#endif
