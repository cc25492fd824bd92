/* Durations and sizes as people write them: a whole number and a unit, "250ms" or "64MiB". */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { UNITS_TEXT_BYTES = 32 };

/* ms, s, m, h, d; nanoseconds. False: not a duration, or more than int64_t holds. A bare 0 needs no unit. */
bool duration_parse(const char *text, int64_t *ns);
/* B, KiB, MiB, GiB; bytes. */
bool size_parse(const char *text, int64_t *bytes);
/* In the largest unit that divides it; parses back to the same. Both give `text`. */
const char *duration_text(int64_t ns, char text[UNITS_TEXT_BYTES]);
const char *size_text(int64_t bytes, char text[UNITS_TEXT_BYTES]);
/* A whole decimal number and nothing else. */
bool integer_parse(const char *text, int64_t *value);
