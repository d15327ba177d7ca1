"""A terminal, and a person at it: what a program shows there, and what is typed."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from child import TIMEOUT, Child

# Makes the terminal at standard input its own, as a login shell does; then it is the program it was given.
ADOPT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """A program on a terminal of *columns*, in an *environment*; its standard output goes to a pipe if so asked.

    *script* is the program that starts it there. `seen` is what it has shown so far.
    """

    master: int
    process: Child
    deadline: float
    seen: str

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 1000,
        piped: bool = False,
        script: str = ADOPT,
        cwd: Path | None = None,
    ) -> None:
        self.master, slave = _open_terminal(columns)
        self.process = Child(
            [sys.executable, "-S", "-c", script, *words],
            cwd=cwd,
            env={"TERM": "xterm", **environment},
            stdin=slave,
            stdout=subprocess.PIPE if piped else slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.deadline = time.monotonic() + TIMEOUT
        self.seen = ""

    def type(self, text: str) -> None:
        """Type *text*; Ctrl-C until the process has ended, as a person would.

        Python loses an interrupt that comes between its last look and the read of the terminal.
        """
        os.write(self.master, text.encode())
        while text == "\x03" and not self._ended():
            assert time.monotonic() < self.deadline
            os.write(self.master, text.encode())

    def _ended(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        return self.process.returncode is not None

    def expect(self, text: str, times: int = 1) -> None:
        """Wait until *text* has been seen so often."""
        while self.seen.count(text) < times:
            assert self._read(), f"{text!r} is not in {self.seen!r}"

    def answer(self, answers: Mapping[str, str]) -> int:
        """The exit code of a program to whose questions these are the *answers*."""
        said = dict.fromkeys(answers, 0)
        while self._read():
            for question, answer in answers.items():
                if self.seen.count(question) > said[question]:
                    said[question] += 1
                    self.type(answer)
        return self.process.wait()

    def end(self) -> int:
        """The exit code, once the process has ended; all that it wrote has been seen."""
        while self._read():
            pass
        return self.process.wait()

    def close(self) -> None:
        with self.process:
            os.close(self.master)

    def _read(self) -> bool:
        left = self.deadline - time.monotonic()
        assert select.select([self.master], [], [], max(0, left))[0], f"silent after {self.seen!r}"
        try:
            data = os.read(self.master, 65536)
        except OSError as problem:
            assert problem.errno == errno.EIO  # noqa: PT017  # Linux' way to say that nobody has the terminal open
            return False
        self.seen += data.decode().replace("\r\n", "\n")
        return bool(data)


def _open_terminal(columns: int) -> tuple[int, int]:
    """The person's side of it, and the program's."""
    if sys.platform == "win32":
        raise NotImplementedError("a terminal of Windows can't be driven from here")
    else:  # noqa: RET506  # for mypy, which reads it for another system otherwise
        import termios

        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        return master, slave
