/* Owns the making of the ring. A ring walks around seccomp, so it is made disabled, narrowed to the operations that
 * ipc/loop_uring.c uses, and only then enabled; should a step fail, there is no ring. */
#include "ipc/loop_ring.h"
#include "ipc/seam.h"

#include <stdio.h>
#include <string.h>

enum { submissions_max = 256, completions_max = 2048 };

/* Best first. COOP_TASKRUN came with 5.19, as did multishot accept: a kernel that refuses both sets is too old. */
static const unsigned flag_sets[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
	IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
};
enum { features_needed = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP };

static const unsigned char operations[] = {
	IORING_OP_ACCEPT,
	IORING_OP_RECV,
	IORING_OP_SEND,
	IORING_OP_POLL_ADD,
	IORING_OP_READ, /* bells */
	IORING_OP_ASYNC_CANCEL,
	IORING_OP_CLOSE,
};
enum { operation_count = sizeof operations / sizeof *operations };

/* liburing returns errors instead of setting errno, so these calls pass the seam by this door. */
static int injected(enum seam_point point)
{
	return seam_armed ? -seam_hit(point) : 0;
}

static int set_up(struct io_uring *ring)
{
	int error = -EINVAL;
	for (size_t i = 0; error == -EINVAL && i < sizeof flag_sets / sizeof *flag_sets; i++) {
		struct io_uring_params params = {
			.flags = flag_sets[i] | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE,
			.cq_entries = completions_max,
		};
		error = injected(SEAM_URING_SETUP) ?: io_uring_queue_init_params(submissions_max, ring, &params);
	}
	return error;
}

/* These two by io_uring_register itself: liburing 2.3 declares their functions without exporting them. */
static int restrict_to_needs(struct io_uring *ring)
{
	struct io_uring_restriction rules[operation_count + 2] = {0};
	int count = 0;
	for (; count < operation_count; count++) {
		rules[count].opcode = IORING_RESTRICTION_SQE_OP;
		rules[count].sqe_op = operations[count];
	}
	rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rules[count++].sqe_flags = IOSQE_CQE_SKIP_SUCCESS;
	rules[count].opcode = IORING_RESTRICTION_REGISTER_OP;
	rules[count++].register_op = IORING_UNREGISTER_RING_FDS; /* at the end; it opens nothing */
	return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, (unsigned)count);
}

static int enable(struct io_uring *ring)
{
	return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

/* Some sandboxes allow all of the above and then refuse this. */
static int try_out(struct io_uring *ring)
{
	struct __kernel_timespec wait = {0};
	struct io_uring_cqe *cqe;
	int error = io_uring_submit_and_wait_timeout(ring, &cqe, 1, &wait, NULL);
	return error == -ETIME ? 0 : error;
}

static const char *take_steps(struct io_uring *ring, int *error)
{
	*error = (ring->features & features_needed) == features_needed ? 0 : -EOPNOTSUPP;
	if (*error)
		return "features";
	/* Saves a little per turn; where it is refused, turns work without. Not possible after the restriction. */
	io_uring_register_ring_fd(ring);
	if ((*error = injected(SEAM_URING_RESTRICT) ?: restrict_to_needs(ring)) < 0)
		return "restrict";
	if ((*error = injected(SEAM_URING_ENABLE) ?: enable(ring)) < 0)
		return "enable";
	if ((*error = injected(SEAM_URING_ENTER) ?: try_out(ring)) < 0)
		return "enter";
	return NULL;
}

int loop_ring_open(struct io_uring *ring, char *why, size_t why_room)
{
	const char *step = "setup";
	int error = set_up(ring);
	if (!error) {
		step = take_steps(ring, &error);
		if (!step)
			return 0;
		io_uring_queue_exit(ring);
	}
	snprintf(why, why_room, "io_uring %s: %s (%s)", step, strerror(-error), strerrorname_np(-error));
	return error;
}
