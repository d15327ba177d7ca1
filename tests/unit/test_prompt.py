"""The hidden prompt, on a terminal that controls nobody: a signal is never left unheard."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from coder_login.commands import prompt

if sys.platform == "win32":
    pytest.skip("Windows has the prompt of getpass", allow_module_level=True)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a person types; standard input is the other end."""
    keyboard, terminal = os.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as stdin, os.fdopen(keyboard, "wb", buffering=0):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keyboard


def test_a_signal_right_before_the_wait_ends_it(keyboard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python looks for one before it, and not again: the wait itself has to notice, and nothing is read until then."""
    real, waits = select.select, []

    def wait(watched: list[int], *_: Any) -> Any:
        waits.append(watched)
        if len(waits) == 1:
            signal.raise_signal(signal.SIGUSR1)
        else:
            os.write(keyboard, b"typed\n")
        ready = real(watched, [], [], 20)
        assert ready[0], "the wait goes on"
        return ready

    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    monkeypatch.setattr(select, "select", wait)
    try:
        assert prompt.read_hidden_line("") == "typed\n"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(waits) == 2
    assert signal.set_wakeup_fd(-1) == -1


def test_a_descriptor_that_can_not_be_waited_for_is_read(keyboard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a thousand open files, select takes no more: then the read alone waits."""

    def refuse(*_: Any) -> Any:
        os.write(keyboard, b"typed\n")
        raise ValueError("filedescriptor out of range in select()")

    monkeypatch.setattr(select, "select", refuse)
    assert prompt.read_hidden_line("") == "typed\n"
