/* Makes and maps sealed memfds: the one place that knows which seals shared memory must carry. */
#include "ipc/ring_memory.h"
#include "ipc/seam.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

int sealed_memory(const char *name, size_t bytes)
{
	int fd = SEAM_CALL(MEMFD, memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)bytes) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

size_t sealed_size(int fd)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || st.st_size < 0)
		return 0;
	return (size_t)st.st_size;
}

void *sealed_map(int fd, size_t offset, size_t bytes, bool writable)
{
	if (seam_armed && (errno = seam_hit(SEAM_MMAP)) != 0)
		return NULL;
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, (off_t)offset);
	return at == MAP_FAILED ? NULL : at;
}
