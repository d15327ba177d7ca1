"""Tokens as they are given, by option, variable or pipe: checked, printed nowhere, and what a refusal of one means."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coder_login.commands import options, output
from coder_login.commands.errors import (
    EmptyTokenVariableError,
    NoTokenPipedError,
    RefusedTokenError,
    TokenVariableSetError,
)
from coder_login.commands.values import QUOTES
from coder_login.deployment.session_token import QuotedTokenError, check_token

if TYPE_CHECKING:
    from coder_login.commands.settings import Settings

STANDARD_INPUT = "the line on standard input"

_LINE_LIMIT = 4096  # characters of a line of standard input; a token has at most 256


def check(text: str, source: str) -> str:
    """The token in *text*, which came from *source*; from now on nothing prints it.

    Raises InvalidTokenError, QuotedTokenError for one in quotes.
    """
    token = text.strip()
    if token and token[0] in QUOTES and token[-1] in QUOTES:
        raise QuotedTokenError(f"{source} has quotes around it")
    output.hide(check_token(token, source))
    return token


def take_given(settings: Settings) -> str | None:
    """The token of the option, else of the variable."""
    text = settings.token_variable if settings.token_option is None else settings.token_option
    return None if text is None else check(text, find_source(settings))


def find_source(settings: Settings) -> str:
    """Where the token comes from."""
    if settings.token_option is not None:
        return options.TOKEN.name
    return STANDARD_INPUT if settings.token_variable is None else options.TOKEN.variable


def take_given_for_login(settings: Settings, *, use_token_as_session: bool) -> str | None:
    """As `take_given`, where a variable alone would override what the login stores."""
    if settings.token_option is None and settings.token_variable is None and use_token_as_session:
        _check_not_empty()
    if settings.token_option is None and settings.token_variable is not None and not use_token_as_session:
        fact = f"{options.TOKEN.variable} is set, and would override whatever this login stores"
        raise TokenVariableSetError(fact)
    return take_given(settings)


def _check_not_empty() -> None:
    """Raise for a variable that is set and empty, when nobody can be asked: an editor that has no token would wait for
    standard input for ever."""
    if options.TOKEN.variable in os.environ and not output.is_terminal(sys.stdin):
        raise EmptyTokenVariableError(f"{options.TOKEN.variable} is empty")


def read_line(page: str) -> str:
    """The token in a line of standard input."""
    # PowerShell can put a byte-order mark before what it pipes.
    line = _read_standard_input().removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    if not line.strip():
        raise NoTokenPipedError(page)
    return check(line, STANDARD_INPUT)


def _read_standard_input() -> bytes:
    """Its first line; nothing where it is closed, or can't be read: a directory, or a terminal that is gone."""
    try:
        return sys.stdin.buffer.readline(_LINE_LIMIT) if sys.stdin else b""
    except OSError:
        return b""


@contextmanager
def explain_refusal(source: str, page: str | None) -> Iterator[None]:
    """A refusal of the token from *source*, as one that says so: to give it again would be refused again.

    *page* is where a login gets a new one; None where the stored session can be used instead.
    """
    from coder_login.deployment.errors import TokenRefusedError

    try:
        yield
    except TokenRefusedError as refusal:
        raise RefusedTokenError(refusal.message, source, page) from refusal
