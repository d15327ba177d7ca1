"""What a person or an editor sees: answers on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from typing import Any, TextIO

import click

from coder_login.errors import CoderError

_MIN_WIDTH = 30  # columns; narrower than that, wrapped text reads worse than what the terminal breaks


def answer(text: str) -> None:
    _print(_wrapped(text, is_terminal(sys.stdout)) + "\n")


def answer_json(value: Any) -> None:
    """JSON that every encoding can carry."""
    _print(json.dumps(value, indent=2) + "\n")


def answer_line(line: str) -> None:
    """The same bytes everywhere: Windows would end the line with a carriage return, which a script takes for text."""
    _print(f"{line}\n".encode())


def answer_lines(lines: Iterable[str]) -> None:
    """A list, one thing a line, never wrapped: a URL must stay beside its mark."""
    _print("".join(f"{line}\n" for line in lines))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sees, or types into, *stream*, which is None when the program was started without it."""
    if stream is None or not stream.isatty():
        return False
    # On Windows NUL, where editors let standard input come from, says that it is a terminal; a prompt would then wait
    # for keys for ever. Python itself tells a console from it.
    return sys.platform != "win32" or _is_console(stream)


def _is_console(stream: TextIO) -> bool:
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return type(raw).__name__ == "_WindowsConsoleIO"


def check_person(hint: str) -> None:
    """Raise when nobody is there to see a question and to answer it; *hint* is the way without one."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise CoderError("nobody is there to be asked", hint)


def _print(text: str | bytes) -> None:
    try:
        click.echo(text, nl=False)
    except OSError as problem:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.close()  # lest the interpreter tries to write the rest again, and fails aloud
        raise CoderError(
            f"the answer could not be written: {problem.strerror}", "look at where standard output goes"
        ) from problem


def error(problem: CoderError) -> None:
    _tell("error", "red", problem.message, problem.hint)


def warning(message: str, hint: str = "") -> None:
    _tell("warning", "yellow", message, hint)


def note(message: str) -> None:
    """Something worth knowing that is not wrong."""
    click.echo(_wrapped(_sentence(message), is_terminal(sys.stderr)), err=True)


def progress(line: str) -> None:
    """A line as it is, never wrapped: a URL must stay whole."""
    click.echo(line, err=True)


def _tell(label: str, colour: str, message: str, hint: str) -> None:
    text = f"{label}: {_sentence(message)}" + (f"\n{_sentence(hint)}" if hint else "")
    text = _wrapped(text, is_terminal(sys.stderr))
    if not os.environ.get("NO_COLOR"):
        text = text.replace(label, click.style(label, fg=colour, bold=True), 1)
    click.echo(text, err=True)


def _sentence(text: str) -> str:
    """*text* as a sentence; a URL or a command stays as it must be typed, without a full stop to copy with it."""
    first, last = text.split(" ", 1)[0], text.rsplit(" ", 1)[-1]
    if first.isalpha():
        text = text[:1].upper() + text[1:]
    return f"{text}." if last.strip("()\"'").isalpha() and ": coder " not in text else text


def _wrapped(text: str, for_terminal: bool) -> str:
    width = shutil.get_terminal_size().columns
    if not for_terminal or width < _MIN_WIDTH:
        return text
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines()
    )
