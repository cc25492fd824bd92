/* What every operation of the loop promises, on both backends. */
#include "tests/unit/loop_fixture.h"

#include <fcntl.h>

BOTH(what_a_client_sends_comes_back)
{
	struct sockaddr_in address;
	struct notes accepted = {0}, received = {0}, sent = {0};
	char in[16], back[16];
	int listener = listen_on_loopback(&address);
	loop_accept(loop, noted(&accepted), listener);
	int client = connect_to(&address);
	turn_until(loop, &accepted.calls, 1);
	cr_assert(accepted.last >= 0 && accepted.finals == 0);
	cr_assert(fcntl(accepted.last, F_GETFD) & FD_CLOEXEC);
	cr_assert(fcntl(accepted.last, F_GETFL) & O_NONBLOCK);
	loop_recv(loop, noted(&received), accepted.last, in, sizeof in);
	turn_for(loop, 5 * ms);
	cr_assert(received.calls == 0);
	cr_assert(write(client, "hello", 5) == 5);
	turn_until(loop, &received.calls, 1);
	cr_assert(received.last == 5);
	loop_send(loop, noted(&sent), accepted.last, in, 5);
	cr_assert(sent.calls == 0, "nothing completes inside the call that starts it");
	turn_until(loop, &sent.calls, 1);
	cr_assert(sent.last == 5 && read(client, back, sizeof back) == 5 && !memcmp(back, "hello", 5));
}

BOTH(a_send_that_does_not_fit_is_short_and_the_rest_follows)
{
	enum { total = 8 << 20 };
	struct notes sent = {0};
	int ends[2];
	char *out = malloc(total), *in = malloc(total);
	size_t done = 0, got = 0;
	connect_pair(ends);
	for (size_t i = 0; i < total; i++)
		out[i] = (char)(i * 7 + i / 251);
	for (int starts = 0; done < total; starts++) {
		loop_send(loop, noted(&sent), ends[0], out + done, total - done);
		cr_assert(loop_turn(loop, 10 * ms) >= 0);
		for (ssize_t n; (n = recv(ends[1], in + got, total - got, MSG_DONTWAIT)) > 0;)
			got += (size_t)n;
		turn_until(loop, &sent.calls, starts + 1);
		cr_assert(sent.last > 0);
		done += (size_t)sent.last;
	}
	cr_assert(sent.calls > 1, "8 MiB don't fit into a socket at once");
	while (got < total)
		got += (size_t)recv(ends[1], in + got, total - got, 0);
	cr_assert(!memcmp(in, out, total));
	free(out);
	free(in);
}

BOTH(a_peer_that_has_sent_its_last_byte_can_still_read)
{
	struct notes received = {0}, sent = {0};
	int ends[2];
	char buf[8];
	connect_pair(ends);
	loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
	shutdown(ends[1], SHUT_WR);
	turn_until(loop, &received.calls, 1);
	cr_assert(received.last == 0);
	loop_send(loop, noted(&sent), ends[0], "bye", 3);
	turn_until(loop, &sent.calls, 1);
	cr_assert(sent.last == 3 && read(ends[1], buf, sizeof buf) == 3);
}

BOTH(a_peer_that_is_gone_is_an_error_and_no_signal)
{
	struct notes received = {0}, sent = {0};
	struct linger at_once = {.l_onoff = 1};
	int ends[2];
	char buf[8];
	connect_pair(ends);
	loop_recv(loop, noted(&received), ends[0], buf, sizeof buf);
	loop_turn(loop, 0);
	setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(ends[1]);
	turn_until(loop, &received.calls, 1);
	cr_assert(received.last == -ECONNRESET);
	loop_send(loop, noted(&sent), ends[0], "bye", 3);
	turn_until(loop, &sent.calls, 1);
	cr_assert(sent.last == -EPIPE);
}

BOTH(recv_send_and_poll_share_a_descriptor)
{
	enum { total = 8 << 20 };
	struct notes received = {0}, sent = {0}, polled = {0};
	int ends[2];
	char in[8], *out = calloc(1, total);
	connect_pair(ends);
	for (int starts = 0; sent.calls == starts; starts++) {
		loop_send(loop, noted(&sent), ends[0], out, total);
		turn_for(loop, 5 * ms);
	}
	cr_assert(loop_busy(&sent.op), "the peer doesn't read, so the last send waits");
	int sends = sent.calls;
	loop_recv(loop, noted(&received), ends[0], in, sizeof in);
	loop_poll(loop, noted(&polled), ends[0], POLLIN);
	turn_for(loop, 5 * ms);
	cr_assert(sent.calls == sends && received.calls == 0 && polled.calls == 0);
	cr_assert(write(ends[1], "x", 1) == 1);
	turn_until(loop, &received.calls, 1);
	turn_until(loop, &polled.calls, 1);
	cr_assert(received.last == 1 && polled.last & POLLIN && sent.calls == sends);
	while (sent.calls == sends && recv(ends[1], out, total, 0) > 0)
		loop_turn(loop, 0);
	cr_assert(sent.calls == sends + 1 && sent.last > 0);
	free(out);
}

BOTH(a_poll_tells_what_happened_once)
{
	struct notes polled = {0};
	int ends[2];
	make_pipe(ends);
	loop_poll(loop, noted(&polled), ends[0], POLLIN);
	turn_for(loop, 5 * ms);
	cr_assert(polled.calls == 0);
	cr_assert(write(ends[1], "x", 1) == 1);
	turn_until(loop, &polled.calls, 1);
	turn_for(loop, 5 * ms);
	cr_assert(polled.calls == 1 && polled.last == POLLIN && !loop_busy(&polled.op));
	loop_poll(loop, noted(&polled), ends[0], POLLIN);
	turn_until(loop, &polled.calls, 2);
	cr_assert(polled.last == POLLIN);
	cr_assert(read(ends[0], &(char){0}, 1) == 1 && close(ends[1]) == 0);
	loop_poll(loop, noted(&polled), ends[0], POLLIN);
	turn_until(loop, &polled.calls, 3);
	cr_assert(polled.last == POLLHUP);
}

BOTH(two_polls_of_one_descriptor_end_each_for_itself)
{
	struct notes reading = {0}, writing = {0};
	int ends[2];
	connect_pair(ends);
	loop_poll(loop, noted(&reading), ends[0], POLLIN);
	loop_poll(loop, noted(&writing), ends[0], POLLOUT);
	turn_until(loop, &writing.calls, 1);
	cr_assert(writing.last == POLLOUT && reading.calls == 0);
	cr_assert(write(ends[1], "x", 1) == 1);
	turn_until(loop, &reading.calls, 1);
	cr_assert(reading.last == POLLIN);
}

/* As libpq and libcurl do with theirs. */
BOTH(a_polled_descriptor_may_be_closed_and_its_number_used_again)
{
	struct notes polled = {0};
	for (int i = 0; i < 20; i++) {
		int ends[2];
		make_pipe(ends);
		loop_poll(loop, noted(&polled), ends[0], POLLIN);
		cr_assert(write(ends[1], "x", 1) == 1);
		turn_until(loop, &polled.calls, i + 1);
		cr_assert(polled.last == POLLIN);
		close(ends[0]);
		close(ends[1]);
	}
}

BOTH(a_regular_file_is_always_ready)
{
	struct notes polled = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	loop_poll(loop, noted(&polled), fd, POLLIN);
	turn_until(loop, &polled.calls, 1);
	cr_assert(polled.last == POLLIN);
}

BOTH(a_descriptor_that_is_none_is_an_error_for_each_operation)
{
	struct notes polled = {0}, received = {0}, sent = {0}, accepted = {0}, rung = {0};
	char buf[4] = "";
	const int none = 900;
	loop_poll(loop, noted(&polled), none, POLLIN);
	loop_recv(loop, noted(&received), none, buf, sizeof buf);
	loop_send(loop, noted(&sent), -1, buf, sizeof buf);
	loop_accept(loop, noted(&accepted), none);
	loop_bell(loop, noted(&rung), none);
	turn_until(loop, &polled.finals, 1);
	turn_until(loop, &received.finals, 1);
	turn_until(loop, &sent.finals, 1);
	turn_until(loop, &accepted.finals, 1);
	turn_until(loop, &rung.finals, 1);
	cr_assert(polled.last == -EBADF && received.last == -EBADF && sent.last == -EBADF);
	cr_assert(accepted.last == -EBADF && rung.last == -EBADF);
	loop_recv(loop, noted(&received), STDIN_FILENO, buf, sizeof buf);
	turn_until(loop, &received.finals, 2);
	cr_assert(received.last == -ENOTSOCK);
}

BOTH(a_bell_rings_until_it_is_cancelled)
{
	for (int flags = 0; flags <= EFD_NONBLOCK; flags += EFD_NONBLOCK) {
		struct notes rung = {0};
		uint64_t left;
		int fd = eventfd(0, EFD_CLOEXEC | flags);
		loop_bell(loop, noted(&rung), fd);
		turn_for(loop, 5 * ms);
		cr_assert(rung.calls == 0);
		ring_bell(fd, 3);
		turn_until(loop, &rung.calls, 1);
		turn_for(loop, 5 * ms);
		cr_assert(rung.calls == 1 && rung.last == 1 && rung.finals == 0);
		ring_bell(fd, 1);
		turn_until(loop, &rung.calls, 2);
		loop_cancel(loop, &rung.op);
		turn_until(loop, &rung.finals, 1);
		cr_assert(rung.calls == 3 && rung.last == -ECANCELED);
		ring_bell(fd, 5);
		turn_for(loop, 5 * ms);
		cr_assert(rung.calls == 3 && read(fd, &left, sizeof left) == sizeof left && left == 5);
		loop_close(loop, fd);
	}
}
