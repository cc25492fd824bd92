/* Image files: put where they are served, whole or not at all. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* In the directory `dir`, under `name`, over what is there, on disk when it returns. False: why, and nothing has changed
 * (open(2), fsync(2), rename(2)). Blocks while the disk writes. */
bool image_file_put(int dir, const char *name, const void *bytes, size_t length, char *why, size_t size);
/* Removes it; true when it is not (or no longer) there. */
bool image_file_remove(int dir, const char *name);
bool image_file_exists(int dir, const char *name);
/* Removes what was begun and never finished; how many. */
int image_files_unfinished(int dir);
