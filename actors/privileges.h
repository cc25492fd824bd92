/* Becoming an unprivileged user for good, where TDS was started as root. */
#pragma once
#include <sys/types.h>

/* Where actors work, in data_dir: a process dumps core where it may write (core(5)). */
#define ACTORS_DIR "cores"

struct identity { /* uid 0: stay who we are */
	uid_t uid;
	gid_t gid;
	char user[32];
};

/* In a child: takes on user and groups. That clears PDEATHSIG, so it is set again (0: none), and the child ends when
 * `parent` is gone already; it may still dump core. Does nothing where we aren't root or it says to stay. Ends the
 * process with EXIT_PERMANENT where it can't be (setresuid(2), prctl(2)). */
void drop_privileges(const struct identity *, int death_signal, pid_t parent);
