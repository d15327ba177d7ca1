"""Errors about words that were typed in the wrong place: none repeats what may be a secret.

The name of a command is repeated when it is nearly one of ours, that of an option when it reads like one. An argument
and a value never are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from coder_login.commands.errors import MisplacedURLError
from coder_login.text import is_plain_word, looks_like_token

if TYPE_CHECKING:
    from coder_login.deployment.url import Origin

_TOKEN_APART = "a session token is asked for separately"  # noqa: S105  # words about one


def make_command_error(ctx: click.Context, name: str, names: Sequence[str]) -> click.UsageError:
    """The error for *name*, which is none of the commands' *names*."""
    if _holds_token(name):
        return click.UsageError(f"No such command: that looks like a session token, and {_TOKEN_APART}", ctx)
    if _is_url(name):
        error = click.UsageError("No such command: that looks like a URL", ctx)
        error.__cause__ = MisplacedURLError(_find_origin(name))
        return error
    similar = _find_similar(name, names)
    if not similar:
        return click.UsageError(f"No such command. The commands are {', '.join(names)}", ctx)
    cited = f" {name!r}" if is_plain_word(name) else ""
    return click.UsageError(f"No such command{cited}{_suggest(similar)}", ctx)


def make_option_error(error: click.NoSuchOption) -> click.UsageError:
    """*error* without what is not the name of an option."""
    name = error.option_name
    is_name = (name.islower() and is_plain_word(name.lstrip("-"))) or re.fullmatch(r"-[a-zA-Z]", name)
    cited = f" {name!r}" if is_name else ""
    return click.UsageError(f"No such option{cited}{_suggest(error.possibilities or ())}", error.ctx)


def make_argument_error(ctx: click.Context, extra: Sequence[str]) -> click.UsageError:
    """The error for arguments that the command has no place for."""
    count = "an unexpected extra argument" if len(extra) == 1 else f"{len(extra)} unexpected extra arguments"
    token = f": {_TOKEN_APART}" if any(map(_holds_token, extra)) else ""
    return click.UsageError(f"Got {count}{token}", ctx)


def _find_similar(name: str, names: Sequence[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, names)


def _suggest(names: Sequence[str]) -> str:
    return f". Did you mean {' or '.join(map(repr, names))}?" if names else ""


def _is_url(word: str) -> bool:
    """Whether *word* has a scheme, or a dot or a port in what stands for a host."""
    return "://" in word or re.match(r"[^/\s]*(?<=\w)(\.[A-Za-z]|:\d)", word) is not None


def _find_origin(word: str) -> Origin | None:
    from coder_login.deployment.url import parse_origin

    # What stands before an @ can be a password, and a name without a scheme a secret with a dot in it.
    return parse_origin(word) if "://" in word and "@" not in word else None


def _holds_token(word: str) -> bool:
    return looks_like_token(word) or any(map(looks_like_token, re.split(r"[/:@?#=&.]", word)))
