/* What an image's bytes say that it is. Pure. */
#pragma once
#include <stddef.h>
#include "actors/images.h"

/* By its first bytes; NULL: none of image_types. `whole`: it isn't cut short, as far as its form tells. */
const struct image_type *zoho_image_kind(const void *bytes, size_t length, bool *whole);
