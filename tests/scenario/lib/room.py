"""A small filesystem that can be filled up: a tmpfs that only this process and what it starts can see."""
import ctypes
import errno
import os
import tempfile

from tds import started

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REMOUNT, MS_REC, MS_PRIVATE = 0x20, 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)


def ok(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def alone():
    """Mounts of this process are its own from here on: they end with it, whatever happens. Not root: by way of a user
    namespace, where the kernel allows that. Before any thread is started."""
    uid, gid = os.geteuid(), os.getegid()
    ok(libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if uid else 0)), "a mount namespace")
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    ok(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")


class Room:
    """A folder on a filesystem of its own with so many megabytes."""

    def __init__(self, megabytes):
        self.path = tempfile.mkdtemp(prefix="tds-room-")
        os.chmod(self.path, 0o755)
        self.ballast = os.path.join(self.path, "ballast")
        try:
            ok(libc.mount(b"tmpfs", self.path.encode(), b"tmpfs", 0, f"size={megabytes}m,mode=755".encode()), "a tmpfs")
        except OSError:
            os.rmdir(self.path)
            raise
        started.append(self)

    def free(self):
        at = os.statvfs(self.path)
        return at.f_bavail * at.f_frsize

    def fill(self):
        """Not a byte is left."""
        with open(self.ballast, "ab", buffering=0) as file:
            for step in (1 << 20, 4096):
                try:
                    while True:
                        file.write(bytes(step))
                except OSError as full:
                    if full.errno != errno.ENOSPC:
                        raise

    def clear(self):
        os.unlink(self.ballast)

    def stop(self):
        if self in started:
            started.remove(self)
        ok(libc.umount2(self.path.encode(), 0), "umount")
        os.rmdir(self.path)
