"""The types of the options' values: booleans as the editors spell them, and time limits."""

from __future__ import annotations

import math
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


class Seconds(click.FloatRange):
    """A time limit: over 0, an hour at most."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=3600)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):  # no comparison with a bound refuses it
            self.fail(f"{seconds} is not in the range {self._describe_range()}.", param, ctx)
        return seconds
