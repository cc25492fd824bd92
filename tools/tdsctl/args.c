/* Owns the arguments of a command: options are taken out by name, what is left are its words. */
#include <string.h>
#include "tools/tdsctl/ctl.h"

static void take_out(struct args *a, int from, int n)
{
	memmove(a->at + from, a->at + from + n, (size_t)(a->n - from - n) * sizeof *a->at);
	a->n -= n;
}

bool arg_flag(struct args *a, const char *name)
{
	for (int i = 0; i < a->n; i++)
		if (!strcmp(a->at[i], name)) {
			take_out(a, i, 1);
			return true;
		}
	return false;
}

const char *arg_value(struct args *a, const char *name)
{
	size_t n = strlen(name);
	for (int i = 0; i < a->n; i++) {
		const char *word = a->at[i];
		if (!strncmp(word, name, n) && word[n] == '=') {
			take_out(a, i, 1);
			return word + n + 1;
		}
		if (strcmp(word, name) != 0)
			continue;
		if (i + 1 == a->n)
			fail(CTL_USAGE, "%s: %s needs a value", a->command, name);
		const char *value = a->at[i + 1];
		take_out(a, i, 2);
		return value;
	}
	return NULL;
}

void args_done(const struct args *a, int n)
{
	for (int i = 0; i < a->n; i++)
		if (a->at[i][0] == '-' && a->at[i][1])
			fail(CTL_USAGE, "%s: unknown option %s (tdsctl help %s)", a->command, a->at[i], a->command);
	for (int i = 0; i < a->n && i < n; i++)
		if (!a->at[i][0])
			fail(CTL_USAGE, "%s: an empty argument (a variable that isn't set?)", a->command);
	if (a->n < n)
		fail(CTL_USAGE, "%s: something is missing (tdsctl help %s)", a->command, a->command);
	if (a->n > n)
		fail(CTL_USAGE, "%s: too much: %s (tdsctl help %s)", a->command, a->at[n], a->command);
}
