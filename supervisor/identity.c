/* Who children are: where TDS was started as root, an unprivileged user with a directory of its own to dump core in; else nobody
 * but ourselves. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "actors/images.h"
#include "supervisor/supervisor.h"

bool identity_named(struct identity *who, const char *name)
{
	const struct passwd *user = getpwnam(name);
	if (!user || user->pw_uid == 0)
		return false;
	who->uid = user->pw_uid;
	who->gid = user->pw_gid;
	snprintf(who->user, sizeof who->user, "%s", user->pw_name);
	return true;
}

/* Asked by a child that becomes that user: all the way to the directory may be somebody else's. */
bool identity_reaches(const struct identity *who, const char *path)
{
	int status = 0;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		drop_privileges(who, SIGKILL, parent);
		_exit(access(path, X_OK) != 0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Made where it is missing; another user's (TDS ran as somebody else before) becomes the actors'. */
static void actors_dir(const struct supervisor *s, const char *path, mode_t mode)
{
	uid_t uid = s->actors_as.uid ? s->actors_as.uid : geteuid();
	gid_t gid = s->actors_as.uid ? s->actors_as.gid : getegid();
	struct stat about;
	make_dir(path, mode, uid, gid);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &about) != 0 || (about.st_uid != uid && geteuid() == 0 && fchown(fd, uid, gid) != 0))
		log_warn("data_dir", LF_STR("directory", path), LF_STR("error", strerror(errno)));
	if (fd >= 0)
		close(fd);
}

static void choose(struct supervisor *s)
{
	const struct postgres *p = &s->postgres;
	if (geteuid() != 0)
		return;
	if (p->wanted)
		s->actors_as = p->who;
	else if (!identity_named(&s->actors_as, "tds") && !identity_named(&s->actors_as, "nobody"))
		log_warn("actors stay root: there is neither a user \"tds\" nor \"nobody\"");
}

/* What actors keep files in lies in directories that they can't exchange. */
void identity_choose(struct supervisor *s)
{
	choose(s);
	actors_dir(s, ACTORS_DIR, 0700);
	make_dir(IMAGES_PARENT, 0755, geteuid(), getegid());
	actors_dir(s, IMAGES_DIR, 0750);
}
