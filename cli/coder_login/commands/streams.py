"""Standard output and error made ready: each takes all of a text or raises, and no file gets their handles."""

from __future__ import annotations

import contextlib
import io
import os
import sys


def prepare() -> None:
    """At the start of the process."""
    _occupy_standard_handles()
    for name in ("stdout", "stderr"):
        _prepare_stream(name)


def _prepare_stream(name: str) -> None:
    """Let the stream *name* of `sys` write all or raise, and escape what its encoding can't carry.

    Unbuffered, it takes a part of a text and does not say so; and a name in another script must not end the program.
    """
    stream = getattr(sys, name)
    with contextlib.suppress(OSError):  # it can't be asked where it stands; a write to it fails, if at all, with a word
        if isinstance(getattr(stream, "buffer", None), io.RawIOBase):
            unbuffered = stream
            buffered = io.BufferedWriter(unbuffered.buffer)
            try:
                stream = io.TextIOWrapper(buffered, unbuffered.encoding, line_buffering=True)
            except OSError:
                buffered.detach()  # or it would close the stream when it goes
                raise
            setattr(sys, name, stream)
            unbuffered.detach()  # not before: a signal in between would leave none
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _occupy_standard_handles() -> None:
    """Open the null device where a standard handle is closed: the next file, a session's, would get its number, and
    what a header command says on that handle."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
