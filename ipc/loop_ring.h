/* Makes a ring that can do what the loop needs and nothing else. */
#pragma once
#include <liburing.h>
#include <stddef.h>

/* 0, or -errno with `why` saying which step failed. */
int loop_ring_open(struct io_uring *, char *why, size_t why_room);
