/* The one door for calls that can fail: a test names a point, a count and an error, and the n-th call through
 * that point fails with it instead of happening. TDS_FAULT="recv:3:ECONNRESET,write:1+:ENOSPC" (n, or n+ for
 * every call from the n-th on; a name may carry an actor: "dispatcher/recv:1:EIO"). Unset: one predictable branch. */
#pragma once
#include <errno.h>
#include <stdbool.h>

enum seam_point {
#define SEAM(id, name) SEAM_##id,
#include "ipc/seam.def"
#undef SEAM
	SEAM_N
};

extern bool seam_armed;

/* Reads TDS_FAULT for this actor (its name, "" = any); false and a message on stderr when it can't be parsed. */
bool seam_arm(const char *spec, const char *actor);
/* 0 = let the call happen; else an errno. Call it through SEAM_CALL. */
int seam_hit(enum seam_point);

/* `r = SEAM_CALL(WRITE, write(fd, p, n))`: the call, or -1 with errno set. */
#define SEAM_CALL(point, call) (__builtin_expect(seam_armed, 0) && (errno = seam_hit(SEAM_##point)) != 0 ? -1 : (call))
