"""A command line of this program, spelled so that it can be pasted: with the options that were given, quoted."""

from __future__ import annotations

import shlex
import subprocess
import sys

from coder_login.commands import options
from coder_login.commands.options import GLOBAL_OPTIONS, Given, GlobalOption, Kind


def spell_command(given: Given, name: str, *words: str, keyring: bool | None = None) -> str:
    """The command *name* with its *words*, and those of the *given* options that are no secret.

    *keyring* says which store, where that is not the one that was asked for.
    """
    store = [] if name.startswith("keyring") else _repeat_store(given, keyring)
    repeated = [word for option in GLOBAL_OPTIONS for word in _repeat(given, option, words)]
    return quote(["coder", *name.split(), *store, *repeated, *words])


def quote(words: list[str]) -> str:
    """*words* as the shell of this system takes them: cmd and PowerShell on Windows, POSIX elsewhere."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _repeat_store(given: Given, keyring: bool | None) -> list[str]:
    """Also where a variable said it: the person who reads an editor's log has not the editor's variables."""
    if keyring or (keyring is None and given.flag(options.USE_KEYRING)):
        return [options.USE_KEYRING.name]
    is_said = keyring is not None or options.USE_KEYRING.key in given.values
    return [f"{options.USE_KEYRING.name}=false"] if is_said else []


def _repeat(given: Given, option: GlobalOption, words: tuple[str, ...]) -> list[str]:
    """The option as it was given on the command line; none for a secret, and no URL where *words* hold one."""
    value = given.values.get(option.key)
    if value is None or option.secret or option is options.USE_KEYRING:
        return []
    if option is options.URL and any("://" in word for word in words):
        return []
    if option.kind is Kind.FLAG:
        return [option.name if value else f"{option.name}=false"]
    return [option.name, f"{value:g}" if option.kind is Kind.SECONDS else str(value)]
