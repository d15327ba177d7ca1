"""A process that a test starts: it ends with the test, and is never waited for without a limit."""

from __future__ import annotations

import subprocess
import threading
from types import TracebackType

TIMEOUT = 60
"""Seconds after which a process hangs."""


class Child(subprocess.Popen[bytes]):
    """A process that is killed where its ``with`` ends. No wait for it is longer than TIMEOUT, unless it says so."""

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
        super().__exit__(kind, problem, traceback)

    def wait(self, timeout: float | None = TIMEOUT) -> int:
        return super().wait(timeout)

    def communicate(self, input: bytes | None = None, timeout: float | None = TIMEOUT) -> tuple[bytes, bytes]:
        return super().communicate(input, timeout)

    def read_line(self) -> bytes:
        """A line of its standard output, without the white space around it; an empty one if it ends, or hangs."""
        assert self.stdout is not None
        killer = threading.Timer(TIMEOUT, self.kill)
        killer.start()
        try:
            return self.stdout.readline().strip()
        finally:
            killer.cancel()
