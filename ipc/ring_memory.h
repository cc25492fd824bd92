/* Sealed shared memory: what rings and slots lie in. Its size can't change (no SIGBUS by a peer), holes can be punched.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

int sealed_memory(const char *name, size_t bytes); /* memfd (CLOEXEC) of zeros, or -1 with errno */
/* The file's size when it is sealed as above, else 0: whoever maps it asks first. */
size_t sealed_size(int fd);
/* Shared mapping; NULL with errno. */
void *sealed_map(int fd, size_t offset, size_t bytes, bool writable);
