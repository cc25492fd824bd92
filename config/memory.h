/* The configuration's own memory: pieces that live until config_free, which wipes them, since some are secrets. */
#pragma once
#include "config/config.h"

/* Zeroed; dies with exit 111 when there is none. */
void *config_alloc(struct config *, size_t bytes);
/* A copy of `n` bytes with a NUL after them. */
char *config_text(struct config *, const char *, size_t n);
char *config_format(struct config *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One more text at the end of a list. The texts before it stay where they are. */
void strings_add(struct config *, struct strings *, char *text);
