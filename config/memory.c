/* Owns the memory behind a configuration: a chain of pieces freed in one go and wiped first, so that no secret stays in
 * a process that no longer needs it. */
#include "config/memory.h"
#include "ipc/log.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	size_t bytes;
	_Alignas(max_align_t) char at[];
};

void *config_alloc(struct config *c, size_t bytes)
{
	struct piece *p = calloc(1, sizeof *p + bytes);
	if (p == NULL)
		die(EXIT_TEMPORARY, "configuration: no memory for %zu bytes", bytes);
	p->next = c->arena;
	p->bytes = bytes;
	c->arena = p;
	return p->at;
}

char *config_text(struct config *c, const char *text, size_t n)
{
	char *copy = config_alloc(c, n + 1);
	memcpy(copy, text, n);
	return copy;
}

char *config_format(struct config *c, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *text = config_alloc(c, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

/* The room doubles at each power of two. */
void strings_add(struct config *c, struct strings *list, char *text)
{
	if ((list->n & (list->n - 1)) == 0) {
		char **larger = config_alloc(c, (list->n == 0 ? 1 : list->n * 2) * sizeof *larger);
		if (list->n > 0)
			memcpy(larger, list->at, list->n * sizeof *larger);
		list->at = larger;
	}
	list->at[list->n++] = text;
}

void config_free(struct config *c)
{
	for (struct piece *p = c->arena, *next; p != NULL; p = next) {
		next = p->next;
		explicit_bzero(p->at, p->bytes);
		free(p);
	}
	memset(c, 0, sizeof *c);
}
