"""Ctrl-C and a polite kill: both unwind the program, so that every `finally` runs, and neither cuts a commit in two."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_EXIT_BASE = 128  # a shell's exit code of a program that a signal ended


class TerminatedError(BaseException):
    """SIGTERM or SIGHUP came; like KeyboardInterrupt, not an Exception, so that nothing takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = _EXIT_BASE + number


def _signals() -> list[signal.Signals]:
    if sys.platform == "win32":
        return [signal.SIGTERM]
    return [signal.SIGTERM, signal.SIGHUP]


def unwind_on_termination() -> None:
    """Let SIGTERM and SIGHUP raise TerminatedError, unless the parent chose to ignore them."""
    for number in _signals():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


def _raise(number: int, frame: FrameType | None) -> None:
    raise TerminatedError(number)


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore Ctrl-C and the polite kill until the end of the body: it is short, and done or undone as a whole."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in [signal.SIGINT, *_signals()]}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
