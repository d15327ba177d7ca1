"""Standard output and error as they are made ready; with streams of a test's own in their place."""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from coder_login.commands import streams


class Interrupted(io.TextIOWrapper):
    """A stream in whose last moment a signal comes."""

    def detach(self) -> Any:
        raise KeyboardInterrupt


class Unready(io.TextIOWrapper):
    """A stream that can't be asked where it stands."""

    def reconfigure(self, **_: Any) -> None:
        raise OSError(5, "Input/output error")


def put_in_place(monkeypatch: pytest.MonkeyPatch, stream: io.TextIOBase) -> None:
    """Let *stream* be standard error. In the test itself: pytest puts its own streams back before each phase."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", stream)


def test_a_signal_leaves_a_stream_that_takes_a_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While an unbuffered one is replaced: what is said of the signal must reach it."""
    stream = Interrupted(io.FileIO(tmp_path / "output", "w"), "utf-8", write_through=True)  # as python -u has it
    put_in_place(monkeypatch, stream)
    with pytest.raises(KeyboardInterrupt):
        streams.prepare()
    assert sys.stderr is not stream
    print("a word", file=sys.stderr)
    assert (tmp_path / "output").read_text() == "a word\n"
    stream.buffer.close()


def test_a_stream_that_can_not_be_made_ready_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reason to fail before a command has begun."""
    stream = Unready(io.BufferedWriter(io.BytesIO()))
    put_in_place(monkeypatch, stream)
    streams.prepare()
    assert sys.stderr is stream


class Lost(io.FileIO):
    """A file that takes what is written, and whose place can't be told any more."""

    is_lost = False

    def tell(self) -> int:
        if self.is_lost:
            raise OSError(5, "Input/output error")
        return super().tell()


def test_an_unbuffered_stream_that_can_not_be_replaced_is_left_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A write to it fails, if at all, with a word."""
    with Lost(tmp_path / "output", "w") as raw:
        stream = io.TextIOWrapper(raw, "utf-8", write_through=True)  # as python -u has it
        put_in_place(monkeypatch, stream)
        raw.is_lost = True
        streams.prepare()
        gc.collect()
        print("a word", file=sys.stderr)
        assert not raw.closed
        stream.detach()
    assert (tmp_path / "output").read_text() == "a word\n"
