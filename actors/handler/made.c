/* Memory that is never given back. */
#include "actors/handler/made.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "ipc/log.h"

void *made(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);
	if (!p)
		die(EXIT_TEMPORARY, "out of memory");
	return p;
}

const char *made_text(const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, format);
	int n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		die(EXIT_TEMPORARY, "out of memory");
	return text;
}
