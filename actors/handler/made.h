/* Memory for what statements are made of: zeroed and never freed, because a statement lives as long as its connection's
 * program. It is made anew only when the ERP's tables have changed. */
#pragma once
#include <stddef.h>

void *made(size_t bytes);
const char *made_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
