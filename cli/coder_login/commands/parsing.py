"""How arguments are read: booleans as the editors spell them, and one scanner that spells options out for click."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from coder_login.text import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

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


class Flag(click.Option):
    """A boolean option: bare, or with its value after an equals sign. It never takes the next word for its value."""

    def __init__(self, names: Sequence[str], **attributes: Any) -> None:
        super().__init__(names, type=Boolean(), default=False, **attributes)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What the command itself completes: a bare flag takes no next word."""
        return ctx.command.shell_complete(ctx, incomplete)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return None if self.hidden else (", ".join(self.opts) + "[=true|false]", self.help or "")


@dataclass(frozen=True, slots=True)
class Scanned:
    """The arguments of a command, with each flag's value spelled out, and the index of its first operand."""

    words: list[str]
    first_operand: int | None


def scan(command: click.Command, arguments: Sequence[str]) -> Scanned:
    """*arguments* as *command*'s: a bare flag gets ``=true``, as click would take the next word for its value.

    Joined short flags (``-yv``) are taken apart. After ``--`` there are operands alone, and after the first operand
    of a group its subcommand's words: neither is touched.
    """
    words: list[str] = []
    rest = list(arguments)
    first_operand = None
    while rest:
        word = rest.pop(0)
        if word == "--":
            after = len(words) + 1 if rest else None
            return Scanned([*words, word, *rest], after if first_operand is None else first_operand)
        if not word.startswith("-") or word == "-":
            first_operand = len(words) if first_operand is None else first_operand
            words.append(word)
            if not command.allow_interspersed_args:
                break
            continue
        spelled, takes_next = _spell_out(command, word)
        words += spelled
        if takes_next:
            words += rest[:1]
            del rest[:1]
    return Scanned(words + rest, first_operand)


def _spell_out(command: click.Command, word: str) -> tuple[list[str], bool]:
    """The option *word* as click is to see it, and whether the next word is its value."""
    if not word.startswith("--"):
        return _spell_out_short(command, word[1:])
    option = _option(command, word)
    if isinstance(option, Flag):
        return [f"{word}=true"], False
    return [word], _takes_value(option)


def _spell_out_short(command: click.Command, letters: str) -> tuple[list[str], bool]:
    spelled: list[str] = []
    while letters:
        option, rest = _option(command, f"-{letters[0]}"), letters[1:]
        if not isinstance(option, Flag):
            return [*spelled, f"-{letters}"], _takes_value(option) and not rest
        value, letters = (rest[1:], "") if rest.startswith("=") else ("true", rest)
        spelled.append(f"{option.opts[-1]}={value}")
    return spelled, False


def _option(command: click.Command, name: str) -> click.Option | None:
    """The option of that *name*; None for one that is not known, or has its ``=value`` already."""
    for param in command.params:
        if isinstance(param, click.Option) and name in param.opts:
            return param
    return None


def _takes_value(option: click.Option | None) -> bool:
    return option is not None and not option.is_flag and not option.count
