#!/usr/bin/python3
"""Becomes a program that may not make a system call: seccomp answers it with an error, for good and for all descendants.

usage: forbid.py SYSCALL ERRNO PROGRAM [ARGUMENT]...   (as in: forbid.py io_uring_setup EPERM tds -c tds.conf)
"""
import ctypes
import errno
import os
import sys

PR_SET_NO_NEW_PRIVS = 38
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO = 0x7FFF0000, 0x00050000


def ok(result, what):
    if result < 0:
        sys.exit(f"forbid.py: {what}: {os.strerror(-result)}")


def forbid(name, error):
    """What container runtimes do, no_new_privs included."""
    seccomp, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None, use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    if number < 0:
        sys.exit(f"forbid.py: {name}: not a system call that libseccomp knows")
    filter_ = ctypes.c_void_p(seccomp.seccomp_init(SCMP_ACT_ALLOW))
    ok(seccomp.seccomp_rule_add(filter_, SCMP_ACT_ERRNO | getattr(errno, error), number, 0), "rule")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        sys.exit(f"forbid.py: no_new_privs: {os.strerror(ctypes.get_errno())}")
    ok(seccomp.seccomp_load(filter_), "load")
    seccomp.seccomp_release(filter_)


forbid(sys.argv[1], sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
