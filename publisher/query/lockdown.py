"""Takes away from this process what a query worker does not need: network, other programs, files, memory.

Linux only, without privileges and without a library: the wrappers that exist need libseccomp installed, and
the filter is some sixty instructions. What is denied fails with EPERM, so an engine that tries reports an error.
Once done this cannot be undone, by the process or by anything it could start.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Collection
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x00010000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

# Same numbers on both architectures: io_uring_*, pidfd_*, the new mount calls, and clone3.
_COMMON = (424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438)
_CLONE3 = 435
_DENIED = {
    # socket connect accept bind listen socketpair accept4; fork vfork execve execveat; ptrace process_vm_*
    # kill; mount umount2 pivot_root chroot setns unshare; bpf perf_event_open userfaultfd; keys; modules;
    # open_by_handle_at memfd_create; setuid and its like need privileges, which NO_NEW_PRIVS keeps away
    "x86_64": (
        *(41, 42, 43, 49, 50, 53, 288, 57, 58, 59, 322, 101, 310, 311, 62, 165, 166, 155, 161, 308, 272),
        *(321, 298, 323, 248, 249, 250, 175, 313, 176, 304, 319, 200),
    ),
    "aarch64": (
        *(198, 203, 202, 200, 201, 199, 242, 221, 281, 117, 270, 271, 129, 40, 39, 41, 51, 268, 97),
        *(280, 241, 282, 217, 218, 219, 105, 273, 106, 265, 279, 130),
    ),
}
# socket connect bind (glibc binds a netlink socket when it resolves a name) socketpair
_CALLING = {"x86_64": (41, 42, 49, 53), "aarch64": (198, 203, 200, 199)}
_CLONE = {"x86_64": 56, "aarch64": 220}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(result_bytes: int) -> None:
    """No core files, few descriptors, no file larger than a result; the first to go when memory is short."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (result_bytes, result_bytes))
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def prefer_as_victim() -> None:
    """Ask the kernel to take this process first when memory is short."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def limit_memory(bytes_: int) -> None:
    """Cap the address space at what is mapped now plus `bytes_`."""
    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    limit = mapped + bytes_
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_cpu(seconds: float) -> None:
    """Let the kernel end this process after that much more processor time. May be called again."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def deny_system_calls(*, calling: bool = False) -> bool:
    """Install the filter; False if this machine does not let us. With `calling`, connections to others stay possible,
    and nothing else.
    """
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in _AUDIT:
        return False
    program = _program(machine, _CALLING[machine] if calling else ())
    if len(program) > 255 * 8:
        return False
    code = ctypes.create_string_buffer(program)

    class Fprog(ctypes.Structure):
        _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    fprog = Fprog(len(program) // 8, ctypes.addressof(code))
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0) == 0)


def _program(machine: str, allowed: Collection[int]) -> bytes:
    """Classic BPF over `struct seccomp_data`: number at 0, architecture at 4, arguments from 16."""
    denied = sorted({*_DENIED[machine], *_COMMON}.difference(allowed))
    # Each line: code, jump if true, jump if false, constant. Jumps count instructions from the next one.
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # the x32 numbers of x86_64
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, _CLONE3),  # its flags are out of reach here; without it the C library uses clone
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        (_EQUAL, 0, 4, _CLONE[machine]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),  # threads yes, processes no
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
    ]
    lines += [(_EQUAL, len(denied) - i, 0, number) for i, number in enumerate(denied)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ = (1 << 2) | (1 << 3)  # read a file, list a directory
_BIND, _CONNECT = 1, 2
_FOR_CALLING = tuple(Path(name) for name in ("/etc", "/lib", "/lib64", "/usr", "/run/systemd/resolve"))
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights on files each version of the interface knows."""


def confine_files(readable: Path, *, calling: bool = False) -> int:
    """Allow no file to be opened but those below `readable`, for reading; no TCP where the kernel can.

    With `calling`, TCP connections stay possible, and what it takes to resolve names and to check certificates may be
    read. Returns the version of the interface (0: the kernel has none; nothing was done).
    """
    version = int(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))
    if version < 1:
        return 0
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    attributes = struct.pack("=QQ", files, _BIND if calling else _BIND | _CONNECT)
    if version < 4:
        attributes = struct.pack("=Q", files)
    ruleset = int(_libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))
    if ruleset < 0:
        return 0
    try:
        for path in (readable, *(_FOR_CALLING if calling else ())):
            if not _may_read(ruleset, path):
                return 0
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return version if _libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _may_read(ruleset: int, path: Path) -> bool:
    """Add a folder to a ruleset. One that is not there is no loss."""
    if not path.is_dir():
        return True
    parent = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return bool(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", _READ, parent), 0) == 0)
    finally:
        os.close(parent)
