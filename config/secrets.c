/* Owns secrets kept in files of their own (<key>_file), so that a configuration can be shown and shared without them.
 */
#include "config/memory.h"
#include "config/reading.h"
#include <string.h>

/* One per line, empty lines left out. */
static struct strings lines_of(struct reading *r, char *text)
{
	struct strings list = {NULL, 0};
	char *rest;
	for (char *line = strtok_r(text, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest))
		strings_add(r->c, &list, line);
	return list;
}

static int read_secret(struct reading *r, const struct parameter *p)
{
	size_t i = parameter_index(p), n;
	struct origin at = r->secret_from[i];
	char key[PARAMETER_NAME_BYTES + sizeof "_file"];
	snprintf(key, sizeof key, "%s_file", p->name);
	const char *path = reading_absolute(r, r->secret_file[i]);
	char *text = reading_slurp(r, path, at, key, SECRET_MODE, &n);
	if (text == NULL)
		return -1;
	if (strlen(text) != n)
		return reading_refuse(r, at, key, "%s holds a NUL byte", path);
	if (p->type == PARAM_SECRETS)
		return reading_assign(r, p, lines_of(r, text), at);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	return n == 0 ? reading_refuse(r, at, key, "%s is empty", path)
		      : reading_assign(r, p, (struct strings){&text, 1}, at);
}

int reading_secrets(struct reading *r)
{
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if (r->secret_file[parameter_index(p)] != NULL && read_secret(r, p) != 0)
			return -1;
	return 0;
}
