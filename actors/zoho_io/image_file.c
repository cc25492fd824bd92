/* Owns the writing of image files: under another name in the same directory, synced, renamed, the directory synced. */
#include "actors/zoho_io/image_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNFINISHED ".new-" /* no name that is served begins with a dot */

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

static bool put(int dir, const char *unfinished, const char *name, const void *bytes, size_t length)
{
	int fd = openat(dir, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	bool written = write_all(fd, bytes, length) && fsync(fd) == 0;
	written = close(fd) == 0 && written;
	return written && renameat(dir, unfinished, dir, name) == 0 && fsync(dir) == 0;
}

bool image_file_put(int dir, const char *name, const void *bytes, size_t length, char *why, size_t size)
{
	char unfinished[128];
	snprintf(unfinished, sizeof unfinished, UNFINISHED "%s", name);
	if (put(dir, unfinished, name, bytes, length))
		return true;
	snprintf(why, size, "%s can't be written in data_dir/images/products: %s", name, strerror(errno));
	unlinkat(dir, unfinished, 0);
	return false;
}

bool image_file_remove(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0 || errno == ENOENT;
}

bool image_file_exists(int dir, const char *name)
{
	struct stat about;
	return fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode);
}

int image_files_unfinished(int dir)
{
	int n = 0, fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = fd >= 0 ? fdopendir(fd) : NULL;
	if (!all) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (const struct dirent *e; (e = readdir(all));)
		n += !strncmp(e->d_name, UNFINISHED, strlen(UNFINISHED)) && unlinkat(dir, e->d_name, 0) == 0;
	closedir(all);
	return n;
}
