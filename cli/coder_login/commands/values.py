"""The types of the options' values: booleans as the editors spell them, time limits, and words of a list.

Their errors say what is allowed, and never repeat the value: what was typed in its place can be a secret.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import click

_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})
QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
"""What a person, a shell or a word processor puts around a text."""

_BOOLEAN_FORM = "true, false, t, f, 1 or 0"
_LONGEST = 3600  # seconds


class Boolean(click.ParamType[bool]):
    """A boolean as the editors spell it."""

    name = "true|false"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self.fail(f"it is not one of {_BOOLEAN_FORM}", param, ctx)
        return text in _TRUE


def parse_directory(text: str) -> Path:
    """The absolute path of the directory *text*, as a person writes it: a leading ``~`` is a home directory.

    Raises ValueError for what a shell would have replaced, had it seen it: taken for a name, it would put a token into
    a new directory below the working directory.
    """
    if text != text.strip() or text[0] in QUOTES or text[-1] in QUOTES:
        raise ValueError("it has quotes or white space around it, which are no part of a directory's name")
    if re.match(r"\$[\w({]|%\w+%|!\w+!", text):
        raise ValueError("it starts with a variable that nothing has replaced")
    path = os.path.expanduser(text)
    if text.startswith("~") and not (os.path.isabs(path) and os.path.isabs(os.environ.get("HOME", os.sep))):
        raise ValueError("it starts with a home directory that is not known")
    try:
        return Path(os.path.abspath(path))
    except OSError as error:
        reason = f"the working directory can't be found: {error.strerror}"
        raise ValueError(f"it is relative, and {reason}") from error


class Seconds(click.FloatRange):
    """A time limit: over 0, an hour at most."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=_LONGEST)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = _parse_number(value)
        if not 0 < seconds <= _LONGEST:  # not a number is in no range
            self.fail(f"it is not a number of seconds, over 0 and up to {_LONGEST}", param, ctx)
        return seconds


class Word(click.Choice[str]):
    """One of a few words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            self.fail(f"it is not one of {', '.join(self.choices)}", param, ctx)
        return str(value)


def _parse_number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
