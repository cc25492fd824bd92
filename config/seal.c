/* Owns the hand-over of a configuration to an actor: a memfd sealed against every change that holds only the keys the
 * actor may see, so that a secret never enters a process that has no use for it.
 *
 * Format: "TDSCONF1", u32 number of keys, then per key {text name, u32 count, count texts}, where a text is {u32 bytes,
 * bytes} as value_text writes it; the key "" holds the file's path. Same machine, same binary: no byte order to care
 * about. */
#include "config/memory.h"
#include "config/value.h"
#include "ipc/seam.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEAL_BYTES_MAX = 4 << 20, SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
static const char magic[8] = {'T', 'D', 'S', 'C', 'O', 'N', 'F', '1'};

static void put_number(FILE *out, uint32_t n)
{
	fwrite(&n, sizeof n, 1, out);
}

static void put_text(FILE *out, const char *text)
{
	put_number(out, (uint32_t)strlen(text));
	fputs(text, out);
}

static void put_key(FILE *out, const struct config *c, const struct parameter *p)
{
	char room[VALUE_TEXT_BYTES];
	size_t n = value_count(c, p);
	put_text(out, p->name);
	put_number(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		put_text(out, value_text(c, p, i, room));
}

static void put_all(FILE *out, const struct config *c, enum config_who who)
{
	uint32_t keys = c->file != NULL;
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		keys += (p->who & who) != 0;
	fwrite(magic, sizeof magic, 1, out);
	put_number(out, keys);
	if (c->file != NULL) {
		put_text(out, "");
		put_number(out, 1);
		put_text(out, c->file);
	}
	for (const struct parameter *p = parameters; p < parameters + PARAMETERS; p++)
		if ((p->who & who) != 0)
			put_key(out, c, p);
}

/* stdio's buffer is ours, so that it can be wiped. */
static bool write_all(int fd, const struct config *c, enum config_who who)
{
	char buffer[BUFSIZ];
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
	if (out == NULL) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	setvbuf(out, buffer, _IOFBF, sizeof buffer);
	put_all(out, c, who);
	bool failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	explicit_bzero(buffer, sizeof buffer);
	return !failed;
}

int config_seal(const struct config *c, enum config_who who)
{
	int fd = SEAM_CALL(MEMFD, memfd_create("tds-config", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (fd >= 0 && (!write_all(fd, c, who) || fcntl(fd, F_ADD_SEALS, SEALS) != 0)) {
		int why = errno;
		close(fd);
		errno = why;
		fd = -1;
	}
	return fd;
}

struct cursor {
	const char *at, *end;
};

static bool take_number(struct cursor *from, uint32_t *n)
{
	if ((size_t)(from->end - from->at) < sizeof *n)
		return false;
	memcpy(n, from->at, sizeof *n);
	from->at += sizeof *n;
	return true;
}

/* NULL where the bytes end early or the text holds a NUL. */
static char *take_text(struct config *c, struct cursor *from)
{
	uint32_t n;
	if (!take_number(from, &n) || n > (size_t)(from->end - from->at) || memchr(from->at, '\0', n) != NULL)
		return NULL;
	from->at += n;
	return config_text(c, from->at - n, n);
}

static bool take_key(struct config *c, struct cursor *from)
{
	char why[VALUE_WHY_BYTES];
	struct strings texts = {NULL, 0};
	uint32_t n;
	const char *name = take_text(c, from);
	if (name == NULL || !take_number(from, &n))
		return false;
	for (; n > 0; n--) {
		char *text = take_text(c, from);
		if (text == NULL)
			return false;
		strings_add(c, &texts, text);
	}
	if (name[0] == '\0' && texts.n == 1) {
		c->file = texts.at[0];
		return true;
	}
	const struct parameter *p = parameter_named(name);
	return p != NULL && value_set(c, p, &texts, why);
}

static char *take_bytes(struct config *c, int fd, size_t *n)
{
	struct stat s;
	if (fstat(fd, &s) != 0 || s.st_size < (off_t)sizeof magic || s.st_size > SEAL_BYTES_MAX)
		return NULL;
	if ((fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
		return NULL;
	char *text = config_alloc(c, (size_t)s.st_size);
	for (*n = 0; *n < (size_t)s.st_size;) {
		ssize_t got = SEAM_CALL(READ, pread(fd, text + *n, (size_t)s.st_size - *n, (off_t)*n));
		if (got <= 0)
			return NULL;
		*n += (size_t)got;
	}
	return text;
}

static int unseal(struct config *c, int fd)
{
	size_t n;
	uint32_t keys;
	const char *bytes = take_bytes(c, fd, &n);
	if (bytes == NULL || memcmp(bytes, magic, sizeof magic) != 0)
		return -1;
	struct cursor from = {bytes + sizeof magic, bytes + n};
	if (!take_number(&from, &keys))
		return -1;
	for (; keys > 0; keys--)
		if (!take_key(c, &from))
			return -1;
	return from.at == from.end ? 0 : -1;
}

int config_unseal(struct config *c, int fd)
{
	values_default(c);
	if (unseal(c, fd) == 0)
		return 0;
	config_free(c);
	errno = EINVAL;
	return -1;
}
