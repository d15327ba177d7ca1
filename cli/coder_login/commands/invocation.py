"""How this program was called, for a hint: command lines with the options that were given, which can be pasted."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from coder_login.commands import options
from coder_login.commands.errors import UsageError
from coder_login.commands.options import GLOBAL_OPTIONS, Given, GlobalOption

_SENT = (options.HEADER, options.HEADER_COMMAND)  # secrets that a request needs


class Invocation:
    """A run whose global options are *given*.

    What a variable said is an option too: the person who reads an editor's log has not the editor's variables. A value
    that is wrong is left out: it has its own error, and here another one is told.
    """

    def __init__(self, given: Given, *, is_about_stored: bool = False) -> None:
        self._given = given
        self.is_about_stored = is_about_stored

    def about_stored(self) -> Invocation:
        """The same run, for the next step with a session that is stored already: another store is no way out."""
        return Invocation(self._given, is_about_stored=True)

    @property
    def uses_keyring(self) -> bool:
        try:
            return self._given.get_flag(options.USE_KEYRING)
        except UsageError:
            return False

    @property
    def sends_headers(self) -> bool:
        """Whether custom headers were given, or a command that prints them."""
        return any(self._given.get_text(option) for option in _SENT)

    @property
    def timeout(self) -> float:
        """The time limit of a request, in seconds."""
        return self._given.get_seconds(options.TIMEOUT)

    def store_of(self, in_keyring: bool) -> bool | None:
        """Which store a command must name to mean the one of an error; None where the options mean it already."""
        return None if in_keyring == self.uses_keyring else in_keyring

    def repeat_local(self, name: str) -> list[str]:
        """The flag *name* of the command itself, if it was given."""
        return [name] if name in self._given.local_flags else []

    def spell(self, text: str, name: str, *words: str, keyring: bool | None = None, token: bool = False) -> str:
        """*text* and the command *name* with its *words*, and with the options that were given and are no secret.

        *keyring* says which store, where that is not the one that was asked for. Of a command that sends something, a
        line says which secrets to give again; *token* when the token is one of them.
        """
        store = [] if name.startswith("keyring") else self._repeat_store(keyring)
        repeated = [word for option in GLOBAL_OPTIONS for word in self._repeat_if_valid(option, words)]
        line = f"{text} {quote(['coder', *name.split(), *store, *repeated, *words])}"
        secrets = (options.TOKEN, *_SENT) if token else _SENT
        again = [option.name for option in secrets if option.key in self._given.values]
        is_local = name.startswith("keyring") or "--local-only" in words
        return line if is_local or not again else f"{line}\nGive {' and '.join(again)} again, too."

    def _repeat_store(self, keyring: bool | None) -> list[str]:
        if keyring or (keyring is None and self.uses_keyring):
            return [options.USE_KEYRING.name]
        is_said = keyring is not None or options.USE_KEYRING.key in self._given.values
        return [f"{options.USE_KEYRING.name}=false"] if is_said else []

    def _repeat_if_valid(self, option: GlobalOption, words: tuple[str, ...]) -> list[str]:
        try:
            return self._repeat(option, words)
        except UsageError:
            return []

    def _repeat(self, option: GlobalOption, words: tuple[str, ...]) -> list[str]:
        """The option as it was given; none for a secret, and no URL where *words* name a deployment."""
        value = self._given.values.get(option.key, options.read_variable(option))
        if value is None or option.secret or option is options.USE_KEYRING:
            return []
        if option is options.URL and (_names_deployment(words) or not _is_url(str(value))):
            return []
        if option.kind == "flag":
            return [option.name if self._given.get_flag(option) else f"{option.name}=false"]
        if option is options.GLOBAL_CONFIG:
            # Absolute: pasted elsewhere it means the same. Empty: the usual one, whatever the variable says.
            return [option.name, self._given.get_directory(option) or ""]
        return [option.name, f"{value:g}" if option.kind == "seconds" else str(value)]


Step: TypeAlias = str | Callable[[Any, Invocation], str]
"""What to do about an error: the same for all of its class, or made of its facts and the run."""


def _names_deployment(words: tuple[str, ...]) -> bool:
    return any(word in ("URL", options.URL.name) or "://" in word for word in words)


def _is_url(text: str) -> bool:
    """Whether *text* is a deployment's URL: what was refused as one can hold a password."""
    from coder_login.deployment.url import parse_origin

    return not re.search("[?#]", text) and parse_origin(text) is not None


def quote(words: list[str]) -> str:
    """*words* as the shell of this system takes them.

    On Windows in double quotes, which cmd and PowerShell both know; a % (cmd) or a $ (PowerShell) within them has no
    form for both.
    """
    if sys.platform != "win32":
        return shlex.join(words)
    return " ".join(word if re.fullmatch(r"[\w@:/\\.,=+-]+", word) else f'"{word}"' for word in words)
