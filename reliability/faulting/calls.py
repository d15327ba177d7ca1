"""The system calls of a run, as strace logs them, and which faults each of them can have.

https://man7.org/linux/man-pages/man1/strace.1.html describes the log and the injection.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")
BURST = "EINTR*3"
"""EINTR for a call and the two of its name that follow."""
EMPTY = "=0"
"""Success with nothing done: a write that took no byte, or a connection that was closed."""

# What the manual page of each call says that it can give, of what befalls a disk, a network or a right; and EIO.
_ERRORS = {
    "chmod": ("EIO", "EACCES"),
    "close": ("EIO", "ENOSPC", "EINTR"),
    "connect": ("EIO", "EACCES", "ECONNREFUSED", "EINTR"),
    "epoll_create1": ("EIO", "EMFILE"),
    "epoll_ctl": ("EIO", "ENOSPC"),
    "epoll_wait": ("EIO", "EINTR", BURST),
    "fchmod": ("EIO", "EPERM"),
    "flock": ("EIO", "ENOLCK", "EINTR", BURST),
    "fstat": ("EIO",),  # what a newer C library calls for an open file
    "fsync": ("EIO", "ENOSPC", "EINTR", BURST),
    "getsockopt": ("EIO",),
    "ioctl": ("EIO",),
    "lseek": ("EIO",),
    "mkdir": ("EIO", "ENOSPC", "EACCES"),
    "newfstatat": ("EIO", "EACCES"),
    "openat": ("EIO", "ENOSPC", "EACCES", "EINTR", BURST),
    "poll": ("EIO", "EINTR", BURST),
    "read": ("EIO", "EINTR", BURST),
    "recvfrom": ("EIO", "ECONNRESET", "EINTR", BURST, EMPTY),
    "rename": ("EIO", "ENOSPC", "EACCES"),
    "sendto": ("EIO", "EACCES", "ECONNRESET", "EINTR", BURST, EMPTY),
    "socket": ("EIO", "EACCES", "EMFILE"),
    "unlink": ("EIO", "EACCES"),
    "write": ("EIO", "ENOSPC", "EINTR", BURST, EMPTY),
}
_UNNAMED = {"socket": "socket", "epoll_create1": "eventpoll"}  # calls that make what the others name

TRACED = "%file,%desc,%network"
"""What strace is to log to find every call."""

_LINE = re.compile(r"(\d+) +(\w+)\((.*)")


@dataclass(frozen=True)
class Call:
    """The *number*-th call of *name* in a run, which concerns *target*: a path in its directory, or "socket"."""

    name: str
    number: int
    target: str

    def __str__(self) -> str:
        return f"{self.name} {self.number} ({self.target})"

    @property
    def faults(self) -> tuple[str, ...]:
        """Each by its name: an error's, a signal's, `BURST` or `EMPTY`."""
        return (*_ERRORS[self.name], *SIGNALS)


def list_calls(log: str, root: str) -> list[Call]:
    """The calls in *log* that concern what lies in *root*, or a socket; those of the main thread.

    Raises KeyError for one that nobody has said the errors of.
    """
    calls = [call for call in _parse(log, root) if call.target]
    unknown = {call.name for call in calls} - _ERRORS.keys()
    if unknown:
        raise KeyError(f"faulting/calls.py does not know the errors of {unknown}")
    return calls


def is_reached(log: str, root: str, call: Call, fault: str) -> bool:
    """Whether *fault* came, and at *call*: the calls of a run can come in another order."""
    mark = {"SIGKILL": "killed by SIGKILL"}.get(fault, f"--- {fault} " if fault in SIGNALS else "(INJECTED)")
    return mark in log and call in _parse(log, root)


def make_injection(call: Call, fault: str) -> list[str]:
    """The options of strace that make *fault* happen at *call*."""
    last = call.number + 2 if fault == BURST else call.number
    kind = {EMPTY: "retval=0", BURST: "error=EINTR"}.get(fault)
    kind = kind or f"{'signal' if fault in SIGNALS else 'error'}={fault}"
    return ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{kind}:when={call.number}..{last}"]


def _parse(log: str, root: str) -> list[Call]:
    """The calls of the main thread, whose number is the lowest; with no target, those that concern something else."""
    lines = [match.groups() for match in map(_LINE.match, log.splitlines()) if match]
    main = min((int(thread) for thread, _, _ in lines), default=0)
    inside = re.compile(rf'{re.escape(root)}/([^">]+)')
    counts: Counter[str] = Counter()
    calls = []
    for thread, name, rest in lines:
        if int(thread) == main:
            counts[name] += 1
            calls.append(Call(name, counts[name], _find_target(name, rest, inside)))
    return calls


def _find_target(name: str, rest: str, inside: re.Pattern[str]) -> str:
    if (path := inside.search(rest)) is not None:
        return path[1]
    if "<socket:" in rest:
        return "socket"
    return "eventpoll" if "[eventpoll]" in rest else _UNNAMED.get(name, "")
