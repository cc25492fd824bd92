/* Who children are: where TDS was started as root, an unprivileged user with a directory of its own to dump core in; else nobody
 * but ourselves. */
#include <pwd.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
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
static bool may_reach(const struct identity *who, const char *path)
{
	int status = 0;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		drop_privileges(who, SIGKILL, parent);
		_exit(access(path, X_OK) != 0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void identity_choose(struct supervisor *s)
{
	const struct postgres *p = &s->postgres;
	if (geteuid() != 0)
		return;
	if (p->wanted && !may_reach(&p->who, p->run))
		log_warn("actors stay root: the private PostgreSQL's user can't reach its own directory",
			LF_STR("user", p->who.user), LF_STR("directory", p->run));
	else if (p->wanted)
		s->actors_as = p->who;
	else if (!identity_named(&s->actors_as, "tds") && !identity_named(&s->actors_as, "nobody"))
		log_warn("actors stay root: there is neither a user \"tds\" nor \"nobody\"");
	if (s->actors_as.uid)
		make_dir(ACTORS_DIR, 0700, s->actors_as.uid, s->actors_as.gid);
}
