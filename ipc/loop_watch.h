/* Which operations wait for which descriptor, and what epoll was told about it. */
#pragma once
#include "ipc/loop_private.h"

struct watch {
	struct loop_list ops; /* LOOP_WAITING */
	uint32_t armed;	      /* what epoll was told last */
	bool known;	      /* epoll has the descriptor */
	bool sure;	      /* and nobody can have closed it since */
};

struct loop_watches {
	struct loop *loop;
	int epoll_fd;
	int count;
	struct watch *by_fd;
};

/* Makes the operation LOOP_WAITING, or finishes it with the error. */
void loop_watch(struct loop_watches *, struct loop_op *);
/* Waiting for it would cost no system call. */
bool loop_watch_is_armed(const struct loop_watches *, const struct loop_op *);
/* An operation that waited was taken out of the list, or one that may have left its interest behind has ended. */
void loop_watch_settle(struct loop_watches *, int fd);
void loop_watch_unlink(struct loop_watches *, struct loop_op *);
/* Something may have closed the descriptor: look again before relying on what was armed. */
void loop_watch_doubt(struct loop_watches *, int fd);
/* The number is about to belong, or belongs already, to another descriptor. */
void loop_watch_reset(struct loop_watches *, int fd);
/* Moves the operations that an event is for to `ready`; a poll finds its result in `value`. */
void loop_watch_take(struct loop_watches *, int fd, uint32_t events, struct loop_list *ready);
