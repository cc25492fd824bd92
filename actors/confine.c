/* Confinement: what an actor gives up once it is ready, so that a mistake in a parser stays a mistake in a parser. The
 * ring was narrowed before (loop_ring.c), because a ring walks around seccomp. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "actors/runtime.h"

#define FILES_WRITE                                                                                                    \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |            \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_CHAR |           \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define FILES_TRUNCATE (1ULL << 14) /* LANDLOCK_ACCESS_FS_TRUNCATE, from ABI 3 on */
#define FILES_KEEP (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

static const int forbidden[] = {
#define FORBID(name) SCMP_SYS(name),
#include "actors/confine.def"
#undef FORBID
};

static int kept_in = -1; /* the one directory that this actor keeps files in */

void actor_keeps_files_in(int directory)
{
	kept_in = directory;
}

static bool allow(int ruleset, int directory, uint64_t what)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = what, .parent_fd = directory};
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* Nobody writes files but those who said where; everybody may dump a core where it works (landlock(7)). */
static bool confine_files(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t truncate = abi >= 3 ? FILES_TRUNCATE : 0;
	struct landlock_ruleset_attr all = {.handled_access_fs = FILES_WRITE | truncate};
	int ruleset = abi > 0 ? (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0) : -1;
	if (ruleset < 0)
		return false;
	int cores = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool fine = cores < 0 ||
		    allow(ruleset, cores, LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | truncate);
	fine = fine && (kept_in < 0 || allow(ruleset, kept_in, FILES_KEEP | truncate));
	fine = fine && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	if (cores >= 0)
		close(cores);
	close(ruleset);
	return fine;
}

void confine(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!confine_files())
		log_info("files are guarded by their owner alone: no Landlock", LF_STR("error", strerror(errno)));
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
