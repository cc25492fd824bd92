/* The loop with faults injected, without a ring, and with thousands of connections coming and going. */
#include "ipc/loop_ring.h"
#include "ipc/seam.h"
#include "tests/unit/loop_fixture.h"

BOTH(the_second_recv_fails_when_a_test_says_so_and_loses_nothing)
{
	struct notes received = {0};
	int ends[2];
	char buf[2];
	connect_pair(ends);
	cr_assert(seam_arm("recv:2:ECONNRESET", "") && write(ends[1], "abcdef", 6) == 6);
	for (int i = 1; i <= 3; i++) {
		loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
		cr_assert(received.calls == i - 1);
		turn_until(loop, &received.calls, i);
	}
	cr_assert(received.seen[0] == 2 && received.seen[1] == -ECONNRESET && received.seen[2] == 2);
	cr_assert(!memcmp(buf, "cd", 2));
}

BOTH(send_and_poll_fail_when_a_test_says_so)
{
	struct notes sent = {0}, polled = {0};
	int ends[2];
	connect_pair(ends);
	cr_assert(seam_arm("send:1:EPIPE,poll:1+:EBADF", ""));
	loop_send(loop, noted(&sent), ends[0], "x", 1);
	loop_poll(loop, noted(&polled), ends[0], POLLOUT);
	turn_until(loop, &sent.calls, 1);
	turn_until(loop, &polled.calls, 1);
	cr_assert(sent.last == -EPIPE && polled.last == -EBADF);
	loop_send(loop, noted(&sent), ends[0], "x", 1);
	loop_poll(loop, noted(&polled), ends[0], POLLOUT);
	turn_until(loop, &sent.calls, 2);
	turn_until(loop, &polled.calls, 2);
	cr_assert(sent.last == 1 && polled.last == -EBADF);
}

BOTH(an_injected_failure_to_accept_is_reported_and_the_connection_follows)
{
	struct sockaddr_in address;
	struct notes accepted = {0};
	int listener = listen_on_loopback(&address);
	cr_assert(seam_arm("accept:1:EMFILE", ""));
	loop_accept(loop, noted(&accepted), listener);
	connect_to(&address);
	turn_until(loop, &accepted.calls, 2);
	cr_assert(accepted.seen[0] == -EMFILE && accepted.seen[1] >= 0 && accepted.finals == 0);
}

BOTH(a_turn_that_breaks_says_so)
{
	cr_assert(seam_arm("uring_enter:1:EBADF,epoll_wait:1:EBADF", ""));
	cr_assert(loop_turn(loop, 0) == -EBADF);
	cr_assert(loop_turn(loop, 0) == 0);
}

static void refuse(const char *fault, const char *step)
{
	cr_assert(seam_arm(fault, ""));
	struct loop *loop = loop_new(LOOP_AUTO);
	cr_assert(loop);
	cr_assert_str_eq(loop_name(loop), "epoll");
	cr_assert(strstr(loop_why(loop), step) && strstr(loop_why(loop), "EPERM"), "%s", loop_why(loop));
	loop_free(loop);
	cr_assert(seam_arm(fault, ""));
	cr_assert(!loop_new(LOOP_URING) && errno == EPERM);
	cr_assert(seam_arm(NULL, ""));
}

Test(loop, where_a_step_to_the_ring_is_refused_it_is_epoll_and_says_which)
{
	refuse("uring_setup:1:EPERM", "setup");
	struct loop *loop = loop_new(LOOP_URING);
	if (!loop)
		cr_skip_test("no io_uring here");
	cr_assert_str_eq(loop_why(loop), "");
	loop_free(loop);
	refuse("uring_restrict:1:EPERM", "restrict");
	refuse("uring_enable:1:EPERM", "enable");
	refuse("uring_enter:1:EPERM", "enter");
}

Test(loop, an_older_kernel_gets_a_ring_with_fewer_features)
{
	struct loop *loop = loop_new(LOOP_URING);
	if (!loop)
		cr_skip_test("no io_uring here");
	loop_free(loop);
	cr_assert(seam_arm("uring_setup:1:EINVAL", ""));
	cr_assert((loop = loop_new(LOOP_URING)) != NULL);
	struct notes timer = {0}, rung = {0};
	loop_timer(loop, noted(&timer), 1 * ms);
	loop_bell(loop, noted(&rung), eventfd(1, EFD_CLOEXEC));
	turn_until(loop, &timer.calls, 1);
	turn_until(loop, &rung.calls, 1);
	loop_free(loop);
	cr_assert(seam_arm("uring_setup:1+:EINVAL", "") && !loop_new(LOOP_URING) && errno == EINVAL);
}

Test(loop, without_any_backend_there_is_no_loop)
{
	cr_assert(seam_arm("uring_setup:1+:ENOSYS,epoll_create:1+:EMFILE", ""));
	cr_assert(!loop_new(LOOP_AUTO) && errno == EMFILE);
}

static int submit_alone(struct io_uring *ring, struct io_uring_sqe *sqe, unsigned flags)
{
	struct io_uring_cqe *cqe;
	io_uring_sqe_set_flags(sqe, flags);
	cr_assert(io_uring_submit(ring) == 1 && io_uring_wait_cqe(ring, &cqe) == 0);
	int result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

Test(loop, the_ring_refuses_what_the_loop_does_not_use)
{
	struct io_uring ring;
	char why[96], byte;
	if (loop_ring_open(&ring, why, sizeof why) < 0)
		cr_skip_test("no io_uring here");
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	io_uring_prep_openat(sqe, AT_FDCWD, "/etc/hostname", 0, 0);
	cr_assert(submit_alone(&ring, sqe, 0) == -EACCES);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_socket(sqe, AF_INET, SOCK_STREAM, 0, 0);
	cr_assert(submit_alone(&ring, sqe, 0) == -EACCES);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_recv(sqe, -1, &byte, 1, 0);
	cr_assert(submit_alone(&ring, sqe, IOSQE_ASYNC) == -EACCES);
	cr_assert(io_uring_register((unsigned)ring.ring_fd, IORING_REGISTER_PROBE, NULL, 0) == -EACCES);
	io_uring_queue_exit(&ring);
}

enum { churn = 2000, at_once = 100 };

struct echo {
	struct loop *loop;
	struct loop_op op;
	int fd;
	int *closed;
	char buf[32];
};

static void echo_received(void *ctx, int result, unsigned flags);

static void echo_sent(void *ctx, int result, unsigned flags)
{
	struct echo *echo = ctx;
	(void)flags;
	cr_assert(result == 5);
	echo->op.done = echo_received;
	loop_recv(echo->loop, &echo->op, echo->fd, echo->buf, sizeof echo->buf);
}

static void echo_received(void *ctx, int result, unsigned flags)
{
	struct echo *echo = ctx;
	(void)flags;
	if (result > 0) {
		echo->op.done = echo_sent;
		loop_send(echo->loop, &echo->op, echo->fd, echo->buf, (size_t)result);
		return;
	}
	cr_assert(result == 0);
	loop_close(echo->loop, echo->fd);
	++*echo->closed;
	free(echo);
}

struct server {
	struct loop *loop;
	int closed;
};

static void serve(void *ctx, int result, unsigned flags)
{
	struct server *server = ctx;
	if (!(flags & LOOP_MORE))
		return;
	cr_assert(result >= 0);
	struct echo *echo = calloc(1, sizeof *echo);
	*echo = (struct echo){.loop = server->loop, .fd = result, .closed = &server->closed};
	echo->op = (struct loop_op){.done = echo_received, .ctx = echo};
	loop_recv(echo->loop, &echo->op, echo->fd, echo->buf, sizeof echo->buf);
}

BOTH(two_thousand_connections_come_talk_and_go)
{
	struct sockaddr_in address;
	struct server server = {.loop = loop};
	struct loop_op accept = {.done = serve, .ctx = &server};
	int clients[at_once], listener = listen_on_loopback(&address), first_free = dup(listener);
	char back[8];
	close(first_free);
	loop_accept(loop, &accept, listener);
	for (int round = 1; round <= churn / at_once; round++) {
		for (int i = 0; i < at_once; i++) {
			clients[i] = connect_to(&address);
			cr_assert(write(clients[i], "hello", 5) == 5);
		}
		for (int i = 0; i < at_once; i++) {
			while (recv(clients[i], back, sizeof back, MSG_DONTWAIT) != 5)
				cr_assert(loop_turn(loop, 1 * ms) >= 0);
			close(clients[i]);
		}
		turn_until(loop, &server.closed, round * at_once);
	}
	loop_cancel(loop, &accept);
	for (int i = 0; i < 10 && loop_busy(&accept); i++)
		loop_turn(loop, 10 * ms);
	cr_assert(!loop_busy(&accept) && server.closed == churn);
	int now_free = dup(listener);
	cr_assert(now_free == first_free, "every descriptor was closed");
}
