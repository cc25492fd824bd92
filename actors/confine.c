/* Confinement: what an actor gives up once it is ready, so that a mistake in a parser stays a mistake in a parser. The
 * ring was narrowed before (loop_ring.c), because a ring walks around seccomp. */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include "actors/runtime.h"

static const int forbidden[] = {
#define FORBID(name) SCMP_SYS(name),
#include "actors/confine.def"
#undef FORBID
};

void confine(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden && r == 0; i++)
		if (forbidden[i] >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		log_warn("system calls are not restricted", LF_STR("error", strerror(-r)));
	seccomp_release(filter);
}
