/* Owns the io_uring backend: one submission per operation, one io_uring_enter per turn. An operation is the kernel's
 * from its submission to its last completion, and only then its caller's again. */
#include "ipc/loop_private.h"
#include "ipc/loop_ring.h"
#include "ipc/seam.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { farewell_turns_max = 100 };
static const int64_t farewell_turn_ns = INT64_C(10) * 1000 * 1000;

/* loop_op.flags */
enum {
	IN_KERNEL = 1,	 /* submitted, its last completion is still to come */
	UNCANCELLED = 2, /* in uring->uncancelled */
};

struct uring {
	struct io_uring ring;
	struct loop_list uncancelled; /* asked to end while no submission was to be had */
	size_t in_kernel;	      /* operations */
};

static struct io_uring_sqe *submission(struct uring *uring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
	if (!sqe && io_uring_submit(&uring->ring) >= 0)
		sqe = io_uring_get_sqe(&uring->ring);
	return sqe;
}

static void prepare(struct io_uring_sqe *sqe, struct loop_op *op)
{
	switch (op->kind) {
	case LOOP_ACCEPT:
		io_uring_prep_multishot_accept(sqe, op->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		break;
	case LOOP_RECV:
		io_uring_prep_recv(sqe, op->fd, op->buf, op->len, 0);
		break;
	case LOOP_SEND:
		io_uring_prep_send(sqe, op->fd, op->buf, op->len, MSG_NOSIGNAL);
		break;
	case LOOP_POLL:
		io_uring_prep_poll_add(sqe, op->fd, (unsigned)op->events);
		break;
	case LOOP_BELL:
		/* Waits in the kernel even where the eventfd is O_NONBLOCK. */
		io_uring_prep_read(sqe, op->fd, &op->value, sizeof op->value, 0);
		break;
	default: /* a timer stays in user space */
		assert(op->kind != LOOP_TIMER);
	}
	io_uring_sqe_set_data(sqe, op);
}

static void uring_start(struct loop *loop, struct loop_op *op)
{
	struct uring *uring = loop->backend;
	struct io_uring_sqe *sqe = submission(uring);
	if (!sqe) {
		loop_finish(loop, op, -ENOMEM);
		return;
	}
	op->state = LOOP_UNDERWAY;
	op->flags |= IN_KERNEL;
	uring->in_kernel++;
	prepare(sqe, op);
}

/* If the operation completes before the kernel sees this, nothing matches: a later start of the same memory is
 * submitted later, so it can't be taken for it. */
static bool submit_cancel(struct uring *uring, struct loop_op *op)
{
	struct io_uring_sqe *sqe = submission(uring);
	if (!sqe)
		return false;
	io_uring_prep_cancel(sqe, op, 0);
	io_uring_sqe_set_data(sqe, NULL);
	io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
	return true;
}

static void uring_cancel(struct loop *loop, struct loop_op *op)
{
	struct uring *uring = loop->backend;
	op->state = LOOP_CANCELLED;
	if (op->flags & IN_KERNEL && !submit_cancel(uring, op)) {
		op->flags |= UNCANCELLED;
		loop_push(&uring->uncancelled, op);
	}
}

static void retry_cancels(struct uring *uring)
{
	for (struct loop_op *op; (op = uring->uncancelled.first) && submit_cancel(uring, op);) {
		op->flags &= (uint16_t)~UNCANCELLED;
		loop_unlink(&uring->uncancelled, op);
	}
}

static void uring_close(struct loop *loop, int fd)
{
	struct io_uring_sqe *sqe = submission(loop->backend);
	if (!sqe) {
		close(fd);
		return;
	}
	io_uring_prep_close(sqe, fd);
	io_uring_sqe_set_data(sqe, NULL);
	io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
}

/* The kernel is done with what it had of a multishot operation: on, unless that was cancelled meanwhile. */
static void go_on(struct loop *loop, struct loop_op *op)
{
	if (op->state == LOOP_UNDERWAY)
		uring_start(loop, op);
	else if (op->state == LOOP_CANCELLED)
		loop_finish(loop, op, -ECANCELED);
}

static void bell_completed(struct loop *loop, struct loop_op *op, int result)
{
	if (result < 0 && result != -EINTR) {
		loop_deliver(loop, op, result, 0);
		return;
	}
	if (result > 0)
		loop_deliver(loop, op, 1, LOOP_MORE);
	go_on(loop, op);
}

static void completed(struct loop *loop, struct loop_op *op, int result, bool more)
{
	struct uring *uring = loop->backend;
	if (!more) {
		if (op->flags & UNCANCELLED)
			loop_unlink(&uring->uncancelled, op);
		op->flags &= (uint16_t) ~(UNCANCELLED | IN_KERNEL);
		uring->in_kernel--;
	}
	if (op->kind == LOOP_BELL) {
		bell_completed(loop, op, result);
	} else if (op->kind == LOOP_ACCEPT) {
		assert(result >= 0 || !more);
		if (loop_accepted(loop, op, result) && !more)
			go_on(loop, op);
	} else {
		loop_deliver(loop, op, result, 0);
	}
}

/* Each completion is copied and given back before `done` runs, which may need room for others. */
static void reap(struct loop *loop, void (*use)(struct loop *, struct loop_op *, int, bool))
{
	struct uring *uring = loop->backend;
	struct io_uring_cqe *cqe;
	for (unsigned left = io_uring_cq_ready(&uring->ring); left; left--) {
		unsigned available;
		if (__io_uring_peek_cqe(&uring->ring, &cqe, &available) || !cqe)
			return;
		struct loop_op *op = io_uring_cqe_get_data(cqe);
		int result = cqe->res;
		bool more = cqe->flags & IORING_CQE_F_MORE;
		io_uring_cq_advance(&uring->ring, 1);
		if (op)
			use(loop, op, result, more);
	}
}

/* Without a wait and with nothing to submit this makes a system call only if the kernel has something for us. */
static int enter(struct uring *uring, int64_t wait_ns)
{
	struct __kernel_timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
	struct io_uring_cqe *cqe;
	unsigned wanted = wait_ns || io_uring_sq_ready(&uring->ring);
	int result = io_uring_submit_and_wait_timeout(&uring->ring, &cqe, wanted, wait_ns < 0 ? NULL : &wait, NULL);
	return result == -ETIME || result == -EINTR || result == -EAGAIN || result == -EBUSY ? 0 : result;
}

static int uring_turn(struct loop *loop, int64_t wait_ns)
{
	struct uring *uring = loop->backend;
	retry_cancels(uring);
	int result = seam_armed ? -seam_hit(SEAM_URING_ENTER) : 0;
	if (!result)
		result = enter(uring, wait_ns);
	if (result < 0)
		return result;
	loop_woke(loop);
	reap(loop, completed);
	return 0;
}

static void discard(struct loop *loop, struct loop_op *op, int result, bool more)
{
	(void)op, (void)result;
	struct uring *uring = loop->backend;
	uring->in_kernel -= !more;
}

/* Takes back from the kernel the buffers that it may still write to. */
static void uring_free(struct loop *loop)
{
	struct uring *uring = loop->backend;
	struct io_uring_sqe *sqe = submission(uring);
	if (sqe) {
		io_uring_prep_cancel(sqe, NULL, IORING_ASYNC_CANCEL_ANY);
		io_uring_sqe_set_data(sqe, NULL);
	}
	for (int i = 0; (i == 0 || uring->in_kernel) && i < farewell_turns_max; i++) {
		enter(uring, uring->in_kernel ? farewell_turn_ns : 0);
		reap(loop, discard);
	}
	io_uring_queue_exit(&uring->ring);
	free(uring);
}

static const struct loop_driver uring_driver = {
	.name = "io_uring",
	.start = uring_start,
	.cancel = uring_cancel,
	.close = uring_close,
	.turn = uring_turn,
	.free = uring_free,
};

int loop_uring_open(struct loop *loop)
{
	struct uring *uring = calloc(1, sizeof *uring);
	if (!uring)
		return -ENOMEM;
	int error = loop_ring_open(&uring->ring, loop->why, sizeof loop->why);
	if (error) {
		free(uring);
		return error;
	}
	loop->backend = uring;
	loop->driver = &uring_driver;
	return 0;
}
