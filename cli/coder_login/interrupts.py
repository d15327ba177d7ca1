"""Ctrl-C and a polite kill: both unwind the program, so that every `finally` runs, and neither cuts a commit in two."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any, TypeAlias

    _Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None

_EXIT_BASE = 128  # a shell's exit code of a program that a signal ended

_heeded: dict[signal.Signals, _Handler] = {}
"""What the signals did before they were put off; empty while they are not."""

_noted: list[int] = []
"""The signals that came while they were put off."""


class TerminatedError(BaseException):
    """SIGTERM or SIGHUP came; like KeyboardInterrupt, not an Exception, so that nothing takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = _EXIT_BASE + number


STOPS = (KeyboardInterrupt, TerminatedError)
"""What the signals raise."""


def _signals() -> list[signal.Signals]:
    if sys.platform == "win32":
        return [signal.SIGTERM]
    return [signal.SIGTERM, signal.SIGHUP]


def unwind_on_termination() -> None:
    """Let SIGTERM and SIGHUP raise TerminatedError, unless the parent chose to ignore them."""
    for number in _signals():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


def await_children() -> None:
    """Let the exit code of each program that we start be known, although the parent chose to know none."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TerminatedError(number)


def find_exit_code(error: BaseException) -> int:
    """The exit code of a run that *error* ends: a shell's for a signal, else 1."""
    if isinstance(error, KeyboardInterrupt):
        return _EXIT_BASE + signal.SIGINT
    return error.exit_code if isinstance(error, TerminatedError) else 1


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore Ctrl-C and the polite kill until the end of the body: it is short, and done or undone as a whole.

    Where the body has to wait, for a lock or a server, it does so in `heed_signals`.
    """
    if _heeded:
        yield
        return
    try:
        for number in (signal.SIGINT, *_signals()):
            handler = signal.getsignal(number)
            if handler is not signal.SIG_IGN:
                _heeded[number] = handler
                signal.signal(number, _note)
        yield
    finally:
        _restore()
        _heeded.clear()
        _noted.clear()


@contextmanager
def heed_signals() -> Iterator[None]:
    """Within `ignore_signals`, let the signals do what they did before it, also one that came in the meantime.

    Elsewhere this changes nothing.
    """
    try:
        _restore()
        while _noted:
            signal.raise_signal(_noted.pop())
        yield
    finally:
        for number in _heeded:
            signal.signal(number, _note)


def ignore_signals_for_good() -> None:
    """Until the process ends, which it is about to do."""
    for number in (signal.SIGINT, *_signals()):
        signal.signal(number, signal.SIG_IGN)


def _note(number: int, frame: FrameType | None) -> None:
    _noted.append(number)


def _restore() -> None:
    for number, handler in _heeded.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)
