"""Walls around a process that runs a student's code: Linux only, no root, nothing to install.

Each wall stands by itself, so that a machine without one still has the others:

- namespaces: no network, no other process in sight, and all processes end with the first one;
- landlock: only the listed files can be opened, whatever path leads to them;
- limits: memory, CPU time, size and number of files;
- privileges: none, and none to be gained by running another program.

Sources: the kernel's manual pages namespaces(7), user_namespaces(7), landlock(7), setrlimit(2).
"""

import ctypes
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_SET_CAPABILITIES, _CAPABILITY_VERSION = 126, 0x20080522  # x86-64's number; aarch64 below
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
if os.uname().machine == "aarch64":
    _SET_CAPABILITIES = 91

# landlock(7): what can be forbidden for files, by bit
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_ALL_SINCE_5 = (1 << 16) - 1
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14)  # the last: truncate
_SCOPE_SOCKETS_AND_SIGNALS = 3

#: What Python and its libraries read outside of their own folders.
_SYSTEM = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/fonts",
    "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime",
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
)  # fmt: skip
#: The walls, in the order in which they are put up.
WALLS = ("namespaces", "limits", "privileges", "landlock")


class Policy(NamedTuple):
    """What a confined process may do.

    Fields: readable, files and folders that it may read and import from; hidden, files and folders
    inside those that it may not; writable, folders of its own; memory in bytes; seconds of CPU
    time; file_size, bytes that one file may have.
    """

    readable: tuple = ()
    hidden: tuple = ()
    writable: tuple = ()
    memory: int = 4 << 30
    seconds: int = 600
    file_size: int = 100 << 20


def spawn(main, policy, keep=()):
    """Fork a process that runs `main(walls)` behind the walls; call it from one thread only.

    Args:
        main: called in the confined process with the tuple of the walls that stand; its return
            value is the exit status.
        policy: a Policy.
        keep: file descriptors that stay open besides standard output and error.

    Returns:
        The id of a process: when it is killed, all that `main` started is gone, too.
    """
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        status = _outer(main, policy, tuple(keep))
    finally:
        os._exit(status)


def walls(policy=None):
    """Return the walls that stand on this machine, tried in a process of its own.

    Args:
        policy: a Policy; None for one that may do nothing.
    """
    read, write = os.pipe()

    def report(standing):
        os.write(write, ",".join(standing).encode())
        return 0

    child = spawn(report, policy or Policy(), keep=(write,))
    os.close(write)
    with os.fdopen(read) as answer:
        standing = answer.read()
    os.waitpid(child, 0)
    return tuple(filter(None, standing.split(",")))


def _outer(main, policy, keep):
    """Enter the namespaces, then run `main` in the first process of the new one."""
    standing = []
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    with suppress(OSError):
        _enter_namespaces()
        standing.append("namespaces")
    _close_all_but({1, 2, *keep})
    inner = os.fork()
    if inner:
        # Standing by: killed, this process takes the namespace's first one with it.
        return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]) & 0xFF
    status = 70
    try:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for name, build in (
            ("limits", _set_limits),
            ("privileges", _drop_privileges),
            ("landlock", _restrict_files),
        ):
            with suppress(OSError):
                build(policy)
                standing.append(name)
        status = main(tuple(standing)) or 0
    finally:
        os._exit(status)


def _call(function, *arguments):
    result = function(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _system_call(number, *arguments):
    if _LIBC is None:
        raise OSError("Linux only")
    return _call(_LIBC.syscall, number, *arguments)


def _enter_namespaces():
    if _LIBC is None:
        raise OSError("Linux only")
    user, group = os.getuid(), os.getgid()
    _call(_LIBC.unshare, _NEW_USER | _NEW_PID | _NEW_NET | _NEW_IPC)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    # A namespace inside this one would give the privileges back that are dropped here.
    Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")


def _close_all_but(kept):
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    first = 3
    for descriptor in [*sorted(kept - {0, 1, 2}), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(first, descriptor)
        first = descriptor + 1


def _set_limits(policy):
    for name, value in (
        (resource.RLIMIT_AS, policy.memory),
        (resource.RLIMIT_CPU, policy.seconds),
        (resource.RLIMIT_FSIZE, policy.file_size),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_NPROC, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


def _drop_privileges(_):
    if _LIBC is None:
        raise OSError("Linux only")
    _call(_LIBC.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails where there is none: as good
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _system_call(_SET_CAPABILITIES, header, bytes(24))


def _restrict_files(policy):
    abi = _system_call(_LANDLOCK_CREATE, None, 0, 1)
    handled = _ALL_BY_ABI.get(abi, _ALL_BY_ABI[3] if abi == 4 else _ALL_SINCE_5)
    attributes = struct.pack("QQQ", handled, 3 if abi >= 4 else 0, 0)  # 3: TCP, both ways
    size = 8 if abi < 4 else 16
    if abi >= 6:
        attributes, size = attributes[:16] + struct.pack("Q", _SCOPE_SOCKETS_AND_SIGNALS), 24
    ruleset = _system_call(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    try:
        for path in (*_SYSTEM, *policy.readable):
            _allow_reading(ruleset, Path(path), [Path(h).resolve() for h in policy.hidden], handled)
        for path in policy.writable:
            _allow(ruleset, Path(path), handled, handled)
        for device in ("/dev/null", "/dev/zero"):
            _allow(ruleset, Path(device), _WRITE_FILE, handled)
        _system_call(_LANDLOCK_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_reading(ruleset, path, hidden, handled):
    """Allow a path; where something in it is hidden, its other entries one by one."""
    path = path.resolve()
    if any(path == other or other in path.parents for other in hidden):
        return
    if path.is_dir() and any(path in other.parents for other in hidden):
        for entry in path.iterdir():
            _allow_reading(ruleset, entry, hidden, handled)
    else:
        _allow(ruleset, path, _READ, handled)


def _allow(ruleset, path, access, handled):
    access &= handled
    if not path.is_dir():
        access &= _OF_A_FILE
    with suppress(FileNotFoundError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", access, place)
            _system_call(_LANDLOCK_ADD, ruleset, 1, rule, 0)
        finally:
            os.close(place)
