"""The question for a token: what is typed is not echoed, and the terminal is left as it was found, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from coder_login.commands import output

_MAX_LINE = 64 * 1024  # bytes


def read_hidden_line(question: str) -> str:
    """What is typed or pasted after *question*, without an echo. Raises EOFError at the end of input."""
    try:
        return _read_hidden_line(question)
    finally:
        output.progress("")  # the line end that was typed is not echoed either


if sys.platform == "win32":

    def _read_hidden_line(question: str) -> str:
        import getpass

        output.ask(question)
        return getpass.getpass("")

else:
    import select
    import termios

    _LOCAL_MODES = 3  # the index of c_lflag in what tcgetattr gives
    # Signals whose default is not to end the process, and those that no handler of Python's can be run for.
    _OTHERS = frozenset(
        ("SIGCHLD", "SIGCONT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH", "SIGINFO", "SIGSTOP", "SIGKILL")
    ) | {"SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV"}

    def _read_hidden_line(question: str) -> str:
        try:
            with _telling_of_signals() as told:
                terminal = _HiddenTerminal(sys.stdin.fileno(), question, told)
                with _handling(terminal):
                    return terminal.read_line().decode(errors="replace")
        except (termios.error, OSError):
            pass
        raise EOFError  # the terminal is gone

    class _HiddenTerminal:
        """The terminal at *descriptor*, which asks *question* and echoes nothing; *told* can be read after a signal.

        A shell takes the terminal back when we are stopped, and gives it to us in a state of its own when we go on:
        that state is then the one to leave.
        """

        def __init__(self, descriptor: int, question: str, told: int) -> None:
            self._descriptor = descriptor
            self._question = question
            self._told = told
            self._found: list[Any] | None = None
            self._hidden: list[Any] | None = None
            self._typed = b""

        def hide(self) -> None:
            """Switch the echo off, forget what was typed while it was on, and ask.

            Not while another job has the terminal: its state is that job's, and a read stops us until we have it.
            """
            if not self._is_ours():
                return
            found = termios.tcgetattr(self._descriptor)
            if found == self._hidden:
                return
            hidden = [*found]
            hidden[_LOCAL_MODES] &= ~termios.ECHO
            self._found, self._typed = found, b""
            termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, hidden)
            self._hidden = termios.tcgetattr(self._descriptor)
            self._ask()

        def restore(self) -> None:
            """Leave the terminal as it was found; what was typed since then is not for the shell."""
            if self._found is not None and self._is_ours():
                with contextlib.suppress(termios.error):
                    termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._found)
            self._found = self._hidden = None

        def stop(self, number: int, frame: FrameType | None) -> None:
            """Stop as the signal asks for, and go on with the question."""
            self.restore()
            # Not while we are stopped like this: it would hide and ask before the next stop is handled.
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            self._default(number)
            signal.signal(number, self.stop)
            signal.signal(signal.SIGCONT, self.go_on)
            self.hide()

        def go_on(self, number: int, frame: FrameType | None) -> None:
            """After a stop that nobody could see coming."""
            self.hide()

        def end(self, number: int, frame: FrameType | None) -> None:
            """End as the signal asks for."""
            self.restore()
            self._default(number)

        def read_line(self) -> bytes:
            self.hide()
            while not self._typed.endswith(b"\n") and len(self._typed) < _MAX_LINE:
                self._wait_for_input()
                piece = os.read(self._descriptor, _MAX_LINE)
                if not piece:
                    break
                self._typed += piece
            if not self._typed:
                raise EOFError
            return self._typed

        def _wait_for_input(self) -> None:
            """Until there is something to read, or another job has the terminal: a read then stops us.

            A signal that comes between Python's last look for one and a read that waits is handled after that read, on
            the next line that is typed.
            """
            while self._is_ours():
                try:
                    ready, _, _ = select.select([self._descriptor, self._told], [], [])
                except ValueError:  # the number of a descriptor is too high for it: the read alone waits, then
                    return
                if self._descriptor in ready:
                    return
                os.read(self._told, _MAX_LINE)

        def _ask(self) -> None:
            # Not by sys.stderr: a handler may run in the middle of a write to it, and it takes no second one.
            if sys.stderr is not None:
                with contextlib.suppress(OSError):
                    os.write(sys.stderr.fileno(), self._question.encode())

        def _is_ours(self) -> bool:
            """Whether we are the job that has the terminal."""
            try:
                return os.tcgetpgrp(self._descriptor) == os.getpgrp()
            except OSError:  # it is not the terminal that controls us
                return True

        @staticmethod
        def _default(number: int) -> None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    @contextmanager
    def _telling_of_signals() -> Iterator[int]:
        """A descriptor that can be read once a signal has come, even if its handler has not been run yet."""
        told, tell = os.pipe()
        try:
            os.set_blocking(tell, False)
            before = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
            try:
                yield told
            finally:
                signal.set_wakeup_fd(before)
        finally:
            os.close(told)
            os.close(tell)

    @contextmanager
    def _handling(terminal: _HiddenTerminal) -> Iterator[None]:
        """The signals that stop, continue or end the process, handled for *terminal*, unless they are ignored."""
        ending = [number for number in signal.valid_signals() if getattr(number, "name", "") not in _OTHERS]
        wanted = dict.fromkeys(ending, terminal.end) | {signal.SIGTSTP: terminal.stop, signal.SIGCONT: terminal.go_on}
        handled = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
        try:
            for number in handled:
                signal.signal(number, wanted[number])
            yield
        finally:
            for number in handled:
                signal.signal(number, signal.SIG_DFL)
            terminal.restore()
