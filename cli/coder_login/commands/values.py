"""The types of the options' values: booleans as the editors spell them, and time limits."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import click

from coder_login.text import printable

_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})
_BOOLEAN_FORM = "true, false, t, f, 1 or 0"


class Boolean(click.ParamType[bool]):
    """A boolean as the editors spell it."""

    name = "true|false"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self.fail(f"{printable(str(value))!r} is not one of {_BOOLEAN_FORM}", param, ctx)
        return text in _TRUE


def parse_directory(text: str) -> Path:
    """The absolute path of the directory *text*, as a person writes it: a leading ``~`` is a home directory.

    Raises ValueError for what a shell would have replaced, had it seen it: taken for a name, it would put a token into
    a new directory below the working directory.
    """
    shown = printable(text)
    if text != text.strip() or text[0] in "'\"" or text[-1] in "'\"":
        raise ValueError(f"'{shown}' has quotes or white space around it, which are no part of a directory's name")
    if re.match(r"\$\w|\$\{|%\w+%", text):
        raise ValueError(f"'{shown}' starts with a variable that nothing has replaced")
    path = os.path.expanduser(text)
    if path.startswith("~"):
        raise ValueError(f"the home directory in '{shown}' is not known")
    try:
        return Path(os.path.abspath(path))
    except OSError as error:
        reason = f"the working directory can't be found: {error.strerror}"
        raise ValueError(f"'{shown}' is relative, and {reason}") from error


class Seconds(click.FloatRange):
    """A time limit: over 0, an hour at most."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=3600)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):  # no comparison with a bound refuses it
            self.fail(f"{seconds} is not in the range {self._describe_range()}.", param, ctx)
        return seconds
