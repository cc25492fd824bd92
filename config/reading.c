/* Owns how a value enters the configuration and how a refusal reads: one place, so that each error has the same shape.
 */
#include "config/reading.h"
#include "config/memory.h"
#include "config/value.h"
#include "ipc/seam.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 4, 0))) static void describe(
	char text[CONFIG_ERROR_BYTES], struct origin at, const char *key, const char *format, va_list args)
{
	size_t n = 0;
	if (at.file != NULL && at.line > 0)
		n = (size_t)snprintf(text, CONFIG_ERROR_BYTES, "%.255s:%d: ", at.file, at.line);
	else if (at.file != NULL)
		n = (size_t)snprintf(text, CONFIG_ERROR_BYTES, "%.255s: ", at.file);
	if (key != NULL)
		n += (size_t)snprintf(text + n, CONFIG_ERROR_BYTES - n, "%.64s: ", key);
	vsnprintf(text + n, CONFIG_ERROR_BYTES - n, format, args);
}

int reading_refuse(struct reading *r, struct origin at, const char *key, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	describe(r->error, at, key, format, args);
	va_end(args);
	return -1;
}

void reading_warn(struct reading *r, struct origin at, const char *key, const char *format, ...)
{
	char text[CONFIG_ERROR_BYTES];
	va_list args;
	va_start(args, format);
	describe(text, at, key, format, args);
	va_end(args);
	strings_add(r->c, &r->c->warnings, config_text(r->c, text, strlen(text)));
}

const char *reading_absolute(struct reading *r, const char *path)
{
	return path[0] == '/' || path[0] == '\0' ? path : config_format(r->c, "%s/%s", r->folder, path);
}

int reading_assign(struct reading *r, const struct parameter *p, struct strings texts, struct origin at)
{
	char why[VALUE_WHY_BYTES];
	char *path;
	if (p->type == PARAM_PATH && texts.n == 1) {
		path = (char *)reading_absolute(r, texts.at[0]);
		texts = (struct strings){&path, 1};
	}
	if (!value_set(r->c, p, &texts, why))
		return reading_refuse(r, at, p->name, "%s", why);
	r->from[parameter_index(p)] = at;
	r->secret_file[parameter_index(p)] = NULL;
	return 0;
}

int reading_assign_text(struct reading *r, const struct parameter *p, const char *text, struct origin at)
{
	char *copy = config_text(r->c, text, strlen(text));
	return reading_assign(r, p, (struct strings){&copy, 1}, at);
}

static char *slurp_open(
	struct reading *r, int fd, const char *path, struct origin at, const char *key, unsigned refused, size_t *n)
{
	struct stat s;
	if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
		reading_refuse(r, at, key, "%s isn't a file", path);
		return NULL;
	}
	if ((s.st_mode & refused) != 0) {
		reading_refuse(r, at, key, "%s can be read by everyone: chmod 640 it", path);
		return NULL;
	}
	if (s.st_size > FILE_BYTES_MAX) {
		reading_refuse(r, at, key, "%s is larger than %d bytes", path, FILE_BYTES_MAX);
		return NULL;
	}
	char *text = config_alloc(r->c, (size_t)s.st_size + 1);
	*n = 0;
	for (ssize_t got = 1; got > 0 && *n<(size_t)s.st_size; *n += got> 0 ? (size_t)got : 0) {
		got = SEAM_CALL(READ, read(fd, text + *n, (size_t)s.st_size - *n));
		if (got < 0) {
			reading_refuse(r, at, key, "%s can't be read: %s", path, strerror(errno));
			return NULL;
		}
	}
	return text;
}

char *reading_slurp(struct reading *r, const char *path, struct origin at, const char *key, unsigned refused, size_t *n)
{
	int fd = SEAM_CALL(OPEN, open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
	if (fd < 0) {
		reading_refuse(r, at, key, "%s can't be read: %s", path, strerror(errno));
		return NULL;
	}
	char *text = slurp_open(r, fd, path, at, key, refused, n);
	close(fd);
	return text;
}
