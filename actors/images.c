/* Owns the names of image files: one strict form, so that no name leads out of their directory. */
#include "actors/images.h"
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

const struct image_type image_types[IMAGE_TYPES] = {
	{"jpg", "image/jpeg"},
	{"png", "image/png"},
	{"gif", "image/gif"},
	{"webp", "image/webp"},
};

bool image_id_is_plain(struct str id)
{
	if (!id.len || id.len >= IMAGE_ID_BYTES)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!isascii(id.data[i]) ||
			(!isalnum((unsigned char)id.data[i]) && id.data[i] != '-' && id.data[i] != '_'))
			return false;
	return true;
}

const struct image_type *image_name_type(struct str name)
{
	const char *dot = name.len ? memchr(name.data, '.', name.len) : NULL;
	size_t stem = dot ? (size_t)(dot - name.data) : 0;
	if (!dot || !image_id_is_plain((struct str){name.data, stem}))
		return NULL;
	for (int i = 0; i < IMAGE_TYPES; i++)
		if (str_eq((struct str){dot + 1, name.len - stem - 1}, image_types[i].suffix))
			return &image_types[i];
	return NULL;
}

int images_open(const char *data_dir, int flags)
{
	char path[512];
	snprintf(path, sizeof path, "%s/" IMAGES_DIR, data_dir);
	return open(path, flags | O_DIRECTORY | O_CLOEXEC);
}
