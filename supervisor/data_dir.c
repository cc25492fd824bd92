/* Owns the data directory: that it exists, can be written, and belongs to one supervisor only. Whatever is wrong with
 * it is one clear line before anything is started. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

static int exit_code_for(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EIO || error == ENOMEM ? EXIT_TEMPORARY : EXIT_PERMANENT;
}

/* Makes one directory, with its owner; an existing one is left as it is. */
void make_dir(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdir(path, mode) != 0) {
		if (errno != EEXIST)
			die(exit_code_for(errno), "data_dir: cannot make %s: %s", path, strerror(errno));
		return;
	}
	if (chmod(path, mode) != 0 || ((uid != geteuid() || gid != getegid()) && chown(path, uid, gid) != 0))
		die(exit_code_for(errno), "data_dir: %s: %s", path, strerror(errno));
}

static void make_parents(const char *path)
{
	char part[1024];
	snprintf(part, sizeof part, "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			die(exit_code_for(errno), "data_dir: cannot make %s: %s", part, strerror(errno));
		*slash = '/';
	}
}

/* Held until the process ends, over an upgrade as well: the lock lives in the open file. */
static void lock(struct supervisor *s)
{
	char pid[24] = "";
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (s->lock_fd < 0)
		die(exit_code_for(errno), "data_dir: cannot write in %s: %s", s->config.tds_data_dir, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = pread(s->lock_fd, pid, sizeof pid - 1, 0);
		pid[n > 0 ? n : 0] = 0;
		pid[strcspn(pid, "\n")] = 0;
		die(EXIT_TEMPORARY, "data_dir: %s is in use by another tds (pid %s)", s->config.tds_data_dir, pid);
	}
	snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	if (ftruncate(s->lock_fd, 0) != 0 || pwrite(s->lock_fd, pid, strlen(pid), 0) < 0)
		die(exit_code_for(errno), "data_dir: cannot write in %s: %s", s->config.tds_data_dir, strerror(errno));
}

static void socket_path(char *to, size_t size, const char *dir, const char *name)
{
	int n = snprintf(to, size, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= size)
		die(EXIT_CONFIG, "data_dir: %s is too long for the path of a unix socket (%zu bytes at most)", dir,
			size - strlen(name) - 2);
}

void data_dir_open(struct supervisor *s)
{
	const char *dir = s->config.tds_data_dir;
	make_parents(dir);
	make_dir(dir, 0750, geteuid(), s->postgres.wanted ? s->postgres.who.gid : getegid());
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0 || fchdir(s->dir_fd) != 0)
		die(exit_code_for(errno), "data_dir: %s: %s", dir, strerror(errno));
	if (s->lock_fd < 0)
		lock(s);
	socket_path(s->api_path, sizeof s->api_path, dir, "api.sock");
	if (*s->config.control_socket)
		snprintf(s->control_path, sizeof s->control_path, "%s", s->config.control_socket);
	else
		socket_path(s->control_path, sizeof s->control_path, dir, "control.sock");
}
