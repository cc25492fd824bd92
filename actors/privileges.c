/* Gives up root: groups first, since they need the right that goes with the user. */
#include "actors/privileges.h"
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "ipc/log.h"

void drop_privileges(const struct identity *to, int death_signal, pid_t parent)
{
	if (geteuid() != 0 || to->uid == 0)
		return;
	if (initgroups(to->user, to->gid) != 0 || setresgid(to->gid, to->gid, to->gid) != 0 ||
		setresuid(to->uid, to->uid, to->uid) != 0)
		die(EXIT_PERMANENT, "cannot become user %s: %s", to->user, strerror(errno));
	prctl(PR_SET_PDEATHSIG, death_signal);
	prctl(PR_SET_DUMPABLE, 1);
	if (getppid() != parent)
		_exit(EXIT_TEMPORARY);
}
