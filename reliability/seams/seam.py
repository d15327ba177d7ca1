"""The seam between the program and Windows: every call of the DLL and of the file functions is counted, and one fails.

What is called is the real thing. Watched are the functions of `wincred._dll`'s own seam, and those of `os` and
`msvcrt` that the session stores and their locks use.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest import mock

from coder_login.sessionstore import directory, file_checks, file_store, lock, pair, private_directory
from fake_memory import Heap

from wincred import _dll

Answer = TypeVar("Answer")

CLOSERS = ("os.close", "CredFree")
UNGUARDED = ("os.open", *CLOSERS)
"""Where Ctrl-C leaves something open: between a call and the `finally` that is to close what it opened, or in that."""

# Functions of Windows, and not of its C library: their errors have Windows' codes.
_OF_WINDOWS = ("os.lstat", "os.mkdir", "os.replace", "os.stat", "os.unlink")
_CHANGES = ("os.replace", "os.unlink")
_WRITING = ("os.fsync", "os.mkdir", "os.open", "os.replace", "os.write")
_OS_FUNCTIONS = ("close", "fsync", "lstat", "mkdir", "open", "read", "replace", "stat", "unlink", "write")
_MODULES = (directory, file_checks, file_store, lock, pair, private_directory)
_HASTE = 50  # how much faster time passes for who waits for a lock, or for another program to close a file
_UNKNOWN = 31337  # no error of Windows
NOT_FOUND = 1168


@dataclass(frozen=True)
class Kind:
    """What goes wrong at a call: an *error*, a code of Windows, or Ctrl-C for None; before the call or after it.

    It is *lasting* when it meets all later calls of the same function, or of any function of the DLL, too.
    """

    name: str
    error: int | None = None
    is_late: bool = False
    is_lasting: bool = False


INTERRUPTIONS = (Kind("Ctrl-C before"), Kind("Ctrl-C after", is_late=True))
DLL_ERRORS = (
    *(Kind(f"error {code}", code) for code in (5, 8, 87, 1004, NOT_FOUND, 1312, 1783, 2202, _UNKNOWN)),
    Kind("error 1312 from now on", 1312, is_lasting=True),
)
DLL_LATE_ERROR = Kind("error 5, and done", 5, is_late=True)
SHARED, DENIED, FULL, BROKEN = 32, 5, 112, 1117
FILE_ERRORS = (
    Kind("open elsewhere", SHARED),
    Kind("I/O error", BROKEN),
    Kind("access denied from now on", DENIED, is_lasting=True),
)
DISK_ERROR = Kind("disk full from now on", FULL, is_lasting=True)
_ERRNO = {SHARED: errno.EACCES, DENIED: errno.EACCES, FULL: errno.ENOSPC, BROKEN: errno.EIO}


def find_kinds(name: str) -> tuple[Kind, ...]:
    """What can go wrong at a call of the function *name*."""
    if name == "CredFree":  # which reports nothing
        return INTERRUPTIONS
    if name in _dll.FUNCTIONS:
        return *INTERRUPTIONS, *DLL_ERRORS, *([DLL_LATE_ERROR] if name in ("CredWriteW", "CredDeleteW") else [])
    return *INTERRUPTIONS, *FILE_ERRORS, *([DISK_ERROR] if name in _WRITING else [])


def misleads(name: str, kind: Kind) -> bool:
    """Whether *kind*, at a call of the function *name*, is an answer: that there is no such credential."""
    return (name, kind.error) == ("CredReadW", NOT_FOUND)


@dataclass(frozen=True)
class Fault:
    """*kind* at the call of that *number*, from 0, among all that are watched."""

    number: int
    kind: Kind


class Seam:
    """The calls of one run, in their order, and the *fault* in it; *look* is called after each change of a file, where
    a process that is killed would leave it."""

    def __init__(self, fault: Fault | None = None, look: Callable[[], object] = lambda: None) -> None:
        self.calls: list[str] = []
        self.is_reached = False
        self.opened: set[int] = set()
        """The descriptors that are open."""
        self._fault = fault
        self._look = look
        self._first = ""

    def close(self) -> None:
        """Close what is left open, as the end of the process would."""
        for descriptor in self.opened:
            os.close(descriptor)

    def pass_on(self, name: str, act: Callable[[], Answer], fail: Callable[[int], Answer]) -> Answer:
        """The answer of *act*, or of *fail* to an error's code, for a call of the function *name*."""
        kind = self._find_kind(name)
        if kind is None:
            return act()
        self.is_reached = True
        if name in CLOSERS and kind.error is not None:
            act()  # what is closed is gone, whatever close says
            return fail(kind.error)
        if kind.is_late:
            answer = act()
            return answer if _interrupt(kind) else fail(kind.error or 0)
        return act() if _interrupt(kind) else fail(kind.error or 0)

    def _find_kind(self, name: str) -> Kind | None:
        number = len(self.calls)
        self.calls.append(name)
        if self._fault is None or number < self._fault.number:
            return None
        self._first = self._first or name
        is_met = number == self._fault.number or (self._fault.kind.is_lasting and _are_alike(name, self._first))
        return self._fault.kind if is_met else None

    def pass_file(self, name: str, act: Callable[[], Answer], path: object = None) -> Answer:
        def fail(code: int) -> Answer:
            raise _make_os_error(name, code, path)

        return self.pass_on(name, act, fail)

    @contextmanager
    def installed(self, ffi: Heap, dll: object) -> Iterator[None]:
        """This in the place of the DLL and of the file functions; waiting takes less time."""
        with ExitStack() as stack:
            for name in ("load_advapi32", "last_error", "load_ffi"):
                stack.enter_context(mock.patch.object(_dll, name, getattr(dll, name)))
            watched = {name: self._watch(name) for name in _OS_FUNCTIONS}
            for module in _MODULES:
                stack.enter_context(mock.patch.object(module, "os", Stand(os, watched)))
            system = "msvcrt" if hasattr(lock, "msvcrt") else "fcntl"
            stack.enter_context(mock.patch.object(lock, system, self._watch_locking(getattr(lock, system))))
            for module in (directory, lock):
                stack.enter_context(mock.patch.object(module, "time", Stand(time, _HASTY)))
            stack.enter_context(mock.patch.object(pair, "time", Stand(time, {"sleep": lambda seconds: None})))
            stack.enter_context(mock.patch.object(pair, "SETTLING_TIME", 0))
            yield

    def _watch(self, name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any) -> Any:
            return self.pass_file(f"os.{name}", lambda: self._note(name, arguments, real(*arguments)), arguments[0])

        return call

    def _note(self, name: str, arguments: tuple[Any, ...], answer: Answer) -> Answer:
        if name == "open" and isinstance(answer, int):
            self.opened.add(answer)
        if name == "close":
            self.opened.discard(arguments[0])
        if f"os.{name}" in _CHANGES:
            self._look()
        return answer

    def _watch_locking(self, module: Any) -> Stand:
        name = "locking" if hasattr(module, "locking") else "flock"

        def call(*arguments: Any) -> Any:
            return self.pass_file(f"lock.{name}", lambda: getattr(module, name)(*arguments))

        return Stand(module, {name: call})


class Stand:
    """A module with some other functions."""

    def __init__(self, module: Any, others: dict[str, Callable[..., Any]]) -> None:
        self._module = module
        self._others = others

    def __getattr__(self, name: str) -> Any:
        return self._others[name] if name in self._others else getattr(self._module, name)


_HASTY: dict[str, Callable[..., Any]] = {
    "monotonic": lambda: time.monotonic() * _HASTE,
    "sleep": lambda seconds: time.sleep(seconds / _HASTE),
}


def _interrupt(kind: Kind) -> bool:
    """Whether *kind* is Ctrl-C, which then comes: as an exception, or later where the program has put it off."""
    if kind.error is None:
        signal.raise_signal(signal.SIGINT)
    return kind.error is None


def _are_alike(name: str, other: str) -> bool:
    return name == other or {name, other} <= set(_dll.FUNCTIONS)


def _make_os_error(name: str, code: int, path: object) -> OSError:
    if name in _OF_WINDOWS:
        return OSError(_ERRNO[code], os.strerror(_ERRNO[code]), path, code)
    return OSError(_ERRNO[code], os.strerror(_ERRNO[code]))
