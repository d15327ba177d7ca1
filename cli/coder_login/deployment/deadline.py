"""One moment until which everything has to be done, and calls that can't be interrupted made to keep to it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_SLICE = 0.2  # seconds: on Windows a wait for a socket or for a thread notices Ctrl-C only at its end


class Deadline:
    """The moment that is *seconds* from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def compute_slice(self, longest: float = _SLICE) -> float:
        """The seconds that one wait may take now, *longest* at most. Raises TimeoutError when none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, longest, _SLICE)

    def shorten(self, seconds: float) -> Deadline:
        """The moment that is *seconds* from now, or this one if it is sooner."""
        sooner = Deadline(seconds)
        sooner._end = min(sooner._end, self._end)
        return sooner


def run_within(deadline: Deadline, call: Callable[[], T]) -> T:
    """What *call* returns or raises. Raises TimeoutError when it is not done in time; it then goes on, unheard.

    For calls into the system that nothing can interrupt, such as getaddrinfo.
    """
    outcome: queue.SimpleQueue[tuple[T, None] | tuple[None, Exception]] = queue.SimpleQueue()
    threading.Thread(target=_run, args=(call, outcome), daemon=True).start()
    result, error = _wait(outcome, deadline)
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is one where there is no error


def _run(call: Callable[[], T], outcome: queue.SimpleQueue[tuple[T, None] | tuple[None, Exception]]) -> None:
    try:
        outcome.put((call(), None))
    except Exception as error:  # noqa: BLE001  # raised again by the thread that waits
        outcome.put((None, error))


def _wait(outcome: queue.SimpleQueue[T], deadline: Deadline) -> T:
    while True:
        with contextlib.suppress(queue.Empty):
            return outcome.get(timeout=deadline.compute_slice())
