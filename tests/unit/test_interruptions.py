"""A Ctrl-C at any line of ours leaves nothing behind; at the DLL seam, with a fake."""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import fake_advapi32
import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred

PACKAGE = Path(wincred.__file__).parent
SUPPORT = Path(fake_advapi32.__file__).parent
SECRET = b"correct horse battery staple"
CALLS = [
    pytest.param(lambda: wincred.read("example.com/1"), id="read"),
    pytest.param(lambda: wincred.enumerate(), id="enumerate"),
    pytest.param(lambda: wincred.write("example.com/1", SECRET, comment="c", attributes={"k": b"v"}), id="write"),
    pytest.param(lambda: wincred.write("example.com/1", memoryview(SECRET)[::-1]), id="write-scattered"),
]


def clean_up() -> set[tuple[str, int]]:
    """The lines of each ``finally``, and of each ``try`` alone: nothing can stand guard over the guard."""
    lines = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Try):
                lines.add((str(path), node.lineno))
                for step in node.finalbody:
                    lines |= {(str(path), line) for line in range(step.lineno, (step.end_lineno or 0) + 1)}
    return lines


CLEAN_UP = clean_up()


class CtrlC:
    """A Ctrl-C just before the line of ours that is the *number*-th to run."""

    def __init__(self, number: int) -> None:
        self.number = number

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if Path(place[0]).parent != PACKAGE or is_of_the_fake(frame.f_back):
            return None
        if event == "line" and place not in CLEAN_UP:
            self.number -= 1
            if self.number == 0:
                raise KeyboardInterrupt
        return self.trace


def is_of_the_fake(frame: FrameType | None) -> bool:
    return frame is not None and Path(frame.f_code.co_filename).parent == SUPPORT


def interrupted(call: Callable[[], object], number: int) -> KeyboardInterrupt | None:
    """What comes out of *call*; None when it has fewer lines."""
    before = sys.gettrace()
    sys.settrace(CtrlC(number).trace)
    try:
        call()
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(before)
    return None


def locals_of_ours(error: BaseException) -> str:
    """What a traceback with local variables shows of our own frames."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if Path(frame.f_code.co_filename).parent == PACKAGE]
    return "\n".join(f"{name}={show(value)}" for frame in ours for name, value in frame.f_locals.items())


def show(value: object) -> str:
    """Its repr; Attributes that are half made have none."""
    try:
        return repr(value)
    except AttributeError:
        return "half made"


def interruptions(call: Callable[[], object]) -> list[tuple[FakeAdvapi32, str]]:
    """*call*, interrupted at each line, before three credentials: the DLL afterwards, and what a traceback shows."""
    done: list[tuple[FakeAdvapi32, str]] = []
    for number in range(1, 1000):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fake = FakeAdvapi32()
            fake.install(monkeypatch)
            for each in range(3):
                fake.put(Stored(target_name=f"example.com/{each}", blob=SECRET, attributes={"k": SECRET, "l": SECRET}))
            error = interrupted(call, number)
        if error is None:
            return done
        done.append((fake, locals_of_ours(error)))
    raise AssertionError("the call does not end")


@pytest.mark.parametrize("call", CALLS)
def test_an_interruption_at_any_line_leaves_nothing_behind(call: Callable[[], object]) -> None:
    """What Windows gave out is wiped and freed, and the copies for Windows are wiped."""
    done = interruptions(call)
    assert len(done) > 20
    assert {bool(fake.calls) for fake, _ in done} == {True, False}
    for fake, _ in done:
        assert all(block.wiped for block in fake.blocks)
        assert not any(map(any, fake.byte_arrays))


@pytest.mark.parametrize("call", CALLS[:2])
def test_an_interruption_at_any_line_shows_no_blob(call: Callable[[], object]) -> None:
    """Nor a value: what was copied so far is in no local variable of ours that a traceback shows."""
    shown = [text for _, text in interruptions(call)]
    assert any("target_name" in text for text in shown)
    assert not [text for text in shown if SECRET.decode() in text]
